"""Long work as rows: queued in the transaction that asks for it, claimed by one runner, found again if that dies.

Every change names the attempt it belongs to, so that a runner that was given up for dead changes nothing any more.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session

from questionnaires.base import Text
from survey_app.errors import DomainError
from survey_app.models.job import Job, JobStatus, Runner

#: A running job whose heart has not beaten for this long has no runner any more.
DEAD_AFTER = timedelta(seconds=30)
ATTEMPTS = 3

_UNFINISHED = (JobStatus.QUEUED, JobStatus.RUNNING)
GAVE_UP = Text(
    vi="Việc này dừng giữa chừng 3 lần nên không chạy lại nữa. Báo người quản trị xem nhật ký của bộ chạy việc.",
    en="This work stopped half-way 3 times and is not tried again. Ask the administrator to read the job runner's log.",
)


class JobUnknown(DomainError):
    """No job has this number."""

    vi = "Không có việc này."
    en = "There is no such job."
    status = 404


@dataclass(frozen=True)
class Claim:
    """A job that this runner may do now."""

    id: int
    attempt: int


def enqueue(session: Session, kind: str, arguments: Mapping[str, Any], *, by: str, now: datetime) -> Job:
    """Return a queued job; the same work, asked for again before it is finished, is the same job."""
    waiting = select(Job).where(Job.kind == kind, Job.status.in_(_UNFINISHED))
    for job in session.scalars(waiting):
        if job.arguments == dict(arguments):
            return job
    job = Job(kind=kind, arguments=dict(arguments), queued_by=by, queued_at=now)
    session.add(job)
    session.flush()
    return job


def get(session: Session, job_id: int) -> Job:
    """Return the job; raise JobUnknown."""
    job = session.get(Job, job_id)
    if job is None:
        raise JobUnknown
    return job


def is_waiting(session: Session, *, now: datetime) -> bool:
    """Say whether there is a job to claim; it takes no lock."""
    return session.scalar(select(Job.id).where(_claimable(now)).limit(1)) is not None


def claim(session: Session, *, now: datetime) -> Claim | None:
    """Take the oldest job that is queued, or whose runner died; one that died ATTEMPTS times is given up."""
    oldest = select(Job).where(_claimable(now)).order_by(Job.id).limit(1).with_for_update(skip_locked=True)
    job = session.scalar(oldest)
    if job is None:
        return None
    if job.attempts >= ATTEMPTS:
        job.status, job.result = JobStatus.FAILED, _stored(GAVE_UP)
        session.flush()
        return None
    job.status, job.heartbeat_at, job.progress = JobStatus.RUNNING, now, 0
    job.attempts += 1
    session.flush()
    return Claim(job.id, job.attempts)


def beat(session: Session, claim: Claim, *, now: datetime) -> None:
    """Note that the claimed job is still being done."""
    _change(session, claim, heartbeat_at=now)


def advance(session: Session, claim: Claim, percent: int) -> None:
    """Note how far the claimed job is."""
    _change(session, claim, progress=percent)


def finish(session: Session, claim: Claim, result: Text) -> None:
    """Note what came of the claimed job."""
    _change(session, claim, status=JobStatus.DONE, progress=100, result=_stored(result))


def fail(session: Session, claim: Claim, reason: Text) -> None:
    """Note why the claimed job cannot be done."""
    _change(session, claim, status=JobStatus.FAILED, result=_stored(reason))


def give_back(session: Session, claim: Claim) -> None:
    """Queue a job again whose work stopped half-way."""
    _change(session, claim, status=JobStatus.QUEUED)


def result_in(job: Job, language: str) -> str:
    """Return what came of the job in this language; empty while nothing has."""
    return str(json.loads(job.result)[language]) if job.result else ""


def note_runner(session: Session, name: str, *, now: datetime) -> None:
    """Note that the runner is alive."""
    session.merge(Runner(name=name, seen_at=now))
    session.flush()


def _claimable(now: datetime) -> ColumnElement[bool]:
    dead = and_(Job.status == JobStatus.RUNNING, Job.heartbeat_at < now - DEAD_AFTER)
    return or_(Job.status == JobStatus.QUEUED, dead)


def _change(session: Session, claim: Claim, **values: Any) -> None:
    mine = (Job.id == claim.id, Job.attempts == claim.attempt, Job.status == JobStatus.RUNNING)
    session.execute(update(Job).where(*mine).values(**values))


def _stored(text: Text) -> str:
    return json.dumps(text.model_dump(), ensure_ascii=False)
