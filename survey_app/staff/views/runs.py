"""Score runs: their figures, and their release."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from survey_app.access import allow
from survey_app.db import db
from survey_app.models.fieldwork import Wave
from survey_app.models.people import RoleName
from survey_app.models.score import ScoreRun
from survey_app.services.instruments import framework_of
from survey_app.staff.views import bp
from survey_app.staff.views.waves import queue


@bp.get("/pt/chay/<number:number>")
@allow(RoleName.ANALYST)
def run(number: int) -> ResponseReturnValue:
    """Show a run's sub-indices and indicators, for analysts: before the publishing rules."""
    found = db.get_or_abort(ScoreRun, number)
    framework = framework_of(db.session, found.framework_hash)
    names = {each.code: each.name for each in framework.sub_indices}
    wave = db.session.get_one(Wave, found.wave)
    return render_template("staff/run.html", run=found, wave=wave, framework=framework, names=names)


@bp.get("/pt/chay/<number:number>/cong-bo")
@allow(RoleName.ANALYST)
def confirm_release(number: int) -> ResponseReturnValue:
    """Ask before a run is released: it cannot be taken back."""
    return render_template("staff/release.html", run=db.get_or_abort(ScoreRun, number))


@bp.post("/pt/chay/<number:number>/cong-bo")
@allow(RoleName.ANALYST)
def release(number: int) -> ResponseReturnValue:
    """Queue the release of a run; later a second person must agree here."""
    return queue("release", {"run": db.get_or_abort(ScoreRun, number).id})
