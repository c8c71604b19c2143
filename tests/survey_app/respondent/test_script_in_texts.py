"""300 strings that try to run a script, in everything a firm can type, shown by a real browser without our policy: none runs."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from itertools import product

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Page

from survey_app import create_app
from survey_app.envelopes import format_code
from tests.browser import chromium
from tests.checked_client import hidden_fields
from tests.factories import instrument, item, make_invitation, make_wave

LINK = "0000-0000-0000-0000"
RUN = "top.ran=(top.ran||0)+1"
OUT_OF = ["", '">', "'>", "</textarea>", "</title></style>", "--></p>"]
VECTORS = [
    f"<script>{RUN}</script>", f"<ScRiPt>{RUN}</sCrIpT>", f"<script\x0c>{RUN}</script>", f"<script/x>{RUN}</script>",
    f"<img src=x onerror={RUN}>", f"<img src=x onerror='{RUN}'>", f'<img/src="x"/onerror="{RUN}">', f"<IMG SRC=x ONERROR={RUN}>",
    f"<image src=x onerror={RUN}>", f"<svg onload={RUN}>", f"<svg/onload={RUN}>", f"<svg><script>{RUN}</script></svg>",
    f"<svg><animate onbegin={RUN} attributeName=x dur=1s>", f"<svg><set onbegin={RUN} attributeName=x>",
    f"<body onload={RUN}>", f"<body onpageshow={RUN}>", f"<details open ontoggle={RUN}>x</details>",
    f"<video src=x onerror={RUN}></video>", f"<video><source src=x onerror={RUN}></video>", f"<audio src=x onerror={RUN}>",
    f"<input autofocus onfocus={RUN}>", f"<select autofocus onfocus={RUN}>", f"<textarea autofocus onfocus={RUN}>",
    f"<button autofocus onfocus={RUN}>x</button>", f"<a autofocus href=# onfocus={RUN}>x</a>",
    f'<iframe srcdoc="<script>{RUN}</script>"></iframe>', f"<iframe src=\"javascript:{RUN}\"></iframe>",
    f"<iframe onload={RUN}></iframe>", f"<object data=\"javascript:{RUN}\"></object>", f"<embed src=\"javascript:{RUN}\">",
    f"<style onload={RUN}></style>", f"<link rel=stylesheet href=x onerror={RUN}>", f"<marquee onstart={RUN}>x</marquee>",
    f"<math><mtext><img src=x onerror={RUN}></mtext></math>", f"<noscript><img src=x onerror={RUN}></noscript>",
    f"<template><script>{RUN}</script></template><img src=x onerror={RUN}>", f"x onerror={RUN} onfocus={RUN} autofocus ",
    f'" autofocus onfocus="{RUN}" x="', f"' autofocus onfocus='{RUN}' x='", f"`autofocus onfocus={RUN} ",
    "javascript:top.ran=1", "{{constructor.constructor('top.ran=1')()}}", "${top.ran=1}", "#{top.ran=1}", "<%= 1 %>",
    f"&lt;script&gt;{RUN}&lt;/script&gt;", f"&#60;script&#62;{RUN}&#60;/script&#62;",
    f"\\u003cscript\\u003e{RUN}\\u003c/script\\u003e",
    f"\uff1cscript\uff1e{RUN}\uff1c/script\uff1e", f"<<script>{RUN}//<</script>",
]  # fmt: skip
STRINGS = [before + vector for before, vector in product(OUT_OF, VECTORS)]
SURVEY = instrument(
    item("q1"),
    item("q3", "number", unit="days", range={"min": 0, "max": 365}),
    item("q4", "text", max_length=2000),
    pages=[["q1", "q3", "q4"]],
    comment_item="q4",
)


class Firm:
    """A browser whose pages are not checked: what they quote looks like everything that is forbidden."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.token = hidden_fields(client.get("/p").text)["csrf_token"]

    def post(self, path: str, **fields: str) -> str:
        """Send a form with its token and return the page that answers."""
        answer = self.client.post(path, data={"csrf_token": self.token, **fields}, follow_redirects=True)
        assert answer.mimetype == "text/html"
        return answer.text


@pytest.fixture
def firm(app, session, keys) -> Firm:
    wave, _ = make_wave(session, SURVEY)
    _, link = make_invitation(session, keys, wave)
    session.commit()
    session.close()
    app.test_client_class = FlaskClient
    found = Firm(app.test_client())
    found.post("/p", code=format_code(link), action="start")
    found.post("/p/dong-y")
    return found


@pytest.fixture(scope="module")
def window() -> Iterator[Page]:
    with chromium() as browser:
        page = browser.new_page()
        page.route("http*://**", lambda route: route.abort())
        yield page


def runs(window: Page, pages: list[str]) -> int:
    """Show pages beside each other, without any policy, and return how often a script of theirs ran."""
    total = 0
    for group in [pages[start : start + 50] for start in range(0, len(pages), 50)]:
        frames = "".join(f'<iframe srcdoc="{escape(page)}"></iframe>' for page in group)
        window.evaluate("window.ran = 0")
        window.set_content(f"<!doctype html><title>x</title>{frames}", wait_until="load")
        window.wait_for_timeout(300)
        total += int(window.evaluate("window.ran"))
    return total


def in_every_text(firm: Firm, text: str) -> list[str]:
    """Return the pages that show a text which a firm typed."""
    return [
        firm.post("/p", code=text, action="start"),
        firm.post("/p/ma", code=text, resume=text),
        firm.post("/p/rut", code=text, resume=text),
        firm.post("/p/t/page1", seen=text, skip=text, q1=text, q3=text, q4=text),
        firm.post("/p/t/page1", seen="0", skip="1", q4=text, q4__quote=text),
    ]


def test_the_browser_runs_what_is_not_escaped(window):
    assert len(STRINGS) == len(set(STRINGS)) == 300
    assert (
        runs(window, [f"<p>{text}</p>" for text in STRINGS]) > 100
    )  # of 300: some vectors are for other places than a paragraph


@pytest.fixture
def resting(config, keys, tmp_path) -> Firm:
    """A firm whose database is away: its pages give back what was typed."""
    app = create_app(config.model_copy(update={"database_url": f"sqlite:///{tmp_path}/no/such/folder/x.sqlite3"}), keys)
    return Firm(app.test_client())


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_text_of_a_firm_runs_as_a_script(firm, resting, window):
    pages = [page for text in STRINGS for page in in_every_text(firm, text)]
    pages += [resting.post("/p", code=LINK, action="start", replace=text) for text in STRINGS]
    assert len(pages) == 1800
    assert sum("top.ran" in page for page in pages) > 1000, "blind: the texts are not shown"
    assert runs(window, sorted(set(pages))) == 0
