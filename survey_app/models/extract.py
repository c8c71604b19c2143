"""Which responses left the application: one row for each extract an analyst was given."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.db import Base


class Extract(Base):
    """The responses of a wave written to a file: for whom, by whom, when, how many. Rows are only added."""

    __tablename__ = "extract"
    __table_args__ = (CheckConstraint("responses >= 0", name="counted"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    wave: Mapped[str] = mapped_column(ForeignKey("wave.code"))
    analyst: Mapped[str] = mapped_column(String(120))  # the account it was made for
    made_by: Mapped[str] = mapped_column(String(120))  # who ran the command
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    responses: Mapped[int]
    responses_hash: Mapped[str] = mapped_column(String(64))  # as in a score run of the same responses
