"""Pages for analysts and administrators."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from survey_app.db import transaction
from survey_app.models.fieldwork import Outcome, WaveState
from survey_app.models.job import Job, JobStatus
from survey_app.models.people import RoleName
from survey_app.models.score import IndicatorEstimate, ScoreRun, SubIndexEstimate
from survey_app.services import fieldwork, jobs, people, plans
from tests.factories import instrument, item, make_invitation, make_wave
from tests.survey_app.signing_in import make_account, sign_in, signed_in, token

AT = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


@pytest.fixture
def analyst(app):
    """An analyst's browser."""
    return signed_in(app, RoleName.ANALYST)


@pytest.fixture
def admin(app):
    """An administrator's browser."""
    return signed_in(app, RoleName.ADMIN)


def wave_in(session, state, **more):
    """Make a wave in this state."""
    with transaction():
        make_wave(session, instrument(item("a")), state=state, **more)


def make_run(session):
    """Make a run with one sub-index and one indicator, and return its number."""
    with transaction():
        wave, _ = make_wave(session, instrument(item("a")), state=WaveState.OPENED)
        run = ScoreRun(
            wave=wave.code,
            made_at=AT,
            made_by="lan@example.vn",
            responses_hash="r" * 64,
            instrument_hash=wave.instrument_hash,
            framework_hash=wave.framework_hash,
            code_version="v1",
            responses=220,
            in_scope=201,
            report={},
        )
        run.sub_indices = [
            SubIndexEstimate(
                code="entry",
                position=1,
                value=7.123,
                low=6.9,
                high=7.4,
                se=0.12,
                measured=13,
                indicators=14,
                coverage=0.96,
            )
        ]
        counts = {"n_asked": 200, "n": 180, "dk": 10, "na": 6, "ref": 4, "blank": 0}
        run.indicators = [
            IndicatorEstimate(
                code="1.01",
                position=1,
                sub_index="entry",
                status="measured",
                value=7.5,
                low=7,
                high=8,
                se=0.25,
                **counts,
            )
        ]
        session.add(run)
        session.flush()
        return run.id


def test_waves_show_how_many_were_asked_and_answered(app, analyst, session, keys):
    with transaction():
        wave, _ = make_wave(session, instrument(item("a")))
        asked = [make_invitation(session, keys, wave)[0] for _ in range(10)]
        for each in asked[:3]:
            each.answered = each.known_answered = True
        asked[8].outcome, asked[9].outcome = Outcome.CLOSED_FIRM, Outcome.REFUSED
    session.rollback()
    progress = fieldwork.progress_by_wave(session)["w1"]
    assert (progress.issued, progress.eligible, progress.answered) == (10, 9, 3)
    session.rollback()
    page = analyst.get("/pt").text
    assert "Đợt thử" in page
    assert "33%" in page


def test_without_waves_the_page_says_how_one_is_made(analyst):
    assert "flask waves" in analyst.get("/pt").text


@pytest.mark.parametrize(
    ("state", "shown", "absent"),
    [
        (WaveState.DRAFT, "flask waves open w1", "Đóng đợt</a>"),
        (WaveState.OPEN, "Đóng đợt</a>", "flask box open"),
        (WaveState.CLOSED, "flask box discard w1", "Đóng đợt</a>"),
        (WaveState.OPENED, "Chấm điểm đợt này</button>", "flask box open"),
        (WaveState.DISCARDED, "đã hủy, không ai đọc", '<button class="govuk-button'),
    ],
)
def test_each_state_offers_its_next_step_alone(analyst, session, state, shown, absent):
    wave_in(session, state)
    page = analyst.get("/pt/dot/w1").text
    assert shown in page
    assert absent not in page


def test_counts_that_disagree_stop_the_analyst(analyst, session):
    wave_in(session, WaveState.OPENED, paper=1)
    assert "không khớp" in analyst.get("/pt/dot/w1").text


