"""The messages of a wave: the contact plan, each step's texts and whom it reaches, a trial, and what became of it."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import current_app, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from questionnaires.base import LANGUAGES
from survey_app.access import allow
from survey_app.association.views import WHO, bp
from survey_app.association.views.links import hand_out
from survey_app.association.wave_forms import CHANNELS, StepForm
from survey_app.db import db, transaction
from survey_app.i18n import language, now_here
from survey_app.messaging.channels import ways
from survey_app.models.fieldwork import Wave, WaveState
from survey_app.models.handout import HandoutKind
from survey_app.models.message import Channel, MessageState
from survey_app.services import jobs, message_texts
from survey_app.services import messages as plan
from survey_app.services import waves as life
from survey_app.services.handouts import Whom
from survey_app.services.instruments import instrument_of
from survey_app.services.letters import Writer
from survey_app.services.message_texts import Words


@bp.get("/hh/dot/<wave>/tin")
@allow(*WHO)
def messages(wave: str) -> ResponseReturnValue:
    """Show the plan, step by step, with what became of each."""
    found = life.get(db.session, wave)
    return render_template(
        "association/messages.html",
        wave=found,
        steps=plan.plan_of(db.session, found),
        counts=plan.counts(db.session, wave),
        channels=CHANNELS,
        State=MessageState,
    )


@bp.get("/hh/dot/<wave>/tin/<number:number>")
@allow(*WHO)
def step(wave: str, number: int) -> ResponseReturnValue:
    """Show one step: its texts as firms will read them, whom it would reach now, what became of it."""
    found = life.get(db.session, wave)
    return _show(found, number, StepForm(formdata=None, obj=plan.step_of(db.session, found, number)))


@bp.post("/hh/dot/<wave>/tin/<number:number>")
@allow(*WHO)
def save_step(wave: str, number: int) -> ResponseReturnValue:
    """Keep the step's day, channel and texts."""
    form = StepForm()
    if form.validate_on_submit():
        texts = {
            lang: Words(form[f"subject_{lang}"].data or "", form[f"text_{lang}"].data.replace("\r\n", "\n"))
            for lang in LANGUAGES
        }
        try:
            with transaction() as session:
                plan.save_step(
                    session, wave, number, send_on=form.send_on.data, channel=Channel(form.channel.data), texts=texts
                )
            return redirect(url_for(".step", wave=wave, number=number))
        except plan.OutsideWave as error:
            form.send_on.errors = (error.message(language()),)
        except message_texts.BadTexts as error:
            for name, faults in error.faults.items():
                form[name].errors = tuple(fault[language()] for fault in faults)
    return _show(life.get(db.session, wave), number, form)


def _show(wave: Wave, number: int, form: StepForm) -> ResponseReturnValue:
    kept = plan.step_of(db.session, wave, number)
    config, keys = current_app.extensions["config"], current_app.extensions["keys"]
    minutes = instrument_of(db.session, wave.instrument_hash).minutes
    writer = Writer(kept, wave, minutes, config, keys, now_here().date())
    link = f"{config.base_url}/p#XXXX-XXXX-XXXX-XXXX"
    previews = {lang: writer.fill(lang, "Công ty TNHH Minh Họa", link) for lang in LANGUAGES}
    return render_template(
        "association/message_step.html",
        wave=wave,
        step=kept,
        form=form,
        previews=previews,
        sms={lang: message_texts.sms_length(words.text) for lang, words in previews.items()},
        segments=message_texts.segments,
        placeholders=message_texts.PLACEHOLDERS,
        reach=plan.dry_run(db.session, wave, kept.channel, keys),
        counts=plan.counts(db.session, wave.code)[number],
        not_arrived=plan.not_arrived(db.session, wave.code, number),
        channels=CHANNELS,
        has_way=kept.channel in ways(config),
        has_mail=Channel.EMAIL in ways(config),
        State=MessageState,
        is_open=wave.state is WaveState.OPEN,
    )


@bp.post("/hh/dot/<wave>/tin/<number:number>/bat")
@allow(*WHO)
def turn_on(wave: str, number: int) -> ResponseReturnValue:
    """Let the step be sent when its day comes, or go on."""
    return _turn(wave, number, on=True)


@bp.post("/hh/dot/<wave>/tin/<number:number>/tat")
@allow(*WHO)
def turn_off(wave: str, number: int) -> ResponseReturnValue:
    """Stop the step: what waits is not sent until it is let go again."""
    return _turn(wave, number, on=False)


def _turn(wave: str, number: int, *, on: bool) -> ResponseReturnValue:
    with transaction() as session:
        plan.turn(session, wave, number, on=on)
    return redirect(url_for(".step", wave=wave, number=number))


@bp.post("/hh/dot/<wave>/tin/<number:number>/thu")
@allow(*WHO)
def try_step(wave: str, number: int) -> ResponseReturnValue:
    """Have the step's message sent to oneself."""
    with transaction() as session:
        arguments = {"wave": life.get(session, wave).code, "step": number}
        job = jobs.enqueue(session, "try_message", arguments, by=g.account.email, now=datetime.now(UTC)).id
    return redirect(url_for(".job", number=job))


@bp.post("/hh/dot/<wave>/tin/<number:number>/tep")
@allow(*WHO)
def step_file(wave: str, number: int) -> ResponseReturnValue:
    """Have the step's messages written to a table, for another tool to send."""
    with transaction() as session:
        life.require_state(session, wave, WaveState.OPEN)
        plan.require_unsent(session, wave, number)
    return hand_out(wave, HandoutKind.XLSX, Whom(step=number))


@bp.post("/hh/dot/<wave>/tin/<number:number>/khong-chac/gui-lai")
@allow(*WHO)
def send_unsure_again(wave: str, number: int) -> ResponseReturnValue:
    """Send again what may or may not have gone."""
    return _settle(wave, number, again=True)


@bp.post("/hh/dot/<wave>/tin/<number:number>/khong-chac/da-gui")
@allow(*WHO)
def take_unsure_as_sent(wave: str, number: int) -> ResponseReturnValue:
    """Take as sent what may or may not have gone."""
    return _settle(wave, number, again=False)


def _settle(wave: str, number: int, *, again: bool) -> ResponseReturnValue:
    with transaction() as session:
        plan.settle_unsure(session, wave, number, again=again, now=now_here())
    return redirect(url_for(".step", wave=wave, number=number))
