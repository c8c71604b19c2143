"""The contact plan of a wave, notices, and what was sent: to whom and whether it arrived, never an address, a link or a text."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.db import Base
from survey_app.models.fieldwork import choice


class Channel(StrEnum):
    """How a message travels."""

    EMAIL = "email"
    SMS = "sms"
    ZALO = "zalo"


class MessageState(StrEnum):
    """Where a message stands."""

    QUEUED = "queued"
    SENDING = "sending"  # taken by a sender; not handed over yet, so it is safe to take it again
    HANDING = "handing"  # being handed over: only the other side knows whether it has it
    SENT = "sent"
    UNSURE = "unsure"  # the sender died while handing it over: a person decides
    FAILED = "failed"
    BOUNCED = "bounced"
    SKIPPED = "skipped"  # the firm answered, or wants no messages, before its turn came


class ContactStep(Base):
    """One step of a wave's contact plan."""

    __tablename__ = "contact_step"
    __table_args__ = (CheckConstraint("number BETWEEN 1 AND 4", name="at_most_four"),)

    wave: Mapped[str] = mapped_column(ForeignKey("wave.code"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    send_on: Mapped[date]
    channel: Mapped[Channel] = mapped_column(choice(Channel), default=Channel.EMAIL)
    is_on: Mapped[bool] = mapped_column(default=False)  # sent when its day comes
    queued_on: Mapped[date | None]  # when its messages were queued, once
    trouble: Mapped[str | None] = mapped_column(String(200))  # why the sender stopped it
    subject_vi: Mapped[str] = mapped_column(String(200))
    text_vi: Mapped[str] = mapped_column(Text)
    subject_en: Mapped[str] = mapped_column(String(200))
    text_en: Mapped[str] = mapped_column(Text)


class Notice(Base):
    """What the province or the association lets firms know, outside any wave."""

    __tablename__ = "notice"

    id: Mapped[int] = mapped_column(primary_key=True)
    made_by: Mapped[str] = mapped_column(String(120))
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    duty: Mapped[str | None] = mapped_column(String(20))  # the line of the plan that it serves
    vsic: Mapped[str | None] = mapped_column(String(1))  # only firms of this line of business
    area: Mapped[str | None] = mapped_column(String(120))  # only firms of this commune or ward
    channel: Mapped[Channel] = mapped_column(choice(Channel), default=Channel.EMAIL)
    is_on: Mapped[bool] = mapped_column(default=False)
    queued_on: Mapped[date | None]  # when its messages were queued, once
    firms: Mapped[int | None]  # how many firms it was meant for on that day, with an address or without
    trouble: Mapped[str | None] = mapped_column(String(200))
    subject_vi: Mapped[str] = mapped_column(String(200))
    text_vi: Mapped[str] = mapped_column(Text)
    subject_en: Mapped[str] = mapped_column(String(200))
    text_en: Mapped[str] = mapped_column(Text)


class Message(Base):
    """One message to one firm: of a step of a wave to an invitation, or of a notice to a firm of the frame."""

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("wave", "step", "invitation"),
        UniqueConstraint("notice", "unit"),
        CheckConstraint(
            "(notice IS NULL) = (unit IS NULL) AND (notice IS NULL) = (invitation IS NOT NULL)", name="one_kind"
        ),
    )

    id: Mapped[str] = mapped_column(
        String(32), primary_key=True
    )  # random; stands in Message-ID, so that bounces find it
    wave: Mapped[str | None] = mapped_column(ForeignKey("wave.code"))
    step: Mapped[int | None]
    invitation: Mapped[str | None] = mapped_column(ForeignKey("invitation.id"))
    notice: Mapped[int | None] = mapped_column(ForeignKey("notice.id"))
    unit: Mapped[str | None] = mapped_column(ForeignKey("sample_unit.id"))
    channel: Mapped[Channel] = mapped_column(choice(Channel))
    state: Mapped[MessageState] = mapped_column(choice(MessageState), default=MessageState.QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))  # not before
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    reason: Mapped[str | None] = mapped_column(String(60))  # the code of a refusal
