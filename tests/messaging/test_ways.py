"""The ways out and back: a gateway, files, a mailbox with mail that came back; and settings that would be unsafe."""

from __future__ import annotations

import io
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar

import pytest
from python_calamine import CalamineWorkbook

from survey_app.config import BadConfiguration, Config
from survey_app.db import db, transaction
from survey_app.messaging import bounces, sender
from survey_app.messaging.channels import Letter, as_mail, ways
from survey_app.models.message import Channel, Message, MessageState
from survey_app.models.people import RoleName
from survey_app.services import message_texts, messages
from tests.mail import IMAP_PASSWORD, IMAP_USER, deliver, imap_server, unread
from tests.messaging.story import NOW, states, switch_on
from tests.survey_app.signing_in import signed_in, token
from tests.survey_app.test_association import work


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
