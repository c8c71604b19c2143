"""A crash at each point of an opening, and running it again."""

from __future__ import annotations

import multiprocessing
import os
import signal
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from survey_app import create_app
from survey_app.config import Config
from survey_app.db import db, reading, transaction
from survey_app.keys import Keys
from survey_app.services import box, box_key
from survey_app.services.box import Step
from survey_app.services.storage import StorageBusy
from tests.survey_app.fieldwork_story import CODE, FIRMS, PASSPHRASE, counts, filled_box, open_box


@pytest.fixture
def key_file(session: Session, keys: Keys, tmp_path: Path) -> Path:
    """The key of a closed wave with FIRMS ballots."""
    return filled_box(keys, tmp_path)


def _killed_while_opening(config: Config, keys: Keys, key_file: Path, at: Step) -> None:
    def die(step: Step) -> None:
        if step is at:
            os.kill(os.getpid(), signal.SIGKILL)

    with create_app(config, keys).app_context():
        open_box(key_file, die)


@pytest.mark.parametrize("at", [Step.UNSEALED, Step.MIXED, Step.COMMITTED, Step.WIPED])
def test_running_again_finishes_what_a_kill_left(session, config, keys, key_file, at):
    db.engine.dispose()
    process = multiprocessing.get_context("fork").Process(
        target=_killed_while_opening, args=(config, keys, key_file, at)
    )
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert key_file.exists()
    left = counts()
    assert left.agree
    committed = at in (Step.COMMITTED, Step.WIPED)
    assert left.responses == (FIRMS if committed else 0)
    with transaction() as reading:
        assert box.needs_key(reading, CODE) is not committed
    key = None if committed else box_key.read(key_file, CODE, lambda: PASSPHRASE)
    after = box.open_box(transaction, CODE, key, key_file)
    assert (after.responses, after.receipts, after.ballots) == (FIRMS, FIRMS, 0)
    assert not key_file.exists()


TRIGGERS = {
    "sqlite": {
        "refuse": ["CREATE TRIGGER stop BEFORE INSERT ON receipt BEGIN SELECT RAISE(ABORT, 'stopped'); END"],
        "skip": [
            "CREATE TRIGGER stop BEFORE DELETE ON ballot WHEN OLD.id = (SELECT min(id) FROM ballot) "
            "BEGIN SELECT RAISE(IGNORE); END"
        ],
        "drop": ["DROP TRIGGER stop"],
    },
    "postgresql": {
        "refuse": [
            "CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'stopped'; END $$",
            "CREATE TRIGGER stop BEFORE INSERT ON receipt FOR EACH ROW EXECUTE FUNCTION stop()",
        ],
        "skip": [
            "CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "IF OLD.id = (SELECT min(id) FROM ballot) THEN RETURN NULL; END IF; RETURN OLD; END $$",
            "CREATE TRIGGER stop BEFORE DELETE ON ballot FOR EACH ROW EXECUTE FUNCTION stop()",
        ],
        "drop": ["DROP FUNCTION stop CASCADE"],
    },
}


def _run(dialect: str, what: str) -> None:
    with transaction() as session:
        for statement in TRIGGERS[dialect][what]:
            session.connection().exec_driver_sql(statement)


def test_a_database_that_fails_half_way_leaves_every_ballot_sealed(session, key_file, dialect):
    _run(dialect, "refuse")
    with pytest.raises(DBAPIError, match="stopped"):
        open_box(key_file)
    assert (counts().ballots, counts().responses) == (FIRMS, 0)
    _run(dialect, "drop")
    assert open_box(key_file).responses == FIRMS


def test_a_ballot_that_cannot_be_taken_out_stops_the_opening(session, key_file, dialect):
    _run(dialect, "skip")
    with pytest.raises(box.BallotsChanged):
        open_box(key_file)
    assert (counts().ballots, counts().responses) == (FIRMS, 0)
    _run(dialect, "drop")
    assert open_box(key_file).responses == FIRMS


def test_a_reader_elsewhere_at_most_delays_the_wiping(session, key_file, database_url, dialect):
    other = create_engine(database_url)
    with other.connect() as reader:
        token = reading.set(True)
        assert reader.execute(text("SELECT count(*) FROM ballot")).scalar_one() == FIRMS
        reading.reset(token)
        if dialect == "sqlite":
            with pytest.raises(StorageBusy, match="again in a minute"):
                open_box(key_file)
            assert key_file.exists()
        else:
            assert open_box(key_file).responses == FIRMS
    other.dispose()
    assert box.open_box(transaction, CODE, None, key_file).responses == FIRMS
    assert not key_file.exists()
