"""What a page costs a phone on a slow line, and the database: measured on the full instrument."""

from __future__ import annotations

import gzip
import random
import re

import pytest
from sqlalchemy import event

from questionnaires.demonstration import distribution, draw_answers
from questionnaires.files import instrument_path, load_instrument
from survey_app.config import ROOT
from survey_app.db import db
from survey_app.envelopes import format_code
from tests.checked_client import hidden_fields
from tests.factories import make_invitation, make_wave

DOMESTIC = load_instrument(instrument_path("pci_domestic"))
STATIC = ROOT / "survey_app" / "static"


def _kilobytes(content: bytes) -> float:
    return len(gzip.compress(content)) / 1000


@pytest.fixture
def firm(client, session, keys):
    """A browser at the first page of the full instrument."""
    wave, _ = make_wave(session, DOMESTIC)
    _, link = make_invitation(session, keys, wave)
    session.commit()
    client.post_form("/p", {"code": format_code(link), "action": "start"})
    client.post_form("/p/dong-y")
    return client


@pytest.mark.parametrize("query", ["", "?lang=en"])
def test_the_first_page_with_all_it_needs_is_at_most_20_kilobytes(client, query):
    page = client.get(f"/p{query}")
    parts = re.findall(r'(?:src|href)="/static/([^"?]+)', page.text)
    assert "respondent/respondent.css" in parts
    raw = len(page.data) + sum((STATIC / part).stat().st_size for part in parts)
    assert raw <= 20_000
    assert _kilobytes((STATIC / "respondent" / "respondent.css").read_bytes()) <= 10


def test_every_page_of_the_full_instrument_is_small_and_needs_two_queries(app, firm):
    answers = draw_answers(DOMESTIC, distribution(), random.Random(3))
    statements: list[str] = []
    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))
    where, seen = firm.get("/p/tiep").location, 0
    while where != "/p/xem-lai":
        statements.clear()
        shown = firm.get(where)
        assert 1 <= sum(statement.startswith("SELECT") for statement in statements) <= 2
        assert _kilobytes(shown.data) <= 5
        page = DOMESTIC.page(where.rsplit("/", 1)[-1])
        given = {code: answers[code] for code in page.items if answers.get(code) is not None}
        where = firm.post(where, data={**hidden_fields(shown.text), **given, "skip": "1"}).location
        seen += 1
    assert seen > 20
    assert _kilobytes(firm.get("/p/xem-lai").data) <= 5
