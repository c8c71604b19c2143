"""kill -9 of web workers and of PostgreSQL while firms send: what was acknowledged is kept, and nothing is half there."""

from __future__ import annotations

import os
import random
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from tests.postgres import Server
from tests.server import workers_of
from tests.torture.fieldwork import CLIENTS, Firm, all_answer, begin, patience, say
from tests.torture.sizes import size
from tests.torture.storm import Storm, storm


@pytest.mark.parametrize("sends", [size(40, 1000)])
def test_acknowledged_answers_survive_killed_workers(database_url, tmp_path: Path, sends: int):
    work = begin(tmp_path, database_url, sends)
    with work.place.served() as server:

        def kill_a_worker() -> None:
            work.wait_for_an_answer()
            if victims := workers_of(server):
                with suppress(ProcessLookupError):
                    os.kill(random.choice(victims), signal.SIGKILL)

        with storm(kill_a_worker, pause=size((0.1, 0.3), (0.5, 1.5))) as kills:
            all_answer(work.firms)
    outcome = work.outcome()
    troubles = sum(firm.troubles for firm in work.firms)
    say(f"{sends} sends, workers killed", database_url, f"kills {kills.strikes}, failed tries {troubles}, {outcome}")
    assert kills.strikes >= 2
    assert outcome.is_clean
    assert outcome.acknowledged == outcome.ballots == sends


@pytest.mark.parametrize(("kills", "firms"), [size((2, 400), (50, 6000))])
def test_acknowledged_answers_survive_a_killed_postgresql(
    mortal_postgres: Server, tmp_path: Path, kills: int, firms: int
):
    work = begin(tmp_path, mortal_postgres.url("survey"), firms)

    def kill_and_restart() -> None:
        work.wait_for_an_answer()
        time.sleep(random.uniform(0, 0.5))
        mortal_postgres.kill()
        mortal_postgres.restart()

    with work.place.served():
        end = patience()
        with storm(kill_and_restart, pause=(0, 0), strikes=kills) as storms, ThreadPoolExecutor(CLIENTS) as pool:
            list(pool.map(lambda firm: _answer_during(storms, firm, end), work.firms))
        begun = [firm for firm in work.firms if firm.statuses]
        all_answer(begun)
    outcome = work.outcome()
    troubles = sum(firm.troubles for firm in work.firms)
    refusals = sum(firm.statuses[503] for firm in work.firms)
    failures = sum(firm.statuses[500] for firm in work.firms)
    figures = f"kills {storms.strikes}, failed tries {troubles}, answered 503: {refusals}, 500: {failures}, {outcome}"
    say("PostgreSQL killed under load", mortal_postgres.admin_url, figures)
    assert storms.strikes == kills
    assert outcome.is_clean
    assert outcome.acknowledged == outcome.ballots == len(begun)
    assert failures == 0


def _answer_during(storms: Storm, firm: Firm, end: float) -> None:
    """Answer as long as there is a storm: the firms left over have not begun."""
    if not storms.over.is_set():
        firm.answer_until(end)
