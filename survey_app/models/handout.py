"""Personal links given out as files."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import DateTime, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.db import Base
from survey_app.models.fieldwork import choice


class HandoutKind(StrEnum):
    """What the links are given out on."""

    CARDS = "cards"
    LETTERS = "letters"
    XLSX = "xlsx"
    CSV = "csv"


class Handout(Base):
    """One file of links: of which wave, for which firms, by whom, when. The row stays; the file does not."""

    __tablename__ = "handout"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    wave: Mapped[str] = mapped_column(ForeignKey("wave.code"))
    kind: Mapped[HandoutKind] = mapped_column(choice(HandoutKind))
    only_waiting: Mapped[bool]  # firms that had not answered at the last snapshot; else all without an outcome
    firm: Mapped[str | None] = mapped_column(String(32))  # one invitation alone, which may have been drawn away since
    step: Mapped[int | None]  # of the contact plan: the file holds that step's messages, for another tool to send
    made_by: Mapped[str] = mapped_column(String(120))
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    firms: Mapped[int | None]  # once it is made
    #: the file, encrypted with a key that follows from the link key; gone after a day
    content: Mapped[bytes | None] = mapped_column(LargeBinary)
