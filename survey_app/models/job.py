"""Long work for staff: a row is the truth, the runner only wakes up and takes it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, DateTime, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.db import Base
from survey_app.models.fieldwork import choice


class JobStatus(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Job(Base):
    """One piece of long work: what, for whom, how far."""

    __tablename__ = "job"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))  # a word of survey_app.jobs.WORK
    arguments: Mapped[dict[str, Any]] = mapped_column(JSON)
    status: Mapped[JobStatus] = mapped_column(choice(JobStatus), default=JobStatus.QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    progress: Mapped[int] = mapped_column(default=0)  # per cent
    result: Mapped[str | None] = mapped_column(Text)  # what came of it, or the error, in words for the person
    queued_by: Mapped[str] = mapped_column(String(120))
    queued_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    heartbeat_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))  # a running job without one is dead


class Runner(Base):
    """The job runner's sign of life, for the health page."""

    __tablename__ = "runner"

    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
