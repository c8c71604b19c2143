"""Backups: whole, sealed, portable between databases, put back entirely or not at all."""

from __future__ import annotations

import base64
import json
import multiprocessing
import os
import re
import signal
import stat
import subprocess
import sys
import threading
import tracemalloc
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyrage
import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import create_engine, delete, event, func, insert, select
from sqlalchemy.orm import Session

from survey_app import create_app, migrate
from survey_app.config import ROOT, Config
from survey_app.db import Base, db, snapshot, table_of, transaction
from survey_app.keys import Keys
from survey_app.models.handout import Handout
from survey_app.models.job import Job
from survey_app.models.message import ContactStep, Message, MessageState
from survey_app.models.people import Role, StaffSession
from survey_app.models.response import Ballot, Draft
from survey_app.services import backup_file, backups, box, jobs
from survey_app.services.backup_file import Header
from tests.conftest import DATABASES, fresh_database
from tests.factories import make_wave
from tests.proof.canaries import forms, found_in
from tests.survey_app.backup_story import FIRMS, LINKS, live_in, rows_of
from tests.survey_app.fieldwork_story import CODE, TINY

NOW = datetime(2026, 11, 27, 2, 30, tzinfo=UTC)


@pytest.fixture
def private(tmp_path: Path) -> pyrage.x25519.Identity:
    """The private key, in the file `backup.key`."""
    backup_file.make_key(tmp_path / "backup.key")
    return backup_file.read_key(tmp_path / "backup.key")


@pytest.fixture
def config(config: Config, private) -> Config:
    """Settings with the public key."""
    return config.model_copy(update={"backup_recipient": str(private.to_public())})


@pytest.fixture
def lived(session: Session, keys: Keys, tmp_path: Path) -> Session:
    """A session of a database with something in every table."""
    live_in(keys, tmp_path)
    return session


@pytest.fixture
def copy(lived: Session, private, tmp_path: Path) -> Path:
    """A backup of it."""
    return made(tmp_path / "copy.age", private)


@pytest.fixture
def small(session: Session, private, tmp_path: Path) -> Path:
    """A backup of 10,000 rows, of a database that is empty again."""
    with transaction() as writing:
        writing.execute(insert(Role), [{"id": number, "name": f"role {number}"} for number in range(1, 10_001)])
    path = made(tmp_path / "small.age", private)
    with transaction() as writing:
        writing.execute(delete(Role))
    return path


def made(path: Path, private) -> Path:
    with snapshot() as reading:
        backups.make(reading, path, str(private.to_public()), keys_mark="mark", now=NOW)
    return path


@pytest.fixture(params=DATABASES)
def elsewhere(request: pytest.FixtureRequest, tmp_path: Path, keys: Keys) -> Iterator[Flask]:
    """The application on an empty database of the other kind, or of the same."""
    (tmp_path / "elsewhere").mkdir()
    for url in fresh_database(request, tmp_path / "elsewhere"):
        app = create_app(Config(database_url=url, demonstration=True), keys)
        yield app
        with app.app_context():
            db.engine.dispose()


def put_back(path: Path, private, *, replace: bool = False) -> backup_file.Contents:
    with transaction() as session:
        return backups.restore(session, path, private, replace=replace, now=NOW)


def plaintext(path: Path, private) -> list[str]:
    return pyrage.decrypt(path.read_bytes(), [private]).decode().splitlines()


def empty(session: Session) -> bool:
    session.rollback()
    return not any(session.scalar(select(func.count()).select_from(each)) for each in Base.metadata.sorted_tables)


# what goes in and comes back


def test_a_backup_of_either_database_restores_row_by_row_into_either(lived, copy, private, elsewhere):
    kept = rows_of(lived, backups.tables())
    assert all(kept.values())  # every table was tried
    lived.rollback()
    with elsewhere.app_context():
        contents = put_back(copy, private)
        back = rows_of(db.session, backups.tables())
        assert contents.rows == {name: len(rows) for name, rows in back.items()}
        assert not any(rows_of(db.session, sorted(backups.LEFT_OUT, key=str)).values())
        assert (box.check(db.session, CODE).ballots, box.check(db.session, CODE).agree) == (FIRMS, True)
        assert backups.waves_that_disagree(db.session) == []
    where = list(table_of(Handout).columns.keys()).index("content")
    kept["handout"] = [(*row[:where], None, *row[where + 1 :]) for row in kept["handout"]]
    held_back = ("message", "contact_step")  # the test after this one
    assert {n: rows for n, rows in back.items() if n not in held_back} == {
        n: rows for n, rows in kept.items() if n not in held_back
    }


