"""Firms that answer over real HTTP while something breaks, and the count of what became of their answers."""

from __future__ import annotations

import http.client
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, select
from sqlalchemy.orm import Session

from questionnaires.instrument import Instrument
from survey_app import migrate
from survey_app.db import reading
from survey_app.envelopes import (
    Secrets,
    ballot_info,
    format_code,
    lookup,
    open_ballot,
    read_box_key,
    resume_code,
    seal_cookie,
)
from survey_app.keys import Keys
from survey_app.models.fieldwork import Invitation, Wave
from survey_app.models.response import Ballot, Draft
from tests.checked_client import hidden_fields
from tests.factories import PASSPHRASE, instrument, item, make_invitation, make_wave
from tests.journeys.robot import Robot, receipt_in
from tests.postgres import free_port
from tests.server import Installation
from tests.torture.sizes import size

PAGE, REVIEW, SEND, SENT = "/p/t/page1", "/p/xem-lai", "/p/gui", "/p/da-gui"
CLIENTS = 8

#: A number that tells firms apart, and words that a cut connection could cut.
QUESTIONS: Instrument = instrument(
    item("number", "number", range={"min": 0, "max": 999_999}),
    item("words", "text", max_length=1000),
    pages=[["number", "words"]],
    comment_item="words",
)


class Trouble(Exception):
    """The server answered, but not with what the firm wanted."""


@dataclass
class Firm:
    """A firm at its form. `acknowledged`: the server said that its answer has been received."""

    number: int
    secrets: Secrets
    robot: Robot
    acknowledged: bool = False
    troubles: int = 0
    statuses: Counter[int] = field(default_factory=Counter)

    @property
    def words(self) -> str:
        """Return its comment: long, and its own from the first letter to the last."""
        return f"Ý kiến {self.number}: " + "đường hẹp, điện yếu, " * 20 + f"hết {self.number}."

    def get(self, path: str) -> tuple[int, str]:
        """Fetch a page."""
        return self._noted(self.robot.get(path))

    def post(self, path: str, form: dict[str, str]) -> tuple[int, str]:
        """Send a form."""
        return self._noted(self.robot.post(path, form))

    def _noted(self, answer: tuple[int, str]) -> tuple[int, str]:
        self.statuses[answer[0]] += 1
        if answer[0] >= 500:
            raise Trouble(answer[0])
        return answer

    def page_form(self) -> dict[str, str] | None:
        """Fetch the page and fill it in; None where the form has been sent."""
        status, shown = self.get(PAGE)
        if status == 302 and shown == SENT:
            return None
        return {
            **hidden_fields(shown),
            "skip": "1",
            "number": str(self.number),
            "words": self.words,
            "words__quote": "1",
        }

    def answer(self) -> None:
        """Fill in the page and send, once; raise what a person would see as an error."""
        form = self.page_form()
        if form is None:
            self.look_at_receipt()
            return
        if self.post(PAGE, form) != (302, REVIEW):
            raise Trouble("the page was not saved")
        self.send(form["csrf_token"])

    def send(self, token: str) -> None:
        """Press Send; note whether the server acknowledged it."""
        self.acknowledged |= self.post(SEND, {"csrf_token": token}) == (302, SENT)

    def look_at_receipt(self) -> None:
        """Note whether the server shows the receipt of this form."""
        self.acknowledged |= receipt_in(self.get(SENT)[1]) == format_code(self.secrets.receipt)

    def answer_until(self, end: float) -> None:
        """Try again, as a firm does, until the answer is acknowledged or the time (monotonic) has come."""
        while not self.acknowledged and time.monotonic() < end:
            try:
                self.answer()
            except (OSError, http.client.HTTPException, Trouble):
                self.troubles += 1
                time.sleep(0.1)


@dataclass(frozen=True)
class Outcome:
    """What became of the answers; everything but the first two must be nought."""

    acknowledged: int
    ballots: int
    lost: int  # acknowledged, but not in the box as it was given
    doubled: int  # links with two ballots, and ballots that are nobody's
    half: int  # answered without a ballot, a ballot without answered, a sent form with its draft

    @property
    def is_clean(self) -> bool:
        """Say whether nothing was lost, doubled or left half done."""
        return not (self.lost or self.doubled or self.half)

    def __str__(self) -> str:
        return (
            f"acknowledged {self.acknowledged}, ballots {self.ballots}, "
            f"lost {self.lost}, doubled {self.doubled}, half states {self.half}"
        )


