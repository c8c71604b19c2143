"""Bringing a database to a revision of `migrations/`."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from survey_app.config import ROOT


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Bring the database up to a revision."""
    command.upgrade(_config(connection), revision)


def downgrade(connection: Connection, revision: str) -> None:
    """Take the database back to a revision."""
    command.downgrade(_config(connection), revision)


def current(connection: Connection) -> str | None:
    """Return the revision the database is at."""
    return MigrationContext.configure(connection).get_current_revision()


def newest() -> str | None:
    """Return the newest revision that this code knows."""
    return ScriptDirectory(str(ROOT / "migrations")).get_current_head()


def _config(connection: Connection) -> AlembicConfig:
    config = AlembicConfig()
    config.set_main_option("script_location", str(Path(ROOT) / "migrations"))
    config.attributes["connection"] = connection
    return config
