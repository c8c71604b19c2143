"""The contact plan of a wave: who gets which message when, and what became of it. What leaves, and when: `services.outbox`.

A message is for firms that had not answered at today's snapshot, never for those that are answering now: whoever starts a batch
must learn nothing new from whom it reaches.
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

from questionnaires.base import LANGUAGES, Language
from survey_app.config import Config
from survey_app.errors import DomainError
from survey_app.keys import Keys
from survey_app.models.fieldwork import Invitation, SampleUnit, Wave, WaveState
from survey_app.models.message import Channel, ContactStep, Message, MessageState
from survey_app.services import message_texts
from survey_app.services.instruments import instrument_of
from survey_app.services.invitations import waiting
from survey_app.services.letters import Outgoing, Writer, address_of
from survey_app.services.message_texts import Words
from survey_app.services.waves import get

STEPS = (1, 2, 3, 4)
_DAYS = {1: 0, 2: 3, 3: 8, 4: 18}
_LISTED = 50


class NoStep(DomainError):
    """The plan has four steps."""

    vi = "Kế hoạch liên hệ chỉ có bốn bước."
    en = "The contact plan has four steps."
    status = 404


class AlreadyQueued(DomainError):
    """The step's messages are on their way."""

    vi = "Bước {step} đã gửi: không sửa được nữa."
    en = "Step {step} has been sent: it cannot be changed any more."


class OutsideWave(DomainError):
    """No message goes before a wave or after it."""

    vi = "Chọn ngày trong thời gian của đợt, từ {first} đến {last}."
    en = "Choose a day of the wave, from {first} to {last}."


def step_of(session: Session, wave: Wave, number: int, *, held: bool = False) -> ContactStep:
    """Return a step of the plan as it is saved, or as the calendar and the usual texts propose it; raise NoStep.

    held: nobody else queues, changes or stops it until the transaction ends.
    """
    if number not in STEPS:
        raise NoStep
    found = session.get(ContactStep, (wave.code, number), with_for_update=held)
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

    Raises NoStep, AlreadyQueued, OutsideWave, BadTexts.
    """
    before, wave = require_unsent(session, code, number), get(session, code)
    if not wave.opens_on <= send_on <= wave.closes_on:
        raise OutsideWave(first=f"{wave.opens_on:%d/%m/%Y}", last=f"{wave.closes_on:%d/%m/%Y}")
    if channel is not before.channel:
        texts = {language: _first_words(wave, channel, number, language) for language in LANGUAGES}
    message_texts.require_good(channel, texts)
    values = {f"{part}_{lang}": getattr(words, part) for lang, words in texts.items() for part in ("subject", "text")}
    session.merge(ContactStep(wave=code, number=number, send_on=send_on, channel=channel, is_on=before.is_on, **values))
    session.flush()


def turn(session: Session, code: str, number: int, *, on: bool) -> None:
    """Let a step be sent when its day comes, or stop it: what waits then waits until it is let go again. Raises NoStep."""
    step = step_of(session, get(session, code), number, held=True)
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
    addressed = [address_of(keys, channel, unit) is not None for _, unit in _firms(session, wave, waiting())]
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


def queue_due(session: Session, keys: Keys, *, now: datetime, channels: Collection[Channel]) -> int:
    """Queue the messages of every step whose day has come, once, and return how many.

    A step waits for today's snapshot, so that nobody who had answered by midnight is reminded.
    """
    due = (ContactStep.is_on, ContactStep.queued_on.is_(None), ContactStep.send_on <= now.date())
    open_now = (Wave.state == WaveState.OPEN, Wave.rehearsal_of.is_(None))
    counted = or_(Wave.snapshot_on == now.date(), Wave.snapshot_on.is_(None))  # none yet: it was opened today
    joined = select(ContactStep, Wave).join(Wave, Wave.code == ContactStep.wave)
    asked = joined.where(*due, *open_now, counted, ContactStep.channel.in_(channels))
    found = session.execute(asked.with_for_update(of=ContactStep)).all()
    return sum(_queue(session, step, wave, keys, now) for step, wave in found)


def _queue(session: Session, step: ContactStep, wave: Wave, keys: Keys, now: datetime) -> int:
    reached = [
        invitation.id
        for invitation, unit in _firms(session, wave, waiting())
        if address_of(keys, step.channel, unit) is not None
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
    step = step_of(session, get(session, code), number, held=True)
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


def letter(
    session: Session, message: Message, step: ContactStep, keys: Keys, config: Config, today: date
) -> Outgoing | None:
    """Return a step's message as it may leave now; None if its firm needs it no more, or has no address."""
    wave = get(session, step.wave)
    if wave.state is not WaveState.OPEN:
        return None
    for invitation, unit in _firms(session, wave, [*waiting(), Invitation.id == message.invitation]):
        address = address_of(keys, message.channel, unit)
        if address is not None:
            writer = Writer(step, wave, instrument_of(session, wave.instrument_hash).minutes, config, keys, today)
            words = writer.write(invitation, unit)
            return Outgoing(message.id, message.attempts + 1, message.channel, address, unit.id, words)
    return None


def settle_unsure(session: Session, code: str, number: int, *, again: bool, now: datetime) -> None:
    """Send the messages again of which nobody knows whether they went, or take them as sent."""
    mine = (Message.wave == code, Message.step == number, Message.state == MessageState.UNSURE)
    state = MessageState.QUEUED if again else MessageState.SENT
    session.execute(update(Message).where(*mine).values(state=state, due_at=now, changed_at=now))


def counts(session: Session, code: str) -> dict[int, Counter[MessageState]]:
    """Return how many messages of each step are in each state."""
    found: dict[int, Counter[MessageState]] = defaultdict(Counter)
    query = select(Message.step, Message.state, func.count()).where(Message.wave == code)
    for number, state, count in session.execute(query.group_by(Message.step, Message.state)):
        found[cast(int, number)][state] = count
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
