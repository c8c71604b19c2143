"""An opened wave with invented responses, for tests of scores and results."""

from __future__ import annotations

import random
import secrets
from datetime import UTC, datetime
from functools import cache

from sqlalchemy import insert
from sqlalchemy.orm import Session

from questionnaires.demonstration import distribution, draw_answers
from questionnaires.files import instrument_path, load_instrument
from questionnaires.instrument import Instrument
from survey_app.db import transaction
from survey_app.models.fieldwork import Wave, WaveState
from survey_app.models.response import Response
from survey_app.models.score import ScoreRun
from survey_app.services import plans, releases, scoring
from tests.factories import make_wave

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)


@cache
def domestic() -> Instrument:
    """Return the full instrument, read once."""
    return load_instrument(instrument_path("pci_domestic"))


def make_opened_wave(
    session: Session, responses: int = 120, *, code: str = "w1", seed: int = 1, plan: bool = True
) -> Wave:
    """Return an opened wave with so many responses, and put the plan in force unless nobody reads it."""
    wave, _ = make_wave(session, domestic(), code=code, state=WaveState.OPENED)
    rng = random.Random(seed)
    answers = [draw_answers(domestic(), distribution(), rng) for _ in range(responses)]
    for answer in answers:
        answer.pop("z02", None)
    rows = [
        {"id": secrets.token_hex(16), "wave": wave.code, "answers": a, "stratum": "all", "weight": 1.0} for a in answers
    ]
    session.execute(insert(Response), rows)
    if plan:
        plans.publish(session, "lang_son_2024", "pci_2023")
    session.commit()
    return wave


def scored(session: Session, code: str = "w1", province: str = "Lạng Sơn", *, now: datetime = NOW) -> ScoreRun:
    """Return a new run of an opened wave."""
    made = scoring.run(transaction, code, province=province, by="a", now=now)
    return scoring.get(session, made.number)


def release(number: int, *, now: datetime = NOW) -> None:
    """Release a run."""
    releases.release(transaction, number, by="a", now=now)
