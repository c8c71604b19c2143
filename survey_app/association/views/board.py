"""The tracking board: answers as of the last snapshot, outcomes that people set, response rates, the call sheet."""

from __future__ import annotations

import math

from flask import abort, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from survey_app import contacts
from survey_app.access import allow
from survey_app.association.views import WHO, bp
from survey_app.association.views.links import hand_out
from survey_app.association.wave_forms import OUTCOMES, SHOWN
from survey_app.db import db, transaction
from survey_app.i18n import language
from survey_app.models.fieldwork import Outcome, SampleUnit, WaveState
from survey_app.models.handout import HandoutKind
from survey_app.services import board as boards
from survey_app.services import invitations, sampling
from survey_app.services import waves as life
from survey_app.services.handouts import Whom
from survey_app.services.instruments import instrument_of


@bp.get("/hh/dot/<wave>/theo-doi")
@allow(*WHO)
def board(wave: str) -> ResponseReturnValue:
    """Show how the wave stands, and the firms that a search or a filter finds."""
    found = life.get(db.session, wave)
    words, show, page = _asked()
    firms, count = boards.firms(db.session, wave, words=words, show=show, page=page)
    instrument = instrument_of(db.session, found.instrument_hash)
    return render_template(
        "association/board.html",
        wave=found,
        standing=boards.standing(db.session, found),
        stratum=lambda label: sampling.words(instrument, label, language()),
        firms=firms,
        count=count,
        words=words,
        show=show,
        page=page,
        pages=math.ceil(count / boards.PAGE),
        shown=SHOWN,
        outcomes=OUTCOMES,
    )


def _asked() -> tuple[str, boards.Show, int]:
    """Return what the address asks for: words, filter, page; what is unknown there counts as not said."""
    show = request.args.get("loc", "")
    page = request.args.get("trang", "1")
    number = int(page) if page.isascii() and page.isdigit() and len(page) < 7 else 1
    return (
        request.args.get("tim", "")[:100],
        boards.Show(show) if show in set(boards.Show) else boards.Show.ALL,
        max(number, 1),
    )


@bp.get("/hh/dot/<wave>/theo-doi/goi")
@allow(*WHO)
def call_sheet(wave: str) -> ResponseReturnValue:
    """Show whom to call, to print: firms that had not answered at the last snapshot and have no outcome."""
    found = life.get(db.session, wave)
    *_rest, page = _asked()
    firms, count = boards.firms(db.session, wave, show=boards.Show.WAITING, page=page)
    return render_template(
        "association/call_sheet.html",
        wave=found,
        firms=[(unit, _person(unit)) for _invitation, unit in firms],
        count=count,
        page=page,
        pages=math.ceil(count / boards.PAGE),
    )


def _person(unit: SampleUnit) -> contacts.Contact:
    return contacts.unseal(current_app.extensions["keys"].contact, unit.id, unit.contact)


@bp.get("/hh/dot/<wave>/theo-doi/<invitation>")
@allow(*WHO)
def invited(wave: str, invitation: str) -> ResponseReturnValue:
    """Show one firm of the wave: whom to call, its outcome, its link."""
    found = life.get(db.session, wave)
    envelope, unit = boards.firm(db.session, wave, invitation)
    link = invitations.link_of(current_app.extensions["config"].base_url, current_app.extensions["keys"].link, envelope)
    return render_template(
        "association/invited.html",
        wave=found,
        invitation=envelope,
        unit=unit,
        person=_person(unit),
        link=link,
        outcomes=OUTCOMES,
        has_link=found.state in (WaveState.DRAFT, WaveState.OPEN) and not envelope.known_answered,
        is_new=request.args.get("moi") == "1",
    )


@bp.post("/hh/dot/<wave>/theo-doi/<invitation>/ket-qua")
@allow(*WHO)
def note_outcome(wave: str, invitation: str) -> ResponseReturnValue:
    """Note what was found out about a firm, or take it back."""
    word = request.form.get("outcome", "")
    if word and word not in OUTCOMES:
        abort(400)
    with transaction() as session:
        boards.note_outcome(session, wave, invitation, Outcome(word) if word else None)
    return redirect(url_for(".invited", wave=wave, invitation=invitation))


@bp.post("/hh/dot/<wave>/theo-doi/<invitation>/lien-ket-moi")
@allow(*WHO)
def reissue(wave: str, invitation: str) -> ResponseReturnValue:
    """Give the firm a new link in place of the one it has."""
    with transaction() as session:
        done = invitations.reissue(session, current_app.extensions["keys"], wave, invitation)
    return redirect(url_for(".invited", wave=wave, invitation=invitation, moi="1" if done else None))


@bp.post("/hh/dot/<wave>/theo-doi/<invitation>/thu")
@allow(*WHO)
def print_letter(wave: str, invitation: str) -> ResponseReturnValue:
    """Have this firm's letter made."""
    return hand_out(wave, HandoutKind.LETTERS, Whom(only_waiting=False, firm=invitation))
