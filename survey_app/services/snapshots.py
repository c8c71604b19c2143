"""Who has answered, as the association may know it: a snapshot once a day, never live.

Live figures would tell, to whoever waits beside the telephone, that the firm just called is answering now.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import ColumnElement, case, exists, func, insert, literal, or_, select, update
from sqlalchemy.orm import Session

from survey_app.models.fieldwork import DailyCount, Invitation, Outcome, Wave, WaveState


def take(session: Session, today: date) -> list[str]:
    """Take today's snapshot of every wave that is open, or has answers since its last one; return their codes.

    Asked again on the same day it does nothing, whoever asks: two snapshots in a day could be subtracted.
    """
    real = (Wave.state != WaveState.DRAFT, Wave.rehearsal_of.is_(None))
    moves = or_(Wave.state == WaveState.OPEN, exists().where(Invitation.wave == Wave.code, _DIFFERS))
    codes = list(session.scalars(select(Wave.code).where(*real, moves, _due(today)).order_by(Wave.code)))
    return [code for code in codes if _take(session, code, today)]


_DIFFERS = Invitation.answered != Invitation.known_answered


def _due(today: date) -> ColumnElement[bool]:
    return or_(Wave.snapshot_on.is_(None), Wave.snapshot_on < today)


def _take(session: Session, code: str, today: date) -> bool:
    """Take the snapshot, unless another process was faster."""
    claim = update(Wave).where(Wave.code == code, _due(today)).values(snapshot_on=today).returning(Wave.code)
    if session.execute(claim).one_or_none() is None:
        return False
    # an outcome noted before the firm answered goes now and not on sending, where it would be seen to go; a form on paper
    # besides stays in sight, since that firm counts twice
    stays = case((Invitation.outcome == Outcome.PAPER, Invitation.outcome))
    known = {"known_answered": Invitation.answered, "outcome": stays}
    session.execute(update(Invitation).where(Invitation.wave == code, _DIFFERS).values(known))
    counts = (
        select(Invitation.wave, literal(today), Invitation.stratum)
        .add_columns(func.count().filter(Invitation.unit.is_not(None)), func.count().filter(Invitation.known_answered))
        .where(Invitation.wave == code)
        .group_by(Invitation.wave, Invitation.stratum)
    )
    session.execute(insert(DailyCount).from_select(["wave", "day", "stratum", "issued", "answered"], counts))
    session.flush()
    return True
