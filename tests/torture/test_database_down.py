"""The database is away for a while: 503, everything typed stays on the page, and that page saves once it is back."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from html import unescape
from pathlib import Path

from tests.checked_client import hidden_fields
from tests.postgres import Server
from tests.torture.fieldwork import PAGE, REVIEW, Fieldwork, Firm, begin, say
from tests.torture.sizes import size

FIRMS = 4
BACK_WITHIN = 5.0


def test_a_dead_postgresql_costs_no_typed_word(mortal_postgres: Server, tmp_path: Path):
    @contextmanager
    def away() -> Iterator[None]:
        mortal_postgres.kill()
        yield
        mortal_postgres.restart()

    _away_for(size(2, 60), begin(tmp_path, mortal_postgres.url("survey"), FIRMS), away)


def test_a_locked_sqlite_file_costs_no_typed_word(migrated_sqlite: Path, tmp_path: Path):
    path = tmp_path / "survey.sqlite3"
    path.write_bytes(migrated_sqlite.read_bytes())

    @contextmanager
    def away() -> Iterator[None]:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")
        other.close()

    _away_for(size(5, 60), begin(tmp_path, f"sqlite:///{path}", FIRMS), away)


def _away_for(seconds: float, work: Fieldwork, away: Callable[[], AbstractContextManager[None]]) -> None:
    with work.place.served(), ThreadPoolExecutor(FIRMS) as pool:
        forms = [_filled_in(firm) for firm in work.firms]
        with away():
            assert work.firms[0].robot.get("/rieng-tu")[0] == 200  # what needs no database stays up
            end = time.monotonic() + seconds
            tries = list(pool.map(lambda firm, form: _try_until(end, firm, form), work.firms, forms))
        start = time.monotonic()
        list(pool.map(_save_what_is_on_the_page, work.firms, (kept for _, kept in tries)))
        back = time.monotonic() - start
        for firm, form in zip(work.firms, forms, strict=True):
            firm.send(form["csrf_token"])
    outcome = work.outcome()
    refused = sum(count for count, _ in tries)
    figures = f"answered 503: {refused}, nothing else; all saved {back:.1f} s after its return, {outcome}"
    say(f"database away for {seconds} s", work.place.database_url, figures)
    assert back < BACK_WITHIN
    assert outcome.is_clean
    assert outcome.acknowledged == outcome.ballots == FIRMS


def _filled_in(firm: Firm) -> dict[str, str]:
    form = firm.page_form()
    assert form is not None
    return form


def _try_until(end: float, firm: Firm, form: dict[str, str]) -> tuple[int, dict[str, str]]:
    """Press the button over and over; return how often the answer was 503, and the form that the last one carried."""
    count = 0
    while not count or time.monotonic() < end:
        status, shown = firm.robot.post(PAGE, form)
        assert status == 503
        assert "Chưa lưu được" in shown
        assert _form_on(shown) == form
        count += 1
        time.sleep(0.5)
    return count, _form_on(shown)


def _form_on(shown: str) -> dict[str, str]:
    before, _, _ = shown.partition("</textarea>")
    return hidden_fields(shown) | {"words": unescape(before.rpartition(">")[2])}


def _save_what_is_on_the_page(firm: Firm, form: dict[str, str]) -> None:
    end = time.monotonic() + 2 * BACK_WITHIN
    while firm.robot.post(PAGE, form) != (302, REVIEW):
        assert time.monotonic() < end, "the page could not be saved"
        time.sleep(0.1)
