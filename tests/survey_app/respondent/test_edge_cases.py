"""What goes wrong on the way, and what the firm then sees: never an error page, never a lost answer."""

from __future__ import annotations

from html import unescape

import pytest
from sqlalchemy import select, text, update

from survey_app.envelopes import format_code
from survey_app.models.fieldwork import Invitation, Outcome, Wave, WaveState
from tests.checked_client import hidden_fields
from tests.survey_app.respondent.at_form import FULL, begin, fill, make_firms, resume, send

FOOTER = ["/rieng-tu", "/tro-nang", "/lien-he", "/lien-ket-that"]
OLD = {"csrf_token": "of yesterday"}


@pytest.fixture
def link(session, keys):
    """The link secret of one firm in an open wave."""
    return make_firms(session, keys)[0]


def test_codes_are_read_as_people_type_and_paste_them(app, client, link, config):
    code = begin(client, link)
    client.post_form("/p/t/page1", {"q1": "yes"})
    ways = [format_code(link).lower(), f" {link[:7]} {link[7:]} ", f"{config.base_url}/p#{format_code(link)}"]
    ways.append(format_code(link).replace("0", "o").replace("1", "l"))
    ways.append(f"Kính mời doanh nghiệp: {config.base_url}/p#{format_code(link)}")
    for typed in ways:
        other = app.test_client()
        assert other.post_form("/p", {"code": typed, "action": "start"}).location == "/p/dong-y"
        assert other.post_form("/p/ma", {"code": typed, "resume": code.lower()}).location == "/p/tiep"


def test_a_wrong_code_names_the_field_that_is_wrong(client, link):
    page = client.post_form("/p/ma", {"code": link, "resume": "ABCD"})
    assert "<title>Lỗi: " in page.text
    assert 'href="#resume"' in page.text
    assert 'href="#code"' not in page.text
    assert 'id="resume-fault"' in page.text
    assert f'value="{link}"' in page.text
    assert "Không ai khôi phục được mã này" in page.text


def test_the_way_to_another_device_shows_address_and_code_and_mails_nothing(client, link, config):
    code = begin(client, link)
    page = client.get("/p/ma-tiep-tuc").text
    assert f"{config.base_url}/p/ma</strong>" in page
    assert code in page
    assert format_code(link) not in page
    assert "Không có tin nhắn hay thư nào" in page


def test_refusing_after_reading_the_consent_takes_two_taps_and_forgets_the_link(client, session, link):
    client.post_form("/p", {"code": link, "action": "start"})
    form = hidden_fields(client.get("/p/dong-y").text)
    assert "Hiệp hội sẽ không nhắc lại" in client.post("/p/tu-choi", data=form, follow_redirects=True).text
    assert session.scalars(select(Invitation.outcome)).one() == "refused"
    assert client.get_cookie("p") is None


def test_a_firm_that_refused_can_still_change_its_mind(client, session, link):
    client.post_form("/p", {"code": link, "action": "refused"})
    begin(client, link)
    fill(client)
    send(client)
    # the refusal goes with the snapshot of the day: gone at once, it would tell that the firm has just answered
    assert session.execute(select(Invitation.answered, Invitation.outcome)).one() == (True, Outcome.REFUSED)


def test_a_form_with_an_old_token_comes_back_with_what_was_typed_and_says_why(client, session, link):
    begin(client, link)
    typed = {"code": format_code(link), "resume": "ABCD-EFGH"}
    for path, shown in (("/p", ("code",)), ("/p/ma", ("code", "resume")), ("/p/rut", ("code", "resume"))):
        page = client.post(path, data={**OLD, **typed, "action": "refused"})
        assert page.status_code == 200
        assert "Trang này đã mở lâu" in page.text
        assert all(f'value="{typed[name]}"' in page.text for name in shown)
    for path, again in (("/p/dong-y", "/p/dong-y"), ("/p/tu-choi", "/p/dong-y"), ("/p/gui", "/p/xem-lai")):
        assert client.post(path, data=OLD).location == again
    assert client.post("/p/xong", data=OLD).location == "/p/da-gui"
    assert client.post("/p/khoa", data=OLD).location == "/p/ma-tiep-tuc"
    assert session.execute(select(Invitation.answered, Invitation.outcome)).one() == (False, None)
    assert client.get("/p/t/page1").status_code == 200


def test_a_lost_cookie_loses_no_answer(app, client, link):
    code = begin(client, link)
    client.post_form("/p/t/page1", {"q1": "no"})
    form = {**hidden_fields(client.get("/p/t/page2").text), "q2": ["a", "b"], "q3": "12"}
    client.delete_cookie("p")
    page = client.post("/p/t/page2", data=form)
    assert "Những gì vừa nhập vẫn nằm trên trang này" in page.text
    assert 'href="/p/ma"' in page.text
    assert [f'name="q2" value="{each}"' in page.text for each in "ab"] == [True, True]
    resume(client, link, code)
    assert client.post("/p/t/page2", data=form).location == "/p/t/page4"
    assert 'value="12"' in client.get("/p/t/page2").text


def test_without_cookies_the_link_is_shown_to_be_opened_elsewhere(app, client, link, config):
    page = app.test_client(use_cookies=False).post("/p", data={"code": link, "action": "start"}).text
    assert "không giữ cookie" in page
    assert f"{config.base_url}/p#{format_code(link)}" in page
    assert "không giữ cookie" in app.test_client(use_cookies=False).post("/p/ma", data={"code": link}).text
    client.get("/p")
    again = client.post("/p", data=hidden_fields(page) | {"action": "start"})
    assert "Trang này đã mở lâu" in again.text, "a browser that keeps cookies is asked again, not sent away"


