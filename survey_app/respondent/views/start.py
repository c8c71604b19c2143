"""From the message to the first question: start, consent, resume; and the ways not to take part."""

from __future__ import annotations

from flask import make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from survey_app import access
from survey_app.db import db, transaction
from survey_app.envelopes import BadCode, Secrets, format_code, parse_code, resume_code
from survey_app.models.fieldwork import Outcome
from survey_app.respondent.browser import Held, forget, held, keep
from survey_app.respondent.forms import CodesForm, PlainForm, StartForm, code_faults
from survey_app.respondent.views import bp
from survey_app.respondent.views.cookies import keeps_cookies, without_cookies
from survey_app.respondent.views.entry import address_of, enter, lookup_of, next_page, now, unusable
from survey_app.services import invitations, responses, waves
from survey_app.services.instruments import instrument_of

_OUTCOMES = {"refused": Outcome.REFUSED, "wrong_firm": Outcome.WRONG_FIRM, "closed_firm": Outcome.CLOSED_FIRM}


@bp.get("/p")
@access.allow(access.EVERYONE)
def start() -> ResponseReturnValue:
    """Show the start page: always the same one, whoever comes with whatever."""
    return _ask_again(StartForm(formdata=None))


@bp.post("/p")
@access.allow(access.EVERYONE)
def begin() -> ResponseReturnValue:
    """Take the link and go on: to the consent, to the form begun before, or to what the firm chose instead."""
    form = StartForm()
    if "look" in request.form:
        return _ask_again(form)
    if not form.validate():
        return _ask_again(form, is_old=True) if keeps_cookies() else without_cookies(form.code.data)
    try:
        link = parse_code(form.code.data or "")
    except BadCode:
        error = _("The code has 16 characters in 4 groups. Check it against the message or the card.")
        return _ask_again(form, error)
    if form.action.data in _OUTCOMES:
        return _note(link, form.action.data)
    return _begin_with(link, form)


def _begin_with(link: str, form: StartForm) -> ResponseReturnValue:
    stands = invitations.standing(db.session, lookup_of(link))
    before = held()
    if before and before.secrets and before.link == link:
        return redirect(url_for("respondent.go_on"))
    if stands is None or stands.known_answered or not stands.accepts(now()):
        return redirect(url_for("respondent.no_use"))
    if before and before.secrets and not form.replace.data:
        return render_template("respondent/other_form.html", form=form, link=link, code=format_code(before.resume))
    return keep(make_response(redirect(url_for("respondent.consent"))), Held(link))


def _ask_again(form: StartForm, error: str | None = None, *, is_old: bool = False) -> ResponseReturnValue:
    return render_template("respondent/start.html", form=form, error=error, is_old=is_old)


def _note(link: str, action: str) -> ResponseReturnValue:
    with transaction() as own:
        found = invitations.set_outcome(own, lookup_of(link), _OUTCOMES[action])
    return redirect(url_for("respondent.noted" if found else "respondent.no_use"))


@bp.get("/p/khong-dung-duoc")
@access.allow(access.EVERYONE)
def no_use() -> ResponseReturnValue:
    """Say that a link cannot be used."""
    return unusable()


@bp.get("/p/da-ghi-nhan")
@access.allow(access.EVERYONE)
def noted() -> ResponseReturnValue:
    """Say that the firm's wish has been noted."""
    return render_template("respondent/noted.html")


@bp.get("/p/dong-y")
@access.allow(access.EVERYONE)
def consent() -> ResponseReturnValue:
    """Show what the firm agrees to."""
    found = held()
    stands = invitations.standing(db.session, lookup_of(found.link)) if found else None
    if stands is None:
        return redirect(url_for("respondent.start"))
    return render_template(
        "respondent/consent.html",
        form=PlainForm(),
        instrument=instrument_of(db.session, stands.instrument_hash),
        wave=waves.get(db.session, stands.wave),
    )


@bp.post("/p/dong-y")
@access.allow(access.EVERYONE)
def agree() -> ResponseReturnValue:
    """Begin the form: from here on the browser holds a resume code that nobody else knows."""
    found = held()
    if found is None:
        return redirect(url_for("respondent.start"))
    if not PlainForm().validate():
        return redirect(url_for("respondent.consent"))
    begun = found if found.resume else Held(found.link, resume_code())
    return keep(make_response(redirect(url_for("respondent.go_on"))), begun)


@bp.post("/p/tu-choi")
@access.allow(access.EVERYONE)
def refuse() -> ResponseReturnValue:
    """Note that the firm does not take part; no reminder will follow."""
    found = held()
    if found is None:
        return redirect(url_for("respondent.start"))
    if not PlainForm().validate():
        return redirect(url_for("respondent.consent"))
    return forget(make_response(_note(found.link, "refused")))


@bp.get("/p/tiep")
@access.allow(access.EVERYONE)
def go_on() -> ResponseReturnValue:
    """Lead to the first page that was never saved, or to the review."""
    entry = enter()
    return redirect(address_of(next_page(entry.instrument, entry.draft)))


@bp.route("/p/ma", methods=["GET", "POST"])
@access.allow(access.EVERYONE)
def resume() -> ResponseReturnValue:
    """Open a form that was begun on another device, with the link's code and the resume code."""
    form = CodesForm()
    if request.method == "GET" or "look" in request.form:
        return _ask_codes(form)
    if not form.validate():
        return _ask_codes(form, is_old=True) if keeps_cookies() else without_cookies(None)
    try:
        found = Held(parse_code(form.code.data or ""), parse_code(form.resume.data or ""))
    except BadCode:
        return _ask_codes(form, faults=code_faults(form))
    if _is_known(found):
        return keep(make_response(redirect(url_for("respondent.go_on"))), found)
    unknown = _("No form was found for these two codes. Check both, or begin anew with your link.")
    return _ask_codes(form, faults={"code": unknown})


def _ask_codes(form: CodesForm, *, faults: dict[str, str] | None = None, is_old: bool = False) -> ResponseReturnValue:
    return render_template("respondent/resume.html", form=form, faults=faults or {}, is_old=is_old)


def _is_known(found: Held) -> bool:
    secrets = Secrets(found.link, found.resume)
    if responses.received_in(db.session, secrets):
        return True
    stands = invitations.standing(db.session, lookup_of(found.link))
    return stands is not None and responses.open_draft(db.session, secrets).version > 0
