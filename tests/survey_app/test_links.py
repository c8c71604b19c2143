"""Links on paper and as tables: each code leads to its firm, files are encrypted and gone after a day, old links die."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache

import numpy as np
import pypdf
import pypdfium2
import pytest
import zxingcpp
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from survey_app import contacts
from survey_app.contacts import Contact
from survey_app.db import db, transaction
from survey_app.envelopes import format_code, link_secret, lookup, parse_code, resume_code
from survey_app.i18n import now_here
from survey_app.models.fieldwork import Invitation, Outcome, SampleUnit
from survey_app.models.handout import Handout, HandoutKind
from survey_app.models.people import RoleName
from survey_app.services import cards, handouts, invitations
from survey_app.services.cards import Addressee, Sheet
from tests.factories import instrument, item, make_invitation, make_wave
from tests.survey_app.signing_in import signed_in, token
from tests.survey_app.test_association import work

TINY = instrument(item("a"))
POINTS_A_MM = 72 / 25.4
LONG = "Công ty Trách nhiệm hữu hạn Một thành viên Đầu tư Xây dựng Thương mại Dịch vụ Xuất nhập khẩu Tổng hợp Quốc tế Minh Họa"


@pytest.fixture
def wave(app, keys):
    """An open wave with four firms: one answered, one refused, one that wants no messages, one still to answer."""
    with app.app_context(), transaction() as session:
        wave, _ = make_wave(session, TINY, code="spring", frame_counts={"all": 4})
        made = {
            name: make_invitation(session, keys, wave, name=name, folded=name) for name in ("an", "binh", "chi", "dung")
        }
        made["an"][0].known_answered = made["an"][0].answered = True
        made["binh"][0].outcome = Outcome.REFUSED
        session.get_one(SampleUnit, made["chi"][0].unit).opted_out = True
        unit = session.get_one(SampleUnit, made["dung"][0].unit)
        unit.contact = contacts.seal(keys.contact, unit.id, Contact("=Dũng", "+84912345678", "d@example.vn"))
        return {name: invitation.id for name, (invitation, _) in made.items()}


def make(app, config, keys, kind: HandoutKind, *, only_waiting: bool = True) -> tuple[bytes, int]:
    """Return a file of the wave's links and for how many firms it is."""
    with app.app_context(), transaction() as session:
        wanted = handouts.ask(
            session, "spring", kind, handouts.Whom(only_waiting=only_waiting), by="a", now=datetime.now(UTC)
        )
        gathered = handouts.gather(session, wanted.id, keys, config, today=now_here().date())
    return handouts.make(gathered, lambda _percent: None), len(gathered.lines)


def test_a_table_has_the_firms_that_may_still_be_written_to(app, config, keys, wave):
    content, firms = make(app, config, keys, HandoutKind.CSV)
    (row,) = csv.DictReader(io.StringIO(content.decode("utf-8-sig")))
    assert firms == 1
    assert (row["name"], row["phone"], row["email"], row["contact"]) == ("dung", "0912345678", "d@example.vn", "'=Dũng")
    with app.app_context():
        found = db.session.scalar(
            select(Invitation).where(Invitation.lookup == lookup(keys.lookup, parse_code(row["link"])))
        )
        assert found.id == wave["dung"]
    everybody, firms = make(app, config, keys, HandoutKind.CSV, only_waiting=False)
    assert firms == 3
    assert b"binh" not in everybody


def test_a_spreadsheet_holds_text_and_no_formula(app, config, keys, wave):
    content, _ = make(app, config, keys, HandoutKind.XLSX)
    header, row = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    assert header == list(handouts.HEADER)
    assert row[2:4] == ["=Dũng", "0912345678"]


@cache
def paper(kind: str) -> tuple[bytes, tuple[Addressee, ...]]:
    """Return the cards or letters of 19 firms, and the firms."""
    from survey_app.config import Config

    names = ["Công ty Hồi Đỏ", LONG, "<b>#strong[Trò] $x$</b>"] + [f"Doanh nghiệp {n}" for n in range(16)]
    firms = tuple(
        Addressee(name, "phường Đông Kinh", "en" if n == 3 else "vi", resume_code()) for n, name in enumerate(names)
    )
    config = Config(base_url="https://khaosat.example.vn")
    return cards.printed(kind, firms, Sheet("spring", 19, now_here().date(), config)), firms


