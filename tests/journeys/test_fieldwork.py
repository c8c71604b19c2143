"""The association's wave in a real browser: from a list with faults, by letters and reminders, to a closed wave."""

from __future__ import annotations

import csv
import re
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pypdf
import pytest
from playwright.sync_api import Browser, Download
from sqlalchemy import create_engine, update

from questionnaires.files import instrument_path, load_instrument
from survey_app.i18n import now_here
from survey_app.models.fieldwork import DailyCount, Wave
from tests.browser import chromium
from tests.journeys.reader import Reader, sign_in
from tests.journeys.robot import Robot, invented_answers
from tests.mail import Postbox, smtp_server
from tests.server import Installation, installation
from tests.survey_app.test_frame import HEADER, codes, row, xlsx

FIRMS, FAULTY, DRAWN, ANSWERING = 1000, 17, 400, 150
PULSE = load_instrument(instrument_path("pci_pulse"))
WAVE = "2027-1"


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@dataclass
class MailingInstallation(Installation):
    """An installation and the mail server that it sends through."""

    postbox: Postbox = field(default_factory=Postbox)


@pytest.fixture
def place(tmp_path: Path, database_url: str):
    """An installation with an account of the association, served by gunicorn, its job runner beside it."""
    made = installation(tmp_path, database_url)
    (tmp_path / "box-passphrase.txt").write_text("a passphrase for tests only", encoding="utf-8")
    told = made.flask("users", "create", "hiephoi@example.vn", "--name", "Hiệp hội", "--role", "association")
    (tmp_path / "demo-password.txt").write_text(told.split()[-1], encoding="utf-8")
    with smtp_server() as box:
        made = MailingInstallation(**vars(made), postbox=box)
        made.settings = {
            "PCI_SMTP_HOST": "127.0.0.1",
            "PCI_SMTP_PORT": str(box.port),
            "PCI_SMTP_SECURITY": "none",
            "PCI_MAIL_SENDER": "khaosat@example.vn",
            "PCI_MAIL_PER_MINUTE": "60000",
        }
        with made.served(), made.working():
            yield made


def the_list(folder: Path) -> Path:
    """Write the association's spreadsheet: 1,000 firms, 17 rows of which are wrong in some way."""
    sizes = ["3"] * 600 + ["20"] * 300 + ["80"] * 100
    rows = [
        row(code, f"Công ty Đá Mẫu {n:04d}", size=size, email=f"dn{n}@example.vn")
        for n, (code, size) in enumerate(zip(codes(FIRMS), sizes, strict=True))
    ]
    for number in range(FAULTY):
        rows[number * 50][0 if number % 2 else 6] = "sai"  # a tax code, or an e-mail address
    path = folder / "danh sách.xlsx"
    path.write_bytes(xlsx(HEADER, *rows))
    return path


def until(reader: Reader, words: str) -> str:
    """Wait until the page, which reloads itself, says this; return what it says."""
    reader.page.wait_for_selector(f"text={words}", timeout=60_000)
    return reader.look()


def import_the_list(staff: Reader, place: Installation) -> None:
    staff.page.goto(f"{place.url}/hh/nhap")
    staff.page.set_input_files("input[type=file]", the_list(place.folder))
    staff.press("main button[type=submit]")
    page = until(staff, "Nhập 983 dòng đúng")
    assert "Dòng 2: Email “sai”" in page
    staff.press("text=Nhập 983 dòng đúng")
    assert "983 doanh nghiệp mới" in until(staff, "doanh nghiệp mới")


def make_and_draw(staff: Reader, place: Installation) -> None:
    staff.page.goto(f"{place.url}/hh/dot/moi")
    fields = {"code": WAVE, "title_vi": "Đợt một", "title_en": "Wave one", "target": "150"}
    for name, value in (fields | {"opens_on": "01/01/2026", "closes_on": "31/12/2099"}).items():
        staff.page.fill(f"#{name}", value)
    staff.page.select_option("#instrument", "pci_pulse")
    staff.look()
    staff.press("main button[type=submit]")
    until(staff, "Đã tạo đợt")
    staff.page.goto(f"{place.url}/hh/dot/{WAVE}/mau")
    staff.page.fill("#size", str(DRAWN))
    staff.page.fill("#seed", "hoi")
    staff.press("main form button[type=submit]")
    assert "Mẫu đã được chọn thế nào" in staff.look()
    place.flask(
        *("waves", "open", WAVE, "--key", str(place.folder / "box.pem")),
        *("--passphrase-file", str(place.folder / "box-passphrase.txt")),
    )


def fetch(staff: Reader, place: Installation, kind: str) -> Download:
    staff.page.goto(f"{place.url}/hh/dot/{WAVE}/the")
    staff.page.select_option("#kind", kind)
    staff.press("main form button[type=submit]")
    until(staff, "Tệp đã sẵn sàng")
    with staff.page.expect_download() as download:
        staff.page.click("text=Tải về")
    return download.value


