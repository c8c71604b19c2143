"""What every test stands on: a real database of each kind, migrated; the application; a client that checks each page."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from survey_app import create_app, migrate
from survey_app.config import Config
from survey_app.db import db
from survey_app.keys import Keys
from tests.checked_client import CheckedClient
from tests.postgres import Server

DATABASES = ("sqlite", "postgresql")
_MEMORY, _ROOM = Path("/dev/shm"), 4 * 2**30  # noqa: S108 - pytest makes a folder of its own in it


def _work_in_memory() -> None:
    """Put what tests write into memory where it has room: databases are made and dropped thousands of times."""
    if _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ROOM:
        os.environ.setdefault("TMPDIR", str(_MEMORY))
        tempfile.tempdir = None  # it is looked up again


_work_in_memory()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL server of our own, with a migrated template database."""
    server = Server.start()
    try:
        server.create("template_migrated")
        _migrate(server.url("template_migrated"))
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "migrated.sqlite3"
    _migrate(f"sqlite:///{path}")
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


def _migrate(url: str) -> None:
    engine = create_engine(url)
    with engine.connect() as connection:
        migrate.upgrade(connection)
        connection.commit()
    engine.dispose()


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a fresh, migrated database: every test that asks for it runs on both kinds."""
    yield from fresh_database(request, tmp_path)


def fresh_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Yield the address of a migrated database of the kind that `request` names, and drop it afterwards."""
    if request.param == "sqlite":
        path = tmp_path / "survey.sqlite3"
        shutil.copyfile(request.getfixturevalue("migrated_sqlite"), path)
        yield f"sqlite:///{path}"
        return
    server: Server = request.getfixturevalue("postgres")
    name = f"test_{uuid.uuid4().hex}"
    server.create(name, template="template_migrated")
    yield server.url(name)
    server.drop(name)


@pytest.fixture
def config(database_url: str, tmp_path: Path) -> Config:
    """Settings of a demonstration on this database."""
    return Config(
        database_url=database_url,
        keys_dir=tmp_path / "keys",
        base_url="http://127.0.0.1:8000",
        allowed_hosts=("localhost", "127.0.0.1"),
        demonstration=True,
    )


@pytest.fixture
def keys(config: Config) -> Keys:
    """Fresh keys in their folder."""
    Keys.create(config.keys_dir)
    return Keys.read(config.keys_dir)


@pytest.fixture
def app(config: Config, keys: Keys) -> Iterator[Flask]:
    """The application, as the wsgi module makes it."""
    app = create_app(config, keys)
    app.test_client_class = CheckedClient
    yield app
    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """A session in an application context; commit what a request must see."""
    with app.app_context():
        yield db.session


@pytest.fixture
def client(app: Flask) -> CheckedClient:
    """A browser without JavaScript that checks every page it gets."""
    return app.test_client()  # type: ignore[return-value]


@pytest.fixture
def dialect(database_url: str) -> str:
    """`sqlite` or `postgresql`."""
    return database_url.split(":", 1)[0].split("+", maxsplit=1)[0]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many tests ran on each database."""
    reports = [r for key in ("passed", "failed") for r in terminalreporter.stats.get(key, []) if r.when == "call"]
    counts = Counter(name for report in reports for name in DATABASES if f"{name}" in report.nodeid.rpartition("[")[2])
    terminalreporter.write_line(", ".join(f"{name}: {counts[name]} tests" for name in DATABASES))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse skips where nobody would see them."""
    if os.environ.get("CI") == "true":
        for item in items:
            if item.get_closest_marker("skip") or item.get_closest_marker("skipif"):
                raise pytest.UsageError(f"{item.nodeid} may be skipped: with CI=true every test runs")