def test_closing_is_asked_for_twice_and_says_what_is_lost(analyst, session):
    wave_in(session, WaveState.OPEN)
    assert 'href="/pt/dot/w1/dong"' in analyst.get("/pt/dot/w1").text
    asked = analyst.get("/pt/dot/w1/dong").text
    assert "Phiếu đang làm mà chưa gửi bị xóa hẳn" in asked
    assert session.query(Job).all() == []


def test_closing_is_queued_once_and_its_page_reloads_until_it_is_done(analyst, session):
    wave_in(session, WaveState.OPEN)
    form = token(analyst)
    first, second = (analyst.post("/pt/dot/w1/dong", data=form).location for _ in range(2))
    assert first == second
    waiting = analyst.get(first).text
    assert 'http-equiv="refresh"' in waiting
    job = session.query(Job).one()
    assert (job.kind, job.arguments, job.queued_by) == ("close", {"wave": "w1"}, "analyst@example.vn")
    job.status, job.result = JobStatus.DONE, '{"vi": "Đã đóng đợt.", "en": "Closed."}'
    session.commit()
    done = analyst.get(first).text
    assert 'http-equiv="refresh"' not in done
    assert "Đã đóng đợt." in done
    assert "Closed." in analyst.get(f"{first}?lang=en").text


def test_scoring_is_queued_with_its_wave(analyst, session):
    wave_in(session, WaveState.OPENED)
    assert analyst.post("/pt/dot/w1/cham-diem", data=token(analyst)).status_code == 302
    assert session.query(Job.kind, Job.arguments).all() == [("score", {"wave": "w1"})]


def test_a_run_shows_figures_as_they_are_written_here(analyst, session):
    page = analyst.get(f"/pt/chay/{make_run(session)}").text
    for figure in ("7,12", "6,90 – 7,40", "13 trong 14", "96%", "0,120", "180", "5%", "10:00 24/11/2026", "r" * 64):
        assert figure in page, figure


def test_an_indicator_shows_the_shares_that_gave_no_valid_answer(analyst, session):
    page = analyst.get(f"/pt/chay/{make_run(session)}").text
    row = re.search(r"<tr[^>]*>\s*<th[^>]*>1\.01.*?</tr>", page, re.DOTALL).group()
    assert re.findall(r"numeric\">([^<]*)<", row) == [
        "7,5 ngày",
        "7 ngày – 8 ngày",
        "0,25 ngày",
        "180",
        "5%",
        "3%",
        "2%",
        "0%",
    ]


def test_a_release_is_asked_for_twice_and_names_who_asked(analyst, session):
    number = make_run(session)
    assert "không thu hồi" in analyst.get(f"/pt/chay/{number}/cong-bo").text
    assert session.query(Job).count() == 0
    session.rollback()
    analyst.post_form(f"/pt/chay/{number}/cong-bo")
    assert session.query(Job.kind, Job.arguments, Job.queued_by).all() == [
        ("release", {"run": number}, "analyst@example.vn")
    ]


def test_a_released_run_is_not_released_again(analyst, session):
    number = make_run(session)
    with transaction():
        run = session.get(ScoreRun, number)
        run.released_at, run.released_by = AT, "lan@example.vn"
    assert '<button class="govuk-button' not in analyst.get(f"/pt/chay/{number}/cong-bo").text
    assert f"/pt/chay/{number}/cong-bo" not in analyst.get(f"/pt/chay/{number}").text


def test_a_new_account_can_sign_in_with_the_password_shown_once(app, admin):
    page = admin.post_form("/qt/tai-khoan/moi", {"name": "Lan", "email": "Lan@Example.vn", "role": "analyst"}).text
    password = re.search(r'ls-secret">([^<]+)<', page).group(1)
    assert password not in admin.get("/qt/tai-khoan").text
    assert sign_in(app.test_client(), "lan@example.vn", password).location == "/pt"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": "", "email": "lan@example.vn", "role": "analyst"}, "Nhập họ tên"),
        ({"name": "Lan", "email": "lan", "role": "analyst"}, "Nhập địa chỉ thư điện tử, ví dụ"),
        ({"name": "Lan", "email": "admin@example.vn", "role": "analyst"}, "Đã có tài khoản dùng admin@example.vn"),
        ({"name": "Lan", "email": "lan@example.vn", "role": "agency"}, "phải có mã cơ quan"),
    ],
)
def test_a_wrong_account_form_says_what_to_correct(admin, fields, words):
    page = admin.post_form("/qt/tai-khoan/moi", fields).text
    assert words in page
    assert "<title>Lỗi:" in page
    assert "govuk-error-summary" in page


