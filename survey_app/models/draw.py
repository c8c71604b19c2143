"""How the firms of a wave were drawn, so that anybody with the frame can draw them again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, DateTime, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.db import Base


class Draw(Base):
    """The draw of one wave. Numbers of firms only; who was drawn stands in the invitations."""

    __tablename__ = "draw"

    wave: Mapped[str] = mapped_column(ForeignKey("wave.code"), primary_key=True)
    seed: Mapped[str] = mapped_column(String(40))
    method: Mapped[str] = mapped_column(String(20))
    by: Mapped[list[str]] = mapped_column(JSON)  # variables that make the strata
    minimum: Mapped[int]
    rested_months: Mapped[int]  # firms asked in a wave that began less than so many months before were left out
    frame_hash: Mapped[str] = mapped_column(String(64))  # SHA-256 of the sorted ids of the frame
    #: by stratum: frame, eligible, drawn
    strata: Mapped[dict[str, Any]] = mapped_column(JSON)
    drawn_by: Mapped[str] = mapped_column(String(120))
    drawn_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
