"""Personal links on paper and as tables for message tools: asked for, made as a job, fetched within a day."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Response, current_app, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from survey_app.access import allow
from survey_app.association.views import WHO, bp
from survey_app.association.wave_forms import HANDOUTS, HandoutForm
from survey_app.db import db, transaction
from survey_app.i18n import language
from survey_app.models.fieldwork import WaveState
from survey_app.models.handout import HandoutKind
from survey_app.models.job import JobStatus
from survey_app.services import handouts, jobs
from survey_app.services import waves as life
from survey_app.services.handouts import Whom

_TYPES = {
    HandoutKind.CARDS: ("application/pdf", "pdf"),
    HandoutKind.LETTERS: ("application/pdf", "pdf"),
    HandoutKind.XLSX: ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
    HandoutKind.CSV: ("text/csv", "csv"),
}


@bp.get("/hh/dot/<wave>/the")
@allow(*WHO)
def links(wave: str) -> ResponseReturnValue:
    """Ask what the links are wanted on, and list the files that were made."""
    found = life.get(db.session, wave)
    return render_template(
        "association/links.html",
        wave=found,
        form=HandoutForm(formdata=None),
        handouts=handouts.of_wave(db.session, wave),
        kinds=HANDOUTS,
        can_make=found.state in (WaveState.DRAFT, WaveState.OPEN),
    )


@bp.post("/hh/dot/<wave>/the")
@allow(*WHO)
def make_links(wave: str) -> ResponseReturnValue:
    """Have a file of links made."""
    form = HandoutForm()
    if not form.validate_on_submit():
        return redirect(url_for(".links", wave=wave))
    return hand_out(wave, HandoutKind(form.kind.data), Whom(only_waiting=form.whom.data == "waiting"))


def hand_out(wave: str, kind: HandoutKind, whom: Whom) -> ResponseReturnValue:
    """Queue a file of links, and go to its page."""
    now = datetime.now(UTC)
    with transaction() as session:
        life.require_state(session, wave, WaveState.DRAFT, WaveState.OPEN)
        wanted = handouts.ask(session, wave, kind, whom, by=g.account.email, now=now)
        number = wanted.id
        jobs.enqueue(session, "handout", {"handout": number}, by=g.account.email, now=now)
    return redirect(url_for(".handout", number=number))


@bp.get("/hh/tep/<number>")
@allow(*WHO)
def handout(number: str) -> ResponseReturnValue:
    """Show how far the file is; the page reloads itself until the file can be fetched."""
    found = handouts.get(db.session, number)
    job = handouts.last_job(db.session, number)
    return render_template(
        "association/handout.html",
        handout=found,
        job=job,
        is_working=job is not None and job.status in (JobStatus.QUEUED, JobStatus.RUNNING),
        failure=jobs.result_in(job, language()) if job and job.status is JobStatus.FAILED else None,
    )


@bp.get("/hh/tep/<number>/tai")
@allow(*WHO)
def fetch(number: str) -> ResponseReturnValue:
    """Return the file."""
    found = handouts.get(db.session, number)
    kind, ending = _TYPES[found.kind]
    content = handouts.content_of(found, current_app.extensions["keys"])
    name = f"{found.wave}-{found.kind.value}.{ending}"
    return Response(content, mimetype=kind, headers={"Content-Disposition": f"attachment; filename={name}"})
