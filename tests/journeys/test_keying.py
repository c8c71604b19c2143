"""A paper form typed by two people in a real browser, by keyboard alone."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser
from sqlalchemy import select

from questionnaires.demonstration import distribution, draw_answers
from questionnaires.instrument import Item
from survey_app.db import db, transaction
from survey_app.envelopes import ballot_info, open_ballot, read_box_key
from survey_app.models.fieldwork import Wave
from survey_app.models.people import RoleName
from survey_app.models.response import Ballot
from survey_app.services import people
from tests.factories import PASSPHRASE, make_wave
from tests.journeys.phone import Place
from tests.journeys.reader import Reader
from tests.survey_app.opened_wave import domestic
from tests.survey_app.signing_in import PASSWORD

WAVE = "giay"
ANSWERS = draw_answers(domestic(), distribution(), random.Random(3))


@pytest.fixture(scope="module")
def box_key(place: Place):
    """The key of a wave with the whole questionnaire, which two people are to type."""
    with place.app.app_context(), transaction() as session:
        for name in ("lan", "minh"):
            people.create_user(session, email=f"{name}@example.vn", name=name, role=RoleName.KEYER, password=PASSWORD)
        _, pem = make_wave(session, domestic(), code=WAVE, frame_counts={"n1_9": 300, "n10_49": 80})
    return read_box_key(pem, PASSPHRASE)


@dataclass
class Keyer:
    """A person at a keyboard who counts the presses."""

    reader: Reader
    url: str
    presses: int = 0

    def sign_in(self, name: str) -> None:
        """Sign in."""
        page = self.reader.page
        page.goto(f"{self.url}/dang-nhap")
        page.fill("#email", f"{name}@example.vn")
        page.fill("#password", PASSWORD)
        self.reader.press("main button[type=submit]")

    def press(self, key: str) -> None:
        """Press one key."""
        self.reader.page.keyboard.press(key)
        self.presses += 1

    def type_form(self, **other: str) -> None:
        """Type the whole form from the first box to the button: `other` is typed instead of what the paper says."""
        self.press("ArrowDown")  # the first group of firms
        self.press("Tab")
        for code in (code for page in domestic().pages for code in page.items):
            item = domestic().item(code)
            for key in other.get(code, on_paper(item)):
                self.press(key if key != " " else "Space")
            self.press("Tab" if item.type == "text" else "Enter")

    def send(self) -> None:
        """Press Enter on the button."""
        with self.reader.page.expect_navigation():
            self.press("Enter")


def on_paper(item: Item) -> str:
    """Return what is typed for an item of the form."""
    answer: Any = ANSWERS.get(item.code)
    if answer is None or item.type == "text":
        return ""
    keys = {code: key for key, code in item.keys.items()}
    return (
        " ".join(keys[code] for code in answer) if isinstance(answer, list | tuple) else keys.get(answer, str(answer))
    )


def keyer(browser: Browser, place: Place, name: str, width: int) -> Keyer:
    """Return a person who has signed in."""
    found = Keyer(Reader(browser, width), place.url)
    found.sign_in(name)
    return found


def test_two_people_type_a_whole_form_by_keyboard(browser, place, box_key, record_property):
    lan, minh = keyer(browser, place, "lan", 1280), keyer(browser, place, "minh", 360)
    lan.reader.look()
    lan.reader.page.goto(f"{place.url}/nhap-phieu/{WAVE}/moi")
    lan.reader.look()
    lan.type_form()
    lan.send()
    assert "lên phiếu giấy rồi đưa cho người khác" in lan.reader.look()
    sheet = lan.reader.page.url
    minh.reader.page.goto(f"{place.url}/nhap-phieu/{WAVE}")
    minh.reader.look()
    minh.reader.page.goto(sheet)
    minh.reader.look()
    minh.reader.press("main a.govuk-button")
    minh.reader.look()
    minh.type_form(p03="1" if on_paper(domestic().item("p03")) != "1" else "2")
    minh.send()
    assert "Phiếu chưa được niêm phong" in minh.reader.look()
    for key in on_paper(domestic().item("p03")):
        minh.press(key)
    minh.press("Enter")
    minh.send()
    minh.reader.look()
    assert minh.reader.page.url == f"{place.url}/nhap-phieu/{WAVE}"
    with place.app.app_context():
        wave = db.session.get_one(Wave, WAVE)
        (sealed,) = db.session.scalars(select(Ballot.sealed).where(Ballot.wave == WAVE))
        content = open_ballot(box_key, sealed, ballot_info(WAVE, wave.instrument_hash))
    asked = domestic().answers_asked(ANSWERS)
    assert wave.paper == 1
    assert content["stratum"] == "n10_49"
    assert content["answers"] == {code: answer for code, answer in asked.items() if code != "z02"}
    record_property("presses", lan.presses)
    assert lan.presses <= 200  # one for each item, one to go on; the first entry of a whole form of 95 items


def test_enter_never_sends_a_form_half_way_and_a_fault_is_where_the_cursor_goes(browser, place, box_key):
    lan = keyer(browser, place, "lan", 1280)
    page = lan.reader.page
    page.goto(f"{place.url}/nhap-phieu/{WAVE}/dien-thoai")
    lan.reader.look()
    page.focus("#p02")
    lan.press("9")
    lan.press("Enter")
    assert page.evaluate("document.activeElement.id") == "p01"
    page.focus("main button[type=submit]")
    lan.send()
    assert "“9” không phải lựa chọn của câu này" in lan.reader.look()
    assert page.evaluate("document.activeElement.id") == "form.stratum"
