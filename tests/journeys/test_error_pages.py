"""What a person sees when something is wrong, in both languages: each page is checked, and an outage is lived through."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from survey_app import create_app
from survey_app.access import EVERYONE, allow
from survey_app.config import Config
from survey_app.keys import Keys
from survey_app.models.people import RoleName
from tests.journeys.phone import begin, press, serving
from tests.survey_app.signing_in import PASSWORD, make_account


@pytest.fixture(scope="module")
def analyst(place) -> str:
    """The address of an account that may not do everything."""
    return make_account(place.app, RoleName.ANALYST)


def too_much(page: Page, url: str) -> None:
    page.goto(f"{url}/p")
    page.evaluate("document.getElementById('code').value = 'x'.repeat(70000)")
    page.locator("button.go").click()


def an_old_form(page: Page, url: str) -> None:
    page.goto(f"{url}/dang-nhap")
    page.evaluate("document.querySelector('[name=csrf_token]').value = 'old'")
    page.locator("main button[type=submit]").click()


def no_such_page(page: Page, url: str) -> None:
    page.goto(f"{url}/khong-co")


def a_button_fetched_like_a_page(page: Page, url: str) -> None:
    page.goto(f"{url}/dang-xuat")


ERRORS = {404: no_such_page, 405: a_button_fetched_like_a_page, 413: too_much, 400: an_old_form}


@pytest.mark.parametrize("status", ERRORS)
def test_an_error_page_can_be_read_by_everybody(place, new_phone, look, status):
    page, seen = new_phone(), []
    page.on("response", lambda answer: seen.append(answer.status))
    ERRORS[status](page, place.url)
    page.locator("h1").wait_for()
    page.wait_for_load_state()
    assert status in seen
    look(page)


def test_the_page_for_somebody_who_may_not_see_it(place, new_phone, look, analyst):
    page = new_phone()
    page.goto(f"{place.url}/dang-nhap")
    page.fill("#email", analyst)
    page.fill("#password", PASSWORD)
    with page.expect_navigation():
        page.click("main button[type=submit]")
    assert page.goto(f"{place.url}/qt/tai-khoan").status == 403
    look(page)


@pytest.fixture
def settings(place) -> Config:
    """The settings of the application that is served."""
    return place.app.extensions["config"]


def test_a_fault_of_ours_shows_a_neutral_page(settings, new_phone, look):
    app = create_app(settings, Keys.read(settings.keys_dir))

    @allow(EVERYONE)
    def broken():
        raise RuntimeError

    app.add_url_rule("/hong", "broken", broken)
    page = new_phone()
    with serving(app) as port:
        assert page.goto(f"http://127.0.0.1:{port}/hong").status == 500
        look(page)


def test_an_outage_keeps_what_was_typed_until_it_is_over(settings, tmp_path, new_phone, look, language, say, place):
    keys = Keys.read(settings.keys_dir)
    gone = settings.model_copy(update={"database_url": f"sqlite:///{tmp_path}/no/such/folder/x.sqlite3"})
    page, save = new_phone(), say("Save and continue")
    with serving(create_app(settings, keys)) as port:
        begin(page, f"http://127.0.0.1:{port}/p#{place.links.pop()}", say)
        form = page.url
        page.get_by_label({"vi": "Có", "en": "Yes"}[language], exact=True).check()
    with serving(create_app(gone, keys), port):
        press(page, save)
        expect(page.locator("h1")).to_have_text(say("Not saved yet"))
        look(page)
        elsewhere = page.context.new_page()
        assert elsewhere.goto(form).status == 503
        look(elsewhere)
    with serving(create_app(settings, keys), port):
        press(page, save)
        assert page.url.endswith("/p/t/page2")
