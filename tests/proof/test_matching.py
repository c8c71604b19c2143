"""The test that decides: with everything in hand, nobody does better than chance. docs/proof.md has the figures."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from survey_app.db import db
from survey_app.keys import Keys
from survey_app.services.box import Step
from tests.proof import naive, naive_evidence
from tests.proof.attack import ATTRIBUTES, STRUCTURAL, Evidence, Matcher, Score, combined, count
from tests.proof.disk import PostgresDisk, SqliteDisk
from tests.proof.evidence import Spy, replay_is_exact
from tests.proof.world import ANSWERING, Fieldwork

WAVES = 20
WAVES_OF_THE_CONTROL = 4
SMALLEST_GROUP = 5
SEEN_BY_THE_CONTROL = 0.95


@pytest.fixture
def disk(session: Session, database_url: str, dialect: str) -> Iterator[SqliteDisk | PostgresDisk]:
    """The database as the attacker holds it; its write-ahead log is never thrown away."""
    if dialect == "sqlite":
        db.engine.dispose()
        event.listen(db.engine, "connect", _keep_everything)
        yield SqliteDisk(Path(database_url.removeprefix("sqlite:///")))
        return
    found = PostgresDisk(database_url)
    yield found
    found.dispose()


def _keep_everything(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA wal_autocheckpoint=0")
    connection.execute("PRAGMA synchronous=OFF")  # the same bytes, without waiting for the disk


def _live_through(number: int, keys: Keys, folder: Path, disk: SqliteDisk | PostgresDisk) -> list[Evidence]:
    """Let one wave happen; return the evidence against the real schema and, in the first waves, the naive one."""
    work = Fieldwork(number, keys, folder)
    spy = Spy(disk, work, with_naive=number <= WAVES_OF_THE_CONTROL)
    for day, firms in groupby(work.firms, key=lambda firm: firm.day):
        for firm in firms:
            receipt = work.answer(firm)
            if spy.with_naive:
                naive.answer(work.code, firm, receipt)
            spy.look(firm, receipt)
        work.night(day)
        spy.night(day)
    work.close()
    spy.before_opening()
    work.open_box(lambda step: disk.keep_log() if step is Step.COMMITTED else None)
    real = spy.real()
    assert replay_is_exact(real)
    return [real, naive_evidence.gather(spy)] if spy.with_naive else [real]


def _scores(waves: list[list[Evidence]], matchers: list[Matcher]) -> dict[Matcher, tuple[Score, Score]]:
    scores = {matcher: (Score(), Score()) for matcher in matchers}
    for number, found in enumerate(waves):
        for matcher, both in scores.items():
            for score, evidence in zip(both, found, strict=False):
                count(score, evidence, matcher, random.Random(f"{number} {matcher.name}"))
    return scores


def _all_scores(waves: list[list[Evidence]], dialect: str) -> dict[Matcher, tuple[Score, Score]]:
    structural = [each for each in STRUCTURAL if dialect == "postgresql" or not each.only_postgres]
    scores = _scores(waves, structural)
    best = max(structural, key=lambda matcher: scores[matcher][0].right)
    return scores | _scores(waves, [ATTRIBUTES, combined(best)])


def _table(scores: dict[Matcher, tuple[Score, Score]], dialect: str) -> str:
    lines = ["| matcher | database | right | mean per wave | limit | naive schema: right of those told |"]
    lines.append("| --- | --- | --- | --- | --- | --- |")
    for matcher, (real, blind) in scores.items():
        figures = f"{real.right} | {real.right / real.waves:.1f} | {real.limit:.1f}"
        share = f"{blind.sure_right / blind.sure:.1%} of {blind.sure}"
        lines.append(f"| {matcher.name} | {dialect} | {figures} | {share} |")
    return "\n".join(lines)


def test_nobody_matches_firms_to_responses_better_than_chance(session, keys, tmp_path, disk, dialect, capsys):
    session.rollback()
    naive.create()
    waves = [_live_through(number, keys, tmp_path, disk) for number in range(1, WAVES + 1)]
    scores = _all_scores(waves, dialect)
    with capsys.disabled():
        print(f"\n{WAVES} waves of {ANSWERING} firms\n{_table(scores, dialect)}")
    real = {matcher: both[0] for matcher, both in scores.items()}
    control = {matcher: both[1] for matcher, both in scores.items()}
    assert len(scores) >= 13
    assert {each.name: score.right for each, score in real.items() if score.right > score.limit} == {}
    assert {
        each.name: score.smallest_group for each, score in real.items() if score.smallest_group < SMALLEST_GROUP
    } == {}
    blind = {e.name: s.sure_right / s.sure for e, s in control.items() if s.sure_right < SEEN_BY_THE_CONTROL * s.sure}
    assert blind == {}
    assert min(score.sure for score in control.values()) >= WAVES  # the control has firms to find
