"""Two people at the same form: different pages merge, the same page asks, and no answer is lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from html import unescape

import pytest

from survey_app.envelopes import Secrets, parse_code
from survey_app.services.responses import open_draft
from tests.checked_client import hidden_fields
from tests.survey_app.respondent.at_form import begin, make_firms, resume

TRIES = 60


@pytest.fixture
def two(app, client, session, keys):
    """Two devices at one form, and the secrets of the form."""
    (link,) = make_firms(session, keys)
    code = begin(client, link)
    client.post_form("/p/t/page1", {"q1": "yes"})
    return client, resume(app.test_client(), link, code), Secrets(link, parse_code(code))


def saved(session, secrets):
    """Return the draft as it is stored now."""
    session.rollback()
    return open_draft(session, secrets)


def conflict_on(page, first, second, mine, theirs):
    """Let `first` save a page while `second` has it open and saves it after; return what `second` gets."""
    form = hidden_fields(second.get(f"/p/t/{page}").text)
    assert first.post_form(f"/p/t/{page}", {**theirs, "skip": "1"}).status_code == 302
    return second.post(f"/p/t/{page}", data={**form, **mine, "skip": "1"})


def test_both_answers_are_shown_and_the_chosen_one_is_kept_of_each_item(two, session):
    first, second, secrets = two
    page = conflict_on("page2", first, second, {"q2": ["b"], "q3": "7"}, {"q2": ["a"], "q3": "12"})
    text = unescape(page.text)
    for words in (
        "a (vi)",
        "b (vi)",
        "7 ngày",
        "12 ngày",
        "Trên máy này:",
        "Ở máy kia:",
        "vừa được sửa ở một máy khác",
    ):
        assert words in text
    assert saved(session, secrets).answers["q2"] == ["a"]
    chosen = {**hidden_fields(page.text), "q2": ["b"], "q2__keep": "theirs", "q3__keep": "mine"}
    assert second.post("/p/t/page2", data=chosen).location == "/p/t/page3"
    assert saved(session, secrets).answers == {"q1": "yes", "q2": ["a"], "q3": 7}


def test_nothing_is_saved_until_each_difference_is_decided_and_nothing_typed_is_lost(two, session):
    first, second, secrets = two
    page = conflict_on("page2", first, second, {"q2": ["b"], "q3": "7"}, {"q2": ["a"], "q3": "12"})
    half = second.post("/p/t/page2", data={**hidden_fields(page.text), "q2__keep": "mine"})
    assert "<title>Lỗi: " in half.text
    assert 'aria-describedby="q3-fault"' in half.text
    assert 'id="q2__keep-mine" value="mine" checked' in half.text
    assert saved(session, secrets).answers == {"q1": "yes", "q2": ["a"], "q3": 12}
    kept = {**hidden_fields(half.text), "q2__keep": "mine", "q3__keep": "mine"}
    assert second.post("/p/t/page2", data=kept).location == "/p/t/page3"
    assert saved(session, secrets).answers == {"q1": "yes", "q2": ["b"], "q3": 7}


def test_an_answer_beside_a_blank_is_proposed_and_equal_answers_ask_nothing(two, session):
    first, second, secrets = two
    page = conflict_on("page2", first, second, {"q2": ["a"], "q3": "7"}, {"q2": ["a"]})
    assert 'name="q2__keep"' not in page.text
    assert 'id="q3__keep-mine" value="mine" checked' in page.text
    again = conflict_on("page3", first, second, {"q5": "sa"}, {"q5": "sa"})
    assert again.status_code == 302
    assert saved(session, secrets).answers["q5"] == "sa"


def test_a_third_change_while_choosing_asks_again(two, session):
    first, second, secrets = two
    page = conflict_on("page3", first, second, {"q5": "sd"}, {"q5": "sa"})
    assert first.post_form("/p/t/page3", {"q5": "", "skip": "1"}).status_code == 302
    again = second.post("/p/t/page3", data={**hidden_fields(page.text), "q5__keep": "theirs"})
    assert again.status_code == 200
    assert "Chưa trả lời" in again.text
    assert saved(session, secrets).answers["q5"] is None


def test_a_comment_and_its_consent_are_kept_together(two, session):
    first, second, secrets = two
    agreed, silent = {"q4": "Đường hẹp", "q4__quote": "1"}, {"q4": "Đường hẹp\nvà ngập"}
    page = conflict_on("page4", first, second, silent, agreed)
    assert "Đường hẹp (cho trích dẫn)" in page.text
    assert "Đường hẹp\nvà ngập (không gửi)" in page.text
    second.post("/p/t/page4", data={**hidden_fields(page.text), "q4__keep": "theirs"})
    assert (saved(session, secrets).answers["q4"], saved(session, secrets).quoted) == ("Đường hẹp", True)
    page = conflict_on("page4", first, second, silent, agreed | {"q4": "Cầu hẹp"})
    second.post("/p/t/page4", data={**hidden_fields(page.text), "q4__keep": "mine"})
    assert (saved(session, secrets).answers["q4"], saved(session, secrets).quoted) == ("Đường hẹp\nvà ngập", False)


def test_an_answer_to_a_question_that_is_no_longer_asked_is_kept_for_the_case_that_it_is_again(two, session):
    first, second, secrets = two
    form = hidden_fields(second.get("/p/t/page3").text)
    first.post_form("/p/t/page1", {"q1": "no"})
    assert second.post("/p/t/page3", data={**form, "q5": "sd"}).status_code == 302
    assert saved(session, secrets).answers["q5"] == "sd"


def test_the_same_page_sent_again_after_a_lost_reply_leads_on(two, session):
    _, second, secrets = two
    form = {**hidden_fields(second.get("/p/t/page3").text), "q5": "sa"}
    assert second.post("/p/t/page3", data=form).location == "/p/t/page2"
    assert second.post("/p/t/page3", data=form).location == "/p/t/page2"
    assert saved(session, secrets).pages["page3"] == 1


def test_of_60_races_none_loses_an_answer(two, session):
    first, second, secrets = two
    asked = lost = 0
    with ThreadPoolExecutor(2) as pool:
        for turn in range(TRIES):
            forms = [hidden_fields(device.get("/p/t/page2").text) for device in (first, second)]
            days = [{"q2": ["a"], "q3": str(turn)}, {"q2": ["a"], "q3": str(turn + 100)}]
            sent = [{**form, **typed, "skip": "1"} for form, typed in zip(forms, days, strict=True)]
            replies = list(
                pool.map(lambda pair: pair[0].post("/p/t/page2", data=pair[1]), zip((first, second), sent, strict=True))
            )
            conflicts = [reply for reply in replies if reply.status_code == 200]
            asked += len(conflicts)
            shown = all(f"{each['q3']} ngày" in reply.text for reply in conflicts for each in days)
            lost += len(conflicts) != 1 or not shown or saved(session, secrets).answers["q3"] not in (turn, turn + 100)
    assert (asked, lost) == (TRIES, 0)


def test_of_60_races_on_different_pages_both_are_stored(two, session):
    first, second, secrets = two
    with ThreadPoolExecutor(2) as pool:
        for turn in range(TRIES):
            days, opinion = str(turn), ("sa", "sd")[turn % 2]
            work = [(first, "page2", {"q2": ["a"], "q3": days}), (second, "page3", {"q5": opinion})]
            sent = [
                (device, page, {**hidden_fields(device.get(f"/p/t/{page}").text), **typed})
                for device, page, typed in work
            ]
            replies = list(pool.map(lambda each: each[0].post(f"/p/t/{each[1]}", data=each[2]), sent))
            assert [reply.status_code for reply in replies] == [302, 302]
            answers = saved(session, secrets).answers
            assert (answers["q3"], answers["q5"]) == (turn, opinion)
