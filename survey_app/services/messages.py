"""The contact plan of a wave: who gets which message when, and what became of it.

A message is for firms that had not answered at today's snapshot, never for those that are answering now: whoever starts a batch
must learn nothing new from whom it reaches. How a message is handed over exactly once: docs/adr/0011.
"""

from __future__ import annotations

import secrets
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import cast

from sqlalchemy import ColumnElement, func, insert, or_, select, update
from sqlalchemy.orm import Session

from questionnaires.base import LANGUAGES, Language, Text
from survey_app import contacts
from survey_app.contacts import Contact
from survey_app.db import rows_changed
from survey_app.errors import DomainError
from survey_app.keys import Keys
from survey_app.models.fieldwork import Invitation, SampleUnit, Wave, WaveState
from survey_app.models.message import Channel, ContactStep, Message, MessageState
from survey_app.services import message_texts
from survey_app.services.invitations import waiting
from survey_app.services.message_texts import Words
from survey_app.services.waves import get

STEPS = (1, 2, 3, 4)
_DAYS = {1: 0, 2: 3, 3: 8, 4: 18}
#: How long after each failed attempt the next one comes; after the last the message has failed.
BACKOFF = (timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1), timedelta(hours=4))
_LISTED = 50


class BadTexts(DomainError):
    """Texts that cannot be sent; `faults` says which field and why."""

    vi = "Cần sửa nội dung tin."
    en = "The texts must be mended."

    def __init__(self, faults: Mapping[str, list[Text]]) -> None:
        super().__init__()
        self.faults = faults


class NoStep(DomainError):
    """The plan has four steps."""

    vi = "Kế hoạch liên hệ chỉ có bốn bước."
    en = "The contact plan has four steps."
    status = 404


class AlreadyQueued(DomainError):
    """The step's messages are on their way."""

    vi = "Bước {step} đã gửi: không sửa được nữa."
    en = "Step {step} has been sent: it cannot be changed any more."


def step_of(session: Session, wave: Wave, number: int) -> ContactStep:
    """Return a step of the plan as it is saved, or as the calendar and the usual texts propose it; raise NoStep."""
    if number not in STEPS:
        raise NoStep
    found = session.get(ContactStep, (wave.code, number))
    return found or _proposed(wave, number, Channel.EMAIL)


def plan_of(session: Session, wave: Wave) -> list[ContactStep]:
    """Return the four steps."""
    return [step_of(session, wave, number) for number in STEPS]


def _proposed(wave: Wave, number: int, channel: Channel) -> ContactStep:
    vi, en = (_first_words(wave, channel, number, language) for language in LANGUAGES)
    return ContactStep(
        wave=wave.code,
        number=number,
        send_on=min(wave.opens_on + timedelta(days=_DAYS[number]), wave.closes_on),
        channel=channel,
        is_on=False,
        subject_vi=vi.subject,
        text_vi=vi.text,
        subject_en=en.subject,
        text_en=en.text,
    )


def _first_words(wave: Wave, channel: Channel, number: int, language: Language) -> Words:
    return message_texts.first_words(channel, number, language, consults=wave.document is not None)


def save_step(
    session: Session, code: str, number: int, *, send_on: date, channel: Channel, texts: Mapping[Language, Words]
) -> None:
    """Keep a step of the plan. With another channel the usual texts of that channel take the place of the old ones.

    Raises NoStep, AlreadyQueued, BadTexts.
    """
    before = require_unsent(session, code, number)
    if channel is not before.channel:
        wave = get(session, code)
        texts = {language: _first_words(wave, channel, number, language) for language in LANGUAGES}
    found = {f"text_{language}": message_texts.faults(channel, words) for language, words in texts.items()}
    if any(found.values()):
        raise BadTexts(found)
    values = {f"{part}_{lang}": getattr(words, part) for lang, words in texts.items() for part in ("subject", "text")}
    session.merge(ContactStep(wave=code, number=number, send_on=send_on, channel=channel, is_on=before.is_on, **values))
    session.flush()


def turn(session: Session, code: str, number: int, *, on: bool) -> None:
    """Let a step be sent when its day comes, or stop it: what waits then waits until it is let go again. Raises NoStep."""
    step = step_of(session, get(session, code), number)
    step.is_on, step.trouble = on, None
    session.merge(step)
    session.flush()


@dataclass(frozen=True)
class DryRun:
    """Whom a step would reach now: `reached` have an address for its channel, `no_address` do not."""

    reached: int
    no_address: int
    no_messages: int
    answered: int
    with_outcome: int


