"""Mail that came back: read from the sender's mailbox by IMAP, and noted beside the message it was."""

from __future__ import annotations

import imaplib
import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message as Mail
from urllib.parse import urlsplit

from survey_app.config import Config
from survey_app.db import transaction
from survey_app.i18n import now_here
from survey_app.messaging.channels import secret_in
from survey_app.services import outbox

_ID = re.compile(r"<([0-9a-f]{32})@([^>\s]+)>")
_TIMEOUT = 30


def collect(config: Config) -> int:
    """Note what came back since the last look, and return how many messages; other mail is left as it is."""
    host = urlsplit(config.base_url).hostname or ""
    noted = 0
    with (
        imaplib.IMAP4_SSL(config.imap_host, config.imap_port, timeout=_TIMEOUT)
        if _is_safe(config)
        else imaplib.IMAP4(config.imap_host, config.imap_port, timeout=_TIMEOUT) as box
    ):
        box.login(config.imap_user, secret_in(config.imap_password_file))
        box.select("INBOX")
        for number, mail in _unread(box):
            report = read_report(mail, host)
            if report is None:
                continue
            with transaction() as session:
                noted += outbox.note_bounce(session, report[0], now=now_here(), reason=report[1])
            box.store(number, "+FLAGS", "\\Seen")
    return noted


def _is_safe(config: Config) -> bool:
    """Say whether the mailbox is read over TLS: always, but in a demonstration on this machine."""
    return not (config.demonstration and config.imap_host in ("127.0.0.1", "localhost"))


def _unread(box: imaplib.IMAP4) -> Iterator[tuple[str, Mail]]:
    _status, found = box.search(None, "UNSEEN")
    for number in (found[0] or b"").decode().split():
        _status, parts = box.fetch(number, "(BODY.PEEK[])")
        for part in parts:
            if isinstance(part, tuple):
                yield number, message_from_bytes(part[1])


def read_report(mail: Mail, host: str) -> tuple[str, str] | None:
    """Return which of our messages a delivery report says has failed, and its status (5.1.1); None for any other mail."""
    if mail.get_content_type() != "multipart/report":
        return None
    status = next((part for part in mail.walk() if part.get_content_type() == "message/delivery-status"), None)
    if status is None:
        return None
    fields = "\n".join(str(block) for block in status.get_payload())
    action = re.search(r"(?im)^Action:\s*(\w+)", fields)
    if action is None or action[1].lower() != "failed":
        return None
    code = re.search(r"(?im)^Status:\s*([0-9.]+)", fields)
    for part in mail.walk():
        if part.get_content_type() in ("message/rfc822", "text/rfc822-headers"):
            found = _ID.search(part.as_string())
            if found and found[2] == host:
                return found[1], code[1] if code else "5"
    return None
