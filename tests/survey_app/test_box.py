"""Opening the box: all or nothing, finished after any crash, and nobody can tell whose a response is."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from survey_app import create_app
from survey_app.config import Config
from survey_app.db import db, transaction
from survey_app.envelopes import new_box
from survey_app.keys import Keys
from survey_app.models.fieldwork import Invitation, Wave, WaveState
from survey_app.models.response import Ballot, Comment, Draft, Receipt, Response
from survey_app.services import box, responses
from survey_app.services.box import Step
from survey_app.services.waves import UnknownWave, WrongState
from tests.survey_app.fieldwork_story import CODE, PASSPHRASE, close_wave, open_wave_with_key, send, send_all

FIRMS = 24


@pytest.fixture
def key_file(session: Session, keys: Keys, tmp_path: Path) -> Path:
    """The key of a closed wave with FIRMS ballots."""
    path = open_wave_with_key(tmp_path, FIRMS)
    send_all(keys, range(FIRMS))
    close_wave()
    return path


def _open(key_file: Path, report: box.Callable[[Step], None] = lambda _step: None) -> box.Counts:
    key = box.read_key(key_file, CODE, lambda: PASSPHRASE)
    return box.open_box(transaction, CODE, key, key_file, report=report)


def _counts() -> box.Counts:
    with transaction() as session:
        return box.check(session, CODE)


def test_every_ballot_becomes_one_response_and_the_key_is_destroyed(session, key_file):
    counts = _open(key_file)
    assert (counts.ballots, counts.responses, counts.receipts) == (0, FIRMS, FIRMS)
    assert counts.agree
    assert not key_file.exists()
    numbers = [answers["number"] for answers in session.scalars(select(Response.answers))]
    assert sorted(numbers) == list(range(FIRMS))


def test_the_wave_keeps_how_far_its_answers_were_coarsened(session, key_file):
    _open(key_file)
    wave = session.get_one(Wave, CODE)
    assert wave.state is WaveState.OPENED
    assert wave.coarsening == {"steps": {"size": 0}, "labels": {"all": "all"}}


def test_weights_stand_for_the_frame_and_free_text_stands_apart(session, key_file):
    with transaction() as writing:
        writing.execute(update(Wave).values(frame_counts={"all": FIRMS * 3}))
    _open(key_file)
    assert set(session.scalars(select(Response.weight))) == {3.0}
    assert all("words" not in answers for answers in session.scalars(select(Response.answers)))
    assert sorted(session.scalars(select(Comment.text))) == sorted(f"comment {n}" for n in range(1, FIRMS, 2))


def test_a_lone_size_is_not_written(session, keys, tmp_path):
    path = open_wave_with_key(tmp_path, FIRMS)
    send_all(keys, range(FIRMS))
    send(keys, 99, size="l")
    close_wave()
    _open(path)
    sizes = Counter(answers["size"] for answers in session.scalars(select(Response.answers)))
    assert sizes == {"ns": FIRMS + 1}


def test_answers_stand_in_the_order_of_the_instrument(session, key_file):
    _open(key_file)
    assert {tuple(answers) for answers in session.scalars(select(Response.answers))} == {("size", "number")}


def test_too_few_ballots_stay_sealed(session, keys, tmp_path):
    path = open_wave_with_key(tmp_path, FIRMS)
    send_all(keys, range(box.MIN_BALLOTS - 1))
    close_wave()
    with pytest.raises(box.TooFewBallots, match="flask waves extend w1"):
        _open(path)
    assert _counts().ballots == box.MIN_BALLOTS - 1
    assert path.exists()


def test_an_open_wave_keeps_its_box_closed(session, keys, tmp_path):
    path = open_wave_with_key(tmp_path, FIRMS)
    send_all(keys, range(box.MIN_BALLOTS))
    with pytest.raises(WrongState, match="is open"):
        _open(path)
    assert _counts().ballots == box.MIN_BALLOTS


def test_a_spoilt_ballot_stops_the_opening_with_a_count(session, key_file):
    with transaction() as writing:
        spoilt = writing.scalars(select(Ballot)).first()
        spoilt.sealed = spoilt.sealed[:-1] + bytes([spoilt.sealed[-1] ^ 1])
    with pytest.raises(box.UnreadableBallots) as refused:
        _open(key_file)
    assert refused.value.data == {"unreadable": 1, "ballots": FIRMS}
    assert _counts().ballots == FIRMS
    assert key_file.exists()


def test_a_wrong_passphrase_is_said_plainly(session, key_file):
    with pytest.raises(box.BadPassphrase, match=r"box\.pem"):
        box.read_key(key_file, CODE, lambda: b"not the passphrase")


def test_a_missing_key_file_is_said_plainly(session, tmp_path):
    with pytest.raises(box.NoKey, match=r"gone\.pem"):
        box.read_key(tmp_path / "gone.pem", CODE, lambda: PASSPHRASE)


def test_the_key_of_another_box_is_refused(session, key_file, tmp_path):
    other = tmp_path / "other.pem"
    other.write_bytes(new_box(PASSPHRASE)[0])
    with pytest.raises(box.WrongKey, match="does not belong to the wave w1"):
        box.open_box(transaction, CODE, box.read_key(other, CODE, lambda: PASSPHRASE), other)
    assert other.exists()
    assert _counts().ballots == FIRMS


def test_only_the_key_of_this_box_is_deleted(session, key_file, tmp_path):
    _open(key_file)
    other = tmp_path / "something else"
    other.write_bytes(new_box(PASSPHRASE)[0])
    box.open_box(transaction, CODE, None, other)
    assert other.exists()


def test_an_unknown_wave_is_said_plainly(session, tmp_path):
    with pytest.raises(UnknownWave, match="nowhere"):
        box.open_box(transaction, "nowhere", None, tmp_path / "none")


def test_withdrawn_answers_leave_the_box_and_stay_counted(session, keys, tmp_path):
    path = open_wave_with_key(tmp_path, FIRMS)
    sent = send_all(keys, range(FIRMS))
    for form in sent[:3]:
        with transaction() as writing:
            responses.withdraw(writing, form.secrets, CODE)
    assert _counts().agree
    close_wave()
    counts = _open(path)
    assert (counts.answered, counts.withdrawn, counts.responses) == (FIRMS, 3, FIRMS - 3)
    assert counts.agree
    receipts = set(session.scalars(select(Receipt.code)))
    assert receipts == {form.receipt for form in sent[3:]}


def test_discarding_deletes_ballots_unread_and_keeps_their_number(session, key_file):
    counts = box.discard(transaction, CODE)
    assert (counts.ballots, counts.responses, counts.discarded) == (0, 0, FIRMS)
    assert counts.agree
    assert box.discard(transaction, CODE) == counts
    with pytest.raises(WrongState, match="discarded"):
        _open(key_file)


def test_a_lost_answer_is_noticed_and_the_key_kept(session, key_file):
    with transaction() as writing:
        writing.execute(text("UPDATE wave SET paper = 1"))
    with pytest.raises(box.CountsDisagree, match=f"{FIRMS + 1} received, {FIRMS} held"):
        _open(key_file)
    assert key_file.exists()


# A crash at each point


def _killed_while_opening(config: Config, keys: Keys, key_file: Path, at: Step) -> None:
    def die(step: Step) -> None:
        if step is at:
            os.kill(os.getpid(), signal.SIGKILL)

    with create_app(config, keys).app_context():
        _open(key_file, die)


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
    left = _counts()
    assert left.agree
    committed = at in (Step.COMMITTED, Step.WIPED)
    assert left.responses == (FIRMS if committed else 0)
    with transaction() as reading:
        assert box.needs_key(reading, CODE) is not committed
    key = None if committed else box.read_key(key_file, CODE, lambda: PASSPHRASE)
    counts = box.open_box(transaction, CODE, key, key_file)
    assert (counts.responses, counts.receipts, counts.ballots) == (FIRMS, FIRMS, 0)
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
        _open(key_file)
    assert (_counts().ballots, _counts().responses) == (FIRMS, 0)
    _run(dialect, "drop")
    assert _open(key_file).responses == FIRMS


def test_a_ballot_that_cannot_be_taken_out_stops_the_opening(session, key_file, dialect):
    _run(dialect, "skip")
    with pytest.raises(box.BallotsChanged):
        _open(key_file)
    assert (_counts().ballots, _counts().responses) == (FIRMS, 0)
    _run(dialect, "drop")
    assert _open(key_file).responses == FIRMS


# What the database still tells


def test_all_rows_of_an_opening_carry_one_transaction_number(session, key_file, dialect):
    _open(key_file)
    if dialect == "sqlite":  # has no such number; a rowid would tell the order instead
        with pytest.raises(DBAPIError, match="rowid"):
            session.execute(text("SELECT rowid FROM response"))
        return
    numbers = text(
        "SELECT xmin::text FROM response UNION SELECT xmin::text FROM comment UNION SELECT xmin::text FROM receipt"
    )
    assert len(session.execute(numbers).all()) == 1


def test_ballots_are_gone_from_the_files_of_the_database(session, key_file, dialect, tmp_path):
    ids = list(session.scalars(select(Ballot.id)))
    session.rollback()
    _open(key_file)
    if dialect == "sqlite":
        content = b"".join(path.read_bytes() for path in tmp_path.glob("survey.sqlite3*"))
        assert not any(each.encode() in content for each in ids)
    else:
        assert session.execute(text("SELECT pg_relation_size('ballot')")).scalar_one() == 0
    assert session.scalars(select(Draft.id)).all() == []


def _matched(guess: Sequence[int], truth: Sequence[int]) -> int:
    return sum(left == right for left, right in zip(guess, truth, strict=True))


def test_no_order_in_the_database_tells_whose_a_response_is(app: Flask, session, keys, tmp_path):
    firms = 200
    path = open_wave_with_key(tmp_path, firms)
    with transaction() as writing:
        writing.execute(text("CREATE TABLE naive (id INTEGER PRIMARY KEY, number INTEGER)"))
    sent = []
    for number in range(firms):
        sent.append(send(keys, number, comment=f"{number}"))
        with transaction() as writing:
            writing.execute(text("INSERT INTO naive VALUES (:id, :id)"), {"id": number})
    close_wave()
    _open(path)

    truth = [form.number for form in sent]
    firm_of = {form.invitation: form.number for form in sent}
    counted = {form.receipt: form.number for form in sent}
    stored = [answers["number"] for answers in session.scalars(select(Response.answers))]
    by_id = [answers["number"] for answers in session.scalars(select(Response.answers).order_by(Response.id))]
    comments = [int(words) for words in session.scalars(select(Comment.text))]
    receipts = [counted[code] for code in session.scalars(select(Receipt.code))]
    invitations = [firm_of[each] for each in session.scalars(select(Invitation.id))]
    by_invitation = [firm_of[each] for each in session.scalars(select(Invitation.id).order_by(Invitation.id))]
    guesses = {
        "stored order, order of sending": _matched(stored, truth),
        "stored order, reversed": _matched(stored, truth[::-1]),
        "id order, order of sending": _matched(by_id, truth),
        "stored order, invitations as stored": _matched(stored, invitations),
        "id order, order of invitation ids": _matched(by_id, by_invitation),
        "stored order, receipts as stored": _matched(stored, receipts),
        "stored order, comments as stored": _matched(stored, comments),
        "comments, receipts as stored": _matched(comments, receipts),
        "comments, order of sending": _matched(comments, truth),
    }
    # guessing at random is right once on average, with variance one
    assert {name: hits for name, hits in guesses.items() if hits > 5} == {}
    naive = [number for (number,) in session.execute(text("SELECT number FROM naive ORDER BY id"))]
    assert _matched(naive, truth) >= 0.95 * firms
