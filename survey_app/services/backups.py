"""Backups of the database: what goes into one, and putting it back. docs/adr/0012-form-of-the-backup.md, docs/backup.md.

A backup holds rows and not the database's files: one made of SQLite can be put into PostgreSQL and the other way round.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from pyrage.x25519 import Identity
from sqlalchemy import Column, Table, delete, func, insert, null, select, text
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import Session

from survey_app import migrate
from survey_app.db import Base, is_sqlite, table_of
from survey_app.errors import DomainError
from survey_app.models.fieldwork import Wave
from survey_app.models.frame import FrameUpload
from survey_app.models.handout import Handout
from survey_app.models.job import Runner
from survey_app.models.people import SignInFailure, StaffSession
from survey_app.models.response import Draft, KeyedForm
from survey_app.services import backup_file, box, outbox
from survey_app.services.backup_file import BATCH, Contents, Damaged, Header, Row

#: How long a backup may live, since it may hold sealed ballots.
KEPT = timedelta(days=14)

#: Left out: unsent answers, which never leave; what lives for a day at most; who is signed in.
LEFT_OUT = frozenset(map(table_of, (Draft, KeyedForm, FrameUpload, StaffSession, SignInFailure, Runner)))
#: Left empty: files of personal links.
_EMPTIED = frozenset({table_of(Handout).c.content})


class OldDatabase(DomainError):
    """The database does not have the tables that this code knows."""

    vi = "Cơ sở dữ liệu ở bản {found}, mã nguồn này cần bản {newest}: chạy `flask db upgrade` trước."
    en = "The database is at {found}, this code needs {newest}: run `flask db upgrade` first."


class OtherRevision(DomainError):
    """The backup was made with another version of the code; nothing was changed."""

    vi = (
        "Bản sao lưu ở bản {found}, mã nguồn này ở bản {newest}. Dùng phiên bản mã nguồn đã tạo bản sao lưu, "
        "khôi phục, rồi mới cập nhật. Chưa thay đổi gì."
    )
    en = (
        "The backup is at {found}, this code at {newest}. Take the version of the code that made the backup, "
        "restore, and update afterwards. Nothing was changed."
    )


class NotEmpty(DomainError):
    """The database holds something; nothing was changed."""

    vi = (
        "Cơ sở dữ liệu không trống (bảng {table}). Khôi phục vào cơ sở dữ liệu trống, hoặc thay toàn bộ bằng --replace."
    )
    en = "The database is not empty (table {table}). Restore into an empty one, or replace everything by --replace."


class DoesNotFit(DomainError):
    """A row of the backup breaks a rule of the database; nothing was changed."""

    vi = "Bảng {table} trong bản sao lưu có dòng mà cơ sở dữ liệu này không nhận ({reason}). Chưa thay đổi gì."
    en = "The backup has a row of the table {table} that this database does not take ({reason}). Nothing was changed."


def tables() -> list[Table]:
    """Return the tables of a backup, each after those that it refers to."""
    return [table for table in Base.metadata.sorted_tables if table not in LEFT_OUT]


def make(session: Session, path: Path, public_key: str, *, keys_mark: str, now: datetime) -> Contents:
    """Write all that the session reads, a snapshot, to a new file.

    Raises OldDatabase, BadRecipient, BackupExists, NotWritten.
    """
    to = backup_file.recipient(public_key)
    header = Header(_revision(session), keys_mark, now.isoformat(timespec="seconds"))
    each = ((table.name, list(table.columns.keys()), _rows(session, table)) for table in tables())
    return backup_file.write(path, to, header, each)


def look(path: Path, key: Identity) -> Contents:
    """Read a backup to its end without restoring it; raise NotOpened or Damaged."""
    return backup_file.read(path, key, lambda _header: None, lambda _table, _columns, _rows: None)


def restore(session: Session, path: Path, key: Identity, *, replace: bool, now: datetime) -> Contents:
    """Put a backup into the database in the caller's one transaction; what waits to be sent is held back.

    Raises OldDatabase, OtherRevision, NotEmpty, NotOpened, Damaged, DoesNotFit.
    """
    newest = _revision(session)
    _hold_everything(session)
    if replace:
        _delete_everything(session)
    _require_empty(session)

    def begin(header: Header) -> None:
        if header.revision != newest:
            raise OtherRevision(found=header.revision, newest=newest)

    contents = backup_file.read(path, key, begin, _putter(session, path))
    if contents.rows != counts(session):
        raise Damaged(path=path, reason=", ".join(sorted(dict(contents.rows.items() ^ counts(session).items()))))
    _continue_numbers(session)
    outbox.hold_back(session, now=now)
    return contents


def counts(session: Session) -> dict[str, int]:
    """Return how many rows each table of a backup has now."""
    return {table.name: session.scalar(select(func.count()).select_from(table)) or 0 for table in tables()}


def waves_that_disagree(session: Session) -> list[str]:
    """Return the waves whose counts do not agree (`box.check`)."""
    codes = session.scalars(select(Wave.code).order_by(Wave.code))
    return [code for code in codes if not box.check(session, code).agree]


def _revision(session: Session) -> str:
    found, newest = migrate.current(session.connection()), migrate.newest()
    if found is None or found != newest:
        raise OldDatabase(found=found or "-", newest=newest)
    return found


def _rows(session: Session, table: Table) -> Iterator[Row]:
    """Return the rows in the order of their keys, which says nothing of when they came."""
    columns = [null().label(column.name) if column in _EMPTIED else column for column in table.columns]
    # a row that refers to another of its table comes after it
    first = [column.is_not(None) for key in table.foreign_keys if key.column.table is table for column in [key.parent]]
    ordered = select(*columns).select_from(table).order_by(*first, *table.primary_key)
    for row in session.execute(ordered, execution_options={"yield_per": BATCH}):
        yield list(row)


def _hold_everything(session: Session) -> None:
    """Keep everybody else out until the transaction ends; SQLite has one writer, which is this one."""
    if not is_sqlite(session):
        session.execute(text(f"LOCK TABLE {_all_names(session)} IN ACCESS EXCLUSIVE MODE"))


def _delete_everything(session: Session) -> None:
    """Empty all tables, those that no backup holds too."""
    if not is_sqlite(session):  # where a DELETE looks for references to each row
        session.execute(text(f"TRUNCATE {_all_names(session)}"))
        return
    for table in reversed(Base.metadata.sorted_tables):
        session.execute(delete(table))


def _all_names(session: Session) -> str:
    return ", ".join(_quoted(session, table) for table in Base.metadata.sorted_tables)


def _quoted(session: Session, table: Table) -> str:
    return session.get_bind().dialect.identifier_preparer.format_table(table)


def _require_empty(session: Session) -> None:
    full = next((name for name, rows in counts(session).items() if rows), None)
    if full is not None:
        raise NotEmpty(table=full)


def _putter(session: Session, path: Path) -> Callable[[str, list[str], list[Row]], None]:
    known = {table.name: table for table in tables()}

    def put(name: str, columns: list[str], rows: list[Row]) -> None:
        table = known.get(name)
        if table is None or columns != list(table.columns.keys()):
            raise Damaged(path=path, reason=name)
        try:
            values = [
                {column.name: _value(column, given) for column, given in zip(table.columns, row, strict=True)}
                for row in rows
            ]
        except (ValueError, TypeError, binascii.Error) as error:
            raise Damaged(path=path, reason=name) from error
        try:
            session.execute(insert(table), values)
        except (DataError, IntegrityError) as error:  # SQLite keeps texts that are too long for PostgreSQL
            raise DoesNotFit(table=name, reason=error.orig) from error

    return put


#: How values that JSON does not know are read back, by the type of their column.
_FROM_WORDS: dict[type, Callable[[str], Any]] = {
    bytes: lambda words: base64.b64decode(words, validate=True),
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
}


def _value(column: Column[Any], given: Any) -> Any:
    read = _FROM_WORDS.get(column.type.python_type)
    return given if given is None or read is None else read(given)


def _continue_numbers(session: Session) -> None:
    """Let PostgreSQL number new rows after the restored ones; SQLite does by itself."""
    if is_sqlite(session):
        return
    for table in tables():
        column = table.autoincrement_column
        if column is not None:
            last = select(func.coalesce(func.max(column), 1), func.max(column).is_not(None)).subquery()
            sequence = func.pg_get_serial_sequence(_quoted(session, table), column.name)
            session.execute(select(func.setval(sequence, *last.c)))
