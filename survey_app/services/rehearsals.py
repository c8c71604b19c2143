"""A rehearsal of a wave: the same form behind test links, whose answers nobody can ever read or count.

It is a wave of its own whose ballots are sealed to a key that is thrown away at once, so what firms live through is the real
path, and nothing in that path has to know of tests.
"""

from __future__ import annotations

import secrets
from datetime import date, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from survey_app.envelopes import new_box
from survey_app.errors import DomainError
from survey_app.keys import Keys
from survey_app.models.fieldwork import Invitation, Wave, WaveState
from survey_app.models.response import Ballot, Draft
from survey_app.services.waves import get, held, invite

LINKS = 5
DAYS = 14
_SUFFIX = "-thu"
_LONGEST = 40


class NobodyDrawn(DomainError):
    """The wave has no firms yet whose links could be tried."""

    vi = "Đợt {wave} chưa có doanh nghiệp nào: chọn mẫu trước khi thử."
    en = "The wave {wave} has no firms yet: draw its sample before a rehearsal."


class NoRehearsal(DomainError):
    """The wave is real: it is not deleted."""

    vi = "Đợt {wave} không phải bản thử."
    en = "The wave {wave} is not a rehearsal."


def of(session: Session, code: str) -> Wave | None:
    """Return the rehearsal of a wave, if there is one."""
    return session.scalar(select(Wave).where(Wave.rehearsal_of == code))


def start(session: Session, code: str, keys: Keys, *, today: date) -> Wave:
    """Return an open rehearsal of a wave in draft, with links of LINKS of its firms; the one that is there stays.

    Raises UnknownWave, WrongState or NobodyDrawn.
    """
    wave = held(session, code, WaveState.DRAFT)
    if (found := of(session, code)) is not None:
        return found
    drawn = select(Invitation.unit, Invitation.stratum).where(Invitation.wave == code)
    rows = session.execute(drawn.order_by(Invitation.id).limit(LINKS))
    strata = {unit: stratum for unit, stratum in rows if unit is not None}
    if not strata:
        raise NobodyDrawn(wave=code)
    _private, public = new_box(secrets.token_bytes(32))
    rehearsal = Wave(
        code=code[: _LONGEST - len(_SUFFIX)] + _SUFFIX,
        title_vi=f"{wave.title_vi} (bản thử)",
        title_en=f"{wave.title_en} (rehearsal)",
        state=WaveState.OPEN,
        rehearsal_of=code,
        instrument_hash=wave.instrument_hash,
        framework_hash=wave.framework_hash,
        document=wave.document,
        opens_on=today,
        closes_on=today + timedelta(days=DAYS),
        consent_version=wave.consent_version,
        public_key=public,
    )
    session.add(rehearsal)
    session.flush()
    invite(session, rehearsal, strata, keys)
    return rehearsal


def invitations(session: Session, rehearsal: str) -> list[Invitation]:
    """Return the invitations whose links are tried."""
    return list(session.scalars(select(Invitation).where(Invitation.wave == rehearsal).order_by(Invitation.id)))


def discard(session: Session, code: str) -> None:
    """Delete a rehearsal with all that was tried in it. Raises UnknownWave or NoRehearsal."""
    wave = get(session, code)
    if wave.rehearsal_of is None:
        raise NoRehearsal(wave=code)
    for model in (Draft, Ballot, Invitation):
        session.execute(delete(model).where(model.wave == code))
    session.delete(wave)
    session.flush()
