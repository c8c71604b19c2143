"""Sessions: a database that dies before the request has ended; what was written is counted."""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.dialects import postgresql, sqlite

from survey_app import create_app
from survey_app.access import EVERYONE, allow
from survey_app.config import Config
from survey_app.db import db, is_sqlite, rows_changed
from survey_app.keys import Keys
from survey_app.models.response import Receipt
from tests.factories import instrument, item, make_wave
from tests.postgres import Server

CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


def test_a_connection_that_dies_after_a_page_is_written_does_not_spoil_the_page(postgres: Server, tmp_path: Path):
    postgres.create("dying", template="template_migrated")
    Keys.create(tmp_path)
    config = Config(database_url=postgres.url("dying"), allowed_hosts=("localhost",), demonstration=True)
    app = create_app(config, Keys.read(tmp_path))
    _add_page_that_outlives_its_connection(app, postgres.url("dying"))
    assert app.test_client().get("/doc").status_code == 200
    assert app.test_client().get("/doc").status_code == 200
    with app.app_context():
        db.engine.dispose()
    postgres.drop("dying")


def _add_page_that_outlives_its_connection(app: Flask, url: str) -> None:
    def look() -> str:
        db.session.execute(text("SELECT 1"))
        other = create_engine(url)
        with other.connect() as connection:
            connection.execute(text(CUT))
        other.dispose()
        return "read"

    app.add_url_rule("/doc", "look", allow(EVERYONE)(look))


def test_an_insert_counts_its_rows_on_both_databases(session):
    wave, _ = make_wave(session, instrument(item("q1")))
    new = (sqlite if is_sqlite(session) else postgresql).insert(Receipt).on_conflict_do_nothing()
    row = new.values(wave=wave.code, code="AAAABBBBCCCCDDDD")
    assert [rows_changed(session, row) for _ in range(2)] == [1, 0]
