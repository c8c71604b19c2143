"""`make pictures`: the main screens for the README, taken from a fresh demonstration in a real browser."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.browser import chromium
from tests.server import Installation, installation

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "pictures"
PHONE, DESK = 360, 1280


def main() -> None:
    """Take all pictures into docs/pictures."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        place = installation(Path(folder), f"sqlite:///{folder}/survey.sqlite3")
        place.flask("db", "upgrade")
        place.flask("demo", "load", "--seed", "2023")
        with place.served():
            respondent(browser, place)
            score(place)
            agency(browser, place)


def respondent(browser: Browser, place: Installation) -> None:
    """Take what a firm sees: the start, the consent, a page of questions."""
    link = re.search(r"http\S+", place.flask("demo", "show"))
    page = _page(browser, PHONE)
    page.goto(link[0] if link else f"{place.url}/p")
    _take(page, "start")
    page.click("button.go")
    _take(page, "consent")
    page.click("form[action='/p/dong-y'] button")
    page.check("#p02-active")
    with page.expect_navigation():
        page.click("form button.go")
    _take(page, "questions")


def score(place: Installation) -> None:
    """Close the wave, open the box, score and release."""
    key, words = place.folder / "demo-box-key.pem", place.folder / "demo-box-passphrase.txt"
    place.flask("waves", "close", "demo")
    place.flask("box", "open", "demo", "--key", str(key), "--passphrase-file", str(words))
    place.flask("scores", "run", "demo")
    place.flask("scores", "release", "1")


def agency(browser: Browser, place: Installation) -> None:
    """Take what a lead agency reads: its sub-indices, and one of them."""
    page = _page(browser, DESK)
    page.goto(f"{place.url}/dang-nhap")
    page.fill("#email", "stc_2025@example.vn")
    page.fill("#password", (place.folder / "demo-password.txt").read_text(encoding="utf-8").strip())
    page.click("main button[type=submit]")
    _take(page, "agency", height=1500)
    page.goto(f"{place.url}/cq/ket-qua/competition")
    _take(page, "sub-index", height=1500)


def _page(browser: Browser, width: int) -> Page:
    return browser.new_context(viewport={"width": width, "height": 760}, locale="vi-VN").new_page()


def _take(page: Page, name: str, height: int = 900) -> None:
    page.wait_for_load_state()
    width = page.viewport_size["width"] if page.viewport_size else DESK
    clip = {"x": 0.0, "y": 0.0, "width": float(width), "height": float(height)}
    page.screenshot(path=FOLDER / f"{name}.png", full_page=True, clip=clip)  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
