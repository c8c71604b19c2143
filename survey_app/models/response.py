"""What is said: drafts, paper forms being typed, sealed ballots, and the responses of an opened box.

No row here refers to an invitation, and none carries a time, a number in sequence, an address or a user agent. The
tables have no SQLite rowid: rows lie in the order of random keys, not of arrival.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, ForeignKey, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.db import Base

_BY_KEY = {"sqlite_with_rowid": False}


class Draft(Base):
    """Unsent answers, encrypted with a key that only the firm's browser holds; id and key come from both secrets."""

    __tablename__ = "draft"
    __table_args__ = (_BY_KEY,)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    wave: Mapped[str] = mapped_column(ForeignKey("wave.code"))
    version: Mapped[int]
    blob: Mapped[bytes] = mapped_column(LargeBinary)


class Ballot(Base):
    """A sent answer, sealed to the wave's public key; nobody can read it before the box is opened."""

    __tablename__ = "ballot"
    __table_args__ = (_BY_KEY,)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    wave: Mapped[str] = mapped_column(ForeignKey("wave.code"))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class KeyedForm(Base):
    """A paper form that one person has typed, encrypted, until another has typed it too; then the row is deleted.

    The number is drawn, written on the sheet, and says nothing of the order.
    """

    __tablename__ = "keyed_form"
    __table_args__ = (UniqueConstraint("wave", "number"), _BY_KEY)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    wave: Mapped[str] = mapped_column(ForeignKey("wave.code"))
    number: Mapped[int]
    author: Mapped[int] = mapped_column(ForeignKey("user.id"))
    blob: Mapped[bytes] = mapped_column(LargeBinary)


class Response(Base):
    """One answer after mixing, its key variables coarsened; written once, read whole, never edited."""

    __tablename__ = "response"
    __table_args__ = (_BY_KEY,)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    wave: Mapped[str] = mapped_column(ForeignKey("wave.code"))
    answers: Mapped[dict[str, Any]] = mapped_column(JSON)
    stratum: Mapped[str] = mapped_column(String(40))
    weight: Mapped[float]


class Comment(Base):
    """Free text whose writer agreed to be quoted; kept apart from the response it came with."""

    __tablename__ = "comment"
    __table_args__ = (_BY_KEY,)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    wave: Mapped[str] = mapped_column(ForeignKey("wave.code"))
    item: Mapped[str] = mapped_column(String(40))
    text: Mapped[str] = mapped_column(Text)


class Receipt(Base):
    """The code of a counted answer; a firm can look its own up, and it says nothing of the answer."""

    __tablename__ = "receipt"
    __table_args__ = (_BY_KEY,)

    wave: Mapped[str] = mapped_column(ForeignKey("wave.code"), primary_key=True)
    code: Mapped[str] = mapped_column(String(32), primary_key=True)
