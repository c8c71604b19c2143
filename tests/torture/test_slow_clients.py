"""Two hundred clients that send a byte a second: no answer is lost; with a proxy in front nobody else notices them.

gunicorn reads each request in one of its 16 threads, so slow clients that reach it directly hold all of them. That is
what a proxy is for: it hands over whole requests (docs/torture.md, docs/nginx.conf). The long form measures both ways.
"""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import statistics
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from survey_app.config import ROOT
from tests.postgres import free_port
from tests.torture.fieldwork import PAGE, Fieldwork, Firm, all_answer, begin, say
from tests.torture.sizes import size

SLOW, NORMAL = 200, 5
PATIENCE = 5.0  # seconds that a person waits for a page
BACK_WITHIN = 10.0


@contextmanager
def slow_clients(port: int, count: int) -> Iterator[None]:
    """Hold so many connections that send one byte a second: half in the head, half in the body of a request."""
    stop = threading.Event()
    with ExitStack() as stack:
        held = [stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=30)) for _ in range(count)]
        for number, connection in enumerate(held):
            body = "Content-Length: 5000\r\n\r\nnumber=1" if number % 2 else "X-Slow: "
            connection.sendall(f"POST {PAGE} HTTP/1.1\r\nHost: 127.0.0.1\r\n{body}".encode())
            connection.setblocking(False)

        def drip() -> None:
            while not stop.wait(1):
                for connection in held:
                    with suppress(OSError):
                        connection.send(b"1")

        thread = threading.Thread(target=drip)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()


@contextmanager
def nginx(folder: Path, behind: int) -> Iterator[int]:
    """Serve with docs/nginx.conf in front of the port `behind`; yield the port in front."""
    program = shutil.which(os.environ.get("PCI_NGINX", "nginx"))
    assert program, "the long form needs nginx: `apt-get install nginx`, or its path in PCI_NGINX"
    port = free_port()
    text = (ROOT / "docs" / "nginx.conf").read_text(encoding="utf-8")
    for production, here in (
        ("listen 443 ssl;", f"listen 127.0.0.1:{port};"),
        ("http://127.0.0.1:8000", f"http://127.0.0.1:{behind}"),
        ("server_name khaosat.example.vn;", "server_name 127.0.0.1;"),
    ):
        assert production in text
        text = text.replace(production, here)
    lines = [line for line in text.splitlines() if "ssl_certificate" not in line]
    folder.mkdir()
    (folder / "nginx.conf").write_text("\n".join(lines), encoding="utf-8")
    settings = f"daemon off; pid {folder}/pid; error_log stderr crit;"
    process = subprocess.Popen([program, "-p", str(folder), "-c", "nginx.conf", "-g", settings])
    try:
        time.sleep(0.5)
        assert process.poll() is None, "nginx did not start"
        yield port
    finally:
        process.terminate()
        process.wait(timeout=10)


def _time_of_a_page(firm: Firm) -> float | None:
    """Return the seconds until the page came, None if it did not come within PATIENCE."""
    start = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", firm.robot.port, timeout=PATIENCE)
    try:
        connection.request("GET", "/p")
        assert connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    return time.monotonic() - start


def _under_attack(firms: list[Firm], seconds: float) -> list[float | None]:
    """Fetch pages, and send if they come, while slow clients hold their connections; return the seconds of each page."""
    with slow_clients(firms[0].robot.port, SLOW):
        time.sleep(1)
        end, times = time.monotonic() + seconds, []
        while not times or time.monotonic() < end:
            times.append(_time_of_a_page(firms[0]))
        if None not in times:
            all_answer(firms)
        return times


def _figures(times: list[float | None]) -> str:
    came = [each for each in times if each is not None]
    median = f", median {1000 * statistics.median(came):.0f} ms" if came else ""
    return f"pages that came within {PATIENCE:.0f} s {len(came)} of {len(times)}{median}"


def _attack(work: Fieldwork, firms: list[Firm], front: str) -> list[float | None]:
    times = _under_attack(firms, size(1, 20))
    during = sum(firm.acknowledged for firm in firms)
    start = time.monotonic()
    all_answer(firms)
    back = time.monotonic() - start
    outcome = work.outcome()
    figures = (
        f"{_figures(times)}, sent meanwhile {during} of {NORMAL}; all sent {back:.1f} s after they left, {outcome}"
    )
    say(f"{SLOW} slow clients before {front}", work.place.database_url, figures)
    assert outcome.is_clean
    assert all(firm.acknowledged for firm in firms)
    assert back < BACK_WITHIN
    return times


@pytest.mark.parametrize("fronts", [size(["gunicorn"], ["gunicorn", "nginx"])])
def test_slow_clients_lose_nobody_an_answer(migrated_sqlite: Path, tmp_path: Path, fronts: list[str]):
    path = tmp_path / "survey.sqlite3"  # which database it is makes no difference here
    path.write_bytes(migrated_sqlite.read_bytes())
    work = begin(tmp_path, f"sqlite:///{path}", NORMAL * len(fronts))
    with work.place.served():
        _attack(work, work.firms[:NORMAL], "gunicorn")
        if "nginx" in fronts:
            behind = work.firms[NORMAL:]
            with nginx(tmp_path / "proxy", work.place.port) as port:
                for firm in behind:
                    firm.robot.port = port
                times = _attack(work, behind, "nginx")
            assert all(each is not None and each < 1 for each in times)
