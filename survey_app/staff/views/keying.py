"""Typing paper forms, a second time by somebody else, and what is said by telephone."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from flask import current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from survey_app.access import allow
from survey_app.db import db, transaction
from survey_app.i18n import language
from survey_app.models.fieldwork import Wave
from survey_app.models.people import RoleName
from survey_app.services import keying
from survey_app.services.instruments import instrument_of
from survey_app.services.keying import Difference, Typed
from survey_app.staff.keying_forms import DECIDED, ONCE, SURE, KeyingForm, Reading, keying_form
from survey_app.staff.views import bp

#: How templates call the fields that are no items.
_NAMES = {"stratum": keying.STRATUM, "sure": SURE, "decided": DECIDED, "once": ONCE}


@bp.get("/nhap-phieu")
@allow(RoleName.KEYER)
def keying_waves() -> ResponseReturnValue:
    """List the waves whose paper forms can be typed."""
    return render_template("staff/keying_waves.html", waves=keying.waves_taking(db.session))


@bp.get("/nhap-phieu/<wave>")
@allow(RoleName.KEYER)
def keying_wave(wave: str) -> ResponseReturnValue:
    """Show the forms of a wave that wait for their second entry."""
    found = keying.wave_taking(db.session, wave)
    waiting = keying.waiting(db.session, wave)
    return render_template("staff/keying_wave.html", wave=found, waiting=waiting, me=g.account.id)


@bp.get("/nhap-phieu/<wave>/<number:number>")
@allow(RoleName.KEYER)
def keyed_form(wave: str, number: int) -> ResponseReturnValue:
    """Show the number to write on the sheet, and what can be done with it."""
    found = keying.wave_taking(db.session, wave)
    form = keying.find(db.session, wave, number)
    return render_template("staff/keyed_form.html", wave=found, form=form, is_mine=form.author == g.account.id)


@bp.route("/nhap-phieu/<wave>/moi", methods=["GET", "POST"])
@allow(RoleName.KEYER)
def key_first(wave: str) -> ResponseReturnValue:
    """Type a form for the first time."""
    found = keying.wave_taking(db.session, wave)
    form = _form(found)
    if (typed := _complete(form)) is None:
        return _show(found, form)
    db.session.rollback()  # the transaction below starts with the lock
    with transaction() as session:
        number = keying.keep_first(session, wave, _key(), typed, by=g.account.id, once=form[ONCE].data)
    return redirect(url_for("staff.keyed_form", wave=wave, number=number))


@bp.route("/nhap-phieu/<wave>/<number:number>/lan-hai", methods=["GET", "POST"])
@allow(RoleName.KEYER)
def key_second(wave: str, number: int) -> ResponseReturnValue:
    """Type a form again without seeing what the first person typed; then decide the differences from the paper."""
    found = keying.wave_taking(db.session, wave)
    keying.for_second(db.session, wave, number, by=g.account.id)
    form, decided = _form(found), request.form.getlist(DECIDED)
    if (typed := _complete(form)) is None:
        return _show(found, form, number=number, decided=decided)
    account = g.account.id
    db.session.rollback()  # the transaction below starts with the lock
    try:
        with transaction() as session:
            left = keying.seal_second(session, wave, number, _key(), typed, decided=decided, by=account)
    except keying.AnotherSheet as error:
        return _show(found, form, number=number, decided=decided, refusal=error.message(language()))
    if left:
        return _ask(found, form, left, number, decided)
    return redirect(url_for("staff.keying_wave", wave=wave))


@bp.route("/nhap-phieu/<wave>/dien-thoai", methods=["GET", "POST"])
@allow(RoleName.KEYER)
def key_telephone(wave: str) -> ResponseReturnValue:
    """Type what a firm says by telephone, without the private questions."""
    found = keying.wave_taking(db.session, wave)
    form = _form(found, by_telephone=True)
    if (typed := _complete(form)) is None:
        return _show(found, form, by_telephone=True)
    db.session.rollback()  # the transaction below starts with the lock
    with transaction() as session:
        keying.seal_telephone(session, wave, _key(), typed, once=form[ONCE].data)
    return redirect(url_for("staff.keying_wave", wave=wave))


@bp.post("/nhap-phieu/<wave>/<number:number>/lay-lai")
@allow(RoleName.KEYER)
def take_back_form(wave: str, number: int) -> ResponseReturnValue:
    """Delete a form that waits."""
    with transaction() as session:
        keying.take_back(session, wave, number, by=g.account.id)
    return redirect(url_for("staff.keying_wave", wave=wave))


def _key() -> bytes:
    key: bytes = current_app.extensions["keys"].contact
    return key


def _form(wave: Wave, *, by_telephone: bool = False) -> KeyingForm:
    instrument = instrument_of(db.session, wave.instrument_hash)
    items = keying.asked_by_telephone(instrument) if by_telephone else instrument.items
    return keying_form(instrument, items, keying.strata(wave))


def _complete(form: KeyingForm) -> Typed | None:
    """Return what was typed, if it was sent, has no fault, and the person is sure of what is odd."""
    if not form.is_submitted():
        return None
    is_valid, reading = form.validate(), form.read_boxes()
    is_sure = form[SURE].data or not reading.doubts
    return form.as_typed(reading) if is_valid and is_sure and not reading.faults else None


def _show(wave: Wave, form: KeyingForm, **more: Any) -> ResponseReturnValue:
    """Show all boxes, with what is to be mended, or to be looked at once more."""
    reading = form.read_boxes() if form.is_submitted() else Reading()
    form[SURE].data = "1" if reading.doubts and not reading.faults else ""
    return render_template("staff/keying_form.html", wave=wave, form=form, reading=reading, names=_NAMES, **more)


def _ask(
    wave: Wave, form: KeyingForm, left: list[Difference], number: int, decided: Collection[str]
) -> ResponseReturnValue:
    """Show both values where two entries differ, and empty boxes to type what the paper says."""
    differing = {each.code for each in left}
    names = (keying.STRATUM, *(item.code for item in form.boxes_of))
    kept = [(name, form[name].data or "") for name in names if name not in differing]
    return render_template(
        "staff/keying_differences.html", wave=wave, form=form, left=left, number=number, kept=kept, decided=decided,
        names=_NAMES,
    )  # fmt: skip
