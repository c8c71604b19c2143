"""`make run`: keys, database, demonstration wave; then the web server and the job runner, side by side.

Every step is a command that can also be typed. Ctrl-C ends both processes.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
INSTANCE = ROOT / "instance"
PORT = os.environ.get("PORT", "8000")
URL = f"http://127.0.0.1:{PORT}"
START_SECONDS = 60


def main() -> int:
    """Set up, serve, and return when told to stop or when a process ends."""
    if is_taken():
        print(f"Port {PORT} is in use. Is it running already? Else try PORT=8010 make run", file=sys.stderr)
        return 1
    INSTANCE.mkdir(mode=0o700, exist_ok=True)
    settings = INSTANCE / "settings.env"
    settings.write_text(f"PCI_DEMONSTRATION=true\nPCI_BASE_URL={URL}\n", encoding="utf-8")
    os.environ.update(PCI_DEMONSTRATION="true", PCI_BASE_URL=URL, PYTHONPATH=str(ROOT))
    if code := prepare():
        return code
    processes = [subprocess.Popen(command, cwd=ROOT) for command in (web(), jobs())]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        if not is_ready(processes):
            print(f"The server did not start. Is port {PORT} in use? Try PORT=8010 make run", file=sys.stderr)
            return 1
        print(f"\nReady: {URL}\n", flush=True)
        flask("demo", "show")
        while all(process.poll() is None for process in processes):
            time.sleep(0.5)
        return 1
    except KeyboardInterrupt:
        return 0
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()


def prepare() -> int:
    """Make what is missing, saying each step; return the exit code of one that failed, or 0."""
    for words, step in (
        ("keys", ["keys", "create"]),
        ("database", ["db", "upgrade"]),
        ("plan", ["plan", "publish"]),
        ("demonstration wave (220 invented firms answer)", ["demo", "load", "--seed", "2023", "--if-missing"]),
    ):
        print(f"Preparing the {words} ...", flush=True)
        if code := flask(*step, stdout=subprocess.DEVNULL).returncode:
            return code
    return 0


def is_taken() -> bool:
    """Say whether another program listens on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(PORT)))
        except OSError:
            return True
    return False


def flask(*arguments: str, stdout: int | None = None) -> subprocess.CompletedProcess[bytes]:
    """Run a flask command."""
    return subprocess.run([BIN / "flask", *arguments], cwd=ROOT, stdout=stdout, check=False)


def web() -> list[str]:
    """Return the command of the web server: no access log, since a log could tell who answered when."""
    options = [
        "--workers",
        "2",
        "--threads",
        "8",
        "--worker-class",
        "gthread",
        "--timeout",
        "30",
        "--log-level",
        "warning",
    ]
    shared = ["--worker-tmp-dir", "/dev/shm"] if Path("/dev/shm").is_dir() else []  # noqa: S108 - gunicorn's heartbeat
    return [str(BIN / "gunicorn"), *options, *shared, "--no-control-socket", "--bind", f"127.0.0.1:{PORT}", "wsgi:app"]


def jobs() -> list[str]:
    """Return the command of the job runner."""
    return [sys.executable, "-m", "survey_app.jobs"]


def is_ready(processes: list[subprocess.Popen[bytes]]) -> bool:
    """Wait until the health page is content; False if a process ends or time runs out."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and all(process.poll() is None for process in processes):
        try:
            with urllib.request.urlopen(f"{URL}/health", timeout=5) as answer:  # noqa: S310 - our own address
                return bool(json.load(answer))
        except (urllib.error.URLError, OSError, ValueError):
            time.sleep(0.3)
    return False


if __name__ == "__main__":
    sys.exit(main())