@dataclass(frozen=True)
class Fieldwork:
    """An open wave with its box key in hand, its server and its firms."""

    place: Installation
    keys: Keys
    pem: bytes
    firms: list[Firm]

    @property
    def acknowledged(self) -> int:
        """Return how many firms have been told that their answer is received."""
        return sum(firm.acknowledged for firm in self.firms)

    def wait_for_an_answer(self, seconds: float = 60) -> None:
        """Wait until one more firm got through: a busy machine starts servers more slowly than they are killed."""
        before, end = self.acknowledged, time.monotonic() + seconds
        while self.acknowledged == before < len(self.firms) and time.monotonic() < end:
            time.sleep(0.02)

    def outcome(self) -> Outcome:
        """Open every envelope and compare with what was acknowledged."""
        engine = create_engine(self.place.database_url)
        try:
            return self._outcome(engine)
        finally:
            engine.dispose()

    def _outcome(self, engine: Engine) -> Outcome:
        token = reading.set(True)
        with Session(engine) as session:
            ballots = _contents(session, self.pem)
            drafts = set(session.scalars(select(Draft.id)))
            answered = set(session.scalars(select(Invitation.lookup).where(Invitation.answered)))
        reading.reset(token)
        by_link = Counter(firm.secrets.link for firm in self.firms if firm.secrets.ballot_id in ballots)
        links = {firm.secrets.link for firm in self.firms}
        strangers = len(ballots) - by_link.total()
        unequal = sum((lookup(self.keys.lookup, link) in answered) != (by_link[link] == 1) for link in links)
        leftover = sum(
            {firm.secrets.ballot_id in ballots, firm.secrets.draft_id in drafts} == {True} for firm in self.firms
        )
        return Outcome(
            acknowledged=sum(firm.acknowledged for firm in self.firms),
            ballots=len(ballots),
            lost=sum(firm.acknowledged and not _is_kept(firm, ballots) for firm in self.firms),
            doubled=strangers + sum(count > 1 for count in by_link.values()),
            half=unequal + leftover,
        )


def _contents(session: Session, pem: bytes) -> dict[str, dict[str, Any]]:
    wave = session.scalars(select(Wave)).one()
    private, info = read_box_key(pem, PASSPHRASE), ballot_info(wave.code, wave.instrument_hash)
    return {
        id_: open_ballot(private, sealed, info) for id_, sealed in session.execute(select(Ballot.id, Ballot.sealed))
    }


def _is_kept(firm: Firm, ballots: dict[str, dict[str, Any]]) -> bool:
    content = ballots.get(firm.secrets.ballot_id)
    return content is not None and (content["receipt"], content["answers"], content["comments"]) == (
        firm.secrets.receipt,
        {"number": firm.number},
        {"words": firm.words},
    )


def begin(folder: Path, database_url: str, firms: int, *, people: int = 1) -> Fieldwork:
    """Make an installation with an open wave; each firm has so many people who begin a form of their own."""
    Keys.create(folder / "keys")  # here and not by command: a process for each test would take longer than the test
    keys = Keys.read(folder / "keys")
    place = Installation(folder, database_url, free_port())
    engine = create_engine(database_url)
    with engine.connect() as connection:
        migrate.upgrade(connection)
        connection.commit()
    with Session(engine) as session:
        wave, pem = make_wave(session, QUESTIONS)
        links = [make_invitation(session, keys, wave)[1] for _ in range(firms)]
        session.commit()
    engine.dispose()
    everyone = [link for link in links for _ in range(people)]
    return Fieldwork(place, keys, pem, [_firm(place, keys, link, number) for number, link in enumerate(everyone)])


def _firm(place: Installation, keys: Keys, link: str, number: int) -> Firm:
    secrets, robot = Secrets(link, resume_code()), Robot(place.port, link)
    robot.cookies["p"] = seal_cookie(keys.cookie, {"s": secrets.link, "c": secrets.resume, "own": False})
    return Firm(number, secrets, robot)


def all_answer(firms: Iterable[Firm]) -> None:
    """Let all firms answer, several at once."""
    end = patience()
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(lambda firm: firm.answer_until(end), firms))


def patience() -> float:
    """Return until when (monotonic) firms try: for all of them together, so that a dead server ends a test."""
    return time.monotonic() + size(180, 1500)


def say(scenario: str, database_url: str, figures: str) -> None:
    """Print the line of figures of a scenario; `-s` shows it, docs/torture.md keeps it."""
    print(f"\ntorture: {scenario} | {database_url.partition(':')[0].partition('+')[0]} | {figures}")
