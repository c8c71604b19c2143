"""Notices: what firms are let know outside any wave, to whom it goes, and whom it reached.

Firms that asked for silence get none. A notice has no personal link and knows nothing of answers.
"""

from __future__ import annotations

import secrets
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import ColumnElement, func, insert, select, update
from sqlalchemy.orm import Session

from questionnaires.base import Language
from survey_app.config import Config
from survey_app.errors import DomainError
from survey_app.keys import Keys
from survey_app.models.fieldwork import SampleUnit
from survey_app.models.message import Channel, Message, MessageState, Notice
from survey_app.services import message_texts
from survey_app.services.letters import Outgoing, address_of, fill_notice
from survey_app.services.message_texts import Words
from survey_app.services.sheets import sheet

_LISTED = 50
HEADER = ("name", "phone", "text")


class NoNotice(DomainError):
    """There is no such notice."""

    vi = "Không có thông báo này."
    en = "There is no such notice."
    status = 404


class HasLeft(DomainError):
    """The notice has been sent: its words stand."""

    vi = "Thông báo đã gửi: không sửa được nữa."
    en = "The notice has been sent: it cannot be changed any more."


class NobodyReached(DomainError):
    """No firm would get it."""

    vi = "Không có doanh nghiệp nào nhận được: xem lại đối tượng và kênh gửi."
    en = "No firm would get it: check whom it is for, and the channel."


@dataclass(frozen=True)
class Content:
    """What a notice says, by which channel, to whom (None: to all), and which line of the plan it serves."""

    channel: Channel
    texts: Mapping[Language, Words]
    vsic: str | None = None
    area: str | None = None
    duty: str | None = None


def get(session: Session, number: int) -> Notice:
    """Return the notice; raise NoNotice."""
    found = session.get(Notice, number)
    if found is None:
        raise NoNotice
    return found


def listed(session: Session) -> list[Notice]:
    """Return the notices, the newest first."""
    return list(session.scalars(select(Notice).order_by(Notice.id.desc())))


def serving(session: Session, duties: Collection[str]) -> list[Notice]:
    """Return the notices that have left and serve one of these lines of the plan, the newest first."""
    left = (Notice.duty.in_(duties), Notice.queued_on.is_not(None))
    return list(session.scalars(select(Notice).where(*left).order_by(Notice.id.desc())))


def make(session: Session, content: Content, *, by: str, now: datetime) -> Notice:
    """Return a new notice, which nobody gets yet; raise BadTexts."""
    notice = Notice(made_by=by, made_at=now, **_columns(content))
    session.add(notice)
    session.flush()
    return notice


def change(session: Session, number: int, content: Content) -> None:
    """Change a notice that has not left. Raises NoNotice, HasLeft or BadTexts."""
    notice = _not_left(session, number)
    for name, value in _columns(content).items():
        setattr(notice, name, value)
    session.flush()


def delete(session: Session, number: int) -> None:
    """Delete a notice that has not left. Raises NoNotice or HasLeft."""
    session.delete(_not_left(session, number))
    session.flush()


def _held(session: Session, number: int) -> Notice:
    """Return the notice, which nobody else changes or sends until the transaction ends; raise NoNotice."""
    found = session.get(Notice, number, with_for_update=True)
    if found is None:
        raise NoNotice
    return found


def _not_left(session: Session, number: int) -> Notice:
    notice = _held(session, number)
    if notice.queued_on is not None:
        raise HasLeft
    return notice


def _columns(content: Content) -> dict[str, object]:
    message_texts.require_good(content.channel, content.texts, is_notice=True)
    words = {
        f"{part}_{lang}": getattr(text, part) for lang, text in content.texts.items() for part in ("subject", "text")
    }
    return {"channel": content.channel, "vsic": content.vsic, "area": content.area, "duty": content.duty, **words}


def audiences(session: Session) -> tuple[list[str], list[str]]:
    """Return the lines of business and the communes or wards that the frame knows."""
    vsic, area = SampleUnit.vsic, SampleUnit.area
    lines = session.scalars(select(vsic).where(vsic.is_not(None)).distinct().order_by(vsic))
    areas = session.scalars(select(area).where(area.is_not(None)).distinct().order_by(area))
    return [each for each in lines if each], [each for each in areas if each]


def _meant(notice: Notice) -> list[ColumnElement[bool]]:
    asked = ((SampleUnit.vsic, notice.vsic), (SampleUnit.area, notice.area))
    return [column == value for column, value in asked if value]


def _wanted(session: Session, notice: Notice) -> Sequence[SampleUnit]:
    """Return the firms it is meant for that take messages."""
    query = select(SampleUnit).where(*_meant(notice), SampleUnit.opted_out.is_(False))
    return session.scalars(query.order_by(SampleUnit.folded, SampleUnit.id)).all()


@dataclass(frozen=True)
class Reach:
    """Whom a notice would reach now, of all the firms it is meant for."""

    firms: int
    reached: int
    no_address: int

    @property
    def no_messages(self) -> int:
        """Return how many firms asked for silence."""
        return self.firms - self.reached - self.no_address


