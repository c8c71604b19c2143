"""A firm's phone: a real browser on an application in this process, and what must hold of every page it shows."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from survey_app import create_app
from survey_app.config import Config
from survey_app.db import db
from survey_app.i18n import vietnamese
from survey_app.keys import Keys
from tests.survey_app.respondent.at_form import make_firms

TARGET = 44
#: Everything that can be tapped: its own size, or that of the label beside it, which can be tapped too. A link inside a
#: sentence is as high as its line (WCAG 2.5.8 leaves it out).
_SMALL_TARGETS = """(least) => [...document.querySelectorAll("a, button, summary, input:not([type=hidden]), textarea")]
  .filter((each) => each.checkVisibility() && !each.matches(".skip, .govuk-skip-link"))
  .filter((each) => !each.matches("p a, ol li a") || each.parentElement.textContent.trim() === each.textContent.trim())
  .map((each) => [each, (each.matches("[type=radio], [type=checkbox]") ? each.closest(".tick") : each)])
  .map(([each, tapped]) => [each, tapped.getBoundingClientRect()])
  .filter(([, box]) => box.height < least || box.width < least)
  .map(([each, box]) => `${each.outerHTML.slice(0, 90)} ${box.width}x${box.height}`)"""


#: Turns English words of a page into those of a phone's language.
Say = Callable[[str], str]
IN_VIETNAMESE: Say = vietnamese().gettext


@dataclass
class Place:
    """The application, served, with links of firms that have not begun."""

    app: Flask
    url: str
    links: list[str]

    def link(self) -> str:
        """Return a personal link that nobody has used."""
        return f"{self.url}/p#{self.links.pop()}"


@contextmanager
def served(config: Config, firms: int) -> Iterator[Place]:
    """Serve a wave of TINY to firms until the block ends."""
    Keys.create(config.keys_dir)
    keys = Keys.read(config.keys_dir)
    app = create_app(config, keys)
    with app.app_context():
        links = make_firms(db.session, keys, firms)
    with serving(app) as port:
        yield Place(app, f"http://127.0.0.1:{port}", links)


@contextmanager
def serving(app: Flask, port: int = 0) -> Iterator[int]:
    """Serve an application until the block ends; yield its port."""
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def phone(browser: Browser, *, width: int = 320, scripts: bool = True, **more: object) -> Page:
    """Return a page of a browser of its own, with its own cookies."""
    context = browser.new_context(viewport={"width": width, "height": 700}, java_script_enabled=scripts, **more)
    context.set_default_timeout(15_000)
    return context.new_page()


def check(page: Page) -> None:
    """Assert what holds of every page and state: axe finds nothing, nothing is cut off, targets are large."""
    found = Axe().run(page, options={"resultTypes": ["violations"]})
    assert found.violations_count == 0, f"{page.url}: {found.generate_report()}"
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"], page.url
    small = page.evaluate(_SMALL_TARGETS, TARGET)
    assert not small, f"{page.url}: {small}"


def press(page: Page, name: str) -> None:
    """Press the button or link with this name, and wait for the next page."""
    with page.expect_navigation():
        page.get_by_role("button", name=name).or_(page.get_by_role("link", name=name)).first.click()


def begin(page: Page, link: str, say: Say = IN_VIETNAMESE) -> str:
    """Go from the link to the first question; return the resume code."""
    page.goto(link)
    press(page, say("Begin"))
    press(page, say("I agree, begin"))
    return page.locator(".code").inner_text()


def resume(page: Page, place: Place, link: str, code: str, say: Say = IN_VIETNAMESE) -> None:
    """Open a form that was begun elsewhere."""
    page.goto(f"{place.url}/p/ma")
    page.get_by_label(say("Your link or its code")).fill(link)
    page.get_by_label(say("Resume code")).fill(code)
    press(page, say("Go on"))
