"""Notices to firms: written, tried, sent, and whom they reached."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Response, current_app, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from questionnaires.base import LANGUAGES
from survey_app.access import allow
from survey_app.association.notice_forms import NoticeForm
from survey_app.association.views import WHO, bp
from survey_app.association.wave_forms import CHANNELS
from survey_app.db import db, transaction
from survey_app.i18n import language, now_here
from survey_app.messaging.channels import ways
from survey_app.models.message import Channel, MessageState, Notice
from survey_app.services import jobs, message_texts, plans
from survey_app.services import notices as service
from survey_app.services.letters import fill_notice

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@bp.get("/hh/thong-bao")
@allow(*WHO)
def notices() -> ResponseReturnValue:
    """List the notices and how many firms each has reached."""
    found = service.listed(db.session)
    counts = service.counts(db.session, [each.id for each in found])
    return render_template(
        "association/notices.html", notices=found, counts=counts, channels=CHANNELS, State=MessageState
    )


@bp.get("/hh/thong-bao/moi")
@allow(*WHO)
def new_notice() -> ResponseReturnValue:
    """Ask for a new notice."""
    form = _form(formdata=None)
    form.begin()
    return render_template("association/new_notice.html", form=form)


@bp.post("/hh/thong-bao/moi")
@allow(*WHO)
def make_notice() -> ResponseReturnValue:
    """Keep a new notice; nobody gets it yet."""
    form = _form()
    if form.validate_on_submit():
        try:
            with transaction() as session:
                number = service.make(session, form.content(), by=g.account.email, now=datetime.now(UTC)).id
            return redirect(url_for(".notice", number=number))
        except message_texts.BadTexts as error:
            _note_faults(form, error)
    return render_template("association/new_notice.html", form=form)


def _form(**more: object) -> NoticeForm:
    duties = plans.notifying(db.session)
    words = {duty.code: f"{duty.code}: {duty.text[language()]}" for duty in duties}
    return NoticeForm(service.audiences(db.session), words, **more)


def _note_faults(form: NoticeForm, error: message_texts.BadTexts) -> None:
    for name, faults in error.faults.items():
        form[name].errors = tuple(fault[language()] for fault in faults)


@bp.get("/hh/thong-bao/<number:number>")
@allow(*WHO)
def notice(number: int) -> ResponseReturnValue:
    """Show a notice as firms read it, whom it would reach, what became of it."""
    found = service.get(db.session, number)
    return _show(found, _form(formdata=None, obj=found))


@bp.post("/hh/thong-bao/<number:number>")
@allow(*WHO)
def change_notice(number: int) -> ResponseReturnValue:
    """Change a notice that has not left."""
    form = _form()
    if form.validate_on_submit():
        try:
            with transaction() as session:
                service.change(session, number, form.content())
            return redirect(url_for(".notice", number=number))
        except message_texts.BadTexts as error:
            _note_faults(form, error)
    return _show(service.get(db.session, number), form)


def _show(notice: Notice, form: NoticeForm) -> ResponseReturnValue:
    config, keys = current_app.extensions["config"], current_app.extensions["keys"]
    previews = {lang: fill_notice(notice, config, lang, "Công ty TNHH Minh Họa") for lang in LANGUAGES}
    return render_template(
        "association/notice.html",
        notice=notice,
        form=form,
        previews=previews,
        sms={lang: message_texts.sms_length(words.text) for lang, words in previews.items()},
        segments=message_texts.segments,
        reach=service.dry_run(db.session, notice, keys) if notice.queued_on is None else None,
        counts=service.counts(db.session, [notice.id])[notice.id],
        not_arrived=service.not_arrived(db.session, notice.id),
        channels=CHANNELS,
        has_way=notice.channel in ways(config),
        is_by_hand=service.is_by_hand(db.session, notice),
        has_mail=Channel.EMAIL in ways(config),
        State=MessageState,
    )


@bp.post("/hh/thong-bao/<number:number>/gui")
@allow(*WHO)
def send_notice(number: int) -> ResponseReturnValue:
    """Send a notice, or let one that was stopped go on."""
    return _send(number, by_hand=False)


@bp.post("/hh/thong-bao/<number:number>/tep")
@allow(*WHO)
def notice_by_hand(number: int) -> ResponseReturnValue:
    """Leave the sending to another tool: the firms in the table count as written to."""
    return _send(number, by_hand=True)


def _send(number: int, *, by_hand: bool) -> ResponseReturnValue:
    with transaction() as session:
        service.send(session, number, current_app.extensions["keys"], now=now_here(), by_hand=by_hand)
    return redirect(url_for(".notice", number=number))


@bp.get("/hh/thong-bao/<number:number>/tep.xlsx")
@allow(*WHO)
def notice_table(number: int) -> ResponseReturnValue:
    """Return the table for another tool."""
    found, keys = service.get(db.session, number), current_app.extensions["keys"]
    content = service.table(db.session, found, keys, current_app.extensions["config"])
    name = f"attachment; filename=thong-bao-{number}.xlsx"
    return Response(content, mimetype=_XLSX, headers={"Content-Disposition": name})


@bp.post("/hh/thong-bao/<number:number>/tat")
@allow(*WHO)
def stop_notice(number: int) -> ResponseReturnValue:
    """Stop a notice: what waits is not sent until it is let go again."""
    with transaction() as session:
        service.stop(session, number)
    return redirect(url_for(".notice", number=number))


@bp.post("/hh/thong-bao/<number:number>/thu")
@allow(*WHO)
def try_notice(number: int) -> ResponseReturnValue:
    """Have the notice sent to oneself."""
    with transaction() as session:
        arguments = {"notice": service.get(session, number).id}
        job = jobs.enqueue(session, "try_notice", arguments, by=g.account.email, now=datetime.now(UTC)).id
    return redirect(url_for(".job", number=job))


@bp.post("/hh/thong-bao/<number:number>/xoa")
@allow(*WHO)
def delete_notice(number: int) -> ResponseReturnValue:
    """Delete a notice that has not left."""
    with transaction() as session:
        service.delete(session, number)
    return redirect(url_for(".notices"))


@bp.post("/hh/thong-bao/<number:number>/khong-chac/gui-lai")
@allow(*WHO)
def send_unsure_notice_again(number: int) -> ResponseReturnValue:
    """Send again what may or may not have gone."""
    return _settle_notice(number, again=True)


@bp.post("/hh/thong-bao/<number:number>/khong-chac/da-gui")
@allow(*WHO)
def take_unsure_notice_as_sent(number: int) -> ResponseReturnValue:
    """Take as sent what may or may not have gone."""
    return _settle_notice(number, again=False)


def _settle_notice(number: int, *, again: bool) -> ResponseReturnValue:
    with transaction() as session:
        service.settle_unsure(session, number, again=again, now=now_here())
    return redirect(url_for(".notice", number=number))
