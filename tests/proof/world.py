"""A wave as it is lived: an invented frame whose firms answer one at a time, by the real services and transactions."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select, update

from questionnaires.files import framework_path, instrument_path, load_framework, load_instrument
from questionnaires.instrument import Instrument
from survey_app.db import transaction
from survey_app.envelopes import Secrets, link_secret, lookup, resume_code
from survey_app.i18n import HERE
from survey_app.keys import Keys
from survey_app.models.fieldwork import Invitation, Outcome, SampleUnit, Wave
from survey_app.models.handout import HandoutKind
from survey_app.services import board, box, box_key, handouts, invitations, messages, snapshots, waves
from survey_app.services.box import Step
from survey_app.services.demonstration import STRATUM_LADDER, invent_frame, stratum_of
from survey_app.services.invitations import standing
from survey_app.services.responses import FilledPage, cast, save_page
from tests.factories import PASSPHRASE, instrument, item

INVITED, ANSWERING = 220, 200
KEY_VARIABLES = ("p03", "p04", "p06")
#: On which of its nights the association writes to the firms that have not answered, and with which step of its plan.
REMINDED = {1: 1, 4: 2, 9: 3, 15: 4}
#: What few firms have: each tag, version or consent text below is one firm's alone.
RARE = 12
LANGUAGES = ("fr-FR", "de-DE", "ja-JP", "ko-KR", "zh-CN", "th-TH", "ru-RU", "km-KH", "lo-LA", "id-ID", "ms-MY", "it-IT")
_DOMESTIC = load_instrument(instrument_path("pci_domestic"))
_FRAMEWORK = load_framework(framework_path("pci_2023"))
_QUESTIONS = ("q1", "q2", "q3", "q4", "q5")

#: The key variables of the real questionnaire with their ladders; a number by which the test, alone, tells firms apart.
ASKED: Instrument = instrument(
    *(_DOMESTIC.item(code).model_dump(mode="json") for code in KEY_VARIABLES),
    item("mark", "number", range={"min": 0, "max": 9999}),
    *(item(code) for code in _QUESTIONS),
    item("words", "text", max_length=400),
    pages=[[*KEY_VARIABLES, "mark", *_QUESTIONS, "words"]],
    key_variables=list(KEY_VARIABLES),
    comment_item="words",
)


@dataclass(frozen=True)
class Firm:
    """A firm of the frame and the form it sends; `mark` is its number among the answers."""

    unit: str
    frame: dict[str, str]
    stratum: str
    mark: int
    answers: dict[str, Any]
    language: str
    version: str
    consent: str
    day: str
    secrets: Secrets

    @property
    def words(self) -> str:
        """Return its comment."""
        return str(self.answers["words"])


def _day(mark: int) -> str:
    """Return the day on which a firm answers: the first RARE have a day of their own, the others come 20 a day."""
    return (date.today() + timedelta(days=mark if mark < RARE else RARE + (mark - RARE) // 20)).isoformat()


def _comment(mark: int) -> str:
    """Return a comment whose length no other firm's has."""
    return f"firm {mark:04d} says ".ljust(20 + mark * 71 % ANSWERING, "x")


