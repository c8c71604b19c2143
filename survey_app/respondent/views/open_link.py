"""The open link of a wave: the same start page for everybody, and an envelope of its own for each who begins."""

from __future__ import annotations

from flask import current_app, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from survey_app import access
from survey_app.db import db, transaction
from survey_app.envelopes import format_code
from survey_app.keys import Keys
from survey_app.models.fieldwork import Wave
from survey_app.respondent import proof_of_work
from survey_app.respondent.browser import Held, held, keep
from survey_app.respondent.forms import OpenForm, StartForm
from survey_app.respondent.views import bp
from survey_app.respondent.views.cookies import keeps_cookies, without_cookies
from survey_app.respondent.views.entry import lookup_of, now
from survey_app.services import open_links, responses
from survey_app.services.instruments import instrument_of

_BRAKE = proof_of_work.Brake()


@bp.get("/m/<wave>")
@access.allow(access.EVERYONE)
def open_link(wave: str) -> ResponseReturnValue:
    """Show what the survey is, the same to everybody."""
    return _show(open_links.find(db.session, wave, now=now()), OpenForm(formdata=None))


@bp.post("/m/<wave>")
@access.allow(access.EVERYONE)
def begin_open(wave: str) -> ResponseReturnValue:
    """Begin a form, or go on with the one that this browser has begun."""
    found, form = open_links.find(db.session, wave, now=now()), OpenForm()
    if "look" in request.form:
        return _show(found, form)
    if not form.validate():
        return _show(found, form, is_old=True) if keeps_cookies() else without_cookies(None)
    if _has_begun(wave):
        return redirect(url_for("respondent.go_on"))
    number = form.work.data or ""
    solved = proof_of_work.is_solved(_keys().lookup, wave, number)
    if not _BRAKE.lets_through(number, solved=solved):
        busy = _("Many people are beginning just now. Wait a minute, then press the button again.")
        return make_response(_show(found, form, error=busy), 429)
    db.session.rollback()  # what was read above; the transaction below writes
    with transaction() as session:
        link = open_links.begin(session, wave, _keys(), now=now())
    before = held()
    if before and before.secrets:
        return render_template(
            "respondent/other_form.html", form=StartForm(formdata=None), link=link, code=format_code(before.resume)
        )
    return keep(make_response(redirect(url_for("respondent.consent"))), Held(link))


def _has_begun(wave: str) -> bool:
    """Say whether this browser is in the middle of a form of the wave."""
    before = held()
    if before is None or before.secrets is None:
        return False
    at_form = responses.at_form(db.session, before.secrets, lookup_of(before.link))
    return at_form is not None and at_form.standing.wave == wave and not at_form.is_sent


def _show(wave: Wave, form: OpenForm, *, error: str | None = None, is_old: bool = False) -> ResponseReturnValue:
    return render_template(
        "respondent/open_link.html",
        wave=wave,
        form=form,
        error=error,
        is_old=is_old,
        minutes=instrument_of(db.session, wave.instrument_hash).minutes,
        challenge=proof_of_work.challenge(_keys().lookup, wave.code),
        bits=proof_of_work.BITS,
    )


def _keys() -> Keys:
    keys: Keys = current_app.extensions["keys"]
    return keys
