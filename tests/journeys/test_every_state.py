"""Every page and state that a firm can see, in both languages: axe, width, and the size of what can be tapped."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.journeys.phone import begin, press, resume

YES = {"vi": "Có", "en": "Yes"}


def test_all_states_from_the_link_to_the_receipt(place, new_phone, look, language, say):
    page, link, save = new_phone(), place.link(), say("Save and continue")
    page.goto(f"{place.url}/p")
    page.get_by_label(say("Your link or its code")).fill("ABC")
    press(page, say("Begin"))
    look(page)  # a mistyped code
    box = page.get_by_role("textbox", name=say("Your link or its code"))
    words = say("The code has 16 characters in 4 groups. Check it against the message or the card.")
    expect(box).to_have_accessible_description(re.compile(re.escape(words)))
    page.goto(link)
    look(page)
    press(page, say("Begin"))
    look(page)  # consent
    press(page, say("I agree, begin"))
    look(page)  # resume code and first question
    press(page, save)
    look(page)  # asked about a blank
    page.get_by_label(YES[language], exact=True).check()
    press(page, save)
    page.get_by_role("textbox").fill("năm")
    press(page, save)
    look(page)  # a fault
    assert page.title().startswith(say("Error: "))
    assert page.evaluate("document.activeElement.id") == "summary"
    page.get_by_role("textbox").fill("150")
    page.get_by_label(f"a ({language})").check()
    press(page, save)
    look(page)  # an unusual number
    press(page, save)
    press(page, say("Stop here and go on later, or on another device"))
    look(page)  # another device
    press(page, say("Go on now"))
    press(page, save)
    press(page, save)
    page.get_by_role("textbox").fill("Đường hẹp")
    press(page, save)
    look(page)  # review: a gap, a comment that is not sent
    press(page, say("Send the form"))
    look(page)  # receipt
    press(page, say("Withdraw the form"))
    look(page)
    press(page, say("Withdraw the form"))
    look(page)  # withdrawn
    page.goto(f"{place.url}/p/da-gui")
    look(page)  # not sent


def test_two_devices_and_the_states_that_follow(place, new_phone, look, language, say):
    link, save = place.link(), say("Save and continue")
    first, second = new_phone(), new_phone()
    code = begin(first, link, say)
    first.get_by_label(YES[language], exact=True).check()
    press(first, save)
    resume(second, place, link, code, say)
    for page, days in ((first, "7"), (second, "12")):
        page.get_by_label(f"a ({language})").check()
        page.get_by_role("textbox").fill(days)
    press(first, save)
    press(second, save)
    look(second)
    mine = second.get_by_role("radio", name=f"{say('This device:')} 12 {say('days')}")
    expect(mine).not_to_be_checked()
    press(second, say("Keep these answers"))
    look(second)  # nothing chosen yet
    expect(second.get_by_role("group", name=f"Question q3 ({language})")).to_have_accessible_description(
        f"{say('Error: ')}{say('Choose one of the two answers')}"
    )
    mine.check()
    press(second, say("Keep these answers"))
    first.go_back()
    first.reload()
    assert first.get_by_role("textbox").input_value() == "12"
    first.context.clear_cookies(name="p")
    first.get_by_role("textbox").fill("13")
    press(first, save)
    look(first)  # the cookie is lost
    second.goto(place.link())
    press(second, say("Begin"))
    look(second)  # another firm's form is open here


def test_the_pages_around_the_form(place, new_phone, look, say):
    page = new_phone()
    for path in ("/p/ma", "/p/rut", "/p/da-ghi-nhan", "/p/khong-dung-duoc", "/p/xong", "/p/khoa", "/rieng-tu", "/tro-nang",
                 "/lien-he", "/lien-ket-that"):  # fmt: skip
        page.goto(f"{place.url}{path}")
        look(page)
    page.goto(f"{place.url}/p/ma")
    press(page, say("Go on"))
    look(page)
    page.goto(f"{place.url}/p/ma")
    page.context.clear_cookies(name="session")
    press(page, say("Go on"))
    look(page)  # no cookies


def test_a_page_that_was_open_for_long(place, new_phone, look, language, say):
    page = new_phone()
    begin(page, place.link(), say)
    page.get_by_label(YES[language], exact=True).check()
    page.evaluate("document.querySelector('[name=csrf_token]').value = 'old'")
    press(page, say("Save and continue"))
    look(page)
    expect(page.get_by_label(YES[language], exact=True)).to_be_checked()
