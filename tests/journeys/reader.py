"""A person at a browser: every page where it stops is checked for accessibility, width and complaints of the browser."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.server import Installation


class Reader:
    """A page that is checked for accessibility and for complaints of the browser wherever it stops."""

    def __init__(self, browser: Browser, width: int) -> None:
        self.context = browser.new_context(viewport={"width": width, "height": 760}, locale="vi-VN")
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", lambda m: self.complaints.append(m.text) if m.type == "error" else None)

    def look(self) -> str:
        """Check the page and return its text."""
        found = Axe().run(self.page)
        assert found.violations_count == 0, f"{self.page.url}: {found.generate_report()}"
        wide = self.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= self.page.viewport_size["width"], f"{self.page.url} is {wide} pixels wide"
        assert self.complaints == []
        return self.page.inner_text("body")

    def press(self, selector: str) -> None:
        """Press something and wait for the next page."""
        with self.page.expect_navigation():
            self.page.click(selector)


def sign_in(reader: Reader, demo: Installation, email: str) -> None:
    """Sign in as a person of the demonstration."""
    reader.page.goto(f"{demo.url}/dang-nhap")
    reader.look()
    reader.page.fill("#email", email)
    reader.page.fill("#password", (demo.folder / "demo-password.txt").read_text(encoding="utf-8").strip())
    reader.press("main button[type=submit]")