class Fieldwork:
    """One wave of the real application, from invitations to the opened box."""

    def __init__(self, number: int, keys: Keys, folder: Path) -> None:
        self.code = f"w{number}"
        self._keys = keys
        self._key_file = folder / f"{self.code}.pem"
        self._rng = random.Random(number)
        self._consent = "2026-11"
        self._nights = 0
        units = invent_frame(_DOMESTIC, number)[:INVITED]
        self.strata = {unit.id: stratum_of(_DOMESTIC, unit) for unit in units}
        frame = {unit.id: dict(zip(KEY_VARIABLES, (unit.size, unit.sector, unit.age), strict=True)) for unit in units}
        links = self._invite(units)
        chosen = self._rng.sample(sorted(frame), ANSWERING)
        #: Firms in the order in which they answer, which the attacker knows.
        self.firms = [self._firm(mark, unit, frame[unit], links[unit]) for mark, unit in enumerate(chosen)]

    def _invite(self, units: list[SampleUnit]) -> dict[str, str]:
        documents = (ASKED, _FRAMEWORK)
        now = datetime.now(HERE)
        with transaction() as session:
            session.add_all(units)
            session.flush()
            wave = waves.create(
                session,
                self.code,
                title=("Đợt thử", "Test wave"),
                documents=documents,
                days=(now.date(), now.date() + timedelta(days=30)),
                consent_version=self._consent,
                frame_counts=waves.firms_by_stratum(self.strata),
                stratum_ladder=STRATUM_LADDER,
            )
            made = {"documents": documents, "key_file": self._key_file, "passphrase": PASSPHRASE, "now": now}
            waves.open_wave(session, self.code, **made)
            waves.invite(session, wave, self.strata, self._keys)
            rows = session.execute(select(Invitation.unit, Invitation.id).where(Invitation.wave == self.code)).all()
        return {unit: link_secret(self._keys.link, self.code, invitation, 1) for unit, invitation in rows}

    def _firm(self, mark: int, unit: str, frame: dict[str, str], link: str) -> Firm:
        rng = self._rng
        chosen = {code: rng.choice(("yes", "no")) for code in _QUESTIONS}
        given = {**frame, "mark": 1000 + mark, **chosen, "words": _comment(mark)}
        order = rng.sample(sorted(given), len(given))  # each firm fills in its form in an order of its own
        rare = mark % (ANSWERING // RARE) == 0 and mark // (ANSWERING // RARE) < RARE
        which = mark // (ANSWERING // RARE)
        return Firm(
            unit=unit,
            frame=frame,
            stratum=self.strata[unit],
            mark=1000 + mark,
            answers={code: given[code] for code in order},
            language=LANGUAGES[which] if rare else rng.choice(("vi-VN", "en-GB")),
            version=f"1.{which}" if rare else "1",
            consent=f"2026-11.{which}" if rare else "2026-11",
            day=_day(mark),
            secrets=Secrets(link, resume_code()),
        )

    def answer(self, firm: Firm) -> str:
        """Let a firm fill in its form and send it, each in its own transaction; return its receipt."""
        found, now = lookup(self._keys.lookup, firm.secrets.link), datetime.now(HERE)
        self._word_consent(firm.consent)
        with transaction() as session:
            place = standing(session, found)
            assert place is not None
            filled = FilledPage(ASKED.pages[0], firm.answers, seen=0, quoted=True)
            save_page(session, firm.secrets, place, ASKED, filled, now=now)
        with transaction() as session:
            return cast(session, firm.secrets, found, now=now)

    def night(self, day: str) -> None:
        """Let the association learn who has answered, and act on it: outcomes, a new link, a file of links, messages."""
        self._nights += 1
        with transaction() as session:
            assert snapshots.take(session, date.fromisoformat(day)) == [self.code]
        silent = sorted(set(self.strata) - {firm.unit for firm in self.firms})
        with transaction() as session:
            mine = select(Invitation.id).where(
                Invitation.wave == self.code, Invitation.unit == self._rng.choice(silent)
            )
            board.note_outcome(session, self.code, session.scalars(mine).one(), Outcome.NO_CONTACT)
            assert invitations.reissue(session, self._keys, self.code, session.scalars(mine).one())
            now = datetime.now(HERE)
            handouts.ask(session, self.code, HandoutKind.CARDS, handouts.Whom(), by="association@example.vn", now=now)
        if self._nights in REMINDED:
            with transaction() as session:
                asked = select(Invitation.id).join(SampleUnit, SampleUnit.id == Invitation.unit)
                reached = session.scalars(asked.where(Invitation.wave == self.code, *invitations.waiting())).all()
                messages.note_given_out(session, self.code, REMINDED[self._nights], reached, datetime.now(HERE))

    def _word_consent(self, version: str) -> None:
        if version == self._consent:
            return
        self._consent = version
        with transaction() as session:
            session.execute(update(Wave).where(Wave.code == self.code).values(consent_version=version))

    def close(self) -> None:
        """Close the wave."""
        with transaction() as session:
            waves.close(session, self.code)

    def open_box(self, report: Callable[[Step], None]) -> None:
        """Open the box and destroy its key."""
        key = box_key.read(self._key_file, self.code, lambda: PASSPHRASE)
        box.open_box(transaction, self.code, key, self._key_file, report=report)
        assert not self._key_file.exists()
