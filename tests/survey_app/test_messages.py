"""The contact plan: whom a step reaches, its texts, mail through a real server, bounces from a real mailbox."""

from __future__ import annotations

import io
import json
import threading
from collections import Counter
from datetime import date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select, text

from survey_app import contacts
from survey_app.config import BadConfiguration, Config
from survey_app.contacts import Contact
from survey_app.db import db, transaction
from survey_app.envelopes import format_code, link_secret
from survey_app.i18n import now_here
from survey_app.messaging import bounces, sender, unsubscribing
from survey_app.messaging.channels import Letter, as_mail, ways
from survey_app.models.fieldwork import Invitation, Outcome, SampleUnit, Wave, WaveState
from survey_app.models.message import Channel, ContactStep, Message, MessageState
from survey_app.models.people import RoleName
from survey_app.services import message_texts, messages
from survey_app.services.message_texts import Words
from survey_app.services.working_hours import is_working_time
from tests.factories import instrument, item, make_invitation, make_wave
from tests.mail import IMAP_PASSWORD, IMAP_USER, deliver, imap_server, smtp_server, unread
from tests.survey_app.signing_in import signed_in, token
from tests.survey_app.test_association import work

TINY = instrument(item("a"))
NOW = now_here().replace(hour=0, minute=0, second=0, microsecond=0)
FATES = ("waits", "answered", "refused", "silent", "nowhere", "now")


@pytest.fixture
def wave(app, keys):
    """An open wave whose firms have met every fate; invitation ids by fate. `now` has answered since midnight."""
    with app.app_context(), transaction() as session:
        made, _ = make_wave(session, TINY, code="spring", opens_on=NOW.date(), closes_on=date(2099, 5, 10))
        made.snapshot_on = NOW.date()
        ids = {}
        for fate in FATES:
            invitation, _ = make_invitation(session, keys, made, name=f"Công ty {fate}\r\nBcc: x@y.vn", folded=fate)
            unit = session.get_one(SampleUnit, invitation.unit)
            reachable = Contact("Lan", "+84912345678", f"{fate}@example.vn")
            unit.contact = None if fate == "nowhere" else contacts.seal(keys.contact, unit.id, reachable)
            unit.opted_out = fate == "silent"
            invitation.answered = fate in ("answered", "now")
            invitation.known_answered = fate == "answered"
            invitation.outcome = Outcome.REFUSED if fate == "refused" else None
            ids[fate] = invitation.id
        return ids


@pytest.fixture
def postbox(app, config):
    """A mail server, and the application set to use it."""
    with smtp_server() as box:
        mail = {"smtp_host": "127.0.0.1", "smtp_port": box.port, "smtp_security": "none"}
        app.extensions["config"] = config.model_copy(
            update={**mail, "mail_sender": "khaosat@example.vn", "mail_per_minute": 60_000}
        )
        yield box


def switch_on(app, keys, *, channel: Channel = Channel.EMAIL, number: int = 1) -> None:
    """Let a step go and queue what is due."""
    with app.app_context(), transaction() as session:
        texts = {lang: message_texts.first_words(channel, number, lang) for lang in ("vi", "en")}
        messages.save_step(session, "spring", number, send_on=NOW.date(), channel=channel, texts=texts)
        messages.turn(session, "spring", number, on=True)
    with app.app_context(), transaction() as session:
        messages.queue_due(session, keys, now=NOW, channels=set(Channel))


def states(app) -> dict[str, MessageState]:
    """Return the state of each invitation's message."""
    with app.app_context():
        return dict(db.session.execute(select(Message.invitation, Message.state)).all())


def test_only_firms_that_had_not_answered_at_midnight_get_a_message(app, keys, wave, postbox):
    switch_on(app, keys)
    assert set(states(app)) == {wave["waits"], wave["now"]}
    assert sender.send_all(app) == 2
    assert set(states(app).values()) == {MessageState.SENT}
    assert sorted(to[0] for to, _ in postbox.taken) == ["now@example.vn", "waits@example.vn"]
    with pytest.raises(messages.AlreadyQueued):
        switch_on(app, keys)
    assert sender.send_all(app) == 0