def dry_run(session: Session, notice: Notice, keys: Keys) -> Reach:
    """Return whom the notice would reach now."""
    wanted = _wanted(session, notice)
    reached = sum(address_of(keys, notice.channel, unit) is not None for unit in wanted)
    return Reach(_count_meant(session, notice), reached, len(wanted) - reached)


def _count_meant(session: Session, notice: Notice) -> int:
    return session.scalar(select(func.count()).select_from(SampleUnit).where(*_meant(notice))) or 0


def send(session: Session, number: int, keys: Keys, *, now: datetime, by_hand: bool = False) -> int:
    """Queue a notice for the firms it is meant for, or let one that was stopped go on; return how many were queued.

    by_hand: another tool sends it, from the table; its messages count as sent. Raises NoNotice, NobodyReached, or HasLeft
    where it has left and is now to go by hand: the table would write to firms a second time.
    """
    notice = _not_left(session, number) if by_hand else _held(session, number)
    notice.is_on, notice.trouble = not by_hand, None
    if notice.queued_on is not None:
        return 0
    reached = [unit.id for unit in _wanted(session, notice) if address_of(keys, notice.channel, unit) is not None]
    if not reached:
        raise NobodyReached
    notice.queued_on, notice.firms = now.date(), _count_meant(session, notice)
    state = MessageState.SENT if by_hand else MessageState.QUEUED
    same = {"notice": number, "channel": notice.channel, "state": state, "due_at": now, "changed_at": now}
    session.flush()
    session.execute(insert(Message), [{"id": secrets.token_hex(16), "unit": unit, **same} for unit in reached])
    return len(reached)


def stop(session: Session, number: int) -> None:
    """Stop a notice: what waits is not sent until it is let go again."""
    get(session, number).is_on = False
    session.flush()


def letter(session: Session, message: Message, notice: Notice, keys: Keys, config: Config) -> Outgoing | None:
    """Return a notice's message as it may leave now; None if its firm has meanwhile asked for silence."""
    unit = session.get_one(SampleUnit, message.unit)
    address = None if unit.opted_out else address_of(keys, message.channel, unit)
    if address is None:
        return None
    words = fill_notice(notice, config, cast(Language, unit.language), unit.name)
    return Outgoing(message.id, message.attempts + 1, message.channel, address, unit.id, words)


def _by_hand(notice: Notice) -> list[ColumnElement[bool]]:
    """Return what holds of a message left to another tool: it counts as sent, and no sender has had it."""
    return [Message.notice == notice.id, Message.state == MessageState.SENT, Message.attempts == 0]


def is_by_hand(session: Session, notice: Notice) -> bool:
    """Say whether another tool sends the notice: there is a table to fetch."""
    return session.scalar(select(Message.id).where(*_by_hand(notice)).limit(1)) is not None


def table(session: Session, notice: Notice, keys: Keys, config: Config) -> bytes:
    """Return a sheet (XLSX) of name, telephone and text of the firms that another tool writes to, and of no other."""
    query = select(SampleUnit).join(Message, Message.unit == SampleUnit.id).where(*_by_hand(notice))
    rows: list[Sequence[str | None]] = [HEADER]
    for unit in session.scalars(query.order_by(SampleUnit.folded, SampleUnit.id)):
        phone = (address_of(keys, notice.channel, unit) or "").replace("+84", "0", 1)
        rows.append((unit.name, phone, fill_notice(notice, config, cast(Language, unit.language), unit.name).text))
    return sheet(rows)


def settle_unsure(session: Session, number: int, *, again: bool, now: datetime) -> None:
    """Send the messages again of which nobody knows whether they went, or take them as sent."""
    mine = (Message.notice == number, Message.state == MessageState.UNSURE)
    state = MessageState.QUEUED if again else MessageState.SENT
    session.execute(update(Message).where(*mine).values(state=state, due_at=now, changed_at=now))


def counts(session: Session, numbers: Iterable[int]) -> dict[int, Counter[MessageState]]:
    """Return how many messages of each notice are in each state."""
    found: dict[int, Counter[MessageState]] = defaultdict(Counter)
    query = select(Message.notice, Message.state, func.count()).where(Message.notice.in_(list(numbers)))
    for number, state, count in session.execute(query.group_by(Message.notice, Message.state)):
        found[cast(int, number)][state] = count
    return found


def not_arrived(session: Session, number: int) -> list[tuple[Message, SampleUnit]]:
    """Return messages that failed, came back, or of which nobody knows, with their firms, at most 50."""
    wrong = Message.state.in_((MessageState.FAILED, MessageState.BOUNCED, MessageState.UNSURE))
    query = select(Message, SampleUnit).join(SampleUnit, SampleUnit.id == Message.unit)
    rows = session.execute(query.where(Message.notice == number, wrong).order_by(SampleUnit.folded).limit(_LISTED))
    return [(message, unit) for message, unit in rows]