def dry_run(session: Session, wave: Wave, channel: Channel, keys: Keys) -> DryRun:
    """Return whom a message by this channel would reach."""
    addressed = [_address(channel, _contact(keys, unit)) is not None for _, unit in _firms(session, wave, waiting())]
    mine = (Invitation.wave == wave.code, Invitation.unit.is_not(None))

    def count(*holds: ColumnElement[bool]) -> int:
        joined = select(func.count()).select_from(Invitation).join(SampleUnit, SampleUnit.id == Invitation.unit)
        return session.scalar(joined.where(*mine, *holds)) or 0

    silent = (~Invitation.known_answered, Invitation.outcome.is_(None))
    return DryRun(
        reached=sum(addressed),
        no_address=len(addressed) - sum(addressed),
        no_messages=count(*silent, SampleUnit.opted_out.is_(True)),
        answered=count(Invitation.known_answered.is_(True)),
        with_outcome=count(~Invitation.known_answered, Invitation.outcome.is_not(None)),
    )


def _firms(session: Session, wave: Wave, holds: Sequence[ColumnElement[bool]]) -> list[tuple[Invitation, SampleUnit]]:
    joined = select(Invitation, SampleUnit).join(SampleUnit, SampleUnit.id == Invitation.unit)
    rows = session.execute(joined.where(Invitation.wave == wave.code, *holds))
    return [(invitation, unit) for invitation, unit in rows]


def _contact(keys: Keys, unit: SampleUnit) -> Contact:
    return contacts.unseal(keys.contact, unit.id, unit.contact)


def _address(channel: Channel, contact: Contact) -> str | None:
    return contact.email if channel is Channel.EMAIL else contact.phone


def queue_due(session: Session, keys: Keys, *, now: datetime, channels: Collection[Channel]) -> int:
    """Queue the messages of every step whose day has come, once, and return how many.

    A step waits for today's snapshot, so that nobody who had answered by midnight is reminded.
    """
    due = (ContactStep.is_on, ContactStep.queued_on.is_(None), ContactStep.send_on <= now.date())
    open_now = (Wave.state == WaveState.OPEN, Wave.rehearsal_of.is_(None))
    counted = or_(Wave.snapshot_on == now.date(), Wave.snapshot_on.is_(None))  # none yet: it was opened today
    joined = select(ContactStep, Wave).join(Wave, Wave.code == ContactStep.wave)
    found = session.execute(joined.where(*due, *open_now, counted, ContactStep.channel.in_(channels))).all()
    return sum(_queue(session, step, wave, keys, now) for step, wave in found)


def _queue(session: Session, step: ContactStep, wave: Wave, keys: Keys, now: datetime) -> int:
    reached = [
        invitation.id
        for invitation, unit in _firms(session, wave, waiting())
        if _address(step.channel, _contact(keys, unit)) is not None
    ]
    _insert(session, step, reached, MessageState.QUEUED, now)
    step.queued_on = now.date()
    session.flush()
    return len(reached)


def _insert(
    session: Session, step: ContactStep, invitations: Sequence[str], state: MessageState, now: datetime
) -> None:
    same = {"wave": step.wave, "step": step.number, "channel": step.channel, "state": state, "attempts": 0}
    rows = [
        {"id": secrets.token_hex(16), "invitation": each, "due_at": now, "changed_at": now, **same}
        for each in invitations
    ]
    if rows:
        session.execute(insert(Message), rows)


def require_unsent(session: Session, code: str, number: int) -> ContactStep:
    """Return the step if none of its messages has left; raise NoStep or AlreadyQueued."""
    step = step_of(session, get(session, code), number)
    if step.queued_on is not None:
        raise AlreadyQueued(step=number)
    return step


def note_given_out(session: Session, code: str, number: int, invitations: Sequence[str], now: datetime) -> None:
    """Note a step's messages as sent by another tool; raise NoStep or AlreadyQueued."""
    step = require_unsent(session, code, number)
    step.queued_on = now.date()
    step = session.merge(step)
    session.flush()
    _insert(session, step, invitations, MessageState.SENT, now)


@dataclass(frozen=True, repr=False)
class Taken:
    """A message that a sender may send now: whom to, and what is needed to write it."""

    id: str
    attempt: int
    channel: Channel
    address: str
    language: Language
    unit: SampleUnit
    invitation: Invitation
    wave: Wave
    step: ContactStep


