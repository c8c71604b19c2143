"""A list of firms on its way into the frame."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, DateTime, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.db import Base


class FrameUpload(Base):
    """A file as it came, what was found in it, and what became of it. All that names people is encrypted."""

    __tablename__ = "frame_upload"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    made_by: Mapped[str] = mapped_column(String(120))
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    header: Mapped[list[str]] = mapped_column(JSON)
    #: place in a row by column; what the person corrected, or what was guessed
    columns: Mapped[dict[str, int]] = mapped_column(JSON)
    content: Mapped[bytes | None] = mapped_column(LargeBinary)  # gone once it was imported
    report: Mapped[bytes | None] = mapped_column(LargeBinary)  # what the examination found, as JSON
    marked: Mapped[bytes | None] = mapped_column(LargeBinary)  # the rows to mend, as XLSX
    saved: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))  # how many firms are new, updated
