"""Backups in the attacker's hands, decrypted, one after every answer: nobody is matched better than by chance."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from pyrage import decrypt
from pyrage.x25519 import Identity

from survey_app.db import snapshot
from survey_app.services import backups
from tests.proof.attack import Evidence, Matcher, Orders, Score, count
from tests.proof.evidence import traits, truth
from tests.proof.world import ANSWERING, Fieldwork, Firm

#: In one wave chance finds 3, and 20 or more less than once in 10**10 tries; a trace finds most of the 200.
LIMIT = 20

#: What a backup says: by table the rows, in the order of the file.
Said = dict[str, list[dict[str, Any]]]

DIFFERENCE = Matcher("difference of two backups", trait="backups")
MATCHERS = (
    DIFFERENCE,
    Matcher("rows of responses, in the order of arrival", order="arrival"),
    Matcher("rows of the last ballots and of responses", order="ballot"),
    Matcher("rows of invitations and of responses", order="invitation"),
    Matcher("rows of receipts and of responses", order="receipt"),
    Matcher("rows of comments and of responses", order="comment"),
)


class Thief:
    """Has the private key and takes every backup."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._key = folder, Identity.generate()
        self._seen: set[str] = set()
        self.new: dict[str, str] = {}
        self.receipts: dict[str, str] = {}

    def take(self) -> Said:
        """Return what a backup made now says."""
        path = self._folder / "taken.age"
        with snapshot() as reading:
            backups.make(reading, path, str(self._key.to_public()), keys_mark="", now=datetime.now(UTC))
        lines = decrypt(path.read_bytes(), [self._key]).decode().splitlines()
        path.unlink()
        return dict(_tables(lines[1:-1]))

    def look(self, firm: Firm, receipt: str) -> None:
        """Note what is new since the firm before answered: it must be this one's."""
        values = set(_values(self.take()))
        self.new.update(dict.fromkeys(values - self._seen, firm.unit))
        self._seen |= values
        self.receipts[receipt] = firm.unit


def _tables(lines: list[str]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    columns: list[str] = []
    for line in lines:
        said = json.loads(line)
        if isinstance(said, dict):
            columns, rows = said["columns"], []
            yield said["table"], rows
        else:
            rows.append(dict(zip(columns, said, strict=True)))


def _values(said: Said) -> Iterator[str]:
    """Return all values that are long enough to be known again."""
    for rows in said.values():
        for row in rows:
            yield from (value for value in row.values() if isinstance(value, str) and len(value) >= 16)


def _evidence(work: Fieldwork, thief: Thief, before: Said, after: Said) -> Evidence:
    by_unit = {firm.unit: firm for firm in work.firms}
    rows = after["response"]
    (wave,) = (row for row in after["wave"] if row["code"] == work.code)
    labels = (
        {unit: (wave["coarsening"]["labels"][firm.stratum],) for unit, firm in by_unit.items()},
        {row["id"]: (row["stratum"],) for row in rows},
    )
    stored = [row["id"] for row in rows]
    ballots = {firm.secrets.ballot_id: firm.unit for firm in work.firms}
    author = {firm.words: firm.unit for firm in work.firms}
    orders: dict[str, Orders] = {
        "arrival": ([firm.unit for firm in work.firms], stored),
        "ballot": ([ballots[row["id"]] for row in before["ballot"]], stored),
        "invitation": ([row["unit"] for row in after["invitation"]], stored),
        "receipt": ([thief.receipts[row["code"]] for row in after["receipt"]], stored),
        "comment": ([author[row["text"]] for row in after["comment"]], stored),
    }
    return Evidence(labels, labels, orders, traits(by_unit, rows, thief.new), truth(work, rows))


def _score(evidence: Evidence, matcher: Matcher) -> Score:
    score = Score()
    count(score, evidence, matcher, random.Random(matcher.name))
    return score


@pytest.fixture
def evidence(session, keys, tmp_path) -> Evidence:
    """What a wave gives away whose every answer was followed by a backup."""
    work, thief = Fieldwork(1, keys, tmp_path), Thief(tmp_path)
    thief.look(work.firms[0], "")  # what was there before
    thief.new.clear()
    for day, firms in groupby(work.firms, key=lambda firm: firm.day):
        for firm in firms:
            thief.look(firm, work.answer(firm))
        work.night(day)
    work.close()
    before = thief.take()
    assert len(before["ballot"]) == ANSWERING
    assert set(thief.new.values()) == {firm.unit for firm in work.firms}
    work.open_box(lambda _step: None)
    return _evidence(work, thief, before, thief.take())


def test_backups_of_every_moment_match_nobody(evidence, capsys, dialect):
    for matcher in MATCHERS:
        score = _score(evidence, matcher)
        with capsys.disabled():
            print(f"\n{matcher.name} | {dialect} | {score.right} of {ANSWERING} | limit {LIMIT}", end="")
        assert score.right <= LIMIT, matcher.name
    _is_not_blind(evidence)


def _is_not_blind(evidence: Evidence) -> None:
    """Each matcher finds everybody where the trace that it follows is there."""
    owner = evidence.truth
    for matcher in MATCHERS:
        if matcher.order:
            firms = evidence.orders[matcher.order][0]
            place = {unit: number for number, unit in enumerate(firms)}
            told = sorted(owner, key=lambda response: place[owner[response]])
            spoilt = replace(evidence, orders={**evidence.orders, matcher.order: (firms, told)})
        else:
            spoilt = replace(evidence, traits={**evidence.traits, "backups": (evidence.traits["backups"][0], owner)})
        assert _score(spoilt, matcher).right == ANSWERING, matcher.name