def test_for_each_table_somebody_has_decided_whether_it_leaves():
    """A new table stands here or in LEFT_OUT: does it hold what must not leave the database?"""
    assert {table.name for table in backups.tables()} == {
        *("frozen_file", "in_force", "wave", "draw", "sample_unit", "invitation", "daily_count", "handout"),
        *("contact_step", "notice", "message", "ballot", "response", "comment", "receipt", "extract", "job"),
        *("role", "user", "user_role", "score_run", "indicator_estimate", "sub_index_estimate"),
        *("released_indicator", "released_sub_index", "released_chart"),
    }


def test_what_waited_to_be_sent_waits_for_a_person_after_a_restore(lived, private, tmp_path):
    with transaction() as session:
        first = session.execute(select(Message.__table__)).mappings().one()
        for number, state in enumerate(MessageState):
            one = {**first, "id": f"{number}", "step": 100 + number, "state": state}
            session.execute(insert(Message), one)
        step = session.scalars(select(ContactStep)).one()
        step.queued_on, step.is_on = None, True
    put_back(made(tmp_path / "waiting.age", private), private, replace=True)
    assert lived.scalars(select(ContactStep.is_on)).all() == [False]
    found = dict(lived.execute(select(Message.step, Message.state).where(Message.step >= 100)).all())
    states = {state: found[100 + number] for number, state in enumerate(MessageState)}
    waited = {MessageState.QUEUED, MessageState.SENDING, MessageState.HANDING}
    assert states == {each: MessageState.UNSURE if each in waited else each for each in MessageState}


def test_new_rows_are_numbered_after_the_restored_ones(lived, private, tmp_path):
    with transaction() as session:
        session.execute(insert(Role), {"id": 41, "name": "late"})
    put_back(made(tmp_path / "numbers.age", private), private, replace=True)
    with transaction() as session:
        jobs.enqueue(session, "score", {}, by="lan@example.vn", now=NOW)
        session.add(Role(name="later"))
    assert lived.scalars(select(Job.id).order_by(Job.id)).all() == [1, 2]
    assert lived.scalars(select(Role.id).order_by(Role.id.desc())).first() == 42


def test_neither_drafts_nor_links_nor_sessions_are_in_a_backup(lived, copy, private, tmp_path):
    draft = lived.scalars(select(Draft)).one()
    signed_in = lived.scalars(select(StaffSession.id)).one()
    ballot = lived.scalars(select(Ballot)).first()
    (tmp_path / "clear").mkdir()
    (tmp_path / "clear" / "text").write_bytes(pyrage.decrypt(copy.read_bytes(), [private]))
    absent = {
        "draft": forms(draft.id),
        "session": forms(signed_in),
        "links": forms(LINKS),
        "blob": as_written(draft.blob),
    }
    assert found_in([tmp_path / "clear"], absent) == []
    assert found_in([tmp_path / "clear"], {"ballot": forms(ballot.id)})  # the search is not blind
    assert found_in([tmp_path / "clear"], {"ballot": as_written(ballot.sealed)})


def as_written(value: bytes) -> dict[str, bytes]:
    """Return how a backup would begin to write bytes."""
    return {"base 64": base64.b64encode(value[:48]), "hex": value[:48].hex().encode(), "bytes": value[:48]}


def test_rows_lie_in_the_order_of_their_keys(copy, private):
    table, seen = "", {}
    for line in plaintext(copy, private)[1:-1]:
        said = json.loads(line)
        if isinstance(said, dict):
            table = said["table"]
            place = [said["columns"].index(key.name) for key in Base.metadata.tables[table].primary_key]
        else:
            seen.setdefault(table, []).append([said[each] for each in place])
    assert seen.pop("wave") == [[CODE], ["a1"]]  # a rehearsal after its wave
    assert len(seen["ballot"]) == FIRMS
    assert all(rows == sorted(rows) for rows in seen.values())


def test_a_backup_is_one_state_and_nobody_waits_for_it(lived, private, database_url, tmp_path):
    lived.rollback()
    roles = lived.scalar(select(func.count()).select_from(Role))
    lived.rollback()
    other = create_engine(database_url)
    with snapshot() as reading:
        reading.execute(select(Role.id)).all()
        with other.begin() as writing:
            writing.execute(insert(Role), {"id": 77, "name": "meanwhile"})
        contents = backups.make(reading, tmp_path / "one.age", str(private.to_public()), keys_mark="", now=NOW)
    other.dispose()
    assert contents.rows["role"] == roles
    assert lived.scalar(select(func.count()).select_from(Role)) == roles + 1