def answer(place: Installation, link: str, number: int) -> bool:
    """Let one firm answer by its link, page after page; say whether its form was acknowledged."""
    robot, answers = Robot(place.port, link), invented_answers(PULSE, number)
    robot.begin()
    for page in PULSE.route(answers):
        shown = robot.get(f"/p/t/{page.code}")[1]
        robot.fill(page, shown, answers)
    return robot.send()


def send_step(staff: Reader, place: MailingInstallation, number: int) -> Counter[str]:
    """Let a step of the contact plan go today, and wait until all is sent; return how often each address was written to."""
    before = len(place.postbox.taken)
    staff.page.goto(f"{place.url}/hh/dot/{WAVE}/tin/{number}")
    staff.page.fill("#send_on", f"{now_here():%d/%m/%Y}")
    staff.press("form:has(#send_on) button[type=submit]")
    staff.look()
    staff.press("text=Gửi vào ngày này")
    place.flask("messages", "send")  # as the job runner does, without waiting for its next look
    for _ in range(300):
        states = place.flask("messages", "show", WAVE).splitlines()[number - 1]
        if "sent" in states and "queued" not in states and "sending" not in states and "handing" not in states:
            break
        time.sleep(0.2)
    assert "unsure" not in states
    return Counter(to[0] for to, _mail in place.postbox.taken[before:])


def a_night_passes(place: Installation) -> None:
    """Put the last count a day back, and count again: what the job runner does after midnight."""
    engine = create_engine(place.database_url)
    with engine.begin() as connection:
        yesterday = now_here().date() - timedelta(days=1)
        connection.execute(update(DailyCount).values(day=yesterday))
        connection.execute(update(Wave).where(Wave.code == WAVE).values(snapshot_on=yesterday))
    engine.dispose()
    assert WAVE in place.flask("waves", "snapshot")


def set_outcome(staff: Reader, place: Installation, words: str, outcome: str) -> None:
    """Find a firm and set its outcome: one tap on its name, one on the outcome."""
    staff.page.goto(f"{place.url}/hh/dot/{WAVE}/theo-doi")
    staff.page.fill("#tim", words)
    staff.press("form[role=search] button")
    staff.press("tbody th a >> nth=0")
    staff.press(f"main form button:has-text('{outcome}')")


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # each part is tested on both; this takes long
def test_a_wave_from_the_list_to_its_closing(browser: Browser, place: MailingInstallation):
    staff = Reader(browser, 1280)
    sign_in(staff, place, "hiephoi@example.vn")
    import_the_list(staff, place)
    make_and_draw(staff, place)

    cards = pypdf.PdfReader(fetch(staff, place, "cards").path())
    assert len(cards.pages) == DRAWN / 8
    table = list(csv.DictReader(fetch(staff, place, "csv").path().read_text(encoding="utf-8-sig").splitlines()))
    assert len({line["link"] for line in table}) == DRAWN

    invited = send_step(staff, place, 1)
    assert (len(invited), set(invited.values())) == (DRAWN, {1})
    with ThreadPoolExecutor(4) as firms:
        sent = list(firms.map(lambda n: answer(place, table[n]["link"], n), range(ANSWERING)))
    assert sent.count(True) == ANSWERING
    staff.page.goto(f"{place.url}/hh/dot/{WAVE}/theo-doi")
    assert "Đã trả lời\n0" in staff.look()  # nothing is live
    assert WAVE in place.flask("waves", "snapshot")
    reminded = send_step(staff, place, 2)
    assert reminded == Counter({line["email"]: 1 for line in table[ANSWERING:]})

    waiting = [line["name"] for line in table[ANSWERING:]]
    for name, outcome in zip(
        waiting, ("Không muốn trả lời", "Không liên lạc được", "Doanh nghiệp đã đóng"), strict=False
    ):
        set_outcome(staff, place, name.removeprefix("Công ty "), outcome)
    staff.page.goto(f"{place.url}/hh/dot/{WAVE}/theo-doi")
    board = staff.look()
    assert f"Đã trả lời\n{ANSWERING}" in board
    rates = dict(re.findall(r"(RR1|RR3|RR5|COOP1|REF1) ?=?.*?\t.*?\t([\d,]+)%", board))
    # 150 answered, 1 refused, 1 not reached, 1 closed, 247 of which nothing is known: e = 152 / 153
    assert rates["RR1"] == "37,6"  # 150 / 399
    assert rates["RR5"] == "98,7"  # 150 / 152
    assert rates["RR3"] == "37,7"  # 150 / (152 + 247 * 152 / 153)

    a_night_passes(place)
    again = send_step(staff, place, 3)
    assert again == Counter({line["email"]: 1 for line in table[ANSWERING + 3 :]})  # not to the three with an outcome

    staff.page.set_viewport_size({"width": 360, "height": 760})
    for path in ("", "/mau", "/the", "/tin", "/tin/3", "/theo-doi", "/theo-doi/goi", "/dong", "/gia-han"):
        staff.page.goto(f"{place.url}/hh/dot/{WAVE}{path}?lang=en")
        staff.look()
    staff.page.goto(f"{place.url}/hh/dot/{WAVE}/dong?lang=vi")
    staff.press("text=Đóng ngay")
    until(staff, "đã đóng")
    assert f"nhận {ANSWERING}" in place.flask("box", "check", WAVE)