def test_a_letter_is_one_mail_to_one_firm_with_its_link_and_a_way_to_stop(app, keys, wave, postbox):
    switch_on(app, keys)
    sender.send_all(app)
    ((to, mail),) = [each for each in postbox.taken if each[0] == ["waits@example.vn"]]
    words = mail.get_payload(decode=True).decode()
    assert to == ["waits@example.vn"] == [mail["To"]]
    assert mail["Bcc"] is None
    assert format_code(link_secret(keys.link, "spring", wave["waits"], 1)) in words
    assert "Công ty waits Bcc: x@y.vn" in words  # a line break in a name stays a space
    assert mail.get_content_type() == "text/plain"
    stop = mail["List-Unsubscribe"].replace("\n", "").split(">")[0].strip("<")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    client = app.test_client()
    path = stop.removeprefix("http://127.0.0.1:8000")
    assert client.get(path).status_code == 200
    assert _wants_silence(app, wave["waits"]) is False  # a look changes nothing
    assert client.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert _wants_silence(app, wave["waits"]) is True
    assert client.post(path[:-1] + "x").status_code == 200  # an address that is not ours is not told so
    assert not _wants_silence(app, wave["now"])


def _wants_silence(app, invitation: str) -> bool:
    with app.app_context():
        firm = db.session.get_one(Invitation, invitation).unit
        return db.session.get_one(SampleUnit, firm).opted_out


def test_an_address_to_stop_says_nothing_of_a_link(config, keys):
    address = unsubscribing.address_of(config, keys, "a" * 32)
    assert unsubscribing.unit_of(keys, address.rsplit("/", 1)[1]) == "a" * 32
    assert unsubscribing.unit_of(keys, "b" * 48) is None
    assert unsubscribing.unit_of(keys, "") is None
    assert unsubscribing.unit_of(keys, "b" * 32 + "đ" * 16) is None


def test_the_database_keeps_neither_address_nor_link_nor_text(app, keys, wave, postbox):
    switch_on(app, keys)
    sender.send_all(app)
    secret = link_secret(keys.link, "spring", wave["waits"], 1)
    with app.app_context():
        rows = [str(tuple(row)) for row in db.session.execute(text("SELECT * FROM message"))]
    assert rows
    for row in rows:
        assert "example.vn" not in row
        assert secret not in row.replace("-", "")
        assert "Công ty" not in row


def test_a_step_waits_for_its_day_and_for_the_count_of_the_day(app, keys, wave):
    with app.app_context(), transaction() as session:
        messages.turn(session, "spring", 1, on=True)
        messages.turn(session, "spring", 2, on=True)
        session.get_one(Wave, "spring").snapshot_on = NOW.date() - timedelta(days=1)
    with app.app_context(), transaction() as session:
        assert messages.queue_due(session, keys, now=NOW, channels={Channel.EMAIL}) == 0
        session.get_one(Wave, "spring").snapshot_on = NOW.date()
        session.flush()
        assert messages.queue_due(session, keys, now=NOW, channels={Channel.SMS}) == 0
        assert (
            messages.queue_due(session, keys, now=NOW, channels={Channel.EMAIL}) == 2
        )  # the invitation, not the reminder


@pytest.mark.parametrize("change", [{"state": WaveState.CLOSED}, {"rehearsal_of": "spring"}])
def test_a_closed_wave_or_a_rehearsal_sends_nothing(app, keys, wave, change):
    with app.app_context(), transaction() as session:
        messages.turn(session, "spring", 1, on=True)
        for name, value in change.items():
            setattr(session.get_one(Wave, "spring"), name, value)
    with app.app_context(), transaction() as session:
        assert messages.queue_due(session, keys, now=NOW, channels={Channel.EMAIL}) == 0


def test_who_answers_while_the_queue_waits_is_skipped(app, keys, wave, postbox):
    switch_on(app, keys)
    with app.app_context(), transaction() as session:
        session.get_one(Invitation, wave["waits"]).known_answered = True
        session.get_one(Invitation, wave["now"]).outcome = Outcome.NO_CONTACT
    assert sender.send_all(app) == 0
    assert set(states(app).values()) == {MessageState.SKIPPED}
    assert postbox.taken == []


