"""What is wrong with the running service, in words for its operator."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from survey_app.config import BadConfiguration
from survey_app.keys import Keys
from survey_app.models.job import Runner

RUNNER_SILENT_AFTER = timedelta(seconds=30)


def faults(session: Session, keys: Keys, keys_dir: Path, *, now: datetime) -> dict[str, str]:
    """Return what cannot be used (`database`, `keys`, `jobs`) and what to do; nothing when all is well."""
    wrong = _keys(keys, keys_dir)
    try:
        seen = select(Runner.name).where(Runner.seen_at > now - RUNNER_SILENT_AFTER).limit(1)
        alive = session.scalar(seen) is not None
    except SQLAlchemyError:
        return wrong | {"database": "does not answer, or lacks tables: check it, then run `flask db upgrade`"}
    if not alive:
        wrong["jobs"] = "the job runner is not running: start `python -m survey_app.jobs`"
    return wrong


def _keys(keys: Keys, folder: Path) -> dict[str, str]:
    try:
        same = Keys.read(folder) == keys
    except BadConfiguration:
        return {"keys": "a key file is missing or unsafe: compare the folder of keys with its backup"}
    return {} if same else {"keys": "key files changed after the start: restart the service"}
