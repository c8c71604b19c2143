"""An open link: whoever has it may answer, for people of whom there is no list.

A wave is either drawn from the list or answered by an open link, never both: a sealed ballot says nothing of how it came, so
only whole waves can be kept apart (docs/adr/0009). Each visitor gets an envelope of its own that names no firm; from there
the way is that of every form.
"""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from survey_app.envelopes import link_secret, lookup
from survey_app.errors import DomainError
from survey_app.keys import Keys
from survey_app.models.fieldwork import Invitation, Wave, WaveState
from survey_app.services.invitations import closing_moment

STRATUM = "open"


class NotOpen(DomainError):
    """There is no such open link, or its wave takes no answers now."""

    vi = "Khảo sát này chưa mở hoặc đã kết thúc."
    en = "This survey is not open yet, or has closed."
    status = 404


def find(session: Session, code: str, *, now: datetime) -> Wave:
    """Return the wave that an open link leads to, if it takes answers now; raise NotOpen."""
    wave = session.get(Wave, code)
    if (
        wave is None
        or not wave.by_open_link
        or wave.state is not WaveState.OPEN
        or now >= closing_moment(wave.closes_on)
    ):
        raise NotOpen
    return wave


def begin(session: Session, code: str, keys: Keys, *, now: datetime) -> str:
    """Return the link secret of a new envelope; raise NotOpen."""
    wave = find(session, code, now=now)
    number = secrets.token_hex(16)
    link = link_secret(keys.link, wave.code, number, 1)
    row = {"id": number, "wave": wave.code, "unit": None, "lookup": lookup(keys.lookup, link), "stratum": STRATUM}
    session.execute(insert(Invitation).values(**row))
    return link


def forget_unsent(session: Session, code: str) -> None:
    """Delete the envelopes that nobody has sent."""
    session.execute(delete(Invitation).where(Invitation.wave == code, Invitation.unit.is_(None), ~Invitation.answered))
