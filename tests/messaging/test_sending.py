"""The contact plan: whom a step reaches, what is sent, what is tried again, and what the pages make of it."""

from __future__ import annotations

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from sqlalchemy import select, text

from survey_app import contacts
from survey_app.contacts import Contact
from survey_app.db import db, transaction
from survey_app.envelopes import format_code, link_secret
from survey_app.errors import DomainError
from survey_app.messaging import sender, unsubscribing
from survey_app.models.fieldwork import Invitation, Outcome, SampleUnit, Wave, WaveState
from survey_app.models.message import Channel, ContactStep, Message, MessageState
from survey_app.models.people import RoleName
from survey_app.services import message_texts, messages, outbox
from survey_app.services.message_texts import Words
from tests.factories import make_invitation, make_wave
from tests.messaging.story import NOW, TINY, states, switch_on
from tests.survey_app.signing_in import signed_in, token
from tests.survey_app.test_association import work


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


@pytest.mark.parametrize("late", ["save", "stop", "queue"])
def test_a_step_is_queued_as_it_stands_and_changed_only_before(app, keys, wave, late):
    texts = {lang: message_texts.first_words(Channel.EMAIL, 1, lang) for lang in ("vi", "en")}
    with app.app_context(), transaction() as session:
        step = {"send_on": NOW.date(), "channel": Channel.EMAIL}
        messages.save_step(session, "spring", 1, texts=texts, **step)
        messages.turn(session, "spring", 1, on=True)
    queued = threading.Event()
    other = {lang: Words("Khác", f"{words.text} {lang}") for lang, words in texts.items()}
    acts = {
        "save": lambda session: messages.save_step(session, "spring", 1, texts=other, **step),
        "stop": lambda session: messages.turn(session, "spring", 1, on=False),
        "queue": lambda session: messages.queue_due(session, keys, now=NOW, channels=[Channel.EMAIL]),
    }

    def queue():
        with app.app_context(), transaction() as session:
            count = messages.queue_due(session, keys, now=NOW, channels=[Channel.EMAIL])
            queued.set()
            time.sleep(0.3)
            return count

    def act():
        queued.wait(10)
        with app.app_context():
            try:
                with transaction() as session:
                    return acts[late](session)
            except DomainError as error:
                return type(error)

    with ThreadPoolExecutor(2) as pool:
        results = [each.result() for each in (pool.submit(queue), pool.submit(act))]
    assert results == [2, {"save": messages.AlreadyQueued, "stop": None, "queue": 0}[late]]
    with app.app_context():
        found = db.session.get_one(ContactStep, ("spring", 1))
        assert (found.subject_vi, found.is_on) == (texts["vi"].subject, late != "stop")


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
    for _ in range(len(outbox.BACKOFF)):
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


WORDS = {"text_vi": "Xem {link}", "text_en": "{link}"}


def test_texts_are_changed_on_the_page_and_faults_stand_beside_their_field(app, wave):
    client = signed_in(app, RoleName.COORDINATOR)
    form = {"send_on": f"{NOW:%d/%m/%Y}", "channel": "email", "subject_vi": "Nhắc", "subject_en": "Again"}
    late = client.post("/hh/dot/spring/tin/2", data=token(client) | form | WORDS | {"send_on": "11/05/2099"})
    assert "Chọn ngày trong thời gian của đợt" in late.text
    assert "đến 10/05/2099" in late.text
    bad = client.post("/hh/dot/spring/tin/2", data=token(client) | form | {"text_vi": "Thiếu", "text_en": "{link}"})
    assert bad.status_code == 200
    assert "Thiếu {link}." in bad.text
    good = client.post("/hh/dot/spring/tin/2", data=token(client) | form | WORDS)
    assert good.status_code == 302
    page = client.get("/hh/dot/spring/tin/2").text
    assert "Xem http://127.0.0.1:8000/p#XXXX-XXXX-XXXX-XXXX" in page
    assert f"{NOW:%d/%m/%Y}" in client.get("/hh/dot/spring/tin").text
    assert client.get("/hh/dot/spring/tin/5").status_code == 404


def test_a_trial_goes_to_oneself_and_its_link_to_nobody(app, keys, wave, postbox):
    client = signed_in(app, RoleName.ASSOCIATION)
    where = client.post("/hh/dot/spring/tin/1/thu", data=token(client)).location
    work(app)
    assert "Đã gửi thử tới association@example.vn" in client.get(where).text
    assert [to for to, _ in postbox.taken] == [["association@example.vn"]] * 2
    assert all("XXXX-XXXX" in mail.get_payload(decode=True).decode() for _, mail in postbox.taken)
    assert states(app) == {}
