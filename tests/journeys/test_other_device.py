"""Going on elsewhere: the picture on the screen is scanned, and what it says opens nothing by itself."""

from __future__ import annotations

import base64

import numpy as np
import zxingcpp
from playwright.sync_api import Page

from tests.journeys.phone import begin, phone, press

#: Chromium decodes its own screenshot, on a page without our rules: brightness of each point, row by row.
_POINTS = """async (png) => {
  const bytes = Uint8Array.from(atob(png), (each) => each.charCodeAt(0));
  const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
  const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
  canvas.drawImage(image, 0, 0);
  const { data, width } = canvas.getImageData(0, 0, image.width, image.height);
  return [width, [...data.filter((_, place) => place % 4 === 0)]];
}"""


def scanned(page: Page) -> list[str]:
    """Return what a scanner reads on the page as it is shown."""
    width, points = page.context.new_page().evaluate(_POINTS, base64.b64encode(page.screenshot()).decode())
    shown = np.array(points, dtype=np.uint8).reshape(-1, width)
    return [code.text for code in zxingcpp.read_barcodes(shown)]


def test_the_picture_leads_a_second_device_to_where_both_codes_are_asked_for(browser, place):
    first, complaints = phone(browser, width=360), []
    first.on("console", lambda message: complaints.append(message.text))
    link = place.link()
    code = begin(first, link)
    first.get_by_label("Không", exact=True).check()
    press(first, "Lưu và tiếp tục")
    press(first, "Dừng ở đây")
    first.get_by_role("img", name="Mã QR của địa chỉ này").scroll_into_view_if_needed()
    assert scanned(first) == [f"{place.app.extensions['config'].base_url}/p/ma"]
    assert complaints == []
    second = phone(browser)
    second.goto(f"{place.url}/p/ma")
    second.get_by_label("Đường link hoặc mã").fill(link)
    press(second, "Làm tiếp")
    assert second.get_by_text("Mã gồm 16 ký tự").count()
    second.get_by_label("Mã tiếp tục").fill(code)
    press(second, "Làm tiếp")
    assert second.url.endswith("/p/t/page2")


def test_a_photo_of_the_page_holds_one_of_the_two_codes_and_no_more(browser, place):
    page, link = phone(browser, width=360), place.link()
    code = begin(page, link)
    press(page, "Dừng ở đây")
    secret = link.rpartition("#")[2]
    assert code in page.locator("main").inner_text()
    assert secret.replace("-", "") not in page.content().replace("-", "")
