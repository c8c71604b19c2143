"""The waves of the association: made, tried, extended, closed; opened by whoever keeps the key of the box."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from survey_app.access import allow
from survey_app.association.views import WHO, bp
from survey_app.association.wave_forms import FRAMEWORKS, ExtendForm, WaveForm
from survey_app.db import db, transaction
from survey_app.errors import DomainError
from survey_app.i18n import language, now_here
from survey_app.models.draw import Draw
from survey_app.models.fieldwork import Wave, WaveState
from survey_app.models.job import JobStatus
from survey_app.qr import qr_code
from survey_app.services import calendar, fieldwork, jobs, rehearsals
from survey_app.services import waves as life
from survey_app.services.fieldwork import Progress
from survey_app.services.invitations import link_of


@bp.get("/hh/dot")
@allow(*WHO)
def waves() -> ResponseReturnValue:
    """List the waves, and those that the calendar proposes next."""
    found = fieldwork.all_waves(db.session)
    taken = {wave.code for wave in found}
    proposed = [each for each in calendar.proposals(now_here().date()) if each.code not in taken]
    progress = fieldwork.progress_by_wave(db.session)
    return render_template(
        "association/waves.html", waves=found, progress=progress, nothing=Progress(), proposals=proposed
    )


@bp.get("/hh/dot/moi")
@allow(*WHO)
def new_wave() -> ResponseReturnValue:
    """Ask for a new wave, filled in with what the calendar proposes if one of its waves was chosen."""
    chosen = request.args.get("mau")
    proposal = next((each for each in calendar.proposals(now_here().date()) if each.code == chosen), None)
    return render_template("association/new_wave.html", form=WaveForm(formdata=None, obj=proposal))


@bp.post("/hh/dot/moi")
@allow(*WHO)
def make_wave() -> ResponseReturnValue:
    """Have the wave made: its questionnaire file is read outside the request."""
    form = WaveForm()
    if form.validate_on_submit():
        days = (form.opens_on.data, form.closes_on.data)
        try:
            with transaction() as session:
                life.require_new(session, form.code.data, days)
                number = _queue(session, "create", _arguments(form))
            return redirect(url_for(".job", number=number))
        except DomainError as error:
            place = form.closes_on if isinstance(error, life.BadDates) else form.code
            place.errors = (error.message(language()),)
    return render_template("association/new_wave.html", form=form)


def _arguments(form: WaveForm) -> dict[str, Any]:
    return {
        "wave": form.code.data,
        "title": [form.title_vi.data, form.title_en.data],
        "instrument": form.instrument.data,
        "framework": FRAMEWORKS[form.instrument.data],
        "days": [form.opens_on.data.isoformat(), form.closes_on.data.isoformat()],
        "target": form.target.data,
        "document": form.document.data or None,
        "by_open_link": form.by_open_link.data,
    }


@bp.get("/hh/dot/<wave>")
@allow(*WHO)
def wave(wave: str) -> ResponseReturnValue:
    """Show where a wave stands, step by step."""
    found = _real(wave)
    rehearsal = rehearsals.of(db.session, wave)
    return render_template(
        "association/wave.html",
        wave=found,
        State=WaveState,
        progress=fieldwork.progress_by_wave(db.session).get(wave, Progress()),
        drawn=db.session.get(Draw, wave),
        rehearsal=rehearsal,
        links=_test_links(rehearsal),
        open_link=_open_link(found),
        qr_code=qr_code,
    )


def _real(code: str) -> Wave:
    """Return a wave that is no rehearsal; raise UnknownWave."""
    found = life.get(db.session, code)
    if found.rehearsal_of is not None:
        raise life.UnknownWave(wave=code)
    return found


def _open_link(wave: Wave) -> str:
    return f"{current_app.extensions['config'].base_url}/m/{wave.code}" if wave.by_open_link else ""


@bp.get("/hh/dot/<wave>/to-dan")
@allow(*WHO)
def poster(wave: str) -> ResponseReturnValue:
    """Show the open link as a poster to print and put up at a desk."""
    found = _real(wave)
    if not found.by_open_link:
        raise life.UnknownWave(wave=wave)
    return render_template("association/poster.html", wave=found, link=_open_link(found), qr_code=qr_code)


def _test_links(rehearsal: Wave | None) -> list[str]:
    if rehearsal is None:
        return []
    key, address = current_app.extensions["keys"].link, current_app.extensions["config"].base_url
    return [link_of(address, key, each) for each in rehearsals.invitations(db.session, rehearsal.code)]


@bp.post("/hh/dot/<wave>/thu")
@allow(*WHO)
def rehearse(wave: str) -> ResponseReturnValue:
    """Make test links whose answers never count."""
    with transaction() as session:
        rehearsals.start(session, wave, current_app.extensions["keys"], today=now_here().date())
    return redirect(url_for(".wave", wave=wave, _anchor="thu"))


@bp.post("/hh/dot/<wave>/thu/xoa")
@allow(*WHO)
def end_rehearsal(wave: str) -> ResponseReturnValue:
    """Delete the rehearsal and all that was tried in it."""
    with transaction() as session:
        if (found := rehearsals.of(session, wave)) is not None:
            rehearsals.discard(session, found.code)
    return redirect(url_for(".wave", wave=wave))


@bp.route("/hh/dot/<wave>/gia-han", methods=["GET", "POST"])
@allow(*WHO)
def extend(wave: str) -> ResponseReturnValue:
    """Give an open or closed wave a later last day."""
    form = ExtendForm()
    if form.validate_on_submit():
        try:
            with transaction() as session:
                life.extend(session, wave, form.closes_on.data, now=now_here())
            return redirect(url_for(".wave", wave=wave))
        except life.BadDates as error:
            form.closes_on.errors = (error.message(language()),)
    return render_template("association/extend.html", wave=_real(wave), form=form)


@bp.get("/hh/dot/<wave>/dong")
@allow(*WHO)
def confirm_close(wave: str) -> ResponseReturnValue:
    """Ask before a wave is closed: forms that were not sent are deleted."""
    return render_template("association/close.html", wave=_real(wave), State=WaveState)


@bp.post("/hh/dot/<wave>/dong")
@allow(*WHO)
def close(wave: str) -> ResponseReturnValue:
    """Have the wave closed."""
    code = _real(wave).code
    db.session.rollback()  # the transaction below starts with the lock
    with transaction() as session:
        number = _queue(session, "close", {"wave": code})
    return redirect(url_for(".job", number=number))


@bp.get("/hh/viec/<number:number>")
@allow(*WHO)
def job(number: int) -> ResponseReturnValue:
    """Show how far long work is; the page reloads itself until it is done."""
    found = jobs.get(db.session, number)
    if found.kind not in KINDS:
        raise jobs.JobUnknown
    return render_template(
        "association/job.html", job=found, result=jobs.result_in(found, language()), Status=JobStatus
    )


#: Long work that this page shows; what others ask for has pages of its own.
KINDS = ("create", "close", "try_message", "try_notice")


def _queue(session: Any, kind: str, arguments: dict[str, Any]) -> int:
    return jobs.enqueue(session, kind, arguments, by=g.account.email, now=datetime.now(UTC)).id
