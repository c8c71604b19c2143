"""Giving an analyst the responses of an opened wave as files, and noting that it was done."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from questionnaires.framework import Framework
from questionnaires.instrument import Instrument
from survey_app.errors import DomainError
from survey_app.models.extract import Extract
from survey_app.models.fieldwork import WaveState
from survey_app.models.people import RoleName
from survey_app.services import people, waves
from survey_app.services.instruments import framework_of, instrument_of
from survey_app.services.scoring import responses_frame

if TYPE_CHECKING:
    import pandas as pd

RESPONSES, INSTRUMENT, FRAMEWORK, ABOUT = "responses.csv", "instrument.json", "framework.json", "extract.json"
#: Readable by whoever runs the command, and by nobody else.
_FILE_MODE, _FOLDER_MODE = 0o600, 0o700


class NotAnAnalyst(DomainError):
    """Responses are given to analysts only."""

    vi = "Phiếu trả lời chỉ giao cho tài khoản đang hoạt động có vai trò chuyên viên phân tích (analyst), không phải {email}."
    en = "Responses are given to an active account with the role analyst only, which {email} is not."


class FolderInUse(DomainError):
    """An extract never mixes with other files."""

    vi = "Thư mục {folder} đã có tệp: chọn một thư mục mới."
    en = "The folder {folder} holds files already: name a new one."


@dataclass(frozen=True)
class Taken:
    """An extract that has been noted and can be written."""

    extract: Extract
    frame: pd.DataFrame
    instrument: Instrument
    framework: Framework


def take(session: Session, code: str, *, analyst: str, by: str, now: datetime) -> Taken:
    """Note an extract of an opened wave for an analyst, and return what it holds.

    Rows have no identity: answers as they were written when the box was opened, weight, stratum.
    Raises UnknownWave, WrongState or NotAnAnalyst.
    """
    user = people.find(session, analyst)
    if user is None or not user.active or all(role.name != RoleName.ANALYST for role in user.roles):
        raise NotAnAnalyst(email=analyst)
    wave = waves.held(session, code, WaveState.OPENED)
    instrument, framework = instrument_of(session, wave.instrument_hash), framework_of(session, wave.framework_hash)
    frame, content = responses_frame(session, code, instrument)
    made = Extract(wave=code, analyst=user.email, made_by=by, made_at=now, responses=len(frame), responses_hash=content)
    session.add(made)
    session.flush()
    return Taken(made, frame, instrument, framework)


def require_free(folder: Path) -> None:
    """Raise FolderInUse unless the folder is new or empty."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FolderInUse(folder=str(folder))


def write(taken: Taken, folder: Path) -> None:
    """Write responses, instrument and framework as `python -m analysis score` reads them, and what the extract is."""
    from analysis.responses_csv import write_csv

    folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
    for name in (RESPONSES, INSTRUMENT, FRAMEWORK, ABOUT):
        (folder / name).touch(mode=_FILE_MODE)
    write_csv(taken.frame, folder / RESPONSES)
    (folder / INSTRUMENT).write_text(taken.instrument.canonical_json(), encoding="utf-8")
    (folder / FRAMEWORK).write_text(taken.framework.canonical_json(), encoding="utf-8")
    (folder / ABOUT).write_text(json.dumps(_about(taken.extract), indent=1) + "\n", encoding="utf-8")


def _about(extract: Extract) -> dict[str, object]:
    names = ("id", "wave", "analyst", "responses", "responses_hash")
    return {name: getattr(extract, name) for name in names} | {"made_at": extract.made_at.isoformat()}


def taken_so_far(session: Session) -> Sequence[Extract]:
    """Return all extracts, the first one first."""
    return session.scalars(select(Extract).order_by(Extract.id)).all()
