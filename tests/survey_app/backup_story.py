"""A database with something in every table, for the tests of backups."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Enum, Table, func, insert, select
from sqlalchemy.orm import Session

from survey_app.db import Base, transaction
from survey_app.envelopes import Secrets, lookup, resume_code
from survey_app.keys import Keys
from survey_app.models.fieldwork import Wave, WaveState
from survey_app.services.invitations import standing
from survey_app.services.responses import FilledPage, save_page
from tests.factories import make_invitation, make_wave
from tests.survey_app.fieldwork_story import CODE, TINY, now, open_wave_with_key, send_all

FIRMS = 21
#: A file of links, and what else must stay: it is looked for in every form.
LINKS = "the file of personal links"
_HANOI = timezone(timedelta(hours=7))

Rows = dict[str, list[tuple[Any, ...]]]
#: A message belongs to a wave or to a notice: this one to a wave.
OTHER_KIND = ("message.notice", "message.unit")


def live_in(keys: Keys, folder: Path) -> None:
    """Let firms answer and one begin, and put a row into each table that is still empty."""
    open_wave_with_key(folder, FIRMS + 1)
    send_all(keys, range(FIRMS))
    _begin(keys)
    with transaction() as session:
        # its code comes before that of the wave it refers to; one answer on paper, for the response below
        make_wave(session, TINY, code="a1", rehearsal_of=CODE, paper=1, state=WaveState.OPENED)
    with transaction() as session:
        for table in Base.metadata.sorted_tables:
            if not session.scalar(select(func.count()).select_from(table)):
                columns = [column for column in table.columns if str(column) not in OTHER_KIND]
                session.execute(insert(table), {column.name: _something(session, column) for column in columns})


def _begin(keys: Keys) -> None:
    """Let a firm answer a page and go away."""
    with transaction() as session:
        _, link = make_invitation(session, keys, session.get_one(Wave, CODE))
    with transaction() as session:
        place = standing(session, lookup(keys.lookup, link))
        assert place is not None
        filled = FilledPage(TINY.pages[0], {"size": "s"}, seen=0)
        save_page(session, Secrets(link, resume_code()), place, TINY, filled, now=now())


def _something(session: Session, column: Column[Any]) -> Any:
    """Return a value that the column takes: one that the row may refer to, or one that is easily lost."""
    for key in column.foreign_keys:
        return session.scalar(select(func.min(key.column)))
    if isinstance(column.type, Enum):
        return column.type.enums[0]
    values: dict[type, Any] = {
        str: f"{column} ấ1"[-(getattr(column.type, "length", None) or 99) :],
        int: 1,
        bool: True,
        float: 1 / 3,
        bytes: LINKS.encode() + bytes(range(256)),
        date: date(2026, 11, 27),
        datetime: datetime(2026, 11, 27, 1, 2, 3, 456789, tzinfo=_HANOI),
        object: {"z": [1, None, "ấ\n"], "a": 0.1},  # JSON
    }
    return values[column.type.python_type]


def rows_of(session: Session, tables: list[Table]) -> Rows:
    """Return all rows of these tables, times in UTC."""
    return {
        table.name: [
            tuple(_same(value) for value in row)
            for row in session.execute(select(table).order_by(*table.primary_key)).all()
        ]
        for table in tables
    }


def _same(value: Any) -> Any:
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC)
    return value
