"""Real mail servers on loopback: one that takes mail by SMTP and remembers it, one with a mailbox to read by IMAP."""

from __future__ import annotations

import imaplib
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

IMAP_USER, IMAP_PASSWORD = "demouser", "demopass"


@dataclass
class Postbox:
    """What the server took, in order. `refuse` maps an address to the answer it gets; `delay` is how long taking one takes."""

    taken: list[tuple[list[str], Message]] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    port: int = 0

    async def handle_RCPT(  # noqa: N802 - the server's name and arguments
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take or refuse a recipient."""
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take a message: from here on it is delivered."""
        self.taken.append((envelope.rcpt_tos, message_from_bytes(envelope.content or b"")))
        time.sleep(self.delay)  # it is taken, and whoever sent it does not know yet
        return "250 OK"

    @property
    def ids(self) -> list[str]:
        """Return the ids of our messages, in the order in which they were taken."""
        return [re.sub(r"^<(\w+)@.*$", r"\1", str(mail["Message-ID"])) for _to, mail in self.taken]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def smtp_server() -> Iterator[Postbox]:
    """Serve SMTP on a free port."""
    box = Postbox(port=_free_port())
    server = Controller(box, hostname="127.0.0.1", port=box.port)
    server.start()
    try:
        yield box
    finally:
        server.stop()


@contextmanager
def imap_server() -> Iterator[int]:
    """Serve a mailbox by IMAP and yield the port."""
    port = _free_port()
    command = [Path(sys.executable).parent / "pymap", "--host", "127.0.0.1", "--port", str(port), "--no-tls"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(
        [*command, "--no-service", "admin", "--no-service", "managesieve", "dict", "--demo-data"], **quiet
    )
    try:
        for _ in range(100):
            try:
                imaplib.IMAP4("127.0.0.1", port).logout()
                break
            except OSError:
                time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait()


def deliver(port: int, content: bytes) -> None:
    """Put a message into the mailbox."""
    with imaplib.IMAP4("127.0.0.1", port) as box:
        box.login(IMAP_USER, IMAP_PASSWORD)
        status, _words = box.append("INBOX", "", "", content)
        assert status == "OK"


def unread(port: int) -> int:
    """Return how many messages of the mailbox are unread."""
    with imaplib.IMAP4("127.0.0.1", port) as box:
        box.login(IMAP_USER, IMAP_PASSWORD)
        box.select("INBOX", readonly=True)
        return len(box.search(None, "UNSEEN")[1][0].split())
