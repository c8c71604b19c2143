"""kill -9 of the one process that writes, again and again: what it had acknowledged is stored, and nothing is half there."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from flask import Flask

from survey_app.db import transaction
from survey_app.envelopes import lookup
from survey_app.keys import Keys
from survey_app.services.invitations import standing
from survey_app.services.responses import FilledPage, cast, open_draft, received_in, save_page
from tests.survey_app.fieldwork_story import now
from tests.torture.fieldwork import QUESTIONS, Firm, begin, say
from tests.torture.sizes import size

FIRMS_OF_A_LIFE = 12


def _answer(keys: Keys, firm: Firm) -> None:
    """Save and send as the web pages do, each in a transaction of its own."""
    found = lookup(keys.lookup, firm.secrets.link)
    with transaction() as session:
        place = standing(session, found)
        assert place is not None
        if received_in(session, firm.secrets):
            return
        filled = FilledPage(QUESTIONS.pages[0], {"number": firm.number, "words": firm.words}, seen=0, quoted=True)
        if not open_draft(session, firm.secrets).version:
            save_page(session, firm.secrets, place, QUESTIONS, filled, now=now())
    with transaction() as session:
        cast(session, firm.secrets, found, now=now())


def _live(app: Flask, keys: Keys, firms: Sequence[Firm], pipe: int) -> None:
    """Write until killed; say each answer that is stored."""
    with app.app_context():
        _answer(keys, firms[0])  # the first takes longest: it may have been the one that the last kill cut short
        os.write(pipe, b"%d\n" % firms[0].number)
        for firm in firms[1:]:
            _answer(keys, firm)
            os.write(pipe, b"%d\n" % firm.number)


def _one_life(app: Flask, keys: Keys, firms: Sequence[Firm]) -> list[int]:
    """Let a process write and kill it at a random moment; return the firms whose answers it had acknowledged."""
    reading_end, writing_end = os.pipe()
    process = multiprocessing.get_context("fork").Process(target=_live, args=(app, keys, firms, writing_end))
    process.start()
    os.close(writing_end)
    with os.fdopen(reading_end) as told:
        first = told.readline()
        time.sleep(random.uniform(0, 0.06))
        os.kill(process.pid or 0, signal.SIGKILL)
        process.join()
        assert process.exitcode in (-signal.SIGKILL, 0)
        return [int(line) for line in (first, *told)]


@pytest.mark.parametrize("kills", [size(12, 200)])
def test_acknowledged_answers_survive_a_killed_writer(app, keys, database_url, tmp_path: Path, kills: int):
    work = begin(tmp_path, database_url, kills * FIRMS_OF_A_LIFE)
    left = list(work.firms)
    for _ in range(kills):
        done = set(_one_life(app, keys, left[:FIRMS_OF_A_LIFE]))
        for firm in left[: len(done)]:
            assert firm.number in done
            firm.acknowledged = True
        left = left[len(done) :]
        assert work.outcome().is_clean
    outcome = work.outcome()
    say(
        f"{kills} kills of the writing process",
        database_url,
        f"{outcome}, in doubt {outcome.ballots - outcome.acknowledged}",
    )
    assert outcome.acknowledged >= kills
    assert outcome.ballots >= outcome.acknowledged
    if database_url.startswith("sqlite"):
        with sqlite3.connect(database_url.removeprefix("sqlite:///")) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
