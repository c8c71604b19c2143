"""A consultation on a draft policy: a short wave of its own, about a draft that firms can read first."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from questionnaires.files import framework_path, instrument_path, load_framework, load_instrument
from survey_app.db import db
from survey_app.envelopes import format_code
from survey_app.i18n import now_here
from survey_app.models.fieldwork import Invitation, Wave, WaveState
from survey_app.models.message import Channel
from survey_app.models.people import RoleName
from survey_app.services import letters, messages, rehearsals
from tests.factories import make_invitation, make_wave
from tests.survey_app.respondent.at_form import send
from tests.survey_app.signing_in import signed_in, token
from tests.survey_app.test_association import work

INSTRUMENT = load_instrument(instrument_path("consultation"))
DRAFT = "https://langson.gov.vn/du-thao/123?ban=2"


def _make(app, **more):
    client, today = signed_in(app, RoleName.ASSOCIATION), now_here().date()
    fields = {
        "code": "gop-y-1", "title_vi": "Hỗ trợ <doanh nghiệp> nhỏ", "title_en": "Support for small firms",
        "instrument": "consultation", "document": DRAFT,
        "opens_on": f"{today:%d/%m/%Y}", "closes_on": f"{today + timedelta(days=14):%d/%m/%Y}",
    }  # fmt: skip
    answer = client.post("/hh/dot/moi", data=token(client) | fields | more)
    work(app)
    return answer


def test_it_is_made_from_the_page_with_its_own_questionnaire_and_method(app):
    _make(app)
    with app.app_context():
        wave = db.session.get_one(Wave, "gop-y-1")
        assert wave.document == DRAFT
        assert wave.instrument_hash == INSTRUMENT.content_hash()
        assert wave.framework_hash == load_framework(framework_path("consultation")).content_hash()


@pytest.mark.parametrize(
    "typed",
    [
        "javascript:alert(1)", "http://langson.gov.vn/x", "https://langson", "https://a.vn/ b", "https://a.vn/b\n",
        "https://langson.gov.vn@b.vn/x", "https://b.vn\\@langson.gov.vn/x",
    ],
)  # fmt: skip
def test_an_address_that_is_none_is_refused(app, typed):
    page = _make(app, document=typed)
    assert "Nhập địa chỉ bắt đầu bằng https://" in page.text
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Wave)) == 0


@pytest.fixture
def wave(session):
    """A consultation that is open."""
    wave, _ = make_wave(session, INSTRUMENT, code="gop-y-1")
    wave.title_vi, wave.document = "Hỗ trợ <doanh nghiệp> nhỏ", DRAFT
    session.flush()
    return wave


def test_firms_see_what_it_is_about_before_they_agree(client, session, keys, wave):
    _, link = make_invitation(session, keys, wave)
    session.commit()
    client.post_form("/p", {"code": format_code(link), "action": "start"})
    page = client.get("/p/dong-y").text
    assert "mời doanh nghiệp góp ý: Hỗ trợ &lt;doanh nghiệp&gt; nhỏ." in page
    assert f'href="{DRAFT}" target="_blank" rel="noreferrer"' in page
    client.post_form("/p/dong-y")
    for answers in (
        {"q01": "all", "q02": "a"},
        {"q03": "good", "q04": "same", "q05": "yes"},
        {"q06": ["none"], "q07": "as_is"},
    ):
        page = client.get("/p/tiep", follow_redirects=True)
        client.post_form(page.request.path, answers | {"skip": "1"})
    send(client)
    assert session.scalars(select(Invitation.answered)).one()


def test_another_wave_names_no_draft(client, session, keys):
    wave, _ = make_wave(session, INSTRUMENT)
    _, link = make_invitation(session, keys, wave)
    session.commit()
    client.post_form("/p", {"code": format_code(link), "action": "start"})
    assert "góp ý:" not in client.get("/p/dong-y").text


def test_the_invitation_names_the_draft(session, keys, config, wave):
    step = messages.step_of(session, wave, 1)
    writer = letters.Writer(step, wave, INSTRUMENT.minutes, config, keys, now_here().date())
    text = writer.fill("vi", "Công ty An", "https://x.vn/p#1").text
    assert f"góp ý: Hỗ trợ <doanh nghiệp> nhỏ.\nĐọc dự thảo: {DRAFT}\n" in text
    assert messages.step_of(session, wave, 2).channel is Channel.EMAIL


def test_its_rehearsal_is_about_the_same_draft(app, session, keys, wave):
    wave.state = WaveState.DRAFT
    make_invitation(session, keys, wave)
    assert rehearsals.start(session, "gop-y-1", keys, today=now_here().date()).document == DRAFT
