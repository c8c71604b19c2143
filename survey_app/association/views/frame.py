"""The frame: the list of firms, searched without marks; and its import, from a file to rows that are saved."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Response, current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from survey_app import contacts
from survey_app.access import allow
from survey_app.association.forms import COLUMNS, UploadForm, chosen, columns_form
from survey_app.association.views import WHO, bp
from survey_app.db import db, transaction
from survey_app.errors import DomainError
from survey_app.i18n import language
from survey_app.keys import Keys
from survey_app.models.job import JobStatus
from survey_app.services import frame, frame_uploads, jobs
from survey_app.services.frame_file import MAX_BYTES

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@bp.get("/hh/doanh-nghiep")
@allow(*WHO)
def firms() -> ResponseReturnValue:
    """Show how many firms the frame has, and those that a search finds."""
    words = request.args.get("tim", "")[:100]
    found = frame.find(db.session, words)
    people = {unit.id: contacts.unseal(_contact_key(), unit.id, unit.contact) for unit in found}
    return render_template(
        "association/firms.html", count=frame.count(db.session), words=words, firms=found, people=people
    )


@bp.get("/hh/nhap")
@allow(*WHO)
def new_upload() -> ResponseReturnValue:
    """Ask for a list of firms."""
    return render_template("association/new_upload.html", form=UploadForm(formdata=None))


@bp.post("/hh/nhap")
@allow(*WHO)
def upload() -> ResponseReturnValue:
    """Keep the file and have it examined; its form checks its own token, since only here a body may be large."""
    request.max_content_length = MAX_BYTES + 2**16
    request.max_form_memory_size = 2**20  # the reader's buffer counts towards it
    form = UploadForm()
    if form.validate_on_submit():
        try:
            with transaction() as session:
                kept = frame_uploads.keep(
                    session, form.file.data.read(), _contact_key(), by=g.account.email, now=datetime.now(UTC)
                )
                number = kept.id
                _queue(session, "examine", kept.id, kept.columns)
        except DomainError as error:
            form.file.errors = (error.message(language()),)
        else:
            return redirect(url_for(".examined", number=number))
    return render_template("association/new_upload.html", form=form)


@bp.get("/hh/nhap/<number>")
@allow(*WHO)
def examined(number: str) -> ResponseReturnValue:
    """Show how far the work is, what was found, or what was saved."""
    return _show(number)


@bp.post("/hh/nhap/<number>/cot")
@allow(*WHO)
def choose_columns(number: str) -> ResponseReturnValue:
    """Examine the file again with other columns."""
    found = frame_uploads.get(db.session, number)
    form = columns_form(found.header, found.columns)
    db.session.rollback()
    if not form.validate_on_submit():
        return redirect(url_for(".examined", number=number))
    try:
        with transaction() as session:
            changed = frame_uploads.choose_columns(session, number, chosen(form))
            _queue(session, "examine", number, changed.columns)
    except frame_uploads.ColumnsMissing as error:
        return _show(number, fault=error.message(language()))
    return redirect(url_for(".examined", number=number))


@bp.post("/hh/nhap/<number>/luu")
@allow(*WHO)
def save(number: str) -> ResponseReturnValue:
    """Have the good rows saved."""
    with transaction() as session:
        _queue(session, "import", number, frame_uploads.get(session, number).columns)
    return redirect(url_for(".examined", number=number))


@bp.post("/hh/nhap/<number>/bo")
@allow(*WHO)
def discard(number: str) -> ResponseReturnValue:
    """Forget the file."""
    with transaction() as session:
        frame_uploads.discard(session, number)
    return redirect(url_for(".new_upload"))


@bp.get("/hh/nhap/<number>/can-sua.xlsx")
@allow(*WHO)
def marked(number: str) -> ResponseReturnValue:
    """Return the rows to mend."""
    content = frame_uploads.marked_of(frame_uploads.get(db.session, number), _contact_key())
    return Response(content, mimetype=_XLSX, headers={"Content-Disposition": "attachment; filename=can-sua.xlsx"})


def _show(number: str, fault: str | None = None) -> ResponseReturnValue:
    found = frame_uploads.get(db.session, number)
    job = frame_uploads.last_job(db.session, number)
    return render_template(
        "association/upload.html",
        upload=found,
        job=job,
        is_working=job is not None and job.status in (JobStatus.QUEUED, JobStatus.RUNNING),
        failure=jobs.result_in(job, language()) if job and job.status is JobStatus.FAILED else None,
        report=frame_uploads.report_of(found, _contact_key()),
        form=columns_form(found.header, found.columns),
        columns=COLUMNS,
        fault=fault,
    )


def _queue(session: Any, kind: str, number: str, columns: dict[str, int]) -> None:
    arguments = {"upload": number, "columns": columns}
    jobs.enqueue(session, kind, arguments, by=g.account.email, now=datetime.now(UTC))


def _contact_key() -> bytes:
    keys: Keys = current_app.extensions["keys"]
    return keys.contact
