"""The application under gunicorn, as it is deployed, on a free port."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from survey_app.config import ROOT

BIN = Path(sys.executable).parent


@dataclass
class Installation:
    """Settings of an installation in a folder of its own."""

    folder: Path
    database_url: str
    port: int
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Return the address of the server."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment of its processes."""
        own = {
            "PCI_DEMONSTRATION": "true",
            "PCI_BASE_URL": self.url,
            "PCI_DATABASE_URL": self.database_url,
            "PCI_KEYS_DIR": str(self.folder / "keys"),
            "PYTHONPATH": str(ROOT),
        }
        return {**os.environ, **own, **self.settings}

    def flask(self, *arguments: str) -> str:
        """Run a flask command and return what it printed; fail with it."""
        done = subprocess.run(
            [BIN / "flask", *arguments], cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @contextmanager
    def served(self, workers: int = 2, output: Path | None = None) -> Iterator[subprocess.Popen[bytes]]:
        """Serve with gunicorn until the block ends; with `output`, write there all that it has to say."""
        level = "debug" if output else "critical"
        options = ["--workers", str(workers), "--threads", "8", "--worker-class", "gthread", "--log-level", level]
        command = [
            str(BIN / "gunicorn"),
            *options,
            "--no-control-socket",
            "--bind",
            f"127.0.0.1:{self.port}",
            "wsgi:app",
        ]
        with output.open("ab") if output else nullcontext() as log:
            process = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=log, stderr=log)
        try:
            self._wait()
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)

    @contextmanager
    def working(self) -> Iterator[subprocess.Popen[bytes]]:
        """Run the job runner until the block ends."""
        command = [sys.executable, "-m", "survey_app.jobs"]
        quiet = subprocess.DEVNULL
        process = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=quiet, stderr=quiet)
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)

    def _wait(self) -> None:
        for _ in range(200):
            try:
                urllib.request.urlopen(f"{self.url}/robots.txt", timeout=2).close()
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise RuntimeError("the server did not start")


def installation(folder: Path, database_url: str) -> Installation:
    """Return an installation on a free port with its keys made."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    made = Installation(folder, database_url, port)
    made.flask("keys", "create")
    return made


def workers_of(process: subprocess.Popen[bytes]) -> list[int]:
    """Return the process numbers of gunicorn's workers."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii")
    return [int(number) for number in children.split()]
