"""A browser, and a wave of firms with phones (on SQLite: nothing that a browser sees differs by database)."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from survey_app.config import Config
from tests.browser import chromium
from tests.journeys.phone import IN_VIETNAMESE, check, phone, served


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def place(tmp_path_factory, migrated_sqlite):
    folder = tmp_path_factory.mktemp("phone")
    path = folder / "survey.sqlite3"
    path.write_bytes(migrated_sqlite.read_bytes())
    config = Config(
        database_url=f"sqlite:///{path}", keys_dir=folder / "keys", base_url="http://127.0.0.1:8000",
        allowed_hosts=("localhost", "127.0.0.1"), demonstration=True,
    )  # fmt: skip
    with served(config, firms=90) as found:
        yield found


@pytest.fixture(params=["vi", "en"])
def language(request):
    """The language of the phone."""
    return request.param


@pytest.fixture
def say(language):
    """What turns English words of a page into those of the phone's language."""
    return IN_VIETNAMESE if language == "vi" else str


@pytest.fixture
def new_phone(browser, place, language):
    """What makes phones that speak the language."""

    def make() -> Page:
        page = phone(browser)
        page.context.add_cookies([{"name": "lang", "value": language, "url": place.url}])
        return page

    return make


@pytest.fixture
def look(language):
    """What checks a page that must speak the language."""

    def looked_at(page: Page) -> None:
        check(page)
        assert page.locator("html").get_attribute("lang") == language

    return looked_at