def is_due(session: Session, *, now: datetime, channels: Collection[Channel]) -> bool:
    """Say whether a sender has work: a message waits, or another sender died with one in its hands."""
    waits = (Message.state == MessageState.QUEUED) & (Message.due_at <= now) & ContactStep.is_on
    this_step = (ContactStep.wave == Message.wave) & (ContactStep.number == Message.step)
    found = select(Message.id).join(ContactStep, this_step).where(Message.channel.in_(channels))
    return session.scalar(found.where(or_(waits, Message.state.in_(_UNFINISHED))).limit(1)) is not None


def take_next(session: Session, keys: Keys, *, now: datetime, channels: Collection[Channel]) -> Taken | None:
    """Take the message that has waited longest; those whose firm needs it no more are skipped on the way."""
    due = (
        Message.state == MessageState.QUEUED,
        Message.due_at <= now,
        Message.channel.in_(channels),
        ContactStep.is_on,
    )
    this_step = (ContactStep.wave == Message.wave) & (ContactStep.number == Message.step)
    oldest = select(Message, ContactStep).join(ContactStep, this_step).where(*due)
    oldest = oldest.order_by(Message.due_at, Message.id).limit(1).with_for_update(of=Message, skip_locked=True)
    while (found := session.execute(oldest).one_or_none()) is not None:
        message, step = found
        message.changed_at = now
        if (taken := _needed(session, message, step, keys)) is not None:
            message.state = MessageState.SENDING
            message.attempts += 1
            session.flush()
            return taken
        message.state = MessageState.SKIPPED
        session.flush()
    return None


def _needed(session: Session, message: Message, step: ContactStep, keys: Keys) -> Taken | None:
    wave = get(session, message.wave)
    if wave.state is not WaveState.OPEN:
        return None
    for invitation, unit in _firms(session, wave, [*waiting(), Invitation.id == message.invitation]):
        address = _address(message.channel, _contact(keys, unit))
        if address is not None:
            language = cast(Language, unit.language)
            attempt = message.attempts + 1
            return Taken(message.id, attempt, message.channel, address, language, unit, invitation, wave, step)
    return None


def note(session: Session, number: str, state: MessageState, *, now: datetime, reason: str | None = None) -> None:
    """Note what became of a message."""
    values = {"state": state, "changed_at": now, "reason": reason}
    session.execute(update(Message).where(Message.id == number).values(**values))


def put_back(session: Session, taken: Taken, *, now: datetime, reason: str) -> None:
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


_UNFINISHED = {MessageState.SENDING: MessageState.QUEUED, MessageState.HANDING: MessageState.UNSURE}


def settle_unsure(session: Session, code: str, number: int, *, again: bool, now: datetime) -> None:
    """Send the messages again of which nobody knows whether they went, or take them as sent."""
    mine = (Message.wave == code, Message.step == number, Message.state == MessageState.UNSURE)
    state = MessageState.QUEUED if again else MessageState.SENT
    session.execute(update(Message).where(*mine).values(state=state, due_at=now, changed_at=now))


def stop(session: Session, code: str, number: int, reason: str) -> None:
    """Stop a step, and say why."""
    mine = (ContactStep.wave == code, ContactStep.number == number)
    session.execute(update(ContactStep).where(*mine).values(is_on=False, trouble=reason[:200]))


def note_bounce(session: Session, number: str, *, now: datetime, reason: str) -> bool:
    """Note that a message came back; say whether it was one of ours that had been sent."""
    message = session.get(Message, number)
    if message is None or message.state not in (MessageState.SENT, MessageState.UNSURE):
        return False
    message.state, message.changed_at, message.reason = MessageState.BOUNCED, now, reason[:60]
    session.flush()
    return True


def counts(session: Session, code: str) -> dict[int, Counter[MessageState]]:
    """Return how many messages of each step are in each state."""
    found: dict[int, Counter[MessageState]] = defaultdict(Counter)
    query = select(Message.step, Message.state, func.count()).where(Message.wave == code)
    for number, state, count in session.execute(query.group_by(Message.step, Message.state)):
        found[number][state] = count
    return found


def not_arrived(session: Session, code: str, number: int) -> list[tuple[Message, SampleUnit]]:
    """Return messages that failed, came back, or of which nobody knows, with their firms, at most 50."""
    wrong = Message.state.in_((MessageState.FAILED, MessageState.BOUNCED, MessageState.UNSURE))
    query = (
        select(Message, SampleUnit)
        .join(Invitation, Invitation.id == Message.invitation)
        .join(SampleUnit, SampleUnit.id == Invitation.unit)
        .where(Message.wave == code, Message.step == number, wrong)
        .order_by(SampleUnit.folded)
        .limit(_LISTED)
    )
    return [(message, unit) for message, unit in session.execute(query)]
