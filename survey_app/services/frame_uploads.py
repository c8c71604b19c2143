"""A list of firms from upload to frame: kept encrypted, examined as a job, saved when a person says so."""

from __future__ import annotations

import json
import secrets
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from questionnaires.base import LANGUAGES, Language
from survey_app.envelopes import decrypt, derive, encrypt
from survey_app.errors import DomainError
from survey_app.models.frame import FrameUpload
from survey_app.models.job import Job
from survey_app.services import frame
from survey_app.services.frame import Progress, Saved
from survey_app.services.frame_columns import REQUIRED, Column, guess
from survey_app.services.frame_file import Sheet, read
from survey_app.services.frame_report import marked_sheet, sentence
from survey_app.services.frame_rows import Fault

#: How many faults, merged firms and sample rows a page shows; the marked sheet has all faults.
SHOWN, SAMPLE = 100, 5
KEPT = timedelta(days=1)


class UnknownUpload(DomainError):
    """There is no such list, or it is too old."""

    vi = "Không còn tệp này: tệp tải lên chỉ giữ một ngày. Tải lên lại."
    en = "This file is gone: uploads are kept for a day. Upload it again."
    status = 404


class ColumnsMissing(DomainError):
    """Tax code and name must be there."""

    vi = "Phải chọn cột mã số thuế và cột tên doanh nghiệp, mỗi cột một lần."
    en = "Choose the columns of the tax code and the name, each once."


def keep(session: Session, content: bytes, contact_key: bytes, *, by: str, now: datetime) -> FrameUpload:
    """Return the upload, its columns guessed; forget old ones. Raises what `frame_file.read` raises."""
    sheet = read(content)
    session.execute(delete(FrameUpload).where(FrameUpload.made_at < now - KEPT))
    number = secrets.token_hex(16)
    upload = FrameUpload(
        id=number,
        made_by=by,
        made_at=now,
        header=sheet.header,
        columns={column.value: place for column, place in guess(sheet.header).items()},
        content=encrypt(_key(contact_key), content, _place(number, "content")),
    )
    session.add(upload)
    session.flush()
    return upload


def get(session: Session, number: str) -> FrameUpload:
    """Return the upload; raise UnknownUpload."""
    upload = session.get(FrameUpload, number)
    if upload is None:
        raise UnknownUpload
    return upload


def choose_columns(session: Session, number: str, columns: Mapping[str, int]) -> FrameUpload:
    """Note which column holds what and forget what was found before; raise UnknownUpload or ColumnsMissing."""
    upload = get(session, number)
    if not set(REQUIRED) <= set(columns) or len(set(columns.values())) < len(columns):
        raise ColumnsMissing
    upload.columns, upload.report, upload.marked = dict(columns), None, None
    session.flush()
    return upload


def load(session: Session, number: str, contact_key: bytes) -> tuple[Sheet, dict[Column, int]] | None:
    """Return the rows and which column holds what, None if they were saved already; raise UnknownUpload."""
    upload = get(session, number)
    if upload.content is None:
        return None
    sheet = read(decrypt(_key(contact_key), upload.content, _place(upload.id, "content")))
    return sheet, {Column(name): place for name, place in upload.columns.items()}


def note_findings(
    session: Session, number: str, contact_key: bytes, list_: tuple[Sheet, dict[Column, int]], found: frame.Examined
) -> None:
    """Keep what the examination of the list found; raise UnknownUpload."""
    upload, (sheet, columns) = get(session, number), list_
    words = json.dumps(_told(found, sheet, columns), ensure_ascii=False).encode()
    upload.report = encrypt(_key(contact_key), words, _place(number, "report"))
    if found.faults:
        marked = marked_sheet(sheet, columns, found.faults, "vi")
        upload.marked = encrypt(_key(contact_key), marked, _place(number, "marked"))
    session.flush()


def report_of(upload: FrameUpload, contact_key: bytes) -> dict[str, Any] | None:
    """Return what the examination found, None before it."""
    if upload.report is None:
        return None
    found: dict[str, Any] = json.loads(decrypt(_key(contact_key), upload.report, _place(upload.id, "report")))
    return found


def marked_of(upload: FrameUpload, contact_key: bytes) -> bytes:
    """Return the rows to mend as XLSX; raise UnknownUpload where there are none."""
    if upload.marked is None:
        raise UnknownUpload
    return decrypt(_key(contact_key), upload.marked, _place(upload.id, "marked"))


def save(session: Session, number: str, contact_key: bytes, found: frame.Examined, report: Progress) -> Saved:
    """Put the good rows into the frame and forget the file; raise UnknownUpload."""
    saved = frame.save(session, found.firms, contact_key, report)
    upload = get(session, number)
    upload.content, upload.report, upload.marked, upload.saved = None, None, None, asdict(saved)
    session.flush()
    return saved


def discard(session: Session, number: str) -> None:
    """Forget the file; raise UnknownUpload."""
    session.delete(get(session, number))
    session.flush()


def last_job(session: Session, number: str) -> Job | None:
    """Return the job that works, or worked last, on the upload."""
    mine = Job.arguments["upload"].as_string() == number
    return session.scalars(select(Job).where(mine).order_by(Job.id.desc()).limit(1)).first()


def _told(found: frame.Examined, sheet: Sheet, columns: dict[Column, int]) -> dict[str, Any]:
    by_row: dict[int, list[Fault]] = defaultdict(list)
    for fault in found.faults:
        by_row[fault.row].append(fault)

    def sentences(language: Language) -> list[str]:
        return [sentence(row, faults, sheet, columns, language) for row, faults in list(by_row.items())[:SHOWN]]

    return {
        "rows": found.rows,
        "good_rows": found.good_rows,
        "firms": len(found.firms),
        "bad_rows": len(by_row),
        "faults": {language: sentences(language) for language in LANGUAGES},
        "merged": len(found.merges),
        "merges": [[merge.tax_code, list(merge.rows)] for merge in found.merges[:SHOWN]],
        "sample": [_shown(firm) for firm in list(found.firms.values())[:SAMPLE]],
    }


def _shown(firm: frame.Firm) -> dict[str, Any]:
    """Return a firm as people read it: 10–49 workers, not n10_49."""
    size = str(firm.get(Column.SIZE) or "").removeprefix("n")
    words = size.replace("_", "–") if "_" in size else f"{size}+"
    shown: dict[str, Any] = {column.value: value for column, value in firm.items()}
    return shown | ({Column.SIZE.value: words} if size else {})


def _key(contact_key: bytes) -> bytes:
    return derive(contact_key, "frame upload", 32)


def _place(number: str, part: str) -> bytes:
    return f"frame upload:{number}:{part}".encode()