def codes_on(page: pypdfium2.PdfPage) -> list[zxingcpp.Barcode]:
    """Return what a scanner reads on a page as it comes from a printer of 200 dpi."""
    return zxingcpp.read_barcodes(np.ascontiguousarray(page.render(scale=200 / 72).to_numpy()[:, :, :3]))


@pytest.mark.parametrize(("kind", "a_page"), [("cards", 8), ("letters", 1)])
def test_every_code_on_paper_leads_to_its_firm(kind, a_page):
    content, firms = paper(kind)
    document, text = pypdfium2.PdfDocument(content), pypdf.PdfReader(io.BytesIO(content))
    assert len(document) == -(-len(firms) // a_page)
    for number, page in enumerate(document):
        expected = firms[number * a_page : (number + 1) * a_page]
        found = codes_on(page)
        assert Counter(code.text for code in found) == Counter(
            f"https://khaosat.example.vn/p#{format_code(firm.secret)}" for firm in expected
        )
        assert {code.ec_level for code in found} == {"Q"}
        words = re.sub(r"\s", "", text.pages[number].extract_text())
        for firm in expected:
            assert format_code(firm.secret) in words
            assert re.sub(r"\s", "", firm.name)[:40] in words
            assert "02050000000" in words


@pytest.mark.parametrize("kind", ["cards", "letters"])
def test_a_code_is_at_least_25_mm_wide(kind):
    found = codes_on(pypdfium2.PdfDocument(paper(kind)[0])[0])
    for code in found:
        corners = code.position
        width = abs(corners.top_right.x - corners.top_left.x) / 200 * 25.4
        assert width >= 25, f"{width:.1f} mm"


def test_a_file_is_asked_for_made_fetched_and_forgotten(app, keys, wave):
    client = signed_in(app, RoleName.ASSOCIATION)
    where = client.post("/hh/dot/spring/the", data=token(client) | {"kind": "cards", "whom": "waiting"}).location
    assert "tự tải lại" in client.get(where).text
    work(app)
    assert "1 doanh nghiệp" in client.get(where).text
    fetched = client.get(f"{where}/tai")
    assert fetched.data.startswith(b"%PDF")
    assert fetched.headers["Content-Disposition"] == "attachment; filename=spring-cards.pdf"
    secret = format_code(link_secret(keys.link, "spring", wave["dung"], 1))
    with app.app_context(), transaction() as session:
        row = session.scalars(select(Handout)).one()
        assert (row.firms, row.made_by) == (1, "association@example.vn")
        assert b"%PDF" not in row.content
        assert secret.encode() not in row.content
        handouts.forget(session, row.made_at.replace(tzinfo=UTC) + timedelta(hours=25))
    assert client.get(f"{where}/tai").status_code == 404
    assert "Đã xóa sau một ngày" in client.get("/hh/dot/spring/the").text


def test_nobody_left_to_write_to_is_said(app, wave):
    client = signed_in(app, RoleName.COORDINATOR)
    with app.app_context(), transaction() as session:
        session.get_one(Invitation, wave["dung"]).outcome = Outcome.NO_CONTACT
    where = client.post("/hh/dot/spring/the", data=token(client) | {"kind": "csv", "whom": "waiting"}).location
    work(app)
    assert "Không có doanh nghiệp nào" in client.get(where).text


def test_a_new_link_takes_the_place_of_the_old(app, keys, wave):
    client = signed_in(app, RoleName.ASSOCIATION)
    page = f"/hh/dot/spring/theo-doi/{wave['dung']}"
    old = re.search(r"/p#([0-9A-Z-]{19})", client.get(page).text)[1]
    answer = client.post(f"{page}/lien-ket-moi", data=token(client))
    new = re.search(r"/p#([0-9A-Z-]{19})", client.get(answer.location).text)[1]
    assert old != new
    phone = app.test_client()
    assert phone.post_form("/p", {"code": old, "action": "start"}).location == "/p/khong-dung-duoc"
    assert phone.post_form("/p", {"code": new, "action": "start"}).location == "/p/dong-y"


def test_an_answer_not_yet_counted_is_neither_lost_nor_told_by_a_new_link(app, keys, wave):
    with app.app_context(), transaction() as session:
        session.get_one(Invitation, wave["dung"]).answered = True  # since the last snapshot
    with app.app_context(), transaction() as session:
        assert invitations.reissue(session, keys, "spring", wave["dung"]) is True
        assert session.get_one(Invitation, wave["dung"]).answered
        assert invitations.reissue(session, keys, "spring", wave["an"]) is False