def test_a_new_password_replaces_the_old_one_and_ends_sessions(app, admin, session):
    analyst = signed_in(app, RoleName.ANALYST)
    number = people.find(session, "analyst@example.vn").id
    session.rollback()
    page = admin.post(f"/qt/tai-khoan/{number}/mat-khau", data=token(admin)).text
    assert "ls-secret" in page
    assert analyst.get("/pt").status_code == 302
    assert sign_in(analyst, "analyst@example.vn").status_code == 200


def test_an_account_is_closed_and_opened_again(app, admin, session):
    make_account(app, RoleName.LEADER)
    number = people.find(session, "leader@example.vn").id
    session.rollback()
    admin.post(f"/qt/tai-khoan/{number}/khoa", data=token(admin))
    assert "Đã đóng" in admin.get(f"/qt/tai-khoan/{number}").text
    assert sign_in(app.test_client(), "leader@example.vn").status_code == 200
    admin.post(f"/qt/tai-khoan/{number}/mo", data=token(admin))
    assert sign_in(app.test_client(), "leader@example.vn").status_code == 302


def test_the_only_administrator_is_told_why_not(admin, session):
    number = people.find(session, "admin@example.vn").id
    session.rollback()
    answer = admin.post(f"/qt/tai-khoan/{number}/khoa", data=token(admin))
    assert answer.status_code == 409
    assert "quản trị viên duy nhất" in answer.text


def test_signing_out_everywhere_leaves_the_password(app, admin, session):
    analyst = signed_in(app, RoleName.ANALYST)
    number = people.find(session, "analyst@example.vn").id
    session.rollback()
    admin.post(f"/qt/tai-khoan/{number}/dang-xuat", data=token(admin))
    assert analyst.get("/pt").status_code == 302
    assert sign_in(analyst, "analyst@example.vn").location == "/pt"


def test_a_failed_job_says_why_in_words(analyst, session):
    with transaction():
        job = jobs.enqueue(session, "score", {"wave": "w1"}, by="lan@example.vn", now=AT)
        job.status, job.result = JobStatus.FAILED, '{"vi": "Hòm phiếu chưa mở.", "en": "The box is sealed."}'
        number = job.id
    page = analyst.get(f"/pt/viec/{number}").text
    assert "Hòm phiếu chưa mở." in page
    assert "Chưa xong" in page


def test_a_wave_that_has_asked_nobody_is_listed_with_zeros(analyst, session):
    make_wave(session, instrument(item("q1")), state=WaveState.DRAFT)
    session.commit()
    assert "Đợt thử" in analyst.get("/pt").text


def test_a_number_longer_than_any_row_has_is_no_page(analyst, admin):
    for path in ("/pt/chay/99999999999999999999", "/pt/viec/99999999999999999999"):
        assert analyst.get(path).status_code == 404
    assert admin.get("/qt/tai-khoan/99999999999999999999").status_code == 404


def test_an_agency_account_needs_an_agency_in_force(admin, session):
    plans.publish(session, "lang_son_2024", "pci_2023")
    session.commit()
    fields = {"name": "Ai đó", "email": "ai@example.vn", "role": "agency"}
    refused = admin.post_form("/qt/tai-khoan/moi", fields | {"agency_code": "QQQ"})
    assert "Không có cơ quan QQQ" in refused.text
    assert "Mật khẩu" in admin.post_form("/qt/tai-khoan/moi", fields | {"agency_code": "stc_2025"}).text
