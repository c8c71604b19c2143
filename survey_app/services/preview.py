"""An installation for one instrument and one author: an open wave of two invented firms, one of which has answered."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from questionnaires.demonstration import distribution, draw_answers, with_even_chances
from questionnaires.framework import Framework
from questionnaires.instrument import Instrument
from survey_app.envelopes import Secrets, format_code, link_secret, lookup, resume_code
from survey_app.keys import Keys
from survey_app.models.fieldwork import Invitation, SampleUnit
from survey_app.services.frame_columns import fold
from survey_app.services.invitations import link_of, standing
from survey_app.services.responses import FilledPage, save_page
from survey_app.services.waves import create, invite, open_wave

WAVE = "preview"
DAYS = 7
_EMPTY, _FILLED = "Doanh nghiệp thử 1 (tự đặt)", "Doanh nghiệp thử 2 (tự đặt)"


@dataclass(frozen=True)
class Links:
    """Where the author looks: an empty form, and one filled with test answers, opened with its resume code."""

    empty: str
    filled: str
    resume: str


def prepare(
    session: Session,
    documents: tuple[Instrument, Framework],
    *,
    keys: Keys,
    key_file: Path,
    base_url: str,
    consent_version: str,
    now: datetime,
) -> Links:
    """Open a wave with the instrument, invite both firms, fill one form without sending it; return the links."""
    units = [
        SampleUnit(id=f"{number:032x}", name=name, folded=fold(name)) for number, name in enumerate((_EMPTY, _FILLED))
    ]
    session.add_all(units)
    session.flush()
    wave = create(
        session,
        WAVE,
        title=("Bản xem trước", "Preview"),
        documents=documents,
        days=(now.date(), now.date() + timedelta(days=DAYS)),
        consent_version=consent_version,
        frame_counts={"all": len(units)},
        stratum_ladder=[],
    )
    passphrase = resume_code().encode()  # kept nowhere: this box is never opened
    open_wave(session, WAVE, documents=documents, key_file=key_file, passphrase=passphrase, now=now)
    invite(session, wave, {unit.id: "all" for unit in units}, keys)
    empty, filled = (
        session.execute(select(Invitation).filter_by(wave=WAVE, unit=unit.id)).scalar_one() for unit in units
    )
    secrets = Secrets(link_secret(keys.link, WAVE, filled.id, filled.issue), resume_code())
    _fill(session, documents[0], secrets, keys, now)
    return Links(link_of(base_url, keys.link, empty), link_of(base_url, keys.link, filled), format_code(secrets.resume))


def _fill(session: Session, instrument: Instrument, secrets: Secrets, keys: Keys, now: datetime) -> None:
    place = standing(session, lookup(keys.lookup, secrets.link))
    if place is None:
        raise LookupError("the firm was not invited")
    rng = random.Random(secrets.link)  # noqa: S311 - invented answers, not a secret
    answers = draw_answers(instrument, with_even_chances(distribution(), instrument), rng)
    for page in instrument.route(answers):
        given = {item.code: answers.get(item.code) for item in instrument.items_asked(page, answers)}
        save_page(session, secrets, place, instrument, FilledPage(page, given, seen=0), now=now)
