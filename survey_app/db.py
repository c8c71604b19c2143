"""The database: engine settings, the session of a request or command, and the only commit in the code base."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from inspect import iscoroutinefunction
from typing import Any, cast

from flask import Flask
from flask_sqlalchemy_lite import SQLAlchemy
from sqlalchemy import Connection, CursorResult, Engine, MetaData, Table, UpdateBase, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection, ExceptionContext
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import ConnectionPoolEntry

#: Database errors never print bind values: they could hold an answer or a link.
ENGINE_OPTIONS: dict[str, Any] = {"hide_parameters": True, "pool_pre_ping": True}

#: True while a request only reads; then SQLite does not take the write lock.
reading: ContextVar[bool] = ContextVar("reading", default=False)


class Base(DeclarativeBase):
    """The models' base: constraints have names, so that migrations and errors can speak of them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class RequestSession(Session):
    """The session of a request or command."""

    def close(self) -> None:
        """Let go of the connection: one that died after a page was written does not spoil the page."""
        try:
            super().close()
        except DBAPIError:
            self.invalidate()


db = SQLAlchemy(engine_options=ENGINE_OPTIONS, session_options={"class_": RequestSession})


def init_app(app: Flask) -> None:
    """Give the application its database."""
    db.init_app(app)
    # The extension also closes asynchronous sessions, in a thread and an event loop for every request. There are none.
    app.teardown_appcontext_funcs = [each for each in app.teardown_appcontext_funcs if not iscoroutinefunction(each)]


@contextmanager
def transaction() -> Iterator[Session]:
    """Commit what the block wrote, or none of it."""
    session = db.session
    try:
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise


@contextmanager
def snapshot() -> Iterator[Session]:
    """Read one state of the database, whatever others write meanwhile; nothing can be written, and nobody has to wait."""
    session = db.session
    token = reading.set(True)
    try:
        if not is_sqlite(session):  # which reads one state in any transaction
            session.connection(execution_options={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True})
        yield session
    finally:
        session.rollback()
        reading.reset(token)


def rows_changed(session: Session, statement: UpdateBase, values: Mapping[str, Any] | None = None) -> int:
    """Execute an insert, an update or a delete and return how many rows it touched."""
    counting = {"preserve_rowcount": True}  # an insert on PostgreSQL says -1 otherwise
    return cast("CursorResult[Any]", session.execute(statement, values, execution_options=counting)).rowcount


def table_of(model: type[Base]) -> Table:
    """Return the table behind a model, for statements that are made once and run often."""
    return cast(Table, model.__table__)


def is_sqlite(session: Session) -> bool:
    """Say whether the session speaks to SQLite."""
    return session.get_bind().dialect.name == "sqlite"


def lock_wave(session: Session, wave_code: str, *, exclusive: bool) -> None:
    """Hold the wave against a change of state until the transaction ends.

    Send and withdraw share the lock; close, discard and open take it alone. SQLite has one writer at a time, which is
    stricter still.
    """
    if is_sqlite(session):
        return
    function = "pg_advisory_xact_lock" if exclusive else "pg_advisory_xact_lock_shared"
    session.execute(text(f"SELECT {function}(hashtext('wave'), hashtext(:wave))"), {"wave": wave_code})


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    if type(connection).__module__ != "sqlite3":
        return
    connection.isolation_level = None  # the begin event below starts transactions
    cursor = connection.cursor()
    for pragma in (
        "busy_timeout=5000",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "secure_delete=ON",
        "trusted_schema=OFF",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


@event.listens_for(Engine, "begin")
def _begin_sqlite(connection: Connection) -> None:
    # A read followed by a write fails at once after another commit, so whoever may write takes the lock first.
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN" if reading.get() else "BEGIN IMMEDIATE")


@event.listens_for(Engine, "handle_error")
def _hide_rows(context: ExceptionContext) -> None:
    """Cut an error's message down to its first line: PostgreSQL goes on with the row at fault, answers and all."""
    for error in (context.original_exception, context.sqlalchemy_exception):
        if error is not None:
            error.args = tuple(_without_row(error, each) for each in error.args)


def _without_row(error: BaseException, words: object) -> object:
    if not isinstance(words, str):
        return words
    bad_value = str(getattr(getattr(error, "orig", error), "sqlstate", "")).startswith("22")
    return "a value that its column does not take" if bad_value else words.partition("\n")[0]
