"""Who is asked: frozen questionnaire files, waves, the frame, invitations."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Enum, ForeignKey, LargeBinary, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.db import Base


class WaveState(StrEnum):
    """The life of a wave."""

    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"
    OPENED = "opened"  # the box has been opened: responses exist
    DISCARDED = "discarded"


class Outcome(StrEnum):
    """What a person found out about an invitation."""

    REFUSED = "refused"
    WRONG_FIRM = "wrong_firm"
    CLOSED_FIRM = "closed_firm"
    NO_CONTACT = "no_contact"
    DUPLICATE = "duplicate"
    PAPER = "paper"


def choice(kind: type[StrEnum]) -> Enum:
    """Return the column type of a closed list of words, checked by the database."""
    words = [member.value for member in kind]
    return Enum(kind, native_enum=False, length=20, create_constraint=True, values_callable=lambda _kind: words)


class FrozenFile(Base):
    """An instrument or framework as it was when it was first used; the hash is its name."""

    __tablename__ = "frozen_file"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    code: Mapped[str] = mapped_column(String(40))
    content: Mapped[str] = mapped_column(Text)


class InForce(Base):
    """Which frozen plan, framework and agencies pages show now."""

    __tablename__ = "in_force"

    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    hash: Mapped[str] = mapped_column(ForeignKey("frozen_file.hash"))


class Wave(Base):
    """One round of asking; its counts are all that is known of withdrawn, discarded, paper, telephone and open-link answers."""

    __tablename__ = "wave"
    __table_args__ = (
        CheckConstraint("withdrawn >= 0 AND discarded >= 0 AND paper >= 0 AND open_link >= 0", name="counts"),
        CheckConstraint("telephone >= 0", name="telephone"),
        CheckConstraint("target > 0", name="target"),
        CheckConstraint("closes_on >= opens_on", name="closes_after_opening"),
    )

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    title_vi: Mapped[str] = mapped_column(String(200))
    title_en: Mapped[str] = mapped_column(String(200))
    state: Mapped[WaveState] = mapped_column(choice(WaveState), default=WaveState.DRAFT)
    instrument_hash: Mapped[str] = mapped_column(ForeignKey("frozen_file.hash"))
    framework_hash: Mapped[str] = mapped_column(ForeignKey("frozen_file.hash"))
    opens_on: Mapped[date]
    closes_on: Mapped[date]  # at 17:00, Asia/Ho_Chi_Minh
    target: Mapped[int | None]  # answers hoped for
    document: Mapped[str | None] = mapped_column(String(500))  # where to read the draft that a consultation is about
    consent_version: Mapped[str] = mapped_column(String(20))
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    #: the wave that this one rehearses; its ballots are sealed to a key that nobody has, so they never count
    rehearsal_of: Mapped[str | None] = mapped_column(ForeignKey("wave.code"))
    #: anybody may answer: no sample, no design weights
    by_open_link: Mapped[bool] = mapped_column(default=False, server_default=false())
    #: the day of the last snapshot: the association knows who has answered as of then, and not live
    snapshot_on: Mapped[date | None]
    #: stratum labels that may be merged, in order: [[from, into], ...]
    stratum_ladder: Mapped[list[Any]] = mapped_column(JSON, default=list)
    #: firms in the frame by stratum label, for the weights
    frame_counts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    #: how far key variables were coarsened and labels merged, written when the box was opened
    coarsening: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    withdrawn: Mapped[int] = mapped_column(default=0)
    discarded: Mapped[int] = mapped_column(default=0)
    paper: Mapped[int] = mapped_column(default=0)
    telephone: Mapped[int] = mapped_column(default=0, server_default="0")
    open_link: Mapped[int] = mapped_column(default=0)


class SampleUnit(Base):
    """A firm of the frame: what the association knows, never what the firm answered."""

    __tablename__ = "sample_unit"
    __table_args__ = (UniqueConstraint("tax_code"), {"sqlite_with_rowid": False})

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    size: Mapped[str | None] = mapped_column(String(20))
    sector: Mapped[str | None] = mapped_column(String(20))
    age: Mapped[str | None] = mapped_column(String(20))
    tax_code: Mapped[str | None] = mapped_column(String(14))  # 10 digits, 10-3 or 12; none for invented firms
    folded: Mapped[str] = mapped_column(String(200), default="")  # the name as people search it
    area: Mapped[str | None] = mapped_column(String(120))
    vsic: Mapped[str | None] = mapped_column(String(1))
    ownership: Mapped[str | None] = mapped_column(String(60))
    founded: Mapped[int | None]
    language: Mapped[str] = mapped_column(String(2), default="vi")
    opted_out: Mapped[bool] = mapped_column(default=False)
    #: who to write to, encrypted with the contact key (`survey_app.contacts`)
    contact: Mapped[bytes | None] = mapped_column(LargeBinary)


class Invitation(Base):
    """The outer envelope: that a firm was asked and whether it has answered, and no more."""

    __tablename__ = "invitation"
    __table_args__ = (
        UniqueConstraint("wave", "unit"),
        UniqueConstraint("lookup"),
        {"sqlite_with_rowid": False},
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    wave: Mapped[str] = mapped_column(ForeignKey("wave.code"))
    unit: Mapped[str | None] = mapped_column(ForeignKey("sample_unit.id"))  # none: begun by an open link
    issue: Mapped[int] = mapped_column(default=1)
    lookup: Mapped[bytes] = mapped_column(LargeBinary(32))
    stratum: Mapped[str] = mapped_column(String(40))
    answered: Mapped[bool] = mapped_column(default=False)
    #: `answered` as of the wave's last snapshot: what staff may see and act on
    known_answered: Mapped[bool] = mapped_column(default=False)
    outcome: Mapped[Outcome | None] = mapped_column(choice(Outcome))
    consent_version: Mapped[str | None] = mapped_column(String(20))


class DailyCount(Base):
    """How many invitations of a stratum were answered at a day's snapshot."""

    __tablename__ = "daily_count"

    wave: Mapped[str] = mapped_column(ForeignKey("wave.code"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    stratum: Mapped[str] = mapped_column(String(40), primary_key=True)
    issued: Mapped[int]
    answered: Mapped[int]
