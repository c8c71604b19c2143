"""A wave from the association's pages: made from the calendar, drawn, tried, extended, closed."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from survey_app.db import db, transaction
from survey_app.i18n import now_here
from survey_app.models.draw import Draw
from survey_app.models.fieldwork import Invitation, SampleUnit, Wave, WaveState
from survey_app.models.people import RoleName
from survey_app.models.response import Ballot
from survey_app.services import calendar, fieldwork, rehearsals, snapshots, waves
from tests.survey_app.signing_in import signed_in, token
from tests.survey_app.test_association import work


@pytest.fixture
def staff(app):
    """A browser of the association, beside a frame of 60 firms."""
    with app.app_context(), transaction() as session:
        session.add_all(
            SampleUnit(
                id=f"{n:032x}", name=f"Công ty {n}", folded=f"cong ty {n}", size=("n5_9", "n10_49", "n200")[n % 3]
            )
            for n in range(60)
        )
    return signed_in(app, RoleName.ASSOCIATION)


def _fields(client, page: str) -> dict[str, str]:
    """Return what a form's text fields hold as the page comes, and its token."""
    text = client.get(page).text
    filled = dict(re.findall(r'<input[^>]*name="(\w+)"[^>]*value="([^"]*)"', text))
    return filled | {"instrument": "pci_pulse"}


def _make(client, app, **more: str) -> str:
    today = now_here().date()
    fields = {
        "code": "2027-1", "title_vi": "Đợt một", "title_en": "Wave one", "instrument": "pci_pulse",
        "opens_on": f"{today:%d/%m/%Y}", "closes_on": f"{today + timedelta(days=20):%d/%m/%Y}", "target": "40",
    }  # fmt: skip
    answer = client.post("/hh/dot/moi", data=token(client) | fields | more)
    work(app)
    return answer


def test_the_calendar_proposes_the_next_wave_of_each_season():
    found = calendar.proposals(date(2027, 4, 16))
    assert [(each.code, each.opens_on) for each in found] == [
        ("2027-nhanh", date(2027, 10, 10)),
        ("2028-chinh", date(2028, 4, 15)),
    ]


def test_a_wave_is_made_from_what_the_calendar_proposes(app, staff):
    page = staff.get("/hh/dot").text
    address = re.search(r'href="(/hh/dot/moi\?mau=[^"]+-nhanh)"', page)[1]
    answer = staff.post("/hh/dot/moi", data=_fields(staff, address))
    assert "tự tải lại" in staff.get(answer.location).text
    work(app)
    assert "Đã tạo đợt" in staff.get(answer.location).text
    with app.app_context():
        made = db.session.scalars(select(Wave)).one()
    assert made.state is WaveState.DRAFT
    assert (made.opens_on.month, made.opens_on.day, made.title_vi[:14]) == (10, 10, "Khảo sát nhanh")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"code": "Đợt 1"}, "Mã đợt Đợt 1 không dùng được"),
        ({"opens_on": "31/02/2027"}, "Nhập ngày, ví dụ 15/04/2027"),
        ({"closes_on": "01/01/2020"}, "không thể đóng ngày 2020-01-01"),
        ({"title_en": ""}, "Nhập tên tiếng Anh"),
        ({"target": "nhiều"}, "Nhập số nguyên"),
        ({"target": "0"}, "Nhập số nguyên từ 1 đến"),
    ],
)
def test_a_wave_that_cannot_be_made_comes_back_with_what_was_typed(app, staff, wrong, said):
    answer = _make(staff, app, **wrong)
    assert answer.status_code == 200
    assert said in answer.text
    assert 'value="Đợt một"' in answer.text
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Wave)) == 0


def _draw(client, **more: object):
    fields = {"size": "30", "by": "size", "method": "proportional", "seed": "hồi-2027"}
    return client.post("/hh/dot/2027-1/mau", data=token(client) | fields | more)


