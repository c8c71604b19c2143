"""What a page costs a phone on a slow line, and the database: measured on every page of the full instrument."""

from __future__ import annotations

import gzip
import random
import re
from string import ascii_letters

import pytest
from sqlalchemy import event

from questionnaires.demonstration import distribution, draw_answers, with_even_chances
from questionnaires.files import instrument_path, load_instrument
from survey_app.config import ROOT
from survey_app.db import db
from survey_app.envelopes import Secrets, format_code, resume_code, seal_cookie, sizes
from survey_app.models.fieldwork import Wave
from survey_app.models.response import Draft
from tests.checked_client import hidden_fields
from tests.factories import make_invitation, make_wave

DOMESTIC = load_instrument(instrument_path("pci_domestic"))
STATIC = ROOT / "survey_app" / "static"
DRAFT_SIZE = sizes(DOMESTIC)[0]
FIRST_LOAD, LATER_PAGE, STYLESHEET = 20, 5, 10
GET, SAVE, SEND = 2, 4, 7


def _kilobytes(content: bytes) -> float:
    return len(gzip.compress(content)) / 1000


@pytest.fixture
def link(session, keys):
    """The link secret of one firm that is asked with the full instrument."""
    wave, _ = make_wave(session, DOMESTIC)
    _, link = make_invitation(session, keys, wave)
    session.commit()
    return link


@pytest.fixture
def firm(client, link):
    """A browser at the first page of the full instrument."""
    client.post_form("/p", {"code": format_code(link), "action": "start"})
    client.post_form("/p/dong-y")
    return client


@pytest.fixture
def statements(app):
    """Every statement sent to the database, locks and savepoints too."""
    sent: list[str] = []
    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", lambda *arguments: sent.append(arguments[2]))
    return sent


def queries(statements: list[str]) -> int:
    """Return how many statements were sent since this was last asked; beginning a transaction asks nothing."""
    number = sum(not statement.startswith("BEGIN") for statement in statements)
    statements.clear()
    return number


@pytest.mark.parametrize("query", ["", "?lang=en"])
def test_the_first_page_with_all_it_needs_is_at_most_20_kilobytes(client, query):
    page = client.get(f"/p{query}")
    parts = re.findall(r'(?:src|href)="/static/([^"?]+)', page.text)
    assert "respondent/respondent.css" in parts
    assert _kilobytes(page.data) + sum(_kilobytes((STATIC / part).read_bytes()) for part in parts) <= FIRST_LOAD
    assert _kilobytes((STATIC / "respondent" / "respondent.css").read_bytes()) <= STYLESHEET


def test_the_whole_way_keeps_to_two_queries_a_page_four_a_save_seven_to_send(firm, statements):
    answers = draw_answers(DOMESTIC, distribution(), random.Random(3))
    where, seen, costs = firm.get("/p/tiep").location, 0, set()
    firm.get(where)  # a worker reads the frozen instrument once
    queries(statements)
    while where != "/p/xem-lai":
        shown = firm.get(where)
        reading = queries(statements)
        page = DOMESTIC.page(where.rsplit("/", 1)[-1])
        given = {code: answers[code] for code in page.items if answers.get(code) is not None}
        where = firm.post(where, data={**hidden_fields(shown.text), **given, "skip": "1"}).location
        costs.add((reading, queries(statements)))
        seen += 1
        assert seen <= len(DOMESTIC.pages), "a page was not left behind"
    assert seen > 20
    assert max(reading for reading, _ in costs) <= GET, costs
    assert max(saving for _, saving in costs) <= SAVE, costs
    assert _kilobytes(firm.get("/p/ma-tiep-tuc").data) <= LATER_PAGE
    queries(statements)
    review = firm.get("/p/xem-lai")
    assert _kilobytes(review.data) <= LATER_PAGE
    assert queries(statements) <= GET
    assert firm.post("/p/gui", data=hidden_fields(review.text)).location == "/p/da-gui"
    assert queries(statements) <= SEND
    assert _kilobytes(firm.get("/p/da-gui").data) <= LATER_PAGE
    assert queries(statements) <= GET


@pytest.mark.parametrize("language", ["vi", "en"])
def test_consent_to_a_consultation_of_the_longest_words_keeps_to_what_other_pages_may_cost(
    client, session, keys, link, statements, language
):
    some = random.Random(1)
    wave, address = session.get_one(Wave, "w1"), "https://langson.gov.vn/" + "".join(some.choices(ascii_letters, k=477))
    wave.document = address
    wave.title_vi = wave.title_en = "".join(some.choices("ạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ", k=200))
    session.commit()
    client.post_form("/p", {"code": format_code(link), "action": "start"})
    client.get("/p/dong-y")  # a worker reads the frozen instrument once
    queries(statements)
    shown = client.get(f"/p/dong-y?lang={language}")
    assert queries(statements) <= GET
    assert address in shown.text
    assert _kilobytes(shown.data) <= LATER_PAGE


def answers_leading_to_every_page():
    """Yield each page with answers whose route leads there."""
    missing, seed, chances = {page.code for page in DOMESTIC.pages}, 0, with_even_chances(distribution(), DOMESTIC)
    while missing and seed < 300:
        answers = draw_answers(DOMESTIC, chances, random.Random(seed))
        for page in DOMESTIC.route(answers):
            if page.code in missing:
                missing.remove(page.code)
                yield page, answers
        seed += 1


def test_every_page_there_is_in_both_languages_is_at_most_5_kilobytes(client, session, keys, link):
    script = _kilobytes((STATIC / "respondent" / "page.js").read_bytes())  # comes with the first page, and is kept
    weights = {}
    for page, answers in answers_leading_to_every_page():
        secrets = Secrets(link, resume_code())
        content = {"answers": answers, "pages": {}, "quoted": False}
        session.add(Draft(id=secrets.draft_id, wave="w1", version=1, blob=secrets.seal_draft(content, 1, DRAFT_SIZE)))
        session.commit()
        client.set_cookie("p", seal_cookie(keys.cookie, {"s": link, "c": secrets.resume, "own": False}))
        for language in ("vi", "en"):
            shown = client.get(f"/p/t/{page.code}?lang={language}")
            assert shown.status_code == 200, page.code
            weights[page.code, language] = _kilobytes(shown.data) + (script if page is DOMESTIC.pages[0] else 0)
    assert len(weights) == 2 * len(DOMESTIC.pages)
    assert max(weights.values()) <= LATER_PAGE, weights
