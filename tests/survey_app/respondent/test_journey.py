"""A firm's way from the link to the receipt, without JavaScript, on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text

from survey_app.db import db
from survey_app.envelopes import ballot_info, format_code, open_ballot, read_box_key
from survey_app.models.fieldwork import Invitation, Wave, WaveState
from survey_app.models.response import Ballot, Draft
from tests.checked_client import CheckedClient, hidden_fields
from tests.factories import PASSPHRASE, instrument, item, make_invitation, make_wave, option

TICKS = {"type": "multi", "options": [option("a"), option("b"), option("none", exclusive=True)], "dk": True}
DAYS = {"type": "number", "unit": "days", "range": {"min": 0, "max": 365, "soft_max": 60}, "dk": True, "na": True}


@pytest.fixture
def tiny():
    """One item of each kind; q5 is asked only of those who said yes to q1."""
    return instrument(
        item("q1", ref=True),
        item("q2", **TICKS),
        item("q3", **DAYS),
        item("q4", "text", max_length=200),
        item("q5", "agree", options=[option("sa"), option("sd")], ask_if={"item": "q1", "in": ["yes"]}),
        pages=[["q1"], ["q2", "q3"], ["q5"], ["q4"]],
        comment_item="q4",
    )


@pytest.fixture
def firm(session, keys, tiny):
    """An open wave and the link secret of one invitation."""
    wave, pem = make_wave(session, tiny)
    _, link = make_invitation(session, keys, wave)
    session.commit()
    return link, pem


def begin(client: CheckedClient, link: str) -> str:
    """Go from the link to the first page; return the resume code."""
    assert client.post_form("/p", {"code": format_code(link), "action": "start"}).location == "/p/dong-y"
    assert client.post_form("/p/dong-y").location == "/p/tiep"
    assert client.get("/p/tiep").location == "/p/t/page1"
    return client.get("/p/t/page1").text.split('<p class="code">')[1].split("<")[0]


def fill(client: CheckedClient) -> None:
    """Answer every page."""
    assert client.post_form("/p/t/page1", {"q1": "yes"}).location == "/p/t/page2"
    assert client.post_form("/p/t/page2", {"q2": ["a", "b"], "q3": "12"}).location == "/p/t/page3"
    assert client.post_form("/p/t/page3", {"q5": "sa"}).location == "/p/t/page4"
    assert client.post_form("/p/t/page4", {"q4": "Sửa đường", "q4__quote": "1"}).location == "/p/xem-lai"


def unseal(pem: bytes) -> list[dict]:
    """Return what the ballots hold."""
    wave = db.session.scalars(select(Wave)).one()
    private, info = read_box_key(pem, PASSPHRASE), ballot_info(wave.code, wave.instrument_hash)
    return [open_ballot(private, sealed, info) for sealed in db.session.scalars(select(Ballot.sealed))]


def test_a_firm_answers_reviews_sends_and_gets_a_receipt(client, session, firm):
    link, pem = firm
    begin(client, link)
    fill(client)
    assert "Sau khi gửi không sửa được" in client.get("/p/xem-lai").text
    sent = send(client)
    assert sent.location == "/p/da-gui"
    assert "Mã biên nhận" in client.get("/p/da-gui").text
    (content,) = unseal(pem)
    assert content["answers"] == {"q1": "yes", "q2": ["a", "b"], "q3": 12, "q5": "sa"}
    assert content["comments"] == {"q4": "Sửa đường"}
    assert session.scalars(select(Draft)).all() == []
    invitation = session.scalars(select(Invitation)).one()
    assert invitation.answered
    assert invitation.consent_version == "2026-11"


def send(client: CheckedClient):
    """Press Send on the review page."""
    return client.post("/p/gui", data=hidden_fields(client.get("/p/xem-lai").text))


def test_the_same_journey_in_english(client, firm):
    link, _ = firm
    client.get("/p?lang=en")
    assert "Your resume code" in client.get("/p").text or "Begin" in client.get("/p").text
    begin(client, link)
    fill(client)
    assert "After sending, the form cannot be changed." in client.get("/p/xem-lai").text
    send(client)
    assert "The form has been received" in client.get("/p/da-gui").text


def test_nothing_but_begin_sets_the_cookie_and_no_get_changes_anything(client, session, firm):
    link, _ = firm
    before = [tuple(row) for row in session.execute(text("SELECT * FROM invitation"))]
    for path in ("/p", "/p/dong-y", "/p/tiep", "/p/ma", "/p/t/page1", "/p/xem-lai", "/p/da-gui", "/p/rut"):
        for _ in range(12):
            response = client.get(path)
            assert not any(cookie.startswith(("p=", "__Host-p=")) for cookie in response.headers.getlist("Set-Cookie"))
    assert [tuple(row) for row in session.execute(text("SELECT * FROM invitation"))] == before
    begin(client, link)
    cookie = client.get_cookie("p").value
    for path in ("/p", "/p/t/page1", "/p/xem-lai", "/p?lang=en"):
        assert not any(c.startswith("p=") for c in client.get(path).headers.getlist("Set-Cookie"))
    assert client.get_cookie("p").value == cookie


def test_a_link_opened_twice_continues_where_it_was(client, session, firm):
    link, _ = firm
    begin(client, link)
    client.post_form("/p/t/page1", {"q1": "yes"})
    assert client.post_form("/p", {"code": format_code(link), "action": "start"}).location == "/p/tiep"
    assert client.get("/p/tiep").location == "/p/t/page2"
    assert len(session.scalars(select(Draft.id)).all()) == 1


def test_another_device_goes_on_with_the_resume_code_and_never_without(app, client, firm):
    link, _ = firm
    code = begin(client, link)
    client.post_form("/p/t/page1", {"q1": "yes"})
    other = app.test_client()
    assert "không tìm thấy" in other.post_form("/p/ma", {"code": link, "resume": link}).text.lower()
    assert other.post_form("/p/ma", {"code": f"http://x/p#{link}", "resume": code.lower()}).location == "/p/tiep"
    assert "checked" in other.get("/p/t/page1").text
    stranger = app.test_client()
    begin(stranger, link)
    assert "checked" not in stranger.get("/p/t/page1").text


def test_a_second_send_shows_the_same_receipt_and_makes_no_second_ballot(client, session, firm):
    link, _ = firm
    begin(client, link)
    fill(client)
    form = hidden_fields(client.get("/p/xem-lai").text)
    assert client.post("/p/gui", data=form).location == "/p/da-gui"
    first = client.get("/p/da-gui").text
    assert client.post("/p/gui", data=form).location == "/p/da-gui"
    assert client.get("/p/da-gui").text.split("code")[1] == first.split("code")[1]
    assert len(session.scalars(select(Ballot.id)).all()) == 1


def test_the_second_form_of_a_firm_is_not_sent_and_says_so(app, client, session, firm):
    link, _ = firm
    other = app.test_client()
    begin(client, link)
    begin(other, link)
    other.post_form("/p/t/page1", {"q1": "no"})
    fill(client)
    send(client)
    answer = other.post("/p/gui", data=hidden_fields(other.get("/p").text))
    assert answer.status_code == 409
    assert "Đã nhận một phiếu của doanh nghiệp này" in answer.text
    assert "Mã biên nhận" not in other.get("/p/da-gui").text
    assert len(session.scalars(select(Ballot.id)).all()) == 1


def test_a_closed_wave_takes_nothing_and_keeps_nothing_half(client, session, firm):
    link, _ = firm
    begin(client, link)
    fill(client)
    form = hidden_fields(client.get("/p/xem-lai").text)
    session.scalars(select(Wave)).one().state = WaveState.CLOSED
    session.commit()
    assert "Đợt khảo sát đã kết thúc" in client.post("/p/gui", data=form).text
    assert client.get("/p/t/page1").location == "/p/da-gui"
    assert session.scalars(select(Ballot.id)).all() == []
    assert not session.scalars(select(Invitation.answered)).one()


def test_withdrawing_takes_the_ballot_out_and_counts_it(client, session, firm):
    link, _ = firm
    code = begin(client, link)
    fill(client)
    send(client)
    shown = client.post_form("/p/rut", follow_redirects=True).text
    assert "Đã thực hiện" in shown
    assert session.scalars(select(Ballot.id)).all() == []
    assert session.scalars(select(Wave.withdrawn)).one() == 1
    assert session.scalars(select(Invitation.answered)).one()
    assert client.post_form("/p/rut", {"code": link, "resume": code}).location == "/p/da-rut"
    session.expire_all()
    assert session.scalars(select(Wave.withdrawn)).one() == 1


@pytest.mark.parametrize("action", ["refused", "wrong_firm", "closed_firm"])
def test_two_taps_are_enough_not_to_take_part(client, session, firm, action):
    link, _ = firm
    noted = client.post_form("/p", {"code": link, "action": action}, follow_redirects=True)
    assert "Hiệp hội sẽ không nhắc lại" in noted.text
    assert session.scalars(select(Invitation.outcome)).one() == action


def test_a_blank_page_is_asked_about_once_and_then_let_pass(client, firm):
    link, _ = firm
    begin(client, link)
    asked = client.post_form("/p/t/page1", {})
    assert "Còn 1 câu chưa trả lời" in asked.text
    assert client.post("/p/t/page1", data=hidden_fields(asked.text)).location == "/p/t/page2"


def test_an_unusual_number_is_asked_about_once(client, firm):
    link, _ = firm
    begin(client, link)
    client.post_form("/p/t/page1", {"q1": "no"})
    asked = client.post_form("/p/t/page2", {"q2": ["none"], "q3": "150"})
    assert "150 ngày là lâu hơn thường lệ" in asked.text
    again = {**hidden_fields(asked.text), "q2": ["none"], "q3": "150"}
    assert client.post("/p/t/page2", data=again).location == "/p/t/page4"


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"q3": "năm"}, "Số ngày phải là số, ví dụ 5"),
        ({"q3": "1" + ".000" * 1500}, "Số ngày phải là số, ví dụ 5"),
        ({"q3": "366"}, "Số ngày phải từ 0 đến 365"),
        ({"q3": "5", "q3__special": "dk"}, "không cả hai"),
        ({"q2": ["a", "none"]}, "không chọn cả hai"),
        ({"q2": ["a", "dk"]}, "không chọn cả hai"),
        ({"q2": ["never heard of"]}, "Chọn một trong các câu trả lời"),
    ],
)
def test_a_wrong_answer_says_what_to_do_and_keeps_what_was_typed(client, session, firm, typed, words):
    link, _ = firm
    begin(client, link)
    client.post_form("/p/t/page1", {"q1": "no"})
    page = client.post_form("/p/t/page2", {"q2": ["b"], "q3": "7", **typed})
    assert words in page.text
    assert "<title>Lỗi: " in page.text
    assert 'value="7"' in page.text or "q3" in typed
    assert 'value="b" checked' in page.text.replace("data-alone", "") or "q2" in typed
    assert session.scalars(select(Draft.version)).one() == 1


def test_an_old_page_comes_back_with_its_answers_and_a_new_token(client, firm):
    link, _ = firm
    begin(client, link)
    page = client.post("/p/t/page1", data={"csrf_token": "old", "seen": "0", "q1": "yes"})
    assert page.status_code == 200
    assert 'value="yes" checked' in page.text
    again = {**hidden_fields(page.text), "q1": "yes"}
    assert client.post("/p/t/page1", data=again).location == "/p/t/page2"


def test_a_page_saved_elsewhere_meanwhile_is_not_overwritten_unasked(app, client, firm):
    link, _ = firm
    code = begin(client, link)
    client.post_form("/p/t/page1", {"q1": "yes"})
    other = app.test_client()
    other.post_form("/p/ma", {"code": link, "resume": code})
    late = other.get("/p/t/page1")
    client.post_form("/p/t/page1", {"q1": "no"})
    conflict = other.post("/p/t/page1", data={**hidden_fields(late.text), "q1": "ref"})
    assert "vừa được sửa ở một máy khác" in conflict.text
    assert 'value="no" checked' in client.get("/p/t/page1").text
    kept = other.post("/p/t/page1", data={**hidden_fields(conflict.text), "q1__keep": "mine"})
    assert kept.location == "/p/t/page2"
    assert 'value="ref" checked' in client.get("/p/t/page1").text


def test_different_pages_saved_on_two_devices_are_both_kept(app, client, firm):
    link, pem = firm
    code = begin(client, link)
    client.post_form("/p/t/page1", {"q1": "no"})
    other = app.test_client()
    other.post_form("/p/ma", {"code": link, "resume": code})
    mine, theirs = client.get("/p/t/page2"), other.get("/p/t/page4")
    client.post("/p/t/page2", data={**hidden_fields(mine.text), "q2": ["a"], "q3": "3"})
    other.post("/p/t/page4", data={**hidden_fields(theirs.text), "q4": "ý kiến", "q4__quote": "1"})
    send(client)
    (content,) = unseal(pem)
    assert content["answers"] == {"q1": "no", "q2": ["a"], "q3": 3}
    assert content["comments"] == {"q4": "ý kiến"}


def test_a_comment_without_the_tick_is_not_sent(client, firm):
    link, pem = firm
    begin(client, link)
    fill(client)
    client.post_form("/p/t/page4", {"q4": "giữ lại"})
    assert "Góp ý sẽ không được gửi" in client.get("/p/xem-lai").text
    send(client)
    (content,) = unseal(pem)
    assert content["comments"] == {}
    assert "q4" not in content["answers"]


def test_an_answer_that_no_longer_counts_is_said_and_not_sent(client, firm):
    link, pem = firm
    begin(client, link)
    fill(client)
    client.post_form("/p/t/page1", {"q1": "no"})
    assert "1 câu trả lời không còn được tính" in client.get("/p/xem-lai").text
    send(client)
    (content,) = unseal(pem)
    assert "q5" not in content["answers"]


def test_drafts_and_ballots_have_one_length_whatever_they_hold(app, session, keys, tiny):
    wave, _ = make_wave(session, tiny)
    links = [make_invitation(session, keys, wave)[1] for _ in range(2)]
    session.commit()
    short, long = app.test_client(), app.test_client()
    for client, link in zip((short, long), links, strict=True):
        begin(client, link)
    short.post_form("/p/t/page1", {"q1": "no"})
    fill(long)
    long.post_form("/p/t/page4", {"q4": "😀" * 200, "q4__quote": "1"})
    assert len({len(blob) for blob in session.scalars(select(Draft.blob))}) == 1
    send(short), send(long)
    session.expire_all()
    assert len({len(sealed) for sealed in session.scalars(select(Ballot.sealed))}) == 1


@pytest.mark.parametrize("cookie", ["", "x", "AAAA", "=" * 50, "%00", "a" * 4000])
def test_a_spoilt_cookie_is_no_cookie(client, cookie):
    client.set_cookie("p", cookie)
    assert client.get("/p").status_code == 200
    assert client.get("/p/t/page1").location == "/p"


def test_a_browser_without_cookies_is_told_so(app, firm):
    link, _ = firm
    bare = app.test_client(use_cookies=False)
    assert "không giữ cookie" in bare.post("/p", data={"code": link, "action": "start"}).text


def test_unknown_closed_and_used_links_get_the_same_page(app, client, session, firm):
    link, _ = firm
    page = client.post_form("/p", {"code": "0000-0000-0000-0000", "action": "start"}, follow_redirects=True)
    assert page.status_code == 404
    assert "Liên kết này không dùng được" in page.text
    begin(client, link)
    fill(client)
    send(client)
    session.scalars(select(Invitation)).one().known_answered = True
    session.commit()
    used = app.test_client().post_form("/p", {"code": link, "action": "start"}, follow_redirects=True)
    wave = session.scalars(select(Wave)).one()
    wave.state = WaveState.CLOSED
    session.commit()
    closed = app.test_client().post_form("/p", {"code": link, "action": "start"}, follow_redirects=True)
    assert page.text == used.text == closed.text
    assert wave.closes_on.strftime("17 giờ ngày %d/%m/%Y") in page.text
    assert f"/ket-qua/{wave.code}/phieu-da-dem" in page.text


def test_a_mistyped_code_is_asked_for_again(client):
    assert "Mã gồm 16 ký tự" in client.post_form("/p", {"code": "abc", "action": "start"}).text


def test_another_firms_form_on_the_same_device_is_not_closed_unasked(client, session, keys, firm):
    link, _ = firm
    wave = session.scalars(select(Wave)).one()
    _, second = make_invitation(session, keys, wave)
    session.commit()
    code = begin(client, link)
    asked = client.post_form("/p", {"code": second, "action": "start"})
    assert code in asked.text
    assert client.get("/p/tiep").location == "/p/t/page1"
    assert client.post("/p", data={**hidden_fields(asked.text), "action": "start"}).location == "/p/dong-y"
