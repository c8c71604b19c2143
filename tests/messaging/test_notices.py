"""Notices: to whom they go, by the same way out as the messages of a wave, and what pages make of them."""

from __future__ import annotations

import io
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from email.header import decode_header, make_header

import pytest
from openpyxl import load_workbook
from sqlalchemy import func, select

from survey_app import contacts
from survey_app.contacts import Contact
from survey_app.db import db, transaction
from survey_app.errors import DomainError
from survey_app.messaging import sender
from survey_app.models.fieldwork import SampleUnit
from survey_app.models.message import Channel, Message, MessageState, Notice
from survey_app.models.people import RoleName
from survey_app.services import notices, outbox, plans
from survey_app.services.message_texts import BadTexts, Words
from tests.messaging.story import NOW, switch_on
from tests.survey_app.signing_in import make_account, sign_in, signed_in, token
from tests.survey_app.test_association import work

FIRMS = {
    "an": {"vsic": "C", "area": "Phường Tam Thanh"},
    "binh": {"vsic": "G", "area": "Phường Tam Thanh", "language": "en"},
    "chi": {"vsic": "G", "area": "Xã Lộc Bình", "opted_out": True},
    "dung": {"vsic": "G", "area": "Xã Lộc Bình"},
}
TEXTS = {
    "vi": Words("Quy hoạch mới", "Kính gửi {firm}: https://langson.gov.vn/qh"),
    "en": Words("New plan", "To {firm}"),
}


@pytest.fixture
def firms(app, keys):
    """Four firms: one wants no messages, one has no e-mail."""
    with app.app_context(), transaction() as session:
        for number, (name, more) in enumerate(FIRMS.items()):
            unit = SampleUnit(id=str(number) * 32, name=f"Công ty {name}", folded=name, **more)
            mail = None if name == "dung" else f"{name}@example.vn"
            unit.contact = contacts.seal(keys.contact, unit.id, Contact("Lan", f"+8491234567{number}", mail))
            session.add(unit)
    return FIRMS


def _make(app, **more) -> int:
    with app.app_context(), transaction() as session:
        content = notices.Content(**({"channel": Channel.EMAIL, "texts": TEXTS} | more))
        return notices.make(session, content, by="a@example.vn", now=NOW).id


def _send(app, keys, number, **more) -> int:
    with app.app_context(), transaction() as session:
        return notices.send(session, number, keys, now=NOW, **more)


def _states(app) -> list[MessageState]:
    with app.app_context():
        return sorted(db.session.scalars(select(Message.state)))


def test_every_firm_it_is_meant_for_gets_it_in_its_language_and_once(app, keys, firms, postbox):
    number = _make(app)
    assert _send(app, keys, number) == 2
    assert sender.send_all(app) == 2
    got = {
        to[0]: (str(make_header(decode_header(mail["Subject"]))), mail.get_payload(decode=True).decode().strip())
        for to, mail in postbox.taken
    }
    assert got == {
        "an@example.vn": ("Quy hoạch mới", "Kính gửi Công ty an: https://langson.gov.vn/qh"),
        "binh@example.vn": ("New plan", "To Công ty binh"),
    }
    assert all("/khong-nhan-tin/" in mail["List-Unsubscribe"] for _, mail in postbox.taken)
    assert _send(app, keys, number) == 0
    assert sender.send_all(app) == 0


@pytest.mark.parametrize(
    ("asked", "reach"),
    [
        ({}, (4, 2, 1, 1)),
        ({"vsic": "G"}, (3, 1, 1, 1)),
        ({"area": "Xã Lộc Bình"}, (2, 0, 1, 1)),
        ({"vsic": "G", "area": "Xã Lộc Bình", "channel": Channel.SMS}, (2, 1, 0, 1)),
    ],
)
def test_what_it_would_reach_is_counted_before(app, keys, firms, asked, reach):
    number = _make(app, **asked)
    with app.app_context():
        found = notices.dry_run(db.session, notices.get(db.session, number), keys)
    assert (found.firms, found.reached, found.no_address, found.no_messages) == reach


def test_a_notice_that_reaches_nobody_is_not_sent(app, keys, firms):
    number = _make(app, area="Xã Lộc Bình")
    with pytest.raises(notices.NobodyReached):
        _send(app, keys, number)
    with app.app_context():
        assert db.session.get_one(Notice, number).queued_on is None


