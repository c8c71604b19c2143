"""Connections cut after a random byte of a request: a page is saved whole or not at all, a form is sent once or not at all."""

from __future__ import annotations

import random
import socket
import struct
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from survey_app.services.responses import open_draft
from tests.torture.fieldwork import CLIENTS, PAGE, SEND, Fieldwork, Firm, all_answer, begin, say
from tests.torture.sizes import size

RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close with a reset instead of an orderly end


def request_bytes(firm: Firm, path: str, form: dict[str, str]) -> bytes:
    """Return a whole POST request as it goes over the wire."""
    body = urlencode(form)
    cookies = "; ".join(f"{name}={value}" for name, value in firm.robot.cookies.items())
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{firm.robot.port}\r\nCookie: {cookies}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return (head + body).encode()


def _cut(firm: Firm, path: str, form: dict[str, str]) -> None:
    """Send a random number of bytes of the request, sometimes all, and hang up in either way without reading an answer."""
    whole = request_bytes(firm, path, form)
    with socket.create_connection(("127.0.0.1", firm.robot.port), timeout=10) as connection:
        if random.random() < 0.5:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        connection.sendall(whole[: random.randint(1, len(whole) * 11 // 10)])
        time.sleep(random.uniform(0, 0.02))


def _all(firms: list[Firm], act: Callable[[Firm], None]) -> None:
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(act, firms))


def _drafts(work: Fieldwork) -> Counter[str]:
    """Return how many drafts are empty, whole, or anything else."""
    engine = create_engine(work.place.database_url)
    with Session(engine) as session:
        kept = [dict(open_draft(session, firm.secrets).answers) for firm in work.firms]
    engine.dispose()
    wanted = [{"number": firm.number, "words": firm.words} for firm in work.firms]
    kinds = (
        "none" if not found else "whole" if found == whole else "torn"
        for found, whole in zip(kept, wanted, strict=True)
    )
    return Counter(kinds)


@pytest.mark.parametrize("posts", [size(40, 500)])
def test_a_connection_cut_anywhere_leaves_no_half_answer(database_url, tmp_path: Path, posts: int):
    work = begin(tmp_path, database_url, posts // 2)
    with work.place.served():
        _all(work.firms, _cut_saving)
        time.sleep(0.5)
        drafts = _drafts(work)
        _all(work.firms, _cut_sending)
        time.sleep(0.5)
        sent = work.outcome()
        all_answer(work.firms)
    outcome = work.outcome()
    figures = (
        f"pages saved whole {drafts['whole']}, torn {drafts['torn']}; sent although cut {sent.ballots}; then {outcome}"
    )
    say(f"{posts} posts cut after a random byte", database_url, figures)
    assert drafts["torn"] == 0
    assert sent.is_clean
    assert outcome.is_clean
    assert outcome.acknowledged == outcome.ballots == len(work.firms)


def _cut_saving(firm: Firm) -> None:
    form = firm.page_form()
    assert form is not None
    _cut(firm, PAGE, form)


def _cut_sending(firm: Firm) -> None:
    """Cut the sending of a form of which the page is saved by now."""
    form = firm.page_form()
    assert form is not None
    firm.post(PAGE, form)
    _cut(firm, SEND, {"csrf_token": form["csrf_token"]})