# what is refused


def test_a_database_that_holds_something_is_left_alone_unless_told(lived, copy, private):
    before = rows_of(lived, Base.metadata.sorted_tables)
    lived.rollback()
    with pytest.raises(backups.NotEmpty, match="--replace"):
        put_back(copy, private)
    assert rows_of(lived, Base.metadata.sorted_tables) == before
    lived.rollback()
    put_back(copy, private, replace=True)
    after = rows_of(lived, Base.metadata.sorted_tables)
    assert after["ballot"] == before["ballot"]
    assert after["draft"] == after["staff_session"] == []


def test_a_replacement_that_fails_changes_nothing(lived, copy, private, tmp_path):
    before = rows_of(lived, Base.metadata.sorted_tables)
    lived.rollback()
    copy.write_bytes(copy.read_bytes()[:-1])
    with pytest.raises(backup_file.Damaged):
        put_back(copy, private, replace=True)
    assert rows_of(lived, Base.metadata.sorted_tables) == before


def test_another_key_opens_nothing(session, small, private, tmp_path):
    backup_file.make_key(tmp_path / "other.key")
    with pytest.raises(backup_file.NotOpened, match="another key"):
        put_back(small, backup_file.read_key(tmp_path / "other.key"))
    assert empty(session)


def test_one_wrong_bit_anywhere_and_nothing_is_restored(session, small, private):
    whole = small.read_bytes()
    places = [0, 30, 60, 120, 160, 200, *range(300, len(whole), len(whole) // 12), len(whole) - 1]
    for place in places:
        wrong = bytearray(whole)
        wrong[place] ^= 4
        small.write_bytes(wrong)
        with pytest.raises((backup_file.NotOpened, backup_file.Damaged)):
            put_back(small, private)
        assert empty(session), place
    small.write_bytes(whole)
    put_back(small, private)


@pytest.mark.parametrize("left", [0, 100, 70_000, -17, -1])
def test_a_file_without_its_end_restores_nothing(session, small, private, left):
    small.write_bytes(small.read_bytes()[:left])
    with pytest.raises((backup_file.NotOpened, backup_file.Damaged)):
        put_back(small, private)
    assert empty(session)


def reworded(path: Path, private, change) -> None:
    """Put other lines into a backup, as somebody could who has the public key."""
    lines = change(plaintext(path, private))
    path.write_bytes(pyrage.encrypt("".join(f"{line}\n" for line in lines).encode(), [private.to_public()]))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda lines: lines[:-1], "no end"),
        (lambda lines: [line for line in lines if line != '[7,"role 7"]'], "SHA-256"),
        (lambda lines: [line.replace('"role 7"', '"role X"') for line in lines], "SHA-256"),
        (lambda lines: [*lines, '[10001,"role 10001"]'], "after its end"),
        (lambda lines: lines[1:], "not a backup"),
        (lambda lines: [lines[0], "{"], "JSON"),
        (lambda lines: [lines[0].replace("backup 1", "backup 2"), *lines[1:]], "not a backup"),
        (lambda lines: [lines[0], '{"table":"draft","columns":["id"]}', '["x"]', lines[-1]], "draft"),
        (lambda lines: [lines[0], '{"table":"role","columns":["id","name"]}', "[1]", lines[-1]], "role"),
    ],
)
def test_contents_that_are_not_a_whole_backup_restore_nothing(session, small, private, change, why):
    reworded(small, private, change)
    with pytest.raises(backup_file.Damaged, match=why):
        put_back(small, private)
    assert empty(session)


def test_a_backup_of_another_revision_is_refused_and_says_what_to_do(session, small, private):
    newest = migrate.newest()
    reworded(small, private, lambda lines: [lines[0].replace(f'"{newest}"', '"0003"'), *lines[1:]])
    with pytest.raises(backups.OtherRevision, match=f"0003, this code at {newest}"):
        put_back(small, private)
    assert empty(session)


