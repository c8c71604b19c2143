"""The open link in a browser: with JavaScript the browser does its work and the form begins; without, it begins too."""

from __future__ import annotations

import pytest

from survey_app.i18n import now_here
from tests.browser import chromium
from tests.server import installation


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory):
    """A wave that anybody may answer, served by gunicorn."""
    folder = tmp_path_factory.mktemp("open link")
    made = installation(folder, f"sqlite:///{folder}/survey.sqlite3")
    made.flask("db", "upgrade")
    today = now_here().date().isoformat()
    made.flask(
        *("waves", "create", "ho-kd", "--title", "Hộ kinh doanh", "Households", "--open-link"),
        *("--instrument", "pci_pulse", "--opens", today, "--closes", "2099-01-01"),
    )
    words = folder / "passphrase"
    words.write_text("a long passphrase", encoding="utf-8")
    made.flask("waves", "open", "ho-kd", "--key", str(folder / "box.pem"), "--passphrase-file", str(words))
    with made.served():
        yield made


@pytest.mark.parametrize("scripts", [True, False])
def test_a_form_begins_by_the_open_link(served, scripts):
    with chromium() as browser:
        page = browser.new_context(viewport={"width": 360, "height": 760}, java_script_enabled=scripts).new_page()
        faults = []
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        page.goto(f"{served.url}/m/ho-kd")
        page.click("button.go")
        page.wait_for_url("**/p/dong-y")
        page.click("form[action='/p/dong-y'] button")
        page.wait_for_url("**/p/t/*")
        assert faults == []