def test_the_sample_is_drawn_and_an_auditor_can_read_how(app, staff):
    _make(staff, app)
    assert "385" in staff.get("/hh/dot/2027-1/mau").text
    assert _draw(staff).status_code == 302
    page = staff.get("/hh/dot/2027-1/mau").text
    assert "hồi-2027" in page
    assert "10 đến 49 người" in page
    with app.app_context():
        record = db.session.get_one(Draw, "2027-1")
        assert {label: count["drawn"] for label, count in record.strata.items()} == {
            "n1_9": 10,
            "n10_49": 10,
            "n50": 10,
        }
        first = set(db.session.scalars(select(Invitation.unit)))
    assert record.frame_hash in page
    _draw(staff)
    with app.app_context():
        assert set(db.session.scalars(select(Invitation.unit))) == first
    assert _draw(staff, size="").status_code == 302
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Invitation)) == 60


def test_a_sample_larger_than_the_list_is_refused_beside_its_field(app, staff):
    _make(staff, app)
    answer = _draw(staff, size="61")
    assert answer.status_code == 200
    assert "Không chọn được 61 doanh nghiệp: danh sách có 60" in answer.text


def test_a_rehearsal_is_the_real_way_and_counts_nowhere(app, staff):
    _make(staff, app)
    _draw(staff)
    staff.post("/hh/dot/2027-1/thu", data=token(staff))
    links = re.findall(r'href="(http[^"]+/p#[^"]+)"', staff.get("/hh/dot/2027-1").text)
    assert len(set(links)) == rehearsals.LINKS
    phone = app.test_client()
    phone.post_form("/p", {"code": links[0], "action": "start"})
    assert "Đây là bản thử" in phone.get("/p/dong-y").text
    with app.app_context():
        assert [wave.code for wave in fieldwork.all_waves(db.session)] == ["2027-1"]
        with transaction() as session:
            assert snapshots.take(session, now_here().date()) == []
    staff.post("/hh/dot/2027-1/thu/xoa", data=token(staff))
    with app.app_context():
        assert list(db.session.scalars(select(Wave.code))) == ["2027-1"]
        assert db.session.scalar(select(func.count()).select_from(Ballot)) == 0
    with app.app_context(), transaction() as session, pytest.raises(rehearsals.NoRehearsal):
        rehearsals.discard(session, "2027-1")


def test_opening_the_wave_ends_its_rehearsal(app, staff, tmp_path):
    _make(staff, app)
    _draw(staff)
    staff.post("/hh/dot/2027-1/thu", data=token(staff))
    (words := tmp_path / "words").write_text("a passphrase for tests only", encoding="utf-8")
    command = ["waves", "open", "2027-1", "--key", str(tmp_path / "box.pem"), "--passphrase-file", str(words)]
    assert app.test_cli_runner().invoke(args=command).exit_code == 0
    with app.app_context():
        assert dict(db.session.execute(select(Wave.code, Wave.state)).all()) == {"2027-1": WaveState.OPEN}


def test_a_wave_is_extended_and_closed_after_a_question(app, staff):
    _make(staff, app)
    _draw(staff)
    assert staff.post("/hh/dot/2027-1/gia-han", data=token(staff) | {"closes_on": "01/01/2099"}).status_code == 409
    with app.app_context(), transaction() as session:
        waves.get(session, "2027-1").state = WaveState.OPEN
    answer = staff.post("/hh/dot/2027-1/gia-han", data=token(staff) | {"closes_on": "01/01/2020"})
    assert "chọn ngày muộn hơn" in answer.text
    staff.post("/hh/dot/2027-1/gia-han", data=token(staff) | {"closes_on": "01/01/2099"})
    assert "01/01/2099" in staff.get("/hh/dot/2027-1").text
    assert "bị xóa hẳn" in staff.get("/hh/dot/2027-1/dong").text
    staff.post("/hh/dot/2027-1/dong", data=token(staff))
    work(app)
    with app.app_context():
        assert waves.get(db.session, "2027-1").state is WaveState.CLOSED