def test_a_firm_that_stops_messages_while_it_waits_gets_none(app, keys, firms, postbox):
    _send(app, keys, _make(app))
    with app.app_context(), transaction() as session:
        session.get_one(SampleUnit, "0" * 32).opted_out = True
    assert sender.send_all(app) == 1
    assert _states(app) == [MessageState.SENT, MessageState.SKIPPED]


def test_a_stopped_notice_waits_and_goes_on(app, keys, firms, postbox):
    number = _make(app)
    _send(app, keys, number)
    with app.app_context(), transaction() as session:
        notices.stop(session, number)
    assert sender.send_all(app) == 0
    _send(app, keys, number)
    assert sender.send_all(app) == 2


def test_refusals_in_a_row_stop_the_notice_and_not_the_wave(app, keys, wave, postbox):
    with app.app_context(), transaction() as session:
        for number in range(12):
            unit = SampleUnit(id=f"{number:032d}", name=f"F{number}", folded=f"f{number:02d}", vsic="K")
            unit.contact = contacts.seal(keys.contact, unit.id, Contact(email=f"f{number}@example.vn"))
            session.add(unit)
            postbox.refuse[f"f{number}@example.vn"] = "554 no"
    number = _make(app, vsic="K")
    _send(app, keys, number)
    sender.send_all(app)
    with app.app_context():
        notice = db.session.get_one(Notice, number)
        assert (notice.is_on, notice.trouble) == (False, "554")
    switch_on(app, keys)
    assert sender.send_all(app) == 2


def test_texts_know_the_firm_and_no_link(app):
    for name, said in (
        ("link", "Không có {link}: chỉ dùng {firm}, {association}, {hotline}."),
        ("days_left", "Không có"),
    ):
        with pytest.raises(BadTexts) as caught:
            _make(app, texts={"vi": Words("Tin", f"{{{name}}}"), "en": Words("News", "x")})
        assert caught.value.faults["text_vi"][0].vi.startswith(said)
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Notice)) == 0


def _fields(client, **more):
    fields = {"channel": "email", "vsic": "", "area": "", "duty": "", "subject_vi": "Quy hoạch", "subject_en": "Plan"}
    return token(client) | fields | {"text_vi": "Kính gửi {firm}", "text_en": "To {firm}"} | more


def test_the_whole_way_by_page(app, keys, firms, postbox):
    client = signed_in(app, RoleName.ASSOCIATION)
    bad = client.post("/hh/thong-bao/moi", data=_fields(client, text_vi="{link}"))
    assert "Không có {link}" in bad.text
    page = client.post("/hh/thong-bao/moi", data=_fields(client)).location
    shown = client.get(page).text
    assert "Gửi tới 2 doanh nghiệp" in shown
    assert "Kính gửi Công ty TNHH Minh Họa" in shown
    client.post(page, data=_fields(client, vsic="G"))
    assert "Gửi tới 1 doanh nghiệp" in client.get(page).text
    tried = client.post(f"{page}/thu", data=token(client)).location
    work(app)
    assert "Đã gửi thử tới association@example.vn" in client.get(tried).text
    assert len(postbox.taken) == 2
    client.post(f"{page}/gui", data=token(client))
    sender.send_all(app)
    assert [to for to, _ in postbox.taken[2:]] == [["binh@example.vn"]]
    assert client.post(page, data=_fields(client)).status_code == 409
    assert client.post(f"{page}/xoa", data=token(client)).status_code == 409
    assert re.search(r">3</td>\s*<td[^>]*>1</td>\s*<td[^>]*>33", client.get("/hh/thong-bao").text)


def test_one_that_has_not_left_can_be_deleted(app, firms):
    client = signed_in(app, RoleName.COORDINATOR)
    page = client.post("/hh/thong-bao/moi", data=_fields(client)).location
    assert client.post(f"{page}/xoa", data=token(client)).location == "/hh/thong-bao"
    assert client.get(page).status_code == 404


