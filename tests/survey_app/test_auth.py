"""Signing in and out, and how long it lasts."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask_security.utils import verify_password
from sqlalchemy import func, select

from survey_app.db import transaction
from survey_app.models.people import RoleName, SignInFailure, StaffSession, User
from survey_app.services import people
from tests.survey_app.signing_in import PASSWORD, make_account, sign_in, signed_in, token

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


def sessions(session) -> int:
    """Return how many browsers are signed in."""
    return session.scalar(select(func.count()).select_from(StaffSession))


def test_the_right_password_opens_the_pages_of_the_role(app):
    assert "/qt/tai-khoan" in signed_in(app, RoleName.ADMIN).get("/qt/tai-khoan").text


def test_wrong_password_unknown_account_and_closed_account_get_the_same_page(app, client, session):
    email = make_account(app, RoleName.ANALYST)
    closed = make_account(app, RoleName.LEADER)
    with transaction():
        people.deactivate(session, people.find(session, closed))
    answers = [
        sign_in(client, email, "không phải mật khẩu này"),
        sign_in(client, "ai@example.vn"),
        sign_in(client, closed),
    ]
    pages = {answer.text.replace(email, "").replace("ai@example.vn", "").replace(closed, "") for answer in answers}
    assert {answer.status_code for answer in answers} == {200}
    assert len(_without_tokens(pages)) == 1


def _without_tokens(pages):
    return {re.sub(r'name="csrf_token"[^>]*value="[^"]*"', "", page) for page in pages}


def test_after_ten_failures_even_the_right_password_waits_a_quarter_of_an_hour(app, session):
    pepper = b"p" * 32
    email = "analyst@example.vn"
    allowed = [people.count_attempt(session, email, pepper=pepper, now=NOW) for _ in range(12)]
    assert allowed == [True] * 10 + [False] * 2
    assert not people.count_attempt(session, email, pepper=pepper, now=NOW + timedelta(minutes=14))
    assert people.count_attempt(session, email.upper(), pepper=pepper, now=NOW + timedelta(minutes=15))
    assert people.count_attempt(session, "other@example.vn", pepper=pepper, now=NOW)


def test_a_blocked_account_gets_the_page_of_a_wrong_password(app, client):
    email = make_account(app, RoleName.ANALYST)
    wrong = [sign_in(client, email, f"không đúng {n}") for n in range(10)]
    blocked = sign_in(client, email)
    assert {answer.status_code for answer in wrong} == {blocked.status_code} == {200}
    assert _without_tokens({blocked.text}) == _without_tokens({wrong[-1].text})


def test_attempts_are_forgotten_after_success_and_name_no_account(app, client, session):
    email = make_account(app, RoleName.ANALYST)
    sign_in(client, email, "không đúng")
    kept = session.scalars(select(SignInFailure.account)).one()
    assert "analyst" not in kept
    session.rollback()
    sign_in(client, email)
    assert session.scalars(select(SignInFailure)).all() == []


def test_the_database_holds_neither_password_nor_session_secret(app, session):
    client = signed_in(app, RoleName.ANALYST)
    user = session.scalars(select(User)).one()
    assert user.password.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert PASSWORD not in user.password
    with client.session_transaction() as kept:
        assert kept["staff"] != session.scalars(select(StaffSession.id)).one()


def test_signing_in_replaces_what_the_browser_held_before(app, client):
    email = make_account(app, RoleName.ANALYST)
    before = token(client, "/dang-nhap")
    sign_in(client, email)
    assert client.post("/pt/dot/khong-co/dong", data=before).status_code == 400


def test_signing_out_ends_the_session_on_the_server(app, session):
    client = signed_in(app, RoleName.ANALYST)
    with client.session_transaction() as kept:
        secret = kept["staff"]
    assert client.post("/dang-xuat", data=token(client)).location == "/"
    with client.session_transaction() as kept:
        kept["staff"] = secret
    assert client.get("/pt").location == "/dang-nhap"
    assert sessions(session) == 0


@pytest.mark.parametrize(
    ("idle", "age", "lasts"),
    [(29, 60, True), (31, 60, False), (1, 8 * 60 - 1, True), (1, 8 * 60 + 1, False)],
)
def test_a_session_ends_after_half_an_hour_unused_and_after_eight_hours(app, session, idle, age, lasts):
    client = signed_in(app, RoleName.ANALYST)
    now = datetime.now(UTC)
    with transaction():
        row = session.scalars(select(StaffSession)).one()
        row.seen_at, row.started_at = now - timedelta(minutes=idle), now - timedelta(minutes=age)
    assert (client.get("/pt").status_code == 200) is lasts


def test_using_a_page_keeps_the_session_alive(app, session):
    client = signed_in(app, RoleName.ANALYST)
    old = datetime.now(UTC) - timedelta(minutes=20)
    with transaction():
        session.scalars(select(StaffSession)).one().seen_at = old
    client.get("/pt")
    assert session.scalar(select(StaffSession.seen_at > old + timedelta(minutes=19)))


def test_changing_the_password_signs_every_browser_out(app, session):
    client = signed_in(app, RoleName.ANALYST)
    other = app.test_client()
    sign_in(other, "analyst@example.vn")
    new = "một câu khác dễ nhớ hơn"
    answer = client.post_form("/mat-khau", {"current": PASSWORD, "new": new})
    assert answer.location == "/dang-nhap"
    assert [browser.get("/pt").location for browser in (client, other)] == ["/dang-nhap"] * 2
    assert sign_in(other, "analyst@example.vn", new).location == "/pt"


def test_a_new_password_is_refused_in_words(app):
    client = signed_in(app, RoleName.ANALYST)
    assert "ít nhất 15 ký tự" in client.post_form("/mat-khau", {"current": PASSWORD, "new": "ngắn"}).text
    wrong = client.post_form("/mat-khau", {"current": "không phải", "new": "một câu khác dễ nhớ hơn"})
    assert "Mật khẩu đang dùng chưa đúng." in wrong.text
    assert client.get("/pt").status_code == 200


def test_a_closed_account_is_out_at_once(app, session):
    client = signed_in(app, RoleName.ANALYST)
    with transaction():
        people.deactivate(session, people.find(session, "analyst@example.vn"))
    assert client.get("/pt").location == "/dang-nhap"


def test_the_only_administrator_cannot_be_closed(app, session):
    make_account(app, RoleName.ADMIN)
    with pytest.raises(people.LastAdministrator):
        people.deactivate(session, people.find(session, "admin@example.vn"))


def test_accounts_have_one_address_and_agencies_a_code(app, session):
    make_account(app, RoleName.ANALYST)
    new = {"name": "Lan", "password": PASSWORD}
    with pytest.raises(people.AccountExists):
        people.create_user(session, email=" ANALYST@example.vn", role=RoleName.LEADER, **new)
    with pytest.raises(people.AgencyNeeded):
        people.create_user(session, email="cq@example.vn", role=RoleName.AGENCY, **new)
    with pytest.raises(people.AgencyNeeded):
        people.create_user(session, email="pt@example.vn", role=RoleName.ANALYST, agency_code="STC", **new)


def test_an_unknown_account_costs_the_same_hash_and_no_password_opens_it(app, session):
    make_account(app, RoleName.ANALYST)
    known = session.scalars(select(User.password)).one()
    assert people._NOBODY.split("$")[1:4] == known.split("$")[1:4]
    assert not people.password_matches("", None)
    assert not verify_password("", people._NOBODY)
