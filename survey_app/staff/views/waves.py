"""Waves: where each stands, and what can be done next."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from survey_app.access import allow
from survey_app.db import db, transaction
from survey_app.i18n import language
from survey_app.models.fieldwork import Wave, WaveState
from survey_app.models.job import JobStatus
from survey_app.models.people import RoleName
from survey_app.models.score import ScoreRun
from survey_app.services import box, fieldwork, jobs, keying
from survey_app.services.coarsening import MIN_ALIKE
from survey_app.services.fieldwork import Progress
from survey_app.services.instruments import instrument_of
from survey_app.staff.views import bp


@bp.get("/pt")
@allow(RoleName.ANALYST)
def waves() -> ResponseReturnValue:
    """List the waves with their state and how many have answered."""
    found = fieldwork.all_waves(db.session)
    progress = fieldwork.progress_by_wave(db.session)
    return render_template("staff/waves.html", waves=found, progress=progress, nothing=Progress())


@bp.get("/pt/dot/<wave>")
@allow(RoleName.ANALYST)
def wave(wave: str) -> ResponseReturnValue:
    """Show one wave: its state, its counts, its runs, and the next step."""
    found = db.get_or_abort(Wave, wave)
    instrument = instrument_of(db.session, found.instrument_hash)
    runs = db.session.scalars(select(ScoreRun).where(ScoreRun.wave == wave).order_by(ScoreRun.id.desc())).all()
    return render_template(
        "staff/wave.html",
        wave=found,
        progress=fieldwork.progress_by_wave(db.session).get(wave, Progress()),
        counts=box.check(db.session, wave),
        least=box.MIN_BALLOTS,
        alike=MIN_ALIKE,
        telephone_shows=keying.telephone_shows(instrument),
        waiting=len(keying.waiting(db.session, wave)),
        runs=runs,
        State=WaveState,
    )


@bp.get("/pt/dot/<wave>/dong")
@allow(RoleName.ANALYST)
def confirm_close(wave: str) -> ResponseReturnValue:
    """Ask before a wave is closed: forms that were not sent are deleted."""
    return render_template("staff/close.html", wave=db.get_or_abort(Wave, wave), State=WaveState)


@bp.post("/pt/dot/<wave>/dong")
@allow(RoleName.ANALYST)
def close(wave: str) -> ResponseReturnValue:
    """Queue the closing of the wave."""
    return queue("close", {"wave": db.get_or_abort(Wave, wave).code})


@bp.post("/pt/dot/<wave>/cham-diem")
@allow(RoleName.ANALYST)
def score(wave: str) -> ResponseReturnValue:
    """Queue a new score run of the wave."""
    return queue("score", {"wave": db.get_or_abort(Wave, wave).code})


@bp.get("/pt/viec/<number:number>")
@allow(RoleName.ANALYST)
def job(number: int) -> ResponseReturnValue:
    """Show how far a job is; the page reloads itself until the job is finished."""
    found = jobs.get(db.session, number)
    return render_template("staff/job.html", job=found, result=jobs.result_in(found, language()), Status=JobStatus)


def queue(kind: str, arguments: dict[str, Any]) -> ResponseReturnValue:
    """Queue a job for the account that asks, and go to its page."""
    with transaction() as session:
        number = jobs.enqueue(session, kind, arguments, by=g.account.email, now=datetime.now(UTC)).id
    return redirect(url_for("staff.job", number=number))