def test_every_page_leads_to_privacy_contact_and_the_other_language_in_the_same_place(client, link):
    begin(client, link)
    fill(client)
    paths = ["/p", "/p/dong-y", "/p/ma", "/p/t/page1", "/p/t/page4", "/p/ma-tiep-tuc", "/p/xem-lai", "/p/rut"]
    paths += ["/p/da-rut", "/p/da-ghi-nhan", "/p/khong-dung-duoc", *FOOTER]
    for path in paths:
        page = client.get(path).text
        footer = page.split("<footer")[1]
        assert [each for each in FOOTER if f'href="{each}"' in footer] == FOOTER, path
        assert footer.index("/rieng-tu") < footer.index("/tro-nang") < footer.index("/lien-he")
        assert "English" in page.split("<main")[0], path
        other = client.get(f"{path}?lang=en").text
        assert "Tiếng Việt" in other.split("<main")[0], path
        client.get("/p?lang=vi")


def test_an_address_that_only_takes_forms_leads_somewhere_when_it_is_opened(client, link):
    begin(client, link)
    for path, where in (("/p/gui", "/p/da-gui"), ("/p/xong", "/p/tiep"), ("/p/khoa", "/p/tiep")):
        assert client.get(f"{path}?lang=en").location == where


def test_switching_the_language_keeps_what_was_typed_and_saves_nothing(client, session, link):
    begin(client, link)
    client.post_form("/p/t/page1", {"q1": "no"})
    form = hidden_fields(client.get("/p/t/page2").text)
    page = client.post("/p/t/page2?lang=en", data={**form, "q2": ["b"], "q3": "năm", "look": "1"}).text
    assert 'lang="en"' in page
    assert 'id="q2-b" value="b" checked' in page
    assert 'value="năm"' in unescape(page)
    assert "There is something to mend" not in page
    start = client.post("/p?lang=vi", data={"code": format_code(link), "look": "1"}).text
    assert f'value="{format_code(link)}"' in start
    assert 'value="b" checked' not in client.get("/p/t/page2").text


def test_a_shared_device_saves_what_it_can_and_forgets_the_form(client, link):
    code = begin(client, link)
    client.post_form("/p/t/page1", {"q1": "no", "device": "shared"})
    page = client.get("/p/t/page2").text
    assert "idle.js" in page
    assert 'data-after="1200" data-warning="120"' in page
    typed = {**hidden_fields(page), "q2": ["a"], "q3": "năm", "lock": "1"}
    assert client.post("/p/t/page2", data=typed).location == "/p/khoa"
    assert client.get_cookie("p") is None
    assert "Phiếu đã khóa" in client.get("/p/khoa").text
    assert client.get("/p/t/page2").location == "/p"
    saved = resume(client, link, code).get("/p/t/page2").text
    assert 'id="q2-a" value="a" checked' in saved
    assert "năm" not in unescape(saved)


def test_only_a_shared_device_has_the_lock_and_only_an_own_one_keeps_its_place(client, link):
    begin(client, link)
    assert "idle.js" not in client.get("/p/t/page1").text
    own = client.post_form("/p/t/page1", {"q1": "no", "device": "own"})
    assert any("Max-Age=1209600" in each for each in own.headers.getlist("Set-Cookie"))
    assert "idle.js" not in client.get("/p/t/page2").text
    shared = client.post_form("/p/t/page1", {"q1": "no", "device": "shared"})
    assert not any("Max-Age" in each for each in shared.headers.getlist("Set-Cookie"))
    assert client.post("/p/khoa", data=hidden_fields(client.get("/p/ma-tiep-tuc").text)).location == "/p/khoa"
    assert client.get_cookie("p") is None


def test_done_forgets_the_form_and_the_way_back_is_closed(client, link):
    begin(client, link)
    fill(client)
    send(client)
    assert client.get("/p/t/page1").location == "/p/da-gui"
    assert client.post("/p/xong", data=hidden_fields(client.get("/p/da-gui").text)).location == "/p/xong"
    assert "Máy này không còn giữ phiếu" in client.get("/p/xong").text
    for path in ("/p/da-gui", "/p/xem-lai", "/p/t/page1", "/p/tiep"):
        assert client.get(path).location == "/p"


def test_after_the_opening_the_page_says_why_a_form_cannot_be_withdrawn(client, session, link):
    begin(client, link)
    fill(client)
    send(client)
    assert "Rút phiếu" in client.get("/p/da-gui").text
    session.execute(update(Wave).values(state=WaveState.OPENED))
    session.commit()
    page = client.get("/p/da-gui").text
    assert "không rút được nữa vì không ai biết phiếu nào của bạn" in page
    assert 'href="/p/rut"' not in page


def test_a_wrong_link_cannot_be_refused(client, session, link):
    page = client.post_form("/p", {"code": "0" * 16, "action": "closed_firm"}, follow_redirects=True)
    assert page.status_code == 404
    assert session.scalars(select(Invitation.outcome)).one() is None


def test_no_page_names_the_firm_and_no_title_says_what_is_answered(client, session, link):
    session.execute(text("UPDATE sample_unit SET name = 'Công ty Hòn Vọng Phu'"))
    session.commit()
    begin(client, link)
    fill(client)
    for path in ("/p", "/p/dong-y", "/p/t/page1", "/p/t/page4", "/p/xem-lai", "/p/ma-tiep-tuc"):
        page = client.get(path).text
        assert "Vọng Phu" not in page
        assert FULL["q4"] not in page.split("</title>")[0]
