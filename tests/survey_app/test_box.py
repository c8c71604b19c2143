"""Opening the box: what it writes, what it refuses, what stays counted."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from survey_app.db import transaction
from survey_app.envelopes import new_box
from survey_app.keys import Keys
from survey_app.models.fieldwork import Wave, WaveState
from survey_app.models.response import Ballot, Comment, Receipt, Response
from survey_app.services import box, box_key, responses
from survey_app.services.waves import UnknownWave, WrongState
from tests.survey_app.fieldwork_story import (
    CODE,
    FIRMS,
    PASSPHRASE,
    close_wave,
    counts,
    filled_box,
    open_box,
    open_wave_with_key,
    send,
    send_all,
)


@pytest.fixture
def key_file(session: Session, keys: Keys, tmp_path: Path) -> Path:
    """The key of a closed wave with FIRMS ballots."""
    return filled_box(keys, tmp_path)


def test_every_ballot_becomes_one_response_and_the_key_is_destroyed(session, key_file):
    after = open_box(key_file)
    assert (after.ballots, after.responses, after.receipts) == (0, FIRMS, FIRMS)
    assert after.agree
    assert not key_file.exists()
    numbers = [answers["number"] for answers in session.scalars(select(Response.answers))]
    assert sorted(numbers) == list(range(FIRMS))


def test_the_wave_keeps_how_far_its_answers_were_coarsened(session, key_file):
    open_box(key_file)
    wave = session.get_one(Wave, CODE)
    assert wave.state is WaveState.OPENED
    assert wave.coarsening == {"steps": {"size": 0}, "labels": {"all": "all"}}


def test_weights_stand_for_the_frame_and_free_text_stands_apart(session, key_file):
    with transaction() as writing:
        writing.execute(update(Wave).values(frame_counts={"all": FIRMS * 3}))
    open_box(key_file)
    assert set(session.scalars(select(Response.weight))) == {3.0}
    assert all("words" not in answers for answers in session.scalars(select(Response.answers)))
    assert sorted(session.scalars(select(Comment.text))) == sorted(f"comment {n}" for n in range(1, FIRMS, 2))


def test_a_lone_size_is_not_written(session, keys, tmp_path):
    path = open_wave_with_key(tmp_path, FIRMS)
    send_all(keys, range(FIRMS))
    send(keys, 99, size="l")
    close_wave()
    open_box(path)
    sizes = Counter(answers["size"] for answers in session.scalars(select(Response.answers)))
    assert sizes == {"ns": FIRMS + 1}


def test_answers_stand_in_the_order_of_the_instrument(session, key_file):
    open_box(key_file)
    assert {tuple(answers) for answers in session.scalars(select(Response.answers))} == {("size", "number")}


def test_too_few_ballots_stay_sealed(session, keys, tmp_path):
    path = open_wave_with_key(tmp_path, FIRMS)
    send_all(keys, range(box.MIN_BALLOTS - 1))
    close_wave()
    with pytest.raises(box.TooFewBallots, match="flask waves extend w1"):
        open_box(path)
    assert counts().ballots == box.MIN_BALLOTS - 1
    assert path.exists()


def test_an_open_wave_keeps_its_box_closed(session, keys, tmp_path):
    path = open_wave_with_key(tmp_path, FIRMS)
    send_all(keys, range(box.MIN_BALLOTS))
    with pytest.raises(WrongState, match="is open"):
        open_box(path)
    assert counts().ballots == box.MIN_BALLOTS


def test_a_spoilt_ballot_stops_the_opening_with_a_count(session, key_file):
    with transaction() as writing:
        spoilt = writing.scalars(select(Ballot)).first()
        spoilt.sealed = spoilt.sealed[:-1] + bytes([spoilt.sealed[-1] ^ 1])
    with pytest.raises(box.UnreadableBallots) as refused:
        open_box(key_file)
    assert refused.value.data == {"unreadable": 1, "ballots": FIRMS}
    assert counts().ballots == FIRMS
    assert key_file.exists()


def test_a_wrong_passphrase_is_said_plainly(session, key_file):
    with pytest.raises(box_key.BadPassphrase, match=r"box\.pem"):
        box_key.read(key_file, CODE, lambda: b"not the passphrase")


def test_a_missing_key_file_is_said_plainly(session, tmp_path):
    with pytest.raises(box_key.NoKey, match=r"gone\.pem"):
        box_key.read(tmp_path / "gone.pem", CODE, lambda: PASSPHRASE)


def test_the_key_of_another_box_is_refused(session, key_file, tmp_path):
    other = tmp_path / "other.pem"
    other.write_bytes(new_box(PASSPHRASE)[0])
    with pytest.raises(box_key.WrongKey, match="does not belong to the wave w1"):
        box.open_box(transaction, CODE, box_key.read(other, CODE, lambda: PASSPHRASE), other)
    assert other.exists()
    assert counts().ballots == FIRMS


def test_only_the_key_of_this_box_is_deleted(session, key_file, tmp_path):
    open_box(key_file)
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
    assert counts().agree
    close_wave()
    after = open_box(path)
    assert (after.answered, after.withdrawn, after.responses) == (FIRMS, 3, FIRMS - 3)
    assert after.agree
    receipts = set(session.scalars(select(Receipt.code)))
    assert receipts == {form.receipt for form in sent[3:]}


def test_discarding_deletes_ballots_unread_and_keeps_their_number(session, key_file):
    after = box.discard(transaction, CODE)
    assert (after.ballots, after.responses, after.discarded) == (0, 0, FIRMS)
    assert after.agree
    assert box.discard(transaction, CODE) == after
    with pytest.raises(WrongState, match="discarded"):
        open_box(key_file)


def test_a_lost_answer_is_noticed_and_the_key_kept(session, key_file):
    with transaction() as writing:
        writing.execute(text("UPDATE wave SET paper = 1"))
    with pytest.raises(box.CountsDisagree, match=f"{FIRMS + 1} received, {FIRMS} held"):
        open_box(key_file)
    assert key_file.exists()
