"""The end of the form: review, send, receipt, withdraw, done."""

from __future__ import annotations

from dataclasses import dataclass

from flask import make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from questionnaires.instrument import Instrument, Page, Section
from survey_app import access
from survey_app.db import db, transaction
from survey_app.envelopes import BadCode, Secrets, format_code, parse_code
from survey_app.errors import DomainError
from survey_app.i18n import language
from survey_app.models.fieldwork import WaveState
from survey_app.respondent.browser import forget, held
from survey_app.respondent.forms import CodesForm, PlainForm, code_faults
from survey_app.respondent.views import bp
from survey_app.respondent.views.entry import enter, lookup_of, now
from survey_app.services import invitations, responses, waves
from survey_app.services.responses import DraftContent


@dataclass(frozen=True)
class Part:
    """A section of the review: its pages on the route, and how many questions are left."""

    section: Section
    pages: tuple[tuple[Page, int], ...]

    @property
    def left(self) -> int:
        """Return how many questions of the section are not answered."""
        return sum(left for _, left in self.pages)


@bp.get("/p/xem-lai")
@access.allow(access.EVERYONE)
def review() -> ResponseReturnValue:
    """Show what is answered and what is left, before sending."""
    entry = enter()
    draft = entry.draft
    parts = _parts(entry.instrument, draft)
    unquoted = bool(draft.answers.get(entry.instrument.comment_item or "")) and not draft.quoted
    set_aside = _set_aside(entry.instrument, draft)
    closes_on = entry.standing.closes_on
    return render_template(
        "respondent/review.html",
        form=PlainForm(), parts=parts, unquoted=unquoted, set_aside=set_aside, closes_on=closes_on,
    )  # fmt: skip


def _parts(instrument: Instrument, draft: DraftContent) -> list[Part]:
    asked = instrument.answers_asked(draft.answers)
    pages: dict[str, list[tuple[Page, int]]] = {}
    for page in instrument.route(draft.answers):
        items = [instrument.item(code) for code in page.items if code in asked]
        left = sum(asked[item.code] is None for item in items if item.type != "text")
        if items:
            pages.setdefault(page.section, []).append((page, left))
    return [Part(instrument.section(code), tuple(found)) for code, found in pages.items()]


def _set_aside(instrument: Instrument, draft: DraftContent) -> int:
    """Return how many answers no longer count because an earlier answer has changed."""
    asked = instrument.answers_asked(draft.answers)
    return sum(answer is not None and code not in asked for code, answer in draft.answers.items())


@bp.post("/p/gui")
@access.allow(access.EVERYONE)
def send() -> ResponseReturnValue:
    """Send the form: one transaction, acknowledged only after it is done."""
    found = held()
    if found is None or found.secrets is None:
        return redirect(url_for("respondent.start"))
    if not PlainForm().validate():
        return redirect(url_for("respondent.review"))
    try:
        with transaction() as session:
            responses.cast(session, found.secrets, lookup_of(found.link), now=now())
    except DomainError as error:
        return render_template("respondent/not_sent.html", message=error.message(language())), 409
    return redirect(url_for("respondent.sent"))


@bp.get("/p/da-gui")
@access.allow(access.EVERYONE)
def sent() -> ResponseReturnValue:
    """Show the receipt if this browser's form has been received; say plainly if it has not."""
    found = held()
    if found is None or found.secrets is None:
        return redirect(url_for("respondent.start"))
    if received := responses.received_in(db.session, found.secrets):
        wave = waves.get(db.session, received)
        return render_template(
            "respondent/sent.html",
            form=PlainForm(),
            receipt=format_code(found.secrets.receipt),
            code=format_code(found.resume),
            can_withdraw=wave.state in (WaveState.OPEN, WaveState.CLOSED),
            closes_on=wave.closes_on,
            is_rehearsal=wave.rehearsal_of is not None,
        )
    stands = invitations.standing(db.session, lookup_of(found.link))
    if stands and not stands.known_answered and stands.accepts(now()):
        return redirect(url_for("respondent.review"))
    message = (responses.WaveClosed() if stands else responses.LinkReplaced()).message(language())
    if stands and stands.known_answered:
        message = _("A form of this firm has been received. The one on this device was not sent, or was withdrawn.")
    return render_template("respondent/not_sent.html", message=message)


@bp.get("/p/gui")
@access.allow(access.EVERYONE)
def sending() -> ResponseReturnValue:
    """Lead to what became of the form, for a browser that asks for this address again."""
    return redirect(url_for("respondent.sent"))


@bp.route("/p/rut", methods=["GET", "POST"])
@access.allow(access.EVERYONE)
def withdraw() -> ResponseReturnValue:
    """Take a sent form back; the page after it is the same whether one was found or not."""
    form = CodesForm()
    if request.method == "GET":
        return _ask_codes(form)
    if not form.validate():
        return _ask_codes(form, is_old=True)
    secrets = _secrets(form)
    if secrets is None:
        return _ask_codes(form, faults=code_faults(form))
    received = responses.received_in(db.session, secrets)
    db.session.rollback()  # the transaction below starts with the lock
    if received is not None:
        with transaction() as session:
            responses.withdraw(session, secrets, received)
    answer = make_response(redirect(url_for("respondent.withdrawn")))
    # this browser's own form has come to its end: kept, it would be offered again, empty and never to be received
    return forget(answer) if secrets == _secrets(None) else answer


def _ask_codes(form: CodesForm, *, faults: dict[str, str] | None = None, is_old: bool = False) -> ResponseReturnValue:
    has_codes = not (form.code.data or form.resume.data) and _secrets(None) is not None
    return render_template(
        "respondent/withdraw.html", form=form, faults=faults or {}, is_old=is_old, has_codes=has_codes
    )


@bp.get("/p/da-rut")
@access.allow(access.EVERYONE)
def withdrawn() -> ResponseReturnValue:
    """Say what withdrawing has done: the same whether a form was found or not."""
    return render_template("respondent/withdrawn.html")


def _secrets(form: CodesForm | None) -> Secrets | None:
    """Return the secrets that were typed, or else those the browser holds."""
    if form is not None and (form.code.data or form.resume.data):
        try:
            return Secrets(parse_code(form.code.data or ""), parse_code(form.resume.data or ""))
        except BadCode:
            return None
    found = held()
    return found.secrets if found else None


@bp.post("/p/xong")
@access.allow(access.EVERYONE)
def finish() -> ResponseReturnValue:
    """Let the browser forget the form."""
    if not PlainForm().validate():
        return redirect(url_for("respondent.sent"))
    return forget(make_response(redirect(url_for("respondent.done"))))


@bp.get("/p/xong")
@access.allow(access.EVERYONE)
def done() -> ResponseReturnValue:
    """Say that the device has forgotten the form; lead back to it if it has not."""
    return redirect(url_for("respondent.go_on")) if held() else render_template("respondent/done.html")


@bp.post("/p/khoa")
@access.allow(access.EVERYONE)
def lock() -> ResponseReturnValue:
    """Let a shared device forget a form that is not finished; the codes open it again, here or elsewhere."""
    if not PlainForm().validate():
        return redirect(url_for("respondent.code"))
    return forget(make_response(redirect(url_for("respondent.locked"))))


@bp.get("/p/khoa")
@access.allow(access.EVERYONE)
def locked() -> ResponseReturnValue:
    """Say that the form is locked and how to open it; lead back to it if it is not."""
    return redirect(url_for("respondent.go_on")) if held() else render_template("respondent/locked.html")
