"""What the database still tells once the box has been opened."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from survey_app.db import transaction
from survey_app.keys import Keys
from survey_app.models.fieldwork import Invitation
from survey_app.models.response import Ballot, Comment, Draft, Receipt, Response
from tests.survey_app.fieldwork_story import close_wave, filled_box, open_box, open_wave_with_key, send


@pytest.fixture
def key_file(session: Session, keys: Keys, tmp_path: Path) -> Path:
    """The key of a closed wave with FIRMS ballots."""
    return filled_box(keys, tmp_path)


def test_all_rows_of_an_opening_carry_one_transaction_number(session, key_file, dialect):
    open_box(key_file)
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
    open_box(key_file)
    if dialect == "sqlite":
        content = b"".join(path.read_bytes() for path in tmp_path.glob("survey.sqlite3*"))
        assert not any(each.encode() in content for each in ids)
    else:
        assert session.execute(text("SELECT pg_relation_size('ballot')")).scalar_one() == 0
    assert session.scalars(select(Draft.id)).all() == []


def _matched(guess: Sequence[int], truth: Sequence[int]) -> int:
    return sum(left == right for left, right in zip(guess, truth, strict=True))


def test_no_order_in_the_database_tells_whose_a_response_is(session, keys, tmp_path):
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
    open_box(path)

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