def test_a_refusal_for_now_is_tried_again_and_one_for_good_is_not(app, keys, wave, postbox):
    postbox.refuse = {"waits@example.vn": "450 busy", "now@example.vn": "550 no such user waits@example.vn"}
    switch_on(app, keys)
    assert sender.send_all(app) == 0
    with app.app_context():
        kept = {row.invitation: row for row in db.session.scalars(select(Message))}
        waits, gone = kept[wave["waits"]], kept[wave["now"]]
    assert (waits.state, waits.reason, waits.attempts) == (MessageState.QUEUED, "450", 1)
    assert (gone.state, gone.reason) == (MessageState.FAILED, "550")
    postbox.refuse = {}
    assert sender.send_all(app) == 0  # not yet
    for _ in range(len(messages.BACKOFF)):
        with app.app_context(), transaction() as session:
            session.get_one(Message, waits.id).due_at = NOW
        postbox.refuse = {"waits@example.vn": "450 busy"}
        sender.send_all(app)
    assert states(app)[wave["waits"]] is MessageState.FAILED


def test_ten_refusals_in_a_row_stop_the_step_until_a_person_looks(app, keys, postbox):
    with app.app_context(), transaction() as session:
        made, _ = make_wave(session, TINY, code="spring", opens_on=NOW.date(), closes_on=date(2099, 5, 10))
        for number in range(15):
            invitation, _ = make_invitation(session, keys, made)
            unit = session.get_one(SampleUnit, invitation.unit)
            unit.contact = contacts.seal(keys.contact, unit.id, Contact(email=f"{number}@example.vn"))
            postbox.refuse[f"{number}@example.vn"] = "554 we do not like you"
    switch_on(app, keys)
    sender.send_all(app)
    assert Counter(states(app).values()) == {MessageState.FAILED: 10, MessageState.QUEUED: 5}
    with app.app_context():
        step = db.session.get_one(ContactStep, ("spring", 1))
        assert (step.is_on, step.trouble) == (False, "554")
    client = signed_in(app, RoleName.ASSOCIATION)
    assert "từ chối 10 tin liên tiếp (554)" in client.get("/hh/dot/spring/tin/1").text
    postbox.refuse = {}
    client.post("/hh/dot/spring/tin/1/bat", data=token(client))
    assert sender.send_all(app) == 5


def test_a_server_that_is_away_costs_nothing(app, config, keys, wave):
    away = {"smtp_host": "127.0.0.1", "smtp_port": 9, "smtp_security": "none", "mail_per_minute": 60_000}
    app.extensions["config"] = config.model_copy(update={**away, "mail_sender": "khaosat@example.vn"})
    switch_on(app, keys)
    assert sender.send_all(app) == 0
    assert set(states(app).values()) == {MessageState.QUEUED}


def test_only_one_sender_works_at_a_time(app, keys, wave, postbox):
    switch_on(app, keys)
    with sender.alone(app.extensions["config"].keys_dir) as first:
        assert first
        assert sender.send_all(app) is None
    assert sender.send_all(app) == 2


def report(number: str, *, action: str = "failed", status: str = "5.1.1", host: str = "127.0.0.1") -> bytes:
    """Return a delivery report as mail servers write them (RFC 3464)."""
    return (
        "From: MAILER-DAEMON@example.vn\r\nTo: khaosat@example.vn\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nThe mail could not be delivered.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.vn\r\n\r\n"
        f"Final-Recipient: rfc822; waits@example.vn\r\nAction: {action}\r\nStatus: {status}\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <{number}@{host}>\r\nSubject: x\r\n\r\n--b--\r\n"
    ).encode()


def test_mail_that_comes_back_is_noted_and_other_mail_left_alone(app, keys, wave, postbox):
    switch_on(app, keys)
    sender.send_all(app)
    number = postbox.ids[[to for to, _ in postbox.taken].index(["waits@example.vn"])]
    with imap_server() as port:
        (app_dir := app.extensions["config"].keys_dir / "imap").write_text(IMAP_PASSWORD, encoding="utf-8")
        settings = {"imap_host": "127.0.0.1", "imap_port": port, "imap_user": IMAP_USER, "imap_password_file": app_dir}
        app.extensions["config"] = app.extensions["config"].model_copy(update=settings)
        before = unread(port)
        for content in (
            report(number),
            report("f" * 32),
            report(number, action="delayed"),
            report(number, host="other.vn"),
            b"Subject: a question\r\n\r\nHello\r\n",
        ):
            deliver(port, content)
        with app.app_context():
            assert bounces.collect(app.extensions["config"]) == 1
            assert bounces.collect(app.extensions["config"]) == 0
        assert unread(port) == before + 3  # what is not ours stays unread
    assert states(app)[wave["waits"]] is MessageState.BOUNCED
    with app.app_context():
        assert db.session.get_one(Message, number).reason == "5.1.1"
    page = signed_in(app, RoleName.ASSOCIATION).get("/hh/dot/spring/tin/1").text
    assert "Bị trả lại" in page
    assert "5.1.1" in page


