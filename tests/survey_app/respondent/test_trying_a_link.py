"""Whoever holds a link and tries it, the association above all, learns no more than the snapshot of the day has told."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from survey_app.db import transaction
from survey_app.i18n import HERE
from survey_app.models.fieldwork import Invitation, Outcome, Wave
from survey_app.models.response import Ballot, Draft
from survey_app.services import invitations, snapshots
from tests.checked_client import hidden_fields
from tests.survey_app.respondent.at_form import begin, fill, make_firms, send

CHANGES = re.compile(r'value="[^"]*"|[0-9A-Z]{4}(-[0-9A-Z]{4}){3}')  # tokens of the session, codes of the form


@pytest.fixture
def links(session, keys):
    """The links of a firm that has sent its form and of one that has not; nobody knows yet."""
    return make_firms(session, keys, 2)


@pytest.fixture
def sent(client, links):
    """Send the form of the first firm."""
    begin(client, links[0])
    fill(client)
    send(client)


def held_code(client):
    """Return the resume code on the receipt page."""
    return re.findall(r"[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}", client.get("/p/da-gui").text)[1]


def take_snapshot(app, *, days=0):
    with app.app_context(), transaction() as session:
        snapshots.take(session, datetime.now(HERE).date() + timedelta(days=days))


def tried(app, link):
    """Return all that a stranger with the link is shown, short of sending."""
    browser = app.test_client()
    seen = [browser.post_form("/p", {"code": link, "action": "start"}), browser.get("/p/dong-y")]
    seen += [browser.post_form("/p/dong-y"), browser.get("/p/tiep"), browser.get("/p/t/page1")]
    seen += [browser.post_form("/p/t/page1", {"q1": "no"}), browser.get("/p/xem-lai"), browser.get("/p/da-gui")]
    seen += [browser.get("/p/ma-tiep-tuc"), browser.post_form("/p/ma", {"code": link, "resume": link})]
    seen += [browser.post_form("/p/rut", {"code": link, "resume": link})]
    seen += [app.test_client().post_form("/p", {"code": link, "action": what}) for what in ("closed_firm", "refused")]
    return [(page.status_code, page.location, CHANGES.sub("", page.text.replace(link, ""))) for page in seen]


def test_before_the_snapshot_a_firm_that_has_answered_looks_like_one_that_has_not(app, links, sent):
    assert tried(app, links[0]) == tried(app, links[1])


def test_after_the_snapshot_the_link_says_what_the_board_says(app, links, sent):
    take_snapshot(app)
    assert app.test_client().post_form("/p", {"code": links[0], "action": "start"}).location == "/p/khong-dung-duoc"
    assert app.test_client().post_form("/p", {"code": links[1], "action": "start"}).location == "/p/dong-y"
    assert app.test_client().post_form("/p", {"code": links[0], "action": "refused"}).location == "/p/khong-dung-duoc"


def test_what_a_stranger_noted_of_a_firm_that_has_answered_goes_with_the_snapshot(app, session, links, sent):
    tried(app, links[0])
    noted = select(Invitation.outcome).where(Invitation.answered)
    assert session.scalars(noted).one() is Outcome.REFUSED
    session.rollback()
    take_snapshot(app)
    assert session.scalars(noted).one() is None


def test_the_firm_itself_still_finds_its_receipt(app, client, links, sent):
    for path in ("/p/tiep", "/p/t/page1", "/p/xem-lai"):
        assert client.get(path).location == "/p/da-gui"
    assert client.post_form("/p", {"code": links[0], "action": "start"}).location == "/p/tiep"
    assert "Mã biên nhận" in client.get("/p/da-gui").text


def test_the_same_form_on_another_device_cannot_be_begun_again_after_it_was_sent(app, client, session, links):
    code = begin(client, links[0])
    other = app.test_client()
    fill(client)
    other.post_form("/p/ma", {"code": links[0], "resume": code})
    page = hidden_fields(other.get("/p/t/page1").text)
    send(client)
    assert other.post("/p/t/page1", data={**page, "q1": "no"}).location == "/p/da-gui"
    assert session.scalars(select(Draft.id)).all() == []
    assert "Mã biên nhận" in other.get("/p/da-gui").text


def test_a_browser_that_withdrew_its_form_is_not_offered_it_again(client, session, links, sent):
    client.post_form("/p/rut", follow_redirects=True)
    assert session.scalars(select(Ballot.id)).all() == []
    assert client.get("/p/tiep").location == "/p"


def test_withdrawing_another_form_leaves_the_one_that_this_browser_holds(app, client, links, sent):
    begun = app.test_client()
    begin(begun, links[1])
    begun.post_form("/p/rut", {"code": links[0], "resume": links[0]})
    assert begun.get("/p/tiep").location == "/p/t/page1"


@pytest.fixture
def replaced(app, keys, session, links, sent):
    """Give the firm that has sent its form a new link, before anybody knows that it has."""
    with app.app_context(), transaction() as own:
        answered = own.scalars(select(Invitation).where(Invitation.answered)).one()
        assert invitations.reissue(own, keys, answered.wave, answered.id)


def test_a_firm_whose_link_was_replaced_after_it_sent_still_finds_its_receipt(app, client, links, replaced):
    code = held_code(client)
    for path in ("/p/tiep", "/p/t/page1"):
        assert client.get(path).location == "/p/da-gui"
    assert "Mã biên nhận" in client.get("/p/da-gui").text
    assert client.post("/p/gui", data=hidden_fields(client.get("/p/da-gui").text)).location == "/p/da-gui"
    other = app.test_client()
    assert other.post_form("/p/ma", {"code": links[0], "resume": code}).location == "/p/tiep"
    assert "Mã biên nhận" in other.get("/p/da-gui").text


def test_a_firm_whose_link_was_replaced_after_it_sent_can_still_withdraw(app, client, session, links, replaced):
    assert client.post_form("/p/rut").location == "/p/da-rut"
    assert session.scalars(select(Ballot.id)).all() == []
    assert session.scalars(select(Wave.withdrawn)).one() == 1


def test_a_form_begun_with_a_replaced_link_and_never_sent_opens_nothing(app, client, keys, session, links):
    code = begin(client, links[1])
    fill(client)
    page = hidden_fields(client.get("/p/xem-lai").text)
    with app.app_context(), transaction() as own:
        for each in own.scalars(select(Invitation)):
            assert invitations.reissue(own, keys, each.wave, each.id)
    assert client.get("/p/tiep").status_code == 404
    assert "Liên kết đã được thay" in client.post("/p/gui", data=page).text
    assert app.test_client().post_form("/p/ma", {"code": links[1], "resume": code}).status_code == 200
