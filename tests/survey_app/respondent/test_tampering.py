"""What no browser sends, and some people do: never an error page, never a changed answer."""

from __future__ import annotations

import pytest

from survey_app.envelopes import format_code
from tests.checked_client import hidden_fields
from tests.factories import instrument, item, make_invitation, make_wave, option

TINY = instrument(
    item("q1"),
    item("q2", "multi", options=[option("a"), option("b")]),
    item("q3", "number", range={"min": 0, "max": 365}, dk=True),
    item("q4", "text", max_length=20),
    pages=[["q1", "q2", "q3", "q4"]],
    comment_item="q4",
)
GOOD = {"q1": "yes", "q2": ["a"], "q3": "5", "q4": "lời"}


@pytest.fixture
def firm(client, session, keys):
    """A browser at the first page, all answers saved."""
    wave, _ = make_wave(session, TINY)
    _, link = make_invitation(session, keys, wave)
    session.commit()
    client.post_form("/p", {"code": format_code(link), "action": "start"})
    client.post_form("/p/dong-y")
    assert client.post_form("/p/t/page1", GOOD).location == "/p/xem-lai"
    return client


def _answers_shown(client) -> tuple[bool, ...]:
    page = client.get("/p/t/page1").text
    return tuple(
        mark in page
        for mark in ('id="q1-yes" value="yes" checked', 'value="a" checked', 'value="5"', ">lời</textarea>")
    )


@pytest.mark.parametrize("seen", ["²", "-1", "1.0", "9" * 5000, "", "' OR 1=1", "\x00"])
def test_a_forged_page_version_is_a_stale_page(firm, seen):
    form = {**hidden_fields(firm.get("/p/t/page1").text), **GOOD, "q1": "no", "seen": seen}
    page = firm.post("/p/t/page1", data=form)
    assert page.status_code == 200
    assert "vừa được sửa ở một máy khác" in page.text
    assert _answers_shown(firm) == (True,) * 4


@pytest.mark.parametrize(
    "forged",
    [
        {"q1": "maybe"},
        {"q1": "ref"},
        {"q2": ["a", "<script>"]},
        {"q2": ["dk"]},
        {"q3": "²"},
        {"q3": "9" * 5000},
        {"q3": "-5"},
        {"q3": "1e2"},
        {"q3__special": "ref"},
        {"q4": "lời " * 50},
    ],
)
def test_an_answer_that_was_not_offered_is_not_saved(firm, forged):
    form = {**hidden_fields(firm.get("/p/t/page1").text), **GOOD, **forged}
    page = firm.post("/p/t/page1", data=form)
    assert page.status_code == 200
    assert "<title>Lỗi: " in page.text
    assert "<script>" not in page.text
    assert _answers_shown(firm) == (True,) * 4


def test_fields_that_the_page_does_not_have_are_not_saved(firm):
    form = {**hidden_fields(firm.get("/p/t/page1").text), **GOOD, "q9": "canary", "wave": "w2", "answered": "1"}
    assert firm.post("/p/t/page1", data=form).location == "/p/xem-lai"
    assert "canary" not in firm.get("/p/t/page1").text


@pytest.mark.parametrize("code", ["page9", "..%2f..%2fetc", "%00", "ệ"])
def test_a_page_that_is_not_there_leads_back_to_the_form(firm, code):
    assert firm.get(f"/p/t/{code}").status_code in (302, 404)
    assert firm.post(f"/p/t/{code}", data=hidden_fields(firm.get("/p/xem-lai").text)).status_code in (302, 404)


def test_words_of_a_firm_are_shown_as_words_and_never_as_markup(firm):
    form = {**hidden_fields(firm.get("/p/t/page1").text), **GOOD, "q4": "</textarea><b>"}
    assert firm.post("/p/t/page1", data=form).location == "/p/xem-lai"
    assert "&lt;/textarea&gt;&lt;b&gt;" in firm.get("/p/t/page1").text


@pytest.mark.parametrize(
    "path", ["/p", "/p/dong-y", "/p/tu-choi", "/p/t/page1", "/p/gui", "/p/rut", "/p/xong", "/p/ma"]
)
def test_nothing_is_done_without_a_token_of_ours(firm, path):
    kept = firm.get_cookie("p").value
    firm.post(path, data={**GOOD, "q1": "no", "action": "refused", "code": "0" * 16, "resume": "0" * 16})
    assert firm.get_cookie("p").value == kept
    assert _answers_shown(firm) == (True,) * 4
