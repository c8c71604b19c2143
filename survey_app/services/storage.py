"""Making deleted rows unreadable in the database's files."""

from __future__ import annotations

import sqlite3

from sqlalchemy import Connection, Engine

from survey_app.errors import DomainError

#: Tables whose dead rows could say who answered what.
_TABLES = "ballot, draft, keyed_form, invitation, response, comment, receipt"


class StorageBusy(DomainError):
    """Another process is using the database; what was deleted still lies in its files."""

    vi = "Cơ sở dữ liệu đang bận nên chưa xóa hẳn được dữ liệu cũ. Hãy chạy lại lệnh này sau một phút."
    en = "The database is busy, so deleted data still lies in its files. Run this command again in a minute."


def wipe_what_was_deleted(bind: Engine | Connection) -> None:
    """Rewrite the database without deleted rows; raise StorageBusy.

    Runs outside a transaction, on a connection of its own.
    """
    engine = bind.engine
    if engine.dialect.name == "sqlite":
        _wipe_sqlite(engine)
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"VACUUM {_TABLES}")


def _wipe_sqlite(engine: Engine) -> None:
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute("VACUUM")
        busy, _, _ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        cursor.close()
    except sqlite3.OperationalError as error:
        raise StorageBusy from error
    finally:
        connection.close()
    if busy:
        raise StorageBusy
