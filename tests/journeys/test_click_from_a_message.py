"""A firm comes back by tapping its link in a message: its place is kept, though the browser sends no cookie with it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from tests.browser import chromium
from tests.server import installation

MESSAGE = "http://message.example/"


@pytest.fixture
def demo(tmp_path: Path, database_url: str):
    """A demonstration wave, served by gunicorn."""
    made = installation(tmp_path, database_url)
    made.flask("demo", "load", "--seed", "2023")
    with made.served():
        yield made


def _held(context: BrowserContext) -> list[str]:
    return [cookie["value"] for cookie in context.cookies() if cookie["name"] == "p"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # what happens here happens in the browser
def test_a_tap_on_the_link_in_a_message_destroys_nothing(demo):
    link = re.search(r"http\S+/p#\S+", demo.flask("demo", "show"))[0]
    with chromium() as browser:
        context = browser.new_context(viewport={"width": 360, "height": 760})
        context.route(
            f"{MESSAGE}*", lambda route: route.fulfill(body=f"<a href='{link}'>x</a>", content_type="text/html")
        )
        page = context.new_page()
        page.goto(link)
        page.click("button.go")
        page.click("form[action='/p/dong-y'] button")
        page.check("#p02-active")
        for _ in range(2):  # once more: a question was left blank
            with page.expect_navigation():
                page.click("form button.go")
        place, held = page.url, _held(context)
        assert len(held) == 1
        page.goto(MESSAGE)
        with page.expect_request(lambda request: request.url.split("#")[0].endswith("/p")) as tapped:
            page.click("a")
        page.wait_for_url(f"{demo.url}/p")
        assert "p=" not in tapped.value.all_headers().get("cookie", "")
        assert "Đã đọc được đường link" in page.inner_text("main")
        assert _held(context) == held
        page.click("button.go")
        assert page.url == place
        assert _held(context) == held
