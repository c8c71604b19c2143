"""Ways to go through the form: by keyboard, without scripts or styles, enlarged, on a bad line, on a shared device."""

from __future__ import annotations

from playwright.sync_api import expect
from sqlalchemy import select

from survey_app.db import db, table_of
from survey_app.models.fieldwork import Invitation
from survey_app.models.response import Ballot, Draft
from tests.journeys.phone import begin, check, phone, press, resume

TABLES = [table_of(model) for model in (Invitation, Draft, Ballot)]
SAVE = "Lưu và tiếp tục"


def test_errors_are_announced_named_and_linked_to_their_field(browser, place):
    page = phone(browser)
    begin(page, place.link())
    page.get_by_label("Có", exact=True).check()
    press(page, SAVE)
    page.get_by_role("textbox").fill("366")
    page.get_by_role("checkbox", name="a (vi)").check()
    press(page, SAVE)
    words = "Số ngày phải từ 0 đến 365"
    group = page.get_by_role("group", name="Question q3 (vi)")
    expect(group).to_have_accessible_description(f"Lỗi: {words}")
    expect(group.get_by_role("textbox", name="Question q3 (vi) (ngày)")).to_have_accessible_description(f"Lỗi: {words}")
    expect(group.get_by_role("textbox")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("alert").filter(has_text="Có chỗ cần sửa")).to_be_focused()
    page.get_by_role("link", name=words).click()
    assert page.url.endswith("#q3")
    tree = page.locator("main").aria_snapshot()
    for role in ('heading "Page 2 (vi)" [level=1]', 'group "Question q2 (vi)"', 'checkbox "a (vi)" [checked]'):
        assert role in tree
    assert page.locator("body").aria_snapshot().startswith('- link "Đến nội dung chính"')


def test_forced_colours_and_400_per_cent_leave_everything_to_be_seen(browser, place):
    page = phone(browser, forced_colors="active")  # 320 pixels are 1280 at 400 %
    begin(page, place.link())
    check(page)
    for control in ("input[type=radio]", "button.go", "fieldset legend"):
        assert page.locator(control).first.is_visible()
    edge = "getComputedStyle(document.querySelector('button.go')).borderTopWidth"
    assert page.evaluate(edge) == "2px"


def test_without_scripts_the_whole_way_can_be_gone(browser, place):
    page, link = phone(browser, scripts=False), place.link()
    page.goto(f"{place.url}/p")
    page.get_by_label("Đường link hoặc mã").fill(link)
    press(page, "Bắt đầu")
    press(page, "Tôi đồng ý, bắt đầu")
    page.get_by_label("Không", exact=True).check()
    press(page, "English")
    assert page.get_by_label("No", exact=True).is_checked()
    press(page, "Save and continue")
    page.get_by_label("none (en)").check()
    page.get_by_role("textbox").fill("5")
    page.get_by_role("textbox").press("Enter")  # the button that Enter presses is the one that saves
    page.wait_for_url("**/p/t/page4")
    press(page, "Save and continue")
    press(page, "Send the form")
    assert "The form has been received" in page.locator("h1").inner_text()
    press(page, "Done: forget everything on this device")
    page.goto(f"{place.url}/p/da-gui")
    assert page.url.endswith("/p")


def test_without_styles_the_order_can_be_used(browser, place):
    page = phone(browser)
    page.route("**/*.css*", lambda route: route.abort())
    begin(page, place.link())
    order = page.evaluate(
        "['.skip', 'header', '.where', 'h1', '.panel', '#q1', '#questions .go', 'footer']"
        ".map((each) => document.querySelector(each).getBoundingClientRect().top)"
    )
    assert order == sorted(order)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert not page.locator("#unsent").is_visible()
    page.get_by_label("Có", exact=True).check()
    press(page, SAVE)
    assert page.url.endswith("/p/t/page2")


