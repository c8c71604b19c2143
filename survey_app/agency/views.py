"""Results for agencies, the coordinator and leaders: released figures only, nothing computed on a page."""

from __future__ import annotations

from flask import Blueprint, Response, abort, current_app, g, render_template
from flask.typing import ResponseReturnValue

from questionnaires.base import LANGUAGES
from survey_app.access import allow
from survey_app.config import Config
from survey_app.db import db
from survey_app.i18n import now_here
from survey_app.models.message import MessageState
from survey_app.models.people import RoleName
from survey_app.models.score import ReleasedChart, ScoreRun
from survey_app.services import notices, plans, reports

bp = Blueprint("agency", __name__)

READERS = (RoleName.AGENCY, RoleName.LEADER, RoleName.COORDINATOR, RoleName.ANALYST)
_A_DAY = 24 * 3600


@bp.get("/cq")
@allow(*READERS)
def home() -> ResponseReturnValue:
    """Show the ten sub-indices, the account's own first."""
    release = reports.latest_release(db.session)
    found = reports.results(db.session, g.account.agency_code, now_here().date(), release)
    total = reports.index_estimate(db.session, release)
    duties = {
        duty.code: duty for duty in plans.in_force(db.session).duties_of(g.account.agency_code, now_here().date())
    }
    told = notices.serving(db.session, duties)
    return render_template(
        "agency/home.html",
        results=found,
        release=release,
        total=total,
        notices=told,
        duties=duties,
        sent={
            number: count[MessageState.SENT]
            for number, count in notices.counts(db.session, [n.id for n in told]).items()
        },
    )


@bp.get("/cq/ket-qua/<sub_index>")
@allow(*READERS)
def sub_index(sub_index: str) -> ResponseReturnValue:
    """Show one sub-index: official scores, the survey's estimate, its indicators."""
    config: Config = current_app.extensions["config"]
    release = reports.latest_release(db.session)
    found = reports.results(db.session, g.account.agency_code, now_here().date(), release)
    result = next((each for each in found if each.sub_index.code == sub_index), None)
    if result is None:
        abort(404)
    indicators = reports.indicators(db.session, release, sub_index, config.province) if release else []
    return render_template("agency/sub_index.html", result=result, release=release, indicators=indicators)


@bp.get("/cq/bieu-do/<number:run>/<sub_index>.<lang>.svg")
@allow(*READERS)
def chart(run: int, sub_index: str, lang: str) -> ResponseReturnValue:
    """Return a stored chart of a released run."""
    found = db.session.get(ReleasedChart, (run, sub_index, lang)) if lang in LANGUAGES else None
    released = db.session.get(ScoreRun, run)
    if found is None or released is None or released.released_at is None:
        abort(404)
    response = Response(found.svg, mimetype="image/svg+xml")
    response.headers["Cache-Control"] = f"private, max-age={_A_DAY}"  # a release never changes
    return response