class _Gateway(BaseHTTPRequestHandler):
    taken: ClassVar[list[dict[str, str]]] = []
    answer = 200

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        type(self).taken.append(body | {"key": self.headers["Idempotency-Key"]})
        self.send_response(type(self).answer)
        if type(self).answer == 302:
            self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/elsewhere")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def gateway(app, config):
    """An HTTP gateway for text messages, and the application set to use it."""
    _Gateway.taken, _Gateway.answer = [], 200
    server = HTTPServer(("127.0.0.1", 0), _Gateway)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/send"
    settings = {"gateway_url": address, "gateway_hosts": ("127.0.0.1",), "mail_per_minute": 60_000}
    app.extensions["config"] = config.model_copy(update=settings)
    yield _Gateway
    server.shutdown()


@pytest.mark.parametrize(
    ("answer", "state"),
    [(200, MessageState.SENT), (503, MessageState.QUEUED), (400, MessageState.FAILED), (302, MessageState.FAILED)],
)
def test_text_messages_go_through_the_gateway(app, keys, wave, gateway, answer, state):
    gateway.answer = answer
    switch_on(app, keys, channel=Channel.SMS)
    sender.send_all(app)
    assert set(states(app).values()) == {state}
    assert len(gateway.taken) == 2  # a redirect is not followed
    first = gateway.taken[0]
    assert (first["channel"], first["to"], first["key"]) == ("sms", "+84912345678", first["id"])
    assert first["text"].isascii()
    assert message_texts.sms_length(first["text"]) <= 306


def test_without_a_gateway_text_messages_leave_as_a_file(app, keys, wave):
    client = signed_in(app, RoleName.ASSOCIATION)
    texts = {lang: message_texts.first_words(Channel.SMS, 2, lang) for lang in ("vi", "en")}
    with app.app_context(), transaction() as session:
        messages.save_step(session, "spring", 2, send_on=NOW.date(), channel=Channel.SMS, texts=texts)
    where = client.post("/hh/dot/spring/tin/2/tep", data=token(client)).location
    work(app)
    header, *rows = (
        CalamineWorkbook.from_filelike(io.BytesIO(client.get(f"{where}/tai").data)).get_sheet_by_index(0).to_python()
    )
    assert header[-1] == "text"
    assert sorted(row[1].split()[2] for row in rows) == ["now", "waits"]
    assert all("/p#" in row[-1] and row[-1].isascii() for row in rows)
    assert set(states(app).values()) == {MessageState.SENT}
    assert client.post("/hh/dot/spring/tin/2/tep", data=token(client)).status_code == 409  # once


@pytest.mark.parametrize(
    ("channel", "words", "said"),
    [
        (Channel.EMAIL, Words("Mời", "Kính gửi {firm}"), "Thiếu {link}."),
        (Channel.EMAIL, Words("Mời", "{link} {secret}"), "Không có {secret}"),
        (Channel.EMAIL, Words("Mời", "{link} {firm.__class__}"), "Không có {firm.__class__}"),
        (Channel.EMAIL, Words("Mời", "{link} {"), "phải đi thành đôi"),
        (Channel.EMAIL, Words("x" * 51, "{link}"), "Tiêu đề dài 51 ký tự"),
        (Channel.EMAIL, Words("Mời\r\nBcc: x@y.vn", "{link}"), "trên một dòng"),
        (Channel.SMS, Words("", "x" * 260 + "{link}"), "dài 312 ký tự"),
        (Channel.ZALO, Words("Ngắn", "{link}"), "Tiêu đề dài 4 ký tự khi điền mẫu; phải từ 9 đến 65"),
        (Channel.ZALO, Words("Mời khảo sát", "x" * 400 + "{link}"), "phải từ 9 đến 400"),
    ],
)
def test_a_text_that_cannot_be_sent_is_refused_in_words(channel, words, said):
    assert any(said in fault.vi for fault in message_texts.faults(channel, words))


