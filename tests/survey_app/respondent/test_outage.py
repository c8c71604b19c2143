"""The database is away while a firm is at its form: what it typed stays on the page, and the same page is sent again."""

from __future__ import annotations

from html import unescape
from io import BytesIO
from urllib.parse import urlencode

import pytest
from sqlalchemy import select

from survey_app import create_app
from survey_app.envelopes import Secrets, resume_code, seal_cookie
from survey_app.models.response import Draft
from survey_app.services.responses import open_draft
from tests.checked_client import CheckedClient, hidden_fields
from tests.factories import instrument, item, make_invitation, make_wave

WORDS = 'Đường vào khu công nghiệp hẹp, "rất" hẹp <b>và</b> ngập.'


@pytest.fixture
def firm(session, keys) -> Secrets:
    """A firm that has begun its form."""
    questions = instrument(item("q1"), item("q2", "text", max_length=200), pages=[["q1", "q2"]], comment_item="q2")
    wave, _ = make_wave(session, questions)
    _, link = make_invitation(session, keys, wave)
    session.commit()
    return Secrets(link, resume_code())


@pytest.fixture
def without_database(config, keys, firm, tmp_path) -> CheckedClient:
    """The firm's browser while the database is away."""
    away = config.model_copy(update={"database_url": f"sqlite:///{tmp_path}/no/such/folder/x.sqlite3"})
    app = create_app(away, keys)
    app.test_client_class = CheckedClient
    return at_form(app.test_client(), keys, firm)


def at_form(client: CheckedClient, keys, firm: Secrets) -> CheckedClient:
    """Give the browser the cookie of a form that was begun."""
    client.set_cookie("p", seal_cookie(keys.cookie, {"s": firm.link, "c": firm.resume, "own": False}))
    return client


def token(client: CheckedClient) -> str:
    """Return the token that the browser's forms carry."""
    return hidden_fields(client.get("/p").text)["csrf_token"]


def typed(client: CheckedClient) -> dict[str, str]:
    """Return one page as the firm sends it."""
    return {"csrf_token": token(client), "seen": "0", "skip": "1", "q1": "yes", "q2": WORDS, "q2__quote": "1"}


def test_a_page_that_cannot_be_saved_comes_back_with_what_was_typed(without_database):
    sent = typed(without_database)
    answer = without_database.post("/p/t/page1", data=sent)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert "Chưa lưu được" in answer.text
    assert "Câu trả lời vẫn còn trên màn hình" in answer.text
    kept = hidden_fields(answer.text) | {"q2": unescape(answer.text.split("</textarea>")[0].rsplit(">", 1)[1])}
    assert kept == sent
    assert "<b>" not in answer.text


def test_what_came_back_can_be_saved_once_the_database_is_back(without_database, app, session, keys, firm):
    kept = hidden_fields(without_database.post("/p/t/page1", data=typed(without_database)).text)
    back = at_form(app.test_client(), keys, firm)
    back.set_cookie("session", without_database.get_cookie("session").value)
    assert back.post("/p/t/page1", data={**kept, "q2": WORDS}).location == "/p/xem-lai"
    assert open_draft(session, firm).answers == {"q1": "yes", "q2": WORDS}


def test_a_form_that_cannot_be_sent_says_that_it_counts_once_however_often_it_is_sent(without_database):
    answer = without_database.post("/p/gui", data={"csrf_token": token(without_database)})
    assert answer.status_code == 503
    assert "phiếu cũng chỉ được tính một lần" in answer.text
    assert 'action="/p/gui"' in answer.text


def test_codes_that_were_typed_come_back_too(without_database):
    sent = {"csrf_token": token(without_database), "code": "AAAABBBBCCCCDDDD", "action": "start"}
    answer = without_database.post("/p", data=sent)
    assert answer.status_code == 503
    assert hidden_fields(answer.text) == sent


def test_the_page_carries_only_the_token_that_was_sent(without_database):
    answer = without_database.post("/p/t/page1", data={"q1": "yes"})
    assert answer.status_code == 503
    assert "csrf_token" not in answer.text


def test_nothing_is_stored_while_the_database_is_away(without_database, session):
    without_database.post("/p/t/page1", data=typed(without_database))
    assert session.scalars(select(Draft.id)).all() == []


def test_a_page_that_was_only_fetched_says_when_to_come_back(without_database):
    answer = without_database.get("/p/t/page1")
    assert answer.status_code == 503
    assert "Hệ thống tạm nghỉ" in answer.text


def test_a_page_whose_connection_broke_off_is_not_saved_with_what_had_arrived(client, session, keys, firm):
    at_form(client, keys, firm)
    body = urlencode(typed(client)).encode()
    arrived = body[: body.index(b"q2__quote") - 20]
    answer = client.post(
        "/p/t/page1",
        input_stream=BytesIO(arrived),
        content_type="application/x-www-form-urlencoded",
        environ_overrides={"CONTENT_LENGTH": str(len(body)), "wsgi.input_terminated": True},  # as gunicorn says
    )
    assert answer.status_code == 400
    assert session.scalars(select(Draft.id)).all() == []