def test_without_a_gateway_it_leaves_as_a_table(app, keys, firms):
    number = _make(app, channel=Channel.SMS, vsic="G", texts={"vi": Words("", "={firm}"), "en": Words("", "{firm}")})
    client = signed_in(app, RoleName.ASSOCIATION)
    client.post(f"/hh/thong-bao/{number}/tep", data=token(client))
    sheet = load_workbook(io.BytesIO(client.get(f"/hh/thong-bao/{number}/tep.xlsx").data)).active
    rows = [[(cell.value, cell.data_type) for cell in row] for row in sheet.iter_rows()]
    assert [[value for value, _ in row] for row in rows] == [
        ["name", "phone", "text"],
        ["Công ty binh", "0912345671", "Cong ty binh"],
        ["Công ty dung", "0912345673", "=Cong ty dung"],
    ]
    assert {kind for row in rows for _, kind in row} == {"s"}
    assert _states(app) == [MessageState.SENT] * 2


def test_agencies_of_the_duty_see_whom_it_reached_and_no_firm(app, keys, firms, postbox):
    with app.app_context(), transaction() as session:
        plans.publish(session, "lang_son_2024", "pci_2023")
    _send(app, keys, _make(app, duty="T2a2"))
    sender.send_all(app)
    served = _read_by(app, "SNNMT")
    assert "T2a2" in served
    assert re.search(r">4</td>\s*<td[^>]*>2</td>\s*<td[^>]*>50", served)
    assert "Công ty" not in served
    assert "T2a2" not in _read_by(app, "STP")


def _read_by(app, agency: str) -> str:
    client = app.test_client()
    sign_in(client, make_account(app, RoleName.AGENCY, email=f"{agency.lower()}@example.vn", agency_code=agency))
    return client.get("/cq").text


def _at_once(app, *acts):
    """Do things in a session each, at the same moment; return what each returned or raised."""

    def run(act):
        with app.app_context():
            try:
                with transaction() as session:
                    return act(session)
            except DomainError as error:
                return type(error)

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def _slowly(act):
    """Do something and take a while to end the transaction, so that another meets it."""

    def run(session):
        result = act(session)
        time.sleep(0.3)
        return result

    return run


def test_a_notice_sent_twice_at_once_is_queued_once(app, keys, firms):
    number = _make(app)
    send = _slowly(lambda session: notices.send(session, number, keys, now=NOW))
    assert sorted(_at_once(app, send, send, send)) == [0, 0, 2]
    assert _states(app) == [MessageState.QUEUED] * 2


@pytest.mark.parametrize("late", ["change", "delete", "by_hand"])
def test_nothing_is_done_to_a_notice_that_leaves_at_that_moment(app, keys, firms, late):
    number = _make(app)
    gone = threading.Event()

    def send(session):
        count = notices.send(session, number, keys, now=NOW)
        gone.set()
        time.sleep(0.3)
        return count

    other = {"vi": Words("Tin khác", "Khác"), "en": Words("Other", "Other")}
    acts = {
        "change": lambda session: notices.change(session, number, notices.Content(Channel.EMAIL, other)),
        "delete": lambda session: notices.delete(session, number),
        "by_hand": lambda session: notices.send(session, number, keys, now=NOW, by_hand=True),
    }

    def act(session):
        gone.wait(10)
        return acts[late](session)

    assert _at_once(app, send, act) == [2, notices.HasLeft]
    with app.app_context():
        notice = db.session.get_one(Notice, number)
        assert (notice.subject_vi, notice.is_on) == ("Quy hoạch mới", True)


@pytest.mark.parametrize("text", ["{firm:>999999999}", "{firm:d}", "{firm!r}", "{firm:{firm}}"])
def test_a_placeholder_is_a_name_and_nothing_else(app, text):
    with pytest.raises(BadTexts):
        _make(app, texts={"vi": Words("Tin", text), "en": Words("News", "x")})


def test_a_notice_stopped_on_its_way_leaves_no_table_that_would_write_twice(app, config, keys, firms):
    number = _make(app, channel=Channel.SMS, texts={"vi": Words("", "{firm}"), "en": Words("", "{firm}")})
    _send(app, keys, number)
    with app.app_context(), transaction() as session:
        taken = outbox.take_next(session, keys, config, now=NOW, channels=[Channel.SMS])
        outbox.note(session, taken.id, MessageState.SENT, now=NOW)
        notices.stop(session, number)
    client = signed_in(app, RoleName.ASSOCIATION)
    assert "tep.xlsx" not in client.get(f"/hh/thong-bao/{number}").text
    sheet = load_workbook(io.BytesIO(client.get(f"/hh/thong-bao/{number}/tep.xlsx").data)).active
    assert [cell.value for row in sheet.iter_rows() for cell in row] == list(notices.HEADER)
