"""The migrated schema is the models' schema, and each step goes up and down with data in it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, inspect, text

import survey_app.models  # noqa: F401 - fills the metadata
from survey_app import migrate
from survey_app.db import Base

REVISIONS = tuple(f"{number:04d}" for number in range(1, 20))


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    engine = create_engine(database_url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def test_the_migrated_schema_equals_the_models(connection):
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    assert compare_metadata(context, Base.metadata) == []
    assert migrate.current(connection) == REVISIONS[-1]


def test_tables_of_answers_have_no_row_numbers_on_sqlite(connection):
    if connection.dialect.name != "sqlite":
        columns = connection.execute(text("SELECT count(*) FROM information_schema.columns WHERE is_identity = 'YES'"))
        assert columns.scalar_one() == 0
        return
    rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'table'")).all()
    schema = {name: sql for name, sql in rows}
    for table in ("sample_unit", "invitation", "draft", "keyed_form", "ballot", "response", "comment", "receipt"):
        assert "WITHOUT ROWID" in schema[table]


def test_words_of_a_closed_list_are_checked_by_the_database(connection):
    names = {check["name"] for check in inspect(connection).get_check_constraints("wave")}
    assert {"ck_wave_wavestate", "ck_wave_counts", "ck_wave_closes_after_opening"} <= names


def test_each_step_goes_down_and_up_again_with_data_in_it(connection):
    for revision in reversed((None, *REVISIONS[:-1])):
        _put_a_wave(connection)
        migrate.downgrade(connection, revision or "base")
        connection.commit()
        assert migrate.current(connection) == revision
    migrate.upgrade(connection)
    connection.commit()
    _put_a_wave(connection)
    assert connection.execute(text("SELECT count(*) FROM wave")).scalar_one() == 1
    assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def _put_a_wave(connection: Connection) -> None:
    """Put rows into the first tables, if they are not there."""
    if connection.execute(text("SELECT count(*) FROM wave")).scalar_one():
        return
    file = {"hash": "a" * 64, "kind": "instrument", "code": "tiny", "content": "{}"}
    connection.execute(text("INSERT INTO frozen_file VALUES (:hash, :kind, :code, :content)"), file)
    wave = {"h": "a" * 64, "key": b"k", "empty": json.dumps([]), "counts": json.dumps({})}
    connection.execute(
        text(
            "INSERT INTO wave (code, title_vi, title_en, state, instrument_hash, framework_hash, opens_on, closes_on,"
            " consent_version, public_key, stratum_ladder, frame_counts, withdrawn, discarded, paper, open_link)"
            " VALUES ('w', 'v', 'e', 'open', :h, :h, '2026-01-01', '2026-02-01', 'c', :key, :empty, :counts, 0, 0, 0, 0)"
        ),
        wave,
    )
    connection.commit()
