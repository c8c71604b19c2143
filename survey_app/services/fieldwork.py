"""How far a wave is: how many were asked, how many had answered at the last snapshot, and no more."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey_app.models.fieldwork import Invitation, Outcome, Wave

#: Firms that turned out not to belong to the population.
_NOT_COUNTED = (Outcome.CLOSED_FIRM, Outcome.WRONG_FIRM, Outcome.DUPLICATE)


@dataclass(frozen=True)
class Progress:
    """Invitations of a wave: issued, of firms that belong, answered as of the last snapshot."""

    issued: int = 0
    eligible: int = 0
    answered: int = 0

    @property
    def response_rate(self) -> float | None:
        """Return answered / eligible, 0-1; None while nobody was asked."""
        return self.answered / self.eligible if self.eligible else None


def all_waves(session: Session) -> list[Wave]:
    """Return every wave, the newest first; rehearsals are none."""
    real = select(Wave).where(Wave.rehearsal_of.is_(None))
    return list(session.scalars(real.order_by(Wave.opens_on.desc(), Wave.code)))


def progress_by_wave(session: Session) -> dict[str, Progress]:
    """Return the progress of each wave that has invitations, by its code."""
    left_out = Invitation.outcome.in_(_NOT_COUNTED)
    asked = Invitation.unit.is_not(None)  # how many have begun by an open link is nobody's business
    counts = select(
        Invitation.wave,
        func.count().filter(asked),
        func.count().filter(asked, Invitation.outcome.is_(None) | ~left_out),
        func.count().filter(Invitation.known_answered),
    ).group_by(Invitation.wave)
    return {wave: Progress(*numbers) for wave, *numbers in session.execute(counts)}