@pytest.mark.parametrize("channel", Channel)
@pytest.mark.parametrize("number", messages.STEPS)
@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_usual_texts_can_be_sent(channel, number, language):
    assert message_texts.faults(channel, message_texts.first_words(channel, number, language)) == []


def test_marks_are_taken_off_and_double_signs_counted():
    assert message_texts.without_marks("Đặng Thị Hồng, ₫ 5") == "Dang Thi Hong,   5"
    assert message_texts.sms_length("a[b]") == 6
    assert [message_texts.segments(n) for n in (160, 161, 306, 307)] == [1, 2, 2, 3]


@pytest.mark.parametrize(
    ("moment", "is_time"),
    [
        ("2027-04-15 08:00", True),
        ("2027-04-15 07:59", False),
        ("2027-04-15 11:30", False),
        ("2027-04-15 13:30", True),
        ("2027-04-15 18:00", False),
        ("2027-04-17 09:00", False),  # a Saturday
        ("2027-04-30 09:00", False),  # the day of reunification
        ("2027-02-08 09:00", False),  # Tet, by the settings
    ],
)
def test_firms_are_written_to_in_working_hours(moment, is_time):
    assert is_working_time(datetime.fromisoformat(moment), {date(2027, 2, 8)}) is is_time


def test_texts_are_changed_on_the_page_and_faults_stand_beside_their_field(app, wave):
    client = signed_in(app, RoleName.COORDINATOR)
    form = {"send_on": "20/04/2027", "channel": "email", "subject_vi": "Nhắc", "subject_en": "Again"}
    bad = client.post("/hh/dot/spring/tin/2", data=token(client) | form | {"text_vi": "Thiếu", "text_en": "{link}"})
    assert bad.status_code == 200
    assert "Thiếu {link}." in bad.text
    good = client.post(
        "/hh/dot/spring/tin/2", data=token(client) | form | {"text_vi": "Xem {link}", "text_en": "{link}"}
    )
    assert good.status_code == 302
    page = client.get("/hh/dot/spring/tin/2").text
    assert "Xem http://127.0.0.1:8000/p#XXXX-XXXX-XXXX-XXXX" in page
    assert "20/04/2027" in client.get("/hh/dot/spring/tin").text
    assert client.get("/hh/dot/spring/tin/5").status_code == 404


def test_a_trial_goes_to_oneself_and_its_link_to_nobody(app, keys, wave, postbox):
    client = signed_in(app, RoleName.ASSOCIATION)
    where = client.post("/hh/dot/spring/tin/1/thu", data=token(client)).location
    work(app)
    assert "Đã gửi thử tới association@example.vn" in client.get(where).text
    assert [to for to, _ in postbox.taken] == [["association@example.vn"]] * 2
    assert all("XXXX-XXXX" in mail.get_payload(decode=True).decode() for _, mail in postbox.taken)
    assert states(app) == {}


def test_a_header_never_takes_a_line_break(config):
    settings = config.model_copy(update={"mail_sender": "khaosat@example.vn"})
    for address, subject in (("a@b.vn\r\nBcc: c@d.vn", "x"), ("a@b.vn", "x\r\nBcc: c@d.vn")):
        with pytest.raises(ValueError, match=r"linefeed|newline|Header"):
            as_mail(Letter("1", Channel.EMAIL, address, subject, "x", "http://x"), settings)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"smtp_host": "mx.vn"}, "PCI_MAIL_SENDER"),
        ({"smtp_host": "mx.vn", "mail_sender": "a@b.vn", "smtp_security": "none"}, "PCI_SMTP_SECURITY"),
        ({"gateway_url": "https://sms.vn/x"}, "PCI_GATEWAY_HOSTS"),
        ({"gateway_url": "http://sms.vn/x", "gateway_hosts": ("sms.vn",)}, "https://"),
    ],
)
def test_settings_by_half_are_refused(settings, said):
    with pytest.raises(BadConfiguration, match=said):
        Config(base_url="https://khaosat.example.vn", **settings).require_whole()


def test_mail_of_an_unset_installation_has_no_way_out(config):
    assert ways(config) == {}
