"""A phone far from the mast: 50 kB a second and 400 ms for every request, from the tap to the next page painted."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.journeys.phone import phone, press
from tests.server import installation

LINE = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 20_000}
PAGES = 6
#: Seconds. Generous: a save is two requests, 0.8 s of waiting before the first byte.
FIRST_LOAD, TAP = 4.0, 3.0
#: The clock of the browser goes on from one page to the next; what it said at the tap is kept for the next page.
_NOTE_TAPS = (
    "addEventListener('click', () => sessionStorage.setItem('tap', performance.timeOrigin + performance.now()), true)"
)
_PAINTED = "() => performance.getEntriesByName('first-contentful-paint').length > 0"
_SINCE_TAP = """performance.timeOrigin + performance.getEntriesByName('first-contentful-paint')[0].startTime
  - (sessionStorage.getItem('tap') ?? performance.timeOrigin)"""
#: The first answer of every question that is blank, one tick or one number.
_ANSWER = """() => document.querySelectorAll("#questions fieldset:not(#device)").forEach((each) => {
  const choice = each.querySelector("input[type=radio], input[type=checkbox]");
  if (choice) choice.checked = true;
  else each.querySelectorAll("input[type=text]").forEach((box) => { box.value = "1"; });
})"""


@pytest.fixture
def demo(tmp_path: Path):
    """The full instrument, served by gunicorn."""
    made = installation(tmp_path, f"sqlite:///{tmp_path}/survey.sqlite3")
    made.flask("db", "upgrade")
    made.flask("demo", "load", "--seed", "2023")
    with made.served():
        yield made


def far_from_the_mast(browser: Browser) -> Page:
    """Return a phone with a slow line and nothing kept from before."""
    page = phone(browser, width=360)
    page.add_init_script(_NOTE_TAPS)
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", LINE)
    return page


def seconds(page: Page) -> float:
    """Return how long the page took to be painted, from the tap that led to it or from typing its address."""
    page.wait_for_function(_PAINTED)
    return float(page.evaluate(_SINCE_TAP)) / 1000


def test_every_tap_leads_to_a_painted_page_in_time_on_a_slow_line(browser, demo, capsys):
    page = far_from_the_mast(browser)
    page.goto(re.search(r"http\S+/p#\S+", demo.flask("demo", "show"))[0])
    took = {"first load": [seconds(page)]}

    def tap(kind: str, name: str) -> None:
        press(page, name)
        took.setdefault(kind, []).append(seconds(page))

    tap("consent", "Bắt đầu")
    tap("first page", "Tôi đồng ý, bắt đầu")
    places = [page.url]
    while len(places) <= PAGES:
        page.evaluate(_ANSWER)
        tap("save", "Lưu và tiếp tục")
        if page.url != places[-1]:
            places.append(page.url)
        assert len(took["save"]) <= 2 * PAGES, f"{page.url} is not left behind"
    page.goto(f"{demo.url}/p/xem-lai")
    tap("send", "Gửi phiếu")
    assert page.url.endswith("/p/da-gui")
    with capsys.disabled():
        spans = [f"{kind} {min(each):.2f} to {max(each):.2f} s" for kind, each in took.items()]
        print(f"\n50 kB/s, 400 ms: {', '.join(spans)}; {len(took['save'])} saves")
    assert min(took["save"]) >= 2 * LINE["latency"] / 1000, "the line is not slow"
    assert took.pop("first load")[0] <= FIRST_LOAD
    assert max(map(max, took.values())) <= TAP, took