def test_a_row_that_the_database_does_not_take_is_named_without_its_content(session, small, private, dialect):
    whole = small.read_bytes()
    reworded(small, private, lambda lines: [line.replace('"role 9999"', '"role 9998"') for line in lines])
    with pytest.raises(backups.DoesNotFit, match="table role") as told:
        put_back(small, private)
    assert "role 9998" not in str(told.value)
    assert empty(session)
    small.write_bytes(whole)
    reworded(small, private, lambda lines: [line.replace('"role 9998"', f'"{"x" * 21}"') for line in lines])
    with pytest.raises(backups.DoesNotFit if dialect == "postgresql" else backup_file.Damaged):
        put_back(small, private)
    assert empty(session)


def test_an_old_database_is_neither_backed_up_nor_restored_into(session, private, tmp_path):
    with db.engine.connect() as connection:
        migrate.downgrade(connection, "0014")
        connection.commit()
    with pytest.raises(backups.OldDatabase, match="upgrade"):
        made(tmp_path / "old.age", private)
    assert not (tmp_path / "old.age").exists()
    with pytest.raises(backups.OldDatabase, match="upgrade"):
        put_back(tmp_path / "old.age", private)


# files


def test_a_file_is_whole_or_not_there_and_never_replaced(copy, private, tmp_path):
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "backup.key").stat().st_mode) == 0o400
    before = copy.read_bytes()
    with pytest.raises(backup_file.BackupExists):
        made(copy, private)
    assert copy.read_bytes() == before
    with pytest.raises(backup_file.KeyExists):
        backup_file.make_key(tmp_path / "backup.key")

    def fails() -> Iterator[list[object]]:
        yield [1]
        raise ZeroDivisionError

    broken = tmp_path / "broken.age"
    with pytest.raises(ZeroDivisionError):
        backup_file.write(broken, private.to_public(), Header("", "", ""), [("role", ["id"], fails())])
    with pytest.raises(backup_file.NotWritten, match="No such file"):
        backup_file.write(tmp_path / "no" / "where.age", private.to_public(), Header("", "", ""), [])
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("broken")] == []


def test_of_two_backups_written_to_one_place_at_once_one_is_whole_and_the_other_refused(private, tmp_path):
    path, begun, ended = tmp_path / "daily.age", threading.Event(), threading.Event()

    def slow() -> Iterator[list[object]]:
        yield from ([number, "x" * 1000] for number in range(1000))
        begun.set()
        ended.wait(10)
        yield from ([number, "y" * 1000] for number in range(1000))

    def write(rows: Iterable[list[object]]) -> backup_file.Contents:
        return backup_file.write(path, private.to_public(), Header("", "", ""), [("role", ["id", "name"], rows)])

    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(write, slow())
        begun.wait(10)
        first = write([[1, "first"]])
        ended.set()
        with pytest.raises(backup_file.BackupExists):
            late.result()
    assert backups.look(path, private) == first
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith("daily")] == ["daily.age"]


def test_what_is_no_key_is_refused(tmp_path):
    with pytest.raises(backup_file.BadRecipient, match="flask backup key"):
        backup_file.recipient("")
    for content in (b"", b"AGE-SECRET-KEY-1X", b"\xff"):
        (tmp_path / "no.key").write_bytes(content)
        with pytest.raises(backup_file.BadKeyFile):
            backup_file.read_key(tmp_path / "no.key")


# kill -9


