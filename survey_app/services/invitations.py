"""The outer envelope: who was asked, found by what a link holds, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, exists, select, update
from sqlalchemy.orm import Session

from survey_app.db import rows_changed, table_of
from survey_app.envelopes import format_code, link_secret, lookup
from survey_app.i18n import HERE
from survey_app.keys import Keys
from survey_app.models.fieldwork import Invitation, Outcome, SampleUnit, Wave, WaveState

CLOSING_TIME = time(17, 0)


@dataclass(frozen=True)
class Standing:
    """How an invitation and its wave stand, in one query.

    `known_answered` is what the last snapshot knows: whoever tries a link learns no more than the board has told already.
    """

    invitation: str
    wave: str
    state: WaveState
    closes_on: date
    known_answered: bool
    instrument_hash: str
    consent_version: str
    is_rehearsal: bool
    by_open_link: bool

    def accepts(self, now: datetime) -> bool:
        """Say whether the wave takes answers at this moment."""
        return self.state is WaveState.OPEN and now < closing_moment(self.closes_on)


def standing_query() -> Select[Any]:
    """Return the query for what a Standing holds, in its order; it wants `lookup`."""
    invitations, waves = table_of(Invitation), table_of(Wave)
    invitation, wave = invitations.c, waves.c
    columns = (
        invitation.id,
        wave.code,
        wave.state,
        wave.closes_on,
        invitation.known_answered,
        wave.instrument_hash,
        wave.consent_version,
        wave.rehearsal_of.is_not(None),
        wave.by_open_link,
    )
    joined = select(*columns).join_from(invitations, waves, wave.code == invitation.wave)
    return joined.where(invitation.lookup == bindparam("lookup"))


#: Made once, of columns and not of models: every page of the form asks this, and making it took as long as running it.
_STANDING = standing_query()


def closing_moment(closes_on: date) -> datetime:
    """Return when a wave closes: 17:00 in the province on its last day."""
    return datetime.combine(closes_on, CLOSING_TIME, HERE)


def standing(session: Session, lookup: bytes) -> Standing | None:
    """Return how the invitation with this lookup stands, or None if there is none (any more)."""
    found = session.execute(_STANDING, {"lookup": lookup}).one_or_none()
    return Standing(*found) if found else None


def set_outcome(session: Session, lookup: bytes, outcome: Outcome) -> bool:
    """Note that a firm refused, or is the wrong or a closed one.

    Say whether an invitation was found that is not known to have answered and whose wave is open: a closed wave's counts
    stay. What is noted of a firm that has answered since the last snapshot goes with the next one.
    """
    open_wave = exists().where(Wave.code == Invitation.wave, Wave.state == WaveState.OPEN)
    mine = (Invitation.lookup == lookup, ~Invitation.known_answered, open_wave)
    statement = update(Invitation).where(*mine).values(outcome=outcome)
    return rows_changed(session, statement) == 1


def waiting() -> list[ColumnElement[bool]]:
    """Return what holds of an invitation whose firm may still be written to: by the last snapshot it has not answered."""
    return [~Invitation.known_answered, Invitation.outcome.is_(None), ~SampleUnit.opted_out]


def reissue(session: Session, keys: Keys, wave: str, invitation: str) -> bool:
    """Give an invitation a new link; the old one, and a form begun with it, open nothing any more.

    Say whether it was done: not where the firm is known to have answered, nor after the wave. A firm that has sent its form
    since the last snapshot loses nothing, and nobody learns of it: its receipt stays, and the new link takes no second form.
    """
    live = exists().where(Wave.code == Invitation.wave, Wave.state.in_((WaveState.DRAFT, WaveState.OPEN)))
    mine = select(Invitation).where(
        Invitation.wave == wave, Invitation.id == invitation, ~Invitation.known_answered, live
    )
    found = session.scalar(mine.with_for_update())
    if found is None:
        return False
    found.issue += 1
    found.lookup = lookup(keys.lookup, link_secret(keys.link, wave, found.id, found.issue))
    session.flush()
    return True


def link_of(base_url: str, link_key: bytes, invitation: Invitation) -> str:
    """Return the personal link; the secret stands behind # and never reaches a server log."""
    secret = link_secret(link_key, invitation.wave, invitation.id, invitation.issue)
    return f"{base_url}/p#{format_code(secret)}"


def first_unanswered(session: Session, wave: str) -> Invitation | None:
    """Return an invitation of an open wave that has not been answered, the same one every time, or None."""
    statement = (
        select(Invitation)
        .join(Wave, Wave.code == Invitation.wave)
        .where(
            Invitation.wave == wave, ~Invitation.answered, Invitation.outcome.is_(None), Wave.state == WaveState.OPEN
        )
        .order_by(Invitation.id)
        .limit(1)
    )
    return session.scalars(statement).first()
