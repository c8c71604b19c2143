"""What an error of the database may say: what went wrong and where, never what was written."""

from __future__ import annotations

import traceback

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.factories import instrument, item, make_wave

CANARY = "a title that only this test knows"


def printed(error: BaseException) -> str:
    """Return the error as a log shows it, causes included."""
    return "".join(traceback.format_exception(error))


def test_a_refused_row_is_not_quoted(session):
    with pytest.raises(DBAPIError) as caught:
        make_wave(session, instrument(item("q1")), withdrawn=-1, title_vi=CANARY)
    assert "ck_wave_counts" in printed(caught.value)
    assert CANARY not in printed(caught.value)


def test_a_value_that_does_not_fit_its_column_is_not_quoted(session, dialect):
    if dialect == "sqlite":
        statement = text("SELECT json_extract(:value, '$.a')")
    else:
        statement = text("SELECT CAST(CAST(:value AS text) AS integer)")
    with pytest.raises(DBAPIError) as caught:
        session.execute(statement, {"value": CANARY})
    assert CANARY not in printed(caught.value)
