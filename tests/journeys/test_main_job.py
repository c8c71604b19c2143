"""The whole story in a real browser, on SQLite as `make run` has it: a firm answers, the box is opened, the agency reads."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser import chromium
from tests.journeys.reader import Reader, sign_in
from tests.server import Installation, installation


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.fixture
def demo(tmp_path: Path, database_url: str):
    """A demonstration wave, served by gunicorn."""
    made = installation(tmp_path, database_url)
    made.flask("demo", "load", "--seed", "2023")
    with made.served():
        yield made


def answer_everything(reader: Reader) -> None:
    """Answer the first offered thing on every page up to the review."""
    for _ in range(45):
        if reader.page.url.endswith("/p/xem-lai"):
            return
        for fieldset in reader.page.locator("fieldset").all():
            if fieldset.locator(".number input").count():
                fieldset.locator(".number input").fill("9")
            elif fieldset.locator(".tick input").count() and not fieldset.locator("textarea").count():
                fieldset.locator(".tick input").first.check()
        reader.press("form button.go")
    raise AssertionError("the review was never reached")


def answer_as_a_firm(browser: Browser, demo: Installation, link: str) -> str:
    """Go from the link to the receipt, changing device and language on the way; return the receipt."""
    phone = Reader(browser, 360)
    phone.page.goto(link)
    assert "#" not in phone.page.url
    assert "Đã đọc được đường link" in phone.look()
    phone.press("button.go")
    assert "Trả lời là tự nguyện" in phone.look()
    phone.press("form[action='/p/dong-y'] button")
    code = phone.page.inner_text(".code")
    phone.look()
    phone.page.check("#p02-active")
    phone.press("form button.go")
    assert "Còn 1 câu chưa trả lời" in phone.look()
    phone.press("form button.go")
    phone.page.goto(f"{phone.page.url}?lang=en")
    assert "How many workers does the firm have?" in phone.look()
    phone.context.close()

    desk = Reader(browser, 1280)
    desk.page.goto(f"{demo.url}/p/ma")
    desk.look()
    desk.page.fill("#code", link)
    desk.page.fill("#resume", code)
    desk.press("form button.go")
    assert desk.page.url.endswith("/p/t/p2")
    answer_everything(desk)
    assert "Sau khi gửi không sửa được" in desk.look()
    desk.press("form button.go")
    assert "Đã nhận phiếu" in desk.look()
    receipt = desk.page.inner_text(".received .code")
    desk.context.close()
    return receipt


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # fieldwork tells a whole story on PostgreSQL
def test_from_the_link_to_the_agency_page(browser, demo):
    link = re.search(r"http\S+", demo.flask("demo", "show"))[0]
    receipt = answer_as_a_firm(browser, demo, link)

    agency = Reader(browser, 1280)
    sign_in(agency, demo, "stc_2025@example.vn")
    assert "Chưa có kết quả khảo sát" in agency.look()

    demo.flask("waves", "close", "demo")
    key, words = demo.folder / "demo-box-key.pem", demo.folder / "demo-box-passphrase.txt"
    opened = demo.flask("box", "open", "demo", "--key", str(key), "--passphrase-file", str(words))
    assert "221" in opened
    assert not key.exists()
    run = re.search(r"release (\d+)", demo.flask("scores", "run", "demo"))[1]
    demo.flask("scores", "release", run)
    assert "không có: đợt đã đóng" in demo.flask("demo", "show")

    agency.page.goto(f"{demo.url}/cq")
    home = agency.look()
    assert "Chỉ số thành phần cơ quan làm đầu mối" in home
    assert re.search(r"\d,\d\d \(từ \d,\d\d đến \d,\d\d\)", home)
    agency.page.goto(f"{demo.url}/cq/ket-qua/entry")
    page = agency.look()
    for words_of_the_page in (
        "Điểm PCI chính thức (VCCI)",
        "Ước tính nội bộ trên thang PCI 2023",
        "chỉ tiêu",
        "của thang",
    ):
        assert words_of_the_page in page
    assert re.search("▲ Đạt|▼ Chưa đạt|● Chưa đủ căn cứ", page)
    assert agency.page.evaluate("document.querySelector('.ls-chart img').naturalWidth") > 300
    agency.page.set_viewport_size({"width": 360, "height": 760})
    agency.page.goto(f"{demo.url}/cq/ket-qua/land?lang=en")
    assert "Internal estimate on the PCI 2023 scale" in agency.look()

    public = Reader(browser, 360)
    public.page.goto(f"{demo.url}/ket-qua/demo/phieu-da-dem")
    assert receipt.replace("-", "") in public.look().replace("-", "")
