"""`flask db`: the database's revision."""

from __future__ import annotations

import click

from survey_app import migrate
from survey_app.cli.subject import Refusal, Subject, pick, say
from survey_app.db import db

group = Subject("db", help="The database's revision.")


@group.command("upgrade")
@click.argument("revision", default="head")
def upgrade(revision: str) -> None:
    """Bring the database up to REVISION, the newest unless said otherwise."""
    with db.engine.connect() as connection:
        migrate.upgrade(connection, revision)
        connection.commit()
    _say_current()


@group.command("downgrade")
@click.argument("revision")
@click.option("--yes", is_flag=True, help="Do not ask.")
def downgrade(revision: str, yes: bool) -> None:
    """Take the database back to REVISION; what newer tables hold is lost."""
    if not yes:
        question = pick(
            vi="Dữ liệu trong các bảng mới hơn sẽ mất. Tiếp tục?", en="Data in newer tables will be lost. Go on?"
        )
        click.confirm(question, abort=True)
    with db.engine.connect() as connection:
        migrate.downgrade(connection, revision)
        connection.commit()
    _say_current()


@group.command("current")
def current() -> None:
    """Say which revision the database is at."""
    _say_current()


@group.command("check")
def check() -> None:
    """Fail unless the database is at the newest revision."""
    newest = migrate.newest()
    found = _current()
    if found != newest:
        raise Refusal(
            vi=f"Cơ sở dữ liệu ở bản {found}, mới nhất là {newest}: chạy `flask db upgrade`.",
            en=f"The database is at {found}, the newest is {newest}: run `flask db upgrade`.",
        )
    _say_current()


def _current() -> str | None:
    with db.engine.connect() as connection:
        return migrate.current(connection)


def _say_current() -> None:
    found = _current() or "-"
    say(vi=f"Cơ sở dữ liệu ở bản {found}.", en=f"The database is at {found}.")
