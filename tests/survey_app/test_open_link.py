"""The open link: anybody may answer, nobody is counted twice by the system, floods are braked, and no firm's wave mixes in."""

from __future__ import annotations

import itertools
import re
from hashlib import sha256

import pytest
from sqlalchemy import func, select

from survey_app.db import db, transaction
from survey_app.i18n import now_here
from survey_app.models.fieldwork import Invitation, Wave
from survey_app.models.people import RoleName
from survey_app.models.response import Ballot, Response
from survey_app.respondent import proof_of_work
from survey_app.respondent.views import open_link
from survey_app.services import box, box_key, fieldwork, open_links, sampling, snapshots, waves
from tests.checked_client import hidden_fields
from tests.factories import PASSPHRASE, instrument, item, make_wave
from tests.survey_app.signing_in import signed_in

TINY = instrument(item("a"), item("b"))
CODE = "ho-kinh-doanh"


@pytest.fixture
def wave(app, tmp_path):
    """An open wave that anybody may answer, and the file of its box key."""
    open_link._BRAKE = proof_of_work.Brake()
    path = tmp_path / "box.pem"
    with app.app_context(), transaction() as session:
        made, pem = make_wave(session, TINY, code=CODE, by_open_link=True)
        path.write_bytes(box_key.header(made) + pem)
    return path


def solve(page: str) -> str:
    """Return a number that the page's challenge asks for, as the browser's script finds it."""
    words, bits = re.search(r'data-challenge="(\w+)" data-bits="(\d+)"', page).groups()
    for number in itertools.count():
        if int.from_bytes(sha256(f"{words}:{number}".encode()).digest()) >> (256 - int(bits)) == 0:
            return str(number)
    raise AssertionError


def begin(client, work: str | None = None):
    """Press the button of the open link's page, with the work done unless `work` says otherwise."""
    page = client.get(f"/m/{CODE}").text
    number = solve(page) if work is None else work
    return client.post(f"/m/{CODE}", data=hidden_fields(page) | {"work": number})


def answer(app) -> None:
    """Answer and send, as one visitor does."""
    phone = app.test_client()
    # solve() finds the same number for all, which works once: these visitors have no JavaScript
    assert begin(phone, "").location == "/p/dong-y"
    phone.post_form("/p/dong-y")
    for page in ("page1", "page2"):
        phone.post_form(f"/p/t/{page}", {"a" if page == "page1" else "b": "yes"})
    sent = phone.post("/p/gui", data=hidden_fields(phone.get("/p/xem-lai").text))
    assert sent.location == "/p/da-gui"


def test_a_visitor_answers_like_any_firm_and_is_counted_apart(app, wave, monkeypatch):
    monkeypatch.setattr(proof_of_work, "WITHOUT_WORK", 100)
    for _ in range(21):
        answer(app)
    begin(app.test_client())  # begun and never sent
    with app.app_context():
        counts = box.check(db.session, CODE)
        assert (counts.answered, counts.open_link, counts.ballots) == (0, 21, 21)
        assert counts.agree
        db.session.rollback()
        with transaction() as session:
            waves.close(session, CODE)
        assert db.session.scalar(select(func.count()).select_from(Invitation)) == 21
        db.session.rollback()
        private = box_key.read(wave, CODE, lambda: PASSPHRASE)
        counts = box.open_box(transaction, CODE, private, wave)
        assert (counts.responses, counts.agree) == (21, True)
        assert set(db.session.execute(select(Response.stratum, Response.weight))) == {("open", 1.0)}


def test_how_many_have_begun_shows_nowhere(app, wave):
    for _ in range(3):
        begin(app.test_client(), "")
    with app.app_context():
        progress = fieldwork.progress_by_wave(db.session)[CODE]
        assert (progress.issued, progress.answered, progress.response_rate) == (0, 0, None)
        db.session.rollback()
        with transaction() as session:
            snapshots.take(session, now_here().date())
            assert session.scalar(select(func.sum(snapshots.DailyCount.issued))) == 0
    client = signed_in(app, RoleName.ASSOCIATION)
    assert f"/m/{CODE}" in client.get(f"/hh/dot/{CODE}").text
    assert "<svg" in client.get(f"/hh/dot/{CODE}/to-dan").text


def test_a_number_works_once_and_without_one_only_a_few_begin(app, wave):
    phone = app.test_client()
    number = solve(phone.get(f"/m/{CODE}").text)
    assert begin(phone, number).location == "/p/dong-y"
    again = begin(app.test_client(), number)
    assert again.status_code == 429
    assert "Chờ một phút" in again.text
    let_in = [begin(app.test_client(), "1").status_code for _ in range(proof_of_work.WITHOUT_WORK + 2)]
    assert let_in == [302] * proof_of_work.WITHOUT_WORK + [429, 429]
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Invitation)) == 1 + proof_of_work.WITHOUT_WORK


@pytest.mark.parametrize("number", ["", "-1", "1e5", "²", "9" * 13, "\u0661", "abc"])
def test_what_is_no_number_solves_nothing(number):
    assert not proof_of_work.is_solved(b"k" * 32, CODE, number)


def test_pressing_again_goes_on_with_the_same_form(app, wave):
    phone = app.test_client()
    begin(phone)
    phone.post_form("/p/dong-y")
    assert begin(phone).location == "/p/tiep"
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Invitation)) == 1


def test_a_get_changes_nothing(app, wave):
    for _ in range(20):
        app.test_client().get(f"/m/{CODE}")
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Invitation)) == 0
        assert db.session.scalar(select(func.count()).select_from(Ballot)) == 0


@pytest.mark.parametrize("change", [{"by_open_link": False}, {"state": "closed"}, {"state": "draft"}])
def test_a_wave_that_is_no_open_link_or_not_open_is_not_found(app, wave, change):
    with app.app_context(), transaction() as session:
        for name, value in change.items():
            setattr(session.get_one(Wave, CODE), name, value)
    assert app.test_client().get(f"/m/{CODE}").status_code == 404


def test_no_sample_is_drawn_for_an_open_link(app, wave, keys):
    with app.app_context(), transaction() as session:
        session.get_one(Wave, CODE).state = waves.WaveState.DRAFT
        session.flush()
        with pytest.raises(sampling.NothingToDraw):
            sampling.draw(session, CODE, sampling.Plan(1, "x"), keys, by="a", now=now_here())


def test_a_closed_wave_begins_nothing(app, wave, keys):
    with app.app_context(), transaction() as session:
        waves.close(session, CODE)
        with pytest.raises(open_links.NotOpen):
            open_links.begin(session, CODE, keys, now=now_here())
