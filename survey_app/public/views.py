"""Pages for everyone: what this is, what is promised, which answers were counted, and whether the service works."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, current_app, jsonify, make_response, redirect, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from survey_app.access import EVERYONE, allow
from survey_app.db import db, transaction
from survey_app.messaging import unsubscribing
from survey_app.models.fieldwork import Wave, WaveState
from survey_app.models.response import Receipt
from survey_app.services import frame
from survey_app.services import health as condition
from survey_app.templating import asset

bp = Blueprint("public", __name__)


@bp.get("/")
@allow(EVERYONE)
def home() -> ResponseReturnValue:
    """Say what this is and where each kind of reader goes on."""
    return render_template("public/home.html")


@bp.get("/rieng-tu")
@allow(EVERYONE)
def privacy() -> ResponseReturnValue:
    """Say what is promised about answers, and what is not."""
    return render_template("public/privacy.html")


@bp.get("/tro-nang")
@allow(EVERYONE)
def accessibility() -> ResponseReturnValue:
    """Say how the pages can be used by everybody."""
    return render_template("public/accessibility.html")


@bp.get("/lien-he")
@allow(EVERYONE)
def contact() -> ResponseReturnValue:
    """Say whom to ask."""
    return render_template("public/contact.html")


@bp.get("/lien-ket-that")
@allow(EVERYONE)
def real_link() -> ResponseReturnValue:
    """Say how to tell a real invitation from a false one."""
    return render_template("public/real_link.html")


@bp.get("/ket-qua/<wave>/phieu-da-dem")
@allow(EVERYONE)
def receipts(wave: str) -> ResponseReturnValue:
    """List the receipts of the answers that were counted, sorted; empty until the box is opened."""
    found = db.get_or_abort(Wave, wave)
    codes: list[str] = []
    if found.state is WaveState.OPENED:
        codes = sorted(db.session.scalars(select(Receipt.code).where(Receipt.wave == wave)))
    return render_template("public/receipts.html", wave=found, codes=codes)


@bp.get("/health")
@allow(EVERYONE)
def health() -> ResponseReturnValue:
    """Answer 200 only when database, keys and job runner can be used; otherwise 503 and what is wrong."""
    app = current_app.extensions
    wrong = condition.faults(db.session, app["keys"], app["config"].keys_dir, now=datetime.now(UTC))
    return make_response(jsonify(status="ok" if not wrong else "unusable", faults=wrong), 503 if wrong else 200)


@bp.get("/robots.txt")
@allow(EVERYONE)
def robots() -> ResponseReturnValue:
    """Ask search engines to leave everything out."""
    response = make_response("User-agent: *\nDisallow: /\n")
    response.mimetype = "text/plain"
    return response


@bp.get("/favicon.ico")
@allow(EVERYONE)
def favicon() -> ResponseReturnValue:
    """Answer browsers that ask for an icon by its old name."""
    return redirect(asset("favicon.svg"))


@bp.get("/khong-nhan-tin/<token>")
@allow(EVERYONE)
def stop_messages(token: str) -> ResponseReturnValue:  # noqa: ARG001 - the button posts to this same address
    """Ask whether a firm wants no more messages; the page is the same for every address."""
    return render_template("public/stop_messages.html", is_done=False)


@bp.post("/khong-nhan-tin/<token>")
@allow(EVERYONE)
def messages_stopped(token: str) -> ResponseReturnValue:
    """Note that a firm wants no more messages; mail programs press this by themselves (RFC 8058)."""
    unit = unsubscribing.unit_of(current_app.extensions["keys"], token)
    if unit is not None:
        with transaction() as session:
            frame.opt_out(session, unit)
    return render_template("public/stop_messages.html", is_done=True)
