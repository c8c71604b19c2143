"""Personal links on paper: eight cards on an A4 sheet, or a letter for each firm, with a QR code to scan."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from textwrap import shorten
from typing import Any, Literal

from questionnaires.base import Language
from survey_app.config import Config
from survey_app.envelopes import format_code
from survey_app.qr import qr_code

Kind = Literal["cards", "letters"]
FOLDER = Path(__file__).resolve().parent.parent / "printed"
_LONGEST_NAME = 90  # letters that a card has room for

WORDS: dict[str, dict[Language, str]] = {
    "title": {"vi": "Thẻ và thư mời, đợt {}", "en": "Cards and letters, wave {}"},
    "invite": {
        "vi": "mời doanh nghiệp trả lời khảo sát về môi trường kinh doanh. Khoảng {} phút, dừng lúc nào cũng được.",
        "en": "invites your firm to answer a survey about doing business here. About {} minutes, stop whenever you like.",
    },
    "type_in": {"vi": "Quét mã, hoặc mở trang này rồi gõ mã:", "en": "Scan, or open this page and type the code:"},
    "promise": {
        "vi": "Tự nguyện. Phiếu không ghi tên, niêm phong khi gửi, trộn rồi mới mở; chỉ công bố số gộp. "
        "Thẻ chỉ dành cho doanh nghiệp ghi ở trên.",
        "en": "Voluntary. The form has no name, is sealed when sent and mixed before it is opened; only totals are published. "
        "This card is only for the firm named above.",
    },
    "closes": {"vi": "Hạn: 17:00 ngày {}", "en": "Until 17:00 on {}"},
    "hotline": {"vi": "Hỏi: {}", "en": "Questions: {}"},
    "scan": {"vi": "Mã QR của liên kết riêng", "en": "QR code of the personal link"},
    "to": {"vi": "Kính gửi:", "en": "To:"},
    "date": {"vi": "{}, ngày …… tháng …… năm ……", "en": "{}, …… / …… / ……"},
    "signed": {"vi": "Thay mặt Hiệp hội", "en": "For the association"},
    "seal": {"vi": "(ký tên, đóng dấu)", "en": "(signature, seal)"},
    "subject": {"vi": "Thư mời trả lời khảo sát doanh nghiệp", "en": "Invitation to a survey of firms"},
    "ask": {
        "vi": "{association} mời doanh nghiệp trả lời khảo sát về môi trường kinh doanh tại tỉnh {province}. Kết quả được chấm "
        "theo phương pháp PCI đã công bố và chuyển tới các sở, ngành phải hành động.",
        "en": "{association} asks your firm about doing business in {province}. The results are scored by the published "
        "PCI method and go to the agencies that must act.",
    },
    "time": {
        "vi": "Khảo sát mất khoảng {} phút trên điện thoại, có thể dừng và làm tiếp. Trả lời là tự nguyện, bỏ qua câu nào cũng "
        "được. Phiếu không ghi tên: phiếu được niêm phong khi bấm Gửi, trộn cùng các phiếu khác rồi mới mở, nên không ai "
        "biết phiếu nào của ai.",
        "en": "It takes about {} minutes on a phone; you can stop and go on later. Taking part is voluntary and any question "
        "can be skipped. The form has no name: it is sealed when you press Send and mixed with others before it is opened, so "
        "nobody knows whose it is.",
    },
    "real": {
        "vi": "Muốn biết liên kết có thật không: mở {}/lien-ket-that. Không ai hỏi mật khẩu, mã OTP hay tiền.",
        "en": "To check that the link is real: open {}/lien-ket-that. Nobody asks for a password, a one-time code or money.",
    },
}


@dataclass(frozen=True, repr=False)
class Addressee:
    """A firm and its link secret."""

    name: str
    area: str
    language: Language
    secret: str


@dataclass(frozen=True)
class Sheet:
    """What is the same on every card of a wave."""

    wave: str
    minutes: int
    closes_on: date
    config: Config


def printed(kind: Kind, firms: Sequence[Addressee], sheet: Sheet) -> bytes:
    """Return the cards or letters of these firms, in their order, as a PDF."""
    import typst  # 80 MB that a web worker never needs

    from analysis.printing import FONTS

    content = {
        "kind": kind,
        "title": WORDS["title"]["vi"].format(sheet.wave),
        "firms": [_firm(firm, sheet) for firm in firms],
    }
    pdf: bytes = typst.compile(
        FOLDER / "cards.typ",
        root=FOLDER,
        sys_inputs={"data": json.dumps(content, ensure_ascii=False)},
        font_paths=[FONTS],
        ignore_system_fonts=True,
    )
    return pdf


def _firm(firm: Addressee, sheet: Sheet) -> dict[str, Any]:
    code, base = format_code(firm.secret), sheet.config.base_url
    return {
        "name": shorten(firm.name, _LONGEST_NAME, placeholder="…"),
        "area": firm.area,
        "code": code,
        "qr": qr_code(f"{base}/p#{code}"),
        "words": _words(firm.language, sheet),
    }


def _words(language: Language, sheet: Sheet) -> dict[str, Any]:
    config = sheet.config
    association = config.association_vi if language == "vi" else config.association_en

    def say(word: str, *values: object, **named: object) -> str:
        return WORDS[word][language].format(*values, **named)

    return {
        "association": association,
        "invite": say("invite", sheet.minutes),
        "type_in": say("type_in"),
        "address": f"{config.base_url}/p",
        "promise": say("promise"),
        "closes": say("closes", f"{sheet.closes_on:%d/%m/%Y}"),
        "hotline": say("hotline", config.hotline),
        "scan": say("scan"),
        **{word: say(word) for word in ("to", "subject", "signed", "seal")},
        "date": say("date", config.province),
        "body": [say("ask", association=association, province=config.province), say("time", sheet.minutes)],
        "real": say("real", config.base_url),
    }