def test_the_whole_way_by_keyboard_alone(browser, place):
    page = phone(browser)
    page.goto(place.link())
    keyboard = page.keyboard
    keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"

    def go_to(words: str) -> None:
        for _ in range(60):
            here = page.evaluate("(document.activeElement.labels?.[0] ?? document.activeElement).textContent.trim()")
            if here == words:
                outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
                assert outline == "solid", f"{words}: the focus cannot be seen"
                return
            keyboard.press("Tab")
        raise AssertionError(f"{words} is not reached by Tab on {page.url}")

    def enter(words: str) -> None:
        go_to(words)
        with page.expect_navigation():
            keyboard.press("Enter")

    enter("Bắt đầu")
    enter("Tôi đồng ý, bắt đầu")
    go_to("Máy của riêng tôi: giữ chỗ đang làm trong 14 ngày")
    keyboard.press("Tab")
    keyboard.press("Space")
    keyboard.press("ArrowDown")  # radio buttons are one stop; arrows choose
    enter(SAVE)
    assert page.url.endswith("/p/t/page2")
    go_to("a (vi)")
    keyboard.press("Space")
    keyboard.press("Tab")
    keyboard.press("Tab")
    keyboard.press("Tab")
    keyboard.press("Tab")
    keyboard.type("9")
    with page.expect_navigation():
        keyboard.press("Enter")
    assert page.url.endswith("/p/t/page4")
    enter(SAVE)
    enter("Gửi phiếu")
    assert "Đã nhận phiếu" in page.locator("h1").inner_text()
    enter("Xong: xóa phiếu khỏi máy này")
    assert page.url.endswith("/p/xong")


def test_a_line_that_drops_keeps_the_page_and_a_lost_reply_is_no_conflict(browser, place):
    page = phone(browser)
    begin(page, place.link())
    page.get_by_label("Có", exact=True).check()
    page.context.set_offline(True)
    page.get_by_role("button", name=SAVE).click()
    expect(page.get_by_role("alert").filter(has_text="Chưa lưu được")).to_be_focused()
    check_offline = page.get_by_label("Có", exact=True)
    expect(check_offline).to_be_checked()
    page.context.set_offline(False)

    def lose_reply(route):
        route.fetch(max_redirects=0)
        route.abort()

    page.route("**/p/t/page1", lose_reply, times=1)
    page.get_by_role("button", name=SAVE).click()
    expect(page.get_by_role("alert").filter(has_text="Chưa lưu được")).to_be_focused()
    press(page, SAVE)
    assert page.url.endswith("/p/t/page2")


def test_a_shared_device_warns_waits_for_a_touch_saves_and_locks(browser, place):
    page, link = phone(browser), place.link()
    page.clock.install()
    code = begin(page, link)
    page.get_by_label("Có", exact=True).check()
    page.get_by_label("Máy dùng chung").check()
    press(page, SAVE)
    page.get_by_label("a (vi)").check()
    warning = page.get_by_role("alert").filter(has_text="Sau 2 phút nữa")
    page.clock.fast_forward("17:59")
    expect(warning).to_be_hidden()
    page.clock.fast_forward("00:05")
    expect(warning).to_be_visible()
    check(page)
    page.get_by_role("button", name="Trả lời tiếp").click()
    expect(warning).to_be_hidden()
    with page.expect_navigation(url="**/p/khoa"):
        page.clock.fast_forward("20:01")
    assert "Phiếu đã khóa" in page.locator("h1").inner_text()
    check(page)
    page.go_back()
    assert "a (vi)" not in page.locator("body").inner_text()
    resume(page, place, link, code)
    page.goto(f"{place.url}/p/t/page2")
    expect(page.get_by_label("a (vi)")).to_be_checked()


def test_a_headless_browser_on_fifty_links_changes_nothing_and_they_work_after(browser, place):
    def rows():
        with place.app.app_context():
            return [db.session.execute(select(table)).all() for table in TABLES]

    before, links = rows(), [place.link() for _ in range(50)]
    machine = phone(browser)
    for link in links:
        machine.goto(link)
    assert rows() == before
    assert [each["name"] for each in machine.context.cookies()] == ["session"]
    for link in links[::10]:
        person = phone(browser)
        begin(person, link)
        assert person.url.endswith("/p/t/page1")
        person.context.close()


def test_back_shows_what_was_saved_and_after_sending_leads_to_the_receipt(browser, place):
    page = phone(browser)
    begin(page, place.link())
    page.get_by_label("Không", exact=True).check()
    press(page, SAVE)
    page.go_back()
    expect(page.get_by_label("Không", exact=True)).to_be_checked()
    page.goto(f"{place.url}/p/xem-lai")
    press(page, "Gửi phiếu")
    page.go_back()
    page.wait_for_url("**/p/da-gui")
    assert "Đã nhận phiếu" in page.locator("h1").inner_text()


def test_switching_the_language_after_the_link_was_read_keeps_the_link(browser, place):
    page = phone(browser)
    page.goto(place.link())
    press(page, "English")
    assert "Your link has been read" in page.locator("main").inner_text()
    check(page)
    press(page, "Begin")
    assert page.url.endswith("/p/dong-y")
