"""Who has answered, as the association may know it: a snapshot once a day, never live.

Live figures would tell, to whoever waits beside the telephone, that the firm just called is answering now.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import func, insert, literal, or_, select, update
from sqlalchemy.orm import Session

from survey_app.models.fieldwork import DailyCount, Invitation, Wave, WaveState


def take(session: Session, today: date) -> list[str]:
    """Take today's snapshot of every wave that was opened and has none of today, and return their codes.

    Asked again on the same day it does nothing, whoever asks: two snapshots in a day could be subtracted.
    """
    due = or_(Wave.snapshot_on.is_(None), Wave.snapshot_on < today)
    begun = (Wave.state != WaveState.DRAFT, Wave.rehearsal_of.is_(None))
    codes = list(session.scalars(select(Wave.code).where(*begun, due).order_by(Wave.code)))
    return [code for code in codes if _take(session, code, today)]


def _take(session: Session, code: str, today: date) -> bool:
    """Take the snapshot, unless another process was faster."""
    due = or_(Wave.snapshot_on.is_(None), Wave.snapshot_on < today)
    claim = update(Wave).where(Wave.code == code, due).values(snapshot_on=today).returning(Wave.code)
    if session.execute(claim).one_or_none() is None:
        return False
    differs = (Invitation.wave == code, Invitation.answered != Invitation.known_answered)
    session.execute(update(Invitation).where(*differs).values(known_answered=Invitation.answered))
    counts = (
        select(Invitation.wave, literal(today), Invitation.stratum)
        .add_columns(func.count().filter(Invitation.unit.is_not(None)), func.count().filter(Invitation.known_answered))
        .where(Invitation.wave == code)
        .group_by(Invitation.wave, Invitation.stratum)
    )
    session.execute(insert(DailyCount).from_select(["wave", "day", "stratum", "issued", "answered"], counts))
    session.flush()
    return True