def _killed(config: Config, keys: Keys, path: Path, at: str) -> None:
    """Restore, and die before the first statement that begins like this, or before the commit."""

    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def look(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith(at):
            die()

    with create_app(config, keys).app_context():
        event.listen(db.engine, "before_cursor_execute", look)
        event.listen(db.engine, "commit", lambda _connection: die() if at == "COMMIT" else None)
        put_back(path, backup_file.read_key(path.with_name("backup.key")), replace=True)


@pytest.mark.parametrize("at", ["INSERT INTO frozen_file", "INSERT INTO ballot", "UPDATE message", "COMMIT"])
def test_a_restore_that_is_killed_leaves_what_was_there(lived, config, keys, copy, private, at):
    before = rows_of(lived, Base.metadata.sorted_tables)
    lived.rollback()
    db.engine.dispose()
    process = multiprocessing.get_context("fork").Process(target=_killed, args=(config, keys, copy, at))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert rows_of(lived, Base.metadata.sorted_tables) == before
    lived.rollback()
    put_back(copy, private, replace=True)
    assert backups.waves_that_disagree(lived) == []


# commands


@pytest.fixture
def run(app: Flask):
    """Run a command line and return what it said."""
    runner = app.test_cli_runner()
    return lambda *words, answers=None: runner.invoke(args=["backup", *(str(word) for word in words)], input=answers)


def says(result: Result, words: str, code: int = 0) -> None:
    assert re.search(words, result.output), result.output
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output


def test_the_commands_make_check_and_restore(run, lived, tmp_path):
    lived.rollback()
    copy, key = tmp_path / "night.age", ("--key", tmp_path / "backup.key")
    says(run("make", copy), r"Đã ghi .*night\.age: \d+ dòng")
    says(run("make", copy), "chọn tên khác", code=1)
    says(run("check", copy, *key, "--lang", "en"), rf"ballot +{FIRMS}\n")
    says(run("restore", copy, *key), "không trống", code=1)
    says(run("restore", copy, *key, "--replace", answers="n\n"), "Aborted", code=1)
    assert lived.scalars(select(Draft)).one()
    lived.rollback()
    said = run("restore", copy, *key, "--replace", "--lang", "en", answers="y\n")
    says(said, rf"(?s)ballot +{FIRMS}\n.*numbers of rows agree.*contact plan.*`flask box check` agrees")
    assert "not those of the backup" not in said.output
    assert lived.scalars(select(Draft)).all() == []


def test_a_key_pair_is_made_and_the_setting_printed(run, tmp_path):
    said = run("key", tmp_path / "new.key")
    says(said, r"PCI_BACKUP_RECIPIENT=age1\w{58}\n")
    public = said.output.rsplit("=", 1)[1].strip()
    assert str(backup_file.read_key(tmp_path / "new.key").to_public()) == public
    says(run("key", tmp_path / "new.key", "--lang", "en"), "choose another name", code=1)


def test_a_machine_with_the_private_key_alone_checks_a_backup(small, tmp_path):
    environment = os.environ | {
        "PCI_DEMONSTRATION": "true",
        "PCI_KEYS_DIR": str(tmp_path / "none"),
        "LANG": "en_US.UTF-8",
    }
    flask = [sys.executable, "-m", "flask", "--app", "survey_app.cli.entry:create", "backup"]

    def run(*words: str) -> str:
        done = subprocess.run([*flask, *words], env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
        return done.stdout + done.stderr

    assert re.search(r"role +10000\n", run("check", str(small), "--key", str(tmp_path / "backup.key")))
    assert "PCI_BACKUP_RECIPIENT=age1" in run("key", str(tmp_path / "another.key"))
    assert "flask keys create" in run("restore", str(small))


def test_without_the_setting_the_command_says_how_to_get_it(config, keys, tmp_path):
    without = create_app(config.model_copy(update={"backup_recipient": ""}), keys)
    said = without.test_cli_runner().invoke(args=["backup", "make", str(tmp_path / "x.age")])
    says(said, "flask backup key", code=1)


def test_a_copy_that_is_too_old_must_be_destroyed(run, session, private, tmp_path):
    with snapshot() as reading:
        then = datetime.now(UTC) - timedelta(days=15)
        backups.make(reading, tmp_path / "old.age", str(private.to_public()), keys_mark="", now=then)
    key = ("--key", tmp_path / "backup.key", "--lang", "en")
    says(run("check", tmp_path / "old.age", *key), "must be destroyed", code=1)
    says(run("restore", tmp_path / "old.age", *key), "not those of the backup")


def test_counts_that_disagreed_before_are_told_after(run, lived, tmp_path):
    with transaction() as session:
        session.execute(delete(Ballot).where(Ballot.id == session.scalar(select(func.min(Ballot.id)))))
    run("make", tmp_path / "x.age")
    said = run("restore", tmp_path / "x.age", "--key", tmp_path / "backup.key", "--replace", "--yes", "--lang", "en")
    says(said, rf"(?s)numbers of rows agree.*disagree in {CODE}", code=1)


# size


def test_memory_does_not_grow_with_the_database(session, private, tmp_path):
    with transaction() as writing:
        wave, _ = make_wave(writing, TINY, paper=3000)
        for number in range(3000):
            row = {"id": f"{number:032}", "wave": wave.code, "sealed": bytes(20_000)}
            writing.execute(insert(Ballot), row)
    path = tmp_path / "large.age"
    tracemalloc.start()
    made(path, private)
    making = tracemalloc.get_traced_memory()[1]
    tracemalloc.reset_peak()
    put_back(path, private, replace=True)
    restoring = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert path.stat().st_size > 60 * 2**20
    assert max(making, restoring) < 25 * 2**20, (making, restoring)
