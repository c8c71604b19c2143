"""The queue of messages on their way out: what may leave now, what became of it, what a dead sender left behind.

How a message is handed over exactly once: docs/adr/0011.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select, update
from sqlalchemy.orm import Session

from survey_app.config import Config
from survey_app.db import rows_changed
from survey_app.keys import Keys
from survey_app.models.message import Channel, ContactStep, Message, MessageState, Notice
from survey_app.services import messages, notices
from survey_app.services.letters import Outgoing

#: How long after each failed attempt the next one comes; after the last the message has failed.
BACKOFF = (timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1), timedelta(hours=4))
_UNFINISHED = {MessageState.SENDING: MessageState.QUEUED, MessageState.HANDING: MessageState.UNSURE}


def _with_source(*columns: Any) -> Select[Any]:
    """Return a query over messages, each beside its step or its notice."""
    this_step = (ContactStep.wave == Message.wave) & (ContactStep.number == Message.step)
    return (
        select(*columns)
        .select_from(Message)
        .outerjoin(ContactStep, this_step)
        .outerjoin(Notice, Notice.id == Message.notice)
    )


def _waits(now: datetime) -> ColumnElement[bool]:
    is_on = or_(ContactStep.is_on, Notice.is_on)
    return (Message.state == MessageState.QUEUED) & (Message.due_at <= now) & is_on


def is_due(session: Session, *, now: datetime, channels: Collection[Channel]) -> bool:
    """Say whether a sender has work: a message waits, or another sender died with one in its hands."""
    work = or_(_waits(now), Message.state.in_(_UNFINISHED))
    return session.scalar(_with_source(Message.id).where(Message.channel.in_(channels), work).limit(1)) is not None


def take_next(
    session: Session, keys: Keys, config: Config, *, now: datetime, channels: Collection[Channel]
) -> Outgoing | None:
    """Take the message that has waited longest; those whose firm needs it no more are skipped on the way."""
    due = _with_source(Message, ContactStep, Notice).where(Message.channel.in_(channels), _waits(now))
    oldest = due.order_by(Message.due_at, Message.id).limit(1).with_for_update(of=Message, skip_locked=True)
    while (found := session.execute(oldest).one_or_none()) is not None:
        message, step, notice = found
        message.changed_at = now
        if step is not None:
            letter = messages.letter(session, message, step, keys, config, now.date())
        else:
            letter = notices.letter(session, message, notice, keys, config)
        message.state = MessageState.SENDING if letter else MessageState.SKIPPED
        message.attempts += letter is not None
        session.flush()
        if letter:
            return letter
    return None


def note(session: Session, number: str, state: MessageState, *, now: datetime, reason: str | None = None) -> None:
    """Note what became of a message."""
    values = {"state": state, "changed_at": now, "reason": reason}
    session.execute(update(Message).where(Message.id == number).values(**values))


def put_back(session: Session, taken: Outgoing, *, now: datetime, reason: str) -> None:
    """Let a message be tried again later; after the last time it has failed."""
    if taken.attempt > len(BACKOFF):
        note(session, taken.id, MessageState.FAILED, now=now, reason=reason)
        return
    later = {"state": MessageState.QUEUED, "due_at": now + BACKOFF[taken.attempt - 1]}
    session.execute(update(Message).where(Message.id == taken.id).values(changed_at=now, reason=reason, **later))


def recover(session: Session, *, now: datetime) -> tuple[int, int]:
    """Put right what a dead sender left: return how many are queued again, and of how many nobody knows.

    Only for a sender that knows itself to be the only one.
    """
    found = Counter(session.scalars(select(Message.state).where(Message.state.in_(_UNFINISHED))))
    for before, after in _UNFINISHED.items():
        session.execute(update(Message).where(Message.state == before).values(state=after, changed_at=now))
    return found[MessageState.SENDING], found[MessageState.HANDING]


def hold_back(session: Session, *, now: datetime) -> int:
    """Send nothing by itself after a backup was restored: what waited then may have gone since.

    Such messages become unsure, for a person to decide; steps whose day had not come are off. Returns how many messages.
    """
    waited = Message.state.in_((MessageState.QUEUED, *_UNFINISHED))
    session.execute(update(ContactStep).where(ContactStep.queued_on.is_(None)).values(is_on=False))
    return rows_changed(session, update(Message).where(waited).values(state=MessageState.UNSURE, changed_at=now))


def stop(session: Session, number: str, reason: str) -> None:
    """Stop the step or the notice that a message belongs to, and say why."""
    step, notice = session.execute(_with_source(ContactStep, Notice).where(Message.id == number)).one()
    source = step or notice
    source.is_on, source.trouble = False, reason[:200]
    session.flush()


def note_bounce(session: Session, number: str, *, now: datetime, reason: str) -> bool:
    """Note that a message came back; say whether it was one of ours that had been sent."""
    message = session.get(Message, number)
    if message is None or message.state not in (MessageState.SENT, MessageState.UNSURE):
        return False
    message.state, message.changed_at, message.reason = MessageState.BOUNCED, now, reason[:60]
    session.flush()
    return True
