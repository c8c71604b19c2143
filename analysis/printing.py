"""The questionnaire on paper: one to read, with the codes of its answers, and a blank one to fill in."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import Any

from questionnaires.base import Language
from questionnaires.conditions import AllOf, AnyOf, AtLeast, Condition, Has, In, Lacks, Not, NotIn
from questionnaires.instrument import Instrument, Item, Option, Page

FOLDER = Path(__file__).resolve().parent
TEMPLATE = FOLDER / "printed.typ"
FONTS = FOLDER / "fonts"
#: The longest answer, in letters, of which two stand side by side.
NARROW = 34

WORDS: dict[str, dict[Language, str]] = {
    "page": {"vi": "Trang", "en": "Page"},
    "minutes": {"vi": "Khoảng {} phút", "en": "About {} minutes"},
    "version": {"vi": "Phiên bản {}", "en": "Version {}"},
    "route": {"vi": "Chỉ trả lời nếu {}", "en": "Answer only if {}"},
    "otherwise": {"vi": "; nếu không, bỏ qua câu này.", "en": "; otherwise skip this question."},
    "offered": {"vi": "[chỉ chọn nếu {}]", "en": "[only if {}]"},
    "end": {
        "vi": "Chọn câu này thì dừng ở đây, không cần trả lời tiếp.",
        "en": "If you choose this, stop here: there is nothing more to answer.",
    },
    "alone": {"vi": "[chọn riêng câu này]", "en": "[on its own]"},
    "and": {"vi": " và ", "en": " and "},
    "or": {"vi": " hoặc ", "en": " or "},
    "not": {"vi": "không đúng là ({})", "en": "it is not so that ({})"},
    "in": {"vi": "câu {} trả lời {}", "en": "{} is answered {}"},
    "not_in": {"vi": "câu {} không trả lời {}", "en": "{} is not answered {}"},
    "has": {"vi": "câu {} có chọn {}", "en": "{} includes {}"},
    "lacks": {"vi": "câu {} không chọn {}", "en": "{} does not include {}"},
    "gte": {"vi": "câu {} từ {} trở lên", "en": "{} is {} or more"},
    "limits": {"vi": "(từ {} đến {})", "en": "({} to {})"},
    "days": {"vi": "ngày", "en": "days"},
    "hours": {"vi": "giờ", "en": "hours"},
    "people": {"vi": "người", "en": "people"},
    "percent": {"vi": "%", "en": "%"},
    "to_read": {
        "vi": "Bản để đọc: mã của từng câu và từng lựa chọn đứng cạnh lời, như trong tệp dữ liệu.",
        "en": "For reading: the codes of items and answers stand beside the words, as in the data files.",
    },
    "one": {"vi": "Ô tròn: chọn một.", "en": "Round box: choose one."},
    "several": {"vi": "Ô vuông: chọn tất cả mục đúng.", "en": "Square box: choose all that apply."},
    "skip": {"vi": "Có thể bỏ trống bất kỳ câu nào.", "en": "Any question can be left blank."},
    "quoted": {
        "vi": "Tôi đồng ý cho đọc và trích ý kiến này, không kèm tên. Không đánh dấu thì ý kiến không được nhập.",
        "en": "I agree that this comment is read and may be quoted, without a name. Without this tick it is not typed in.",
    },
    "group": {
        "vi": "Ký hiệu nhóm doanh nghiệp (Hiệp hội ghi): ....................",
        "en": "Mark of the group of firms (written by the association): ....................",
    },
    "nameless": {
        "vi": "Không ghi tên, mã số thuế hay số điện thoại lên phiếu.",
        "en": "Do not write a name, tax code or phone number on this form.",
    },
}


def printed(instrument: Instrument, language: Language, *, blank: bool = False) -> bytes:
    """Return the instrument as a PDF (A4, tagged for screen readers): to read, or `blank` to fill in by pen."""
    import typst  # 80 MB that a web worker never needs

    content = json.dumps(_content(instrument, language, blank), ensure_ascii=False)
    pdf: bytes = typst.compile(
        TEMPLATE,
        root=FOLDER,
        sys_inputs={"data": content},
        font_paths=[FONTS],
        ignore_system_fonts=True,  # others may lack Vietnamese letters, and would differ from machine to machine
        pdf_standards="ua-1",
    )
    return pdf


def _content(instrument: Instrument, language: Language, blank: bool) -> dict[str, Any]:
    about = [
        instrument.population[language],
        instrument.recall[language],
        _say("minutes", language, instrument.minutes),
    ]
    marks = [_say(word, language) for word in ("one", "several", "skip")]
    return {
        "language": language,
        "title": instrument.title[language],
        "about": ". ".join(about) + ".",
        "footer": f"{instrument.code} · {_say('version', language, instrument.version)} · {instrument.content_hash()[:8]}",
        "words": {"page": _say("page", language)},
        "instructions": [
            " ".join(marks),
            *(_say(word, language) for word in (("nameless", "group") if blank else ("to_read",))),
        ],
        "sections": [
            {
                "title": instrument.section(section).title[language],
                "pages": [_page(page, instrument, language, blank) for page in pages],
            }
            for section, pages in groupby(instrument.pages, key=lambda page: page.section)
        ],
    }


def _page(page: Page, instrument: Instrument, language: Language, blank: bool) -> dict[str, Any]:
    return {
        "title": page.title[language],
        "body": page.body[language] if page.body else "",
        "items": [_item(instrument.item(code), instrument, language, blank) for code in page.items],
    }


def _item(item: Item, instrument: Instrument, language: Language, blank: bool) -> dict[str, Any]:
    options = [_option(option, item, instrument, language, blank) for option in item.options]
    if blank and item.code == instrument.comment_item:
        options.append({"code": "", "text": _say("quoted", language), "note": ""})
    options += [
        {"code": _key(item, code) if blank else code, "text": instrument.special[code][language], "note": ""}  # type: ignore[index]
        for code in item.specials
    ]
    return {
        "code": item.code,
        "text": item.text[language],
        "hint": item.hint[language] if item.hint else "",
        "route": _route(item.ask_if, instrument, language),
        "shape": {"number": "number", "text": "text", "multi": "several"}.get(item.type, "one"),
        "unit": _say(item.unit, language) if item.unit else "",
        "limits": _say("limits", language, f"{item.range.min:g}", f"{item.range.max:g}") if item.range else "",
        "options": options,
        "narrow": len(options) > 3 and all(len(option["text"] + option["note"]) <= NARROW for option in options),
    }


def _option(option: Option, item: Item, instrument: Instrument, language: Language, blank: bool) -> dict[str, str]:
    notes = []
    if option.ask_if is not None:
        notes.append(_say("offered", language, condition_words(option.ask_if, instrument, language)))
    if option.exclusive:
        notes.append(_say("alone", language))
    if option.code in item.end_if:
        notes.append(_say("end", language))
    return {
        "code": _key(item, option.code) if blank else option.code,
        "text": option.text[language],
        "note": " ".join(notes),
    }


def _key(item: Item, code: str) -> str:
    """Return what is typed for an answer when the form is keyed."""
    return next(key for key, answer in item.keys.items() if answer == code)


def _route(condition: Condition | None, instrument: Instrument, language: Language) -> str:
    if condition is None:
        return ""
    return _say("route", language, condition_words(condition, instrument, language)) + _say("otherwise", language)


def condition_words(condition: Condition, instrument: Instrument, language: Language) -> str:
    """Return a condition as somebody with the paper in hand reads it: item codes, and answers in words."""
    match condition:
        case AnyOf():
            return _one_item(condition, instrument, language) or _joined("or", condition.any, instrument, language)
        case AllOf():
            return _joined("and", condition.all, instrument, language)
        case Not():
            return _say("not", language, condition_words(condition.not_, instrument, language))
        case AtLeast():
            return _say("gte", language, condition.item, f"{condition.gte:g}")
        case In() | NotIn():
            kind, codes = ("in", condition.in_) if isinstance(condition, In) else ("not_in", condition.not_in)
            return _say(kind, language, condition.item, _answers(condition.item, codes, instrument, language))
        case Has() | Lacks():
            kind, code = ("has", condition.has) if isinstance(condition, Has) else ("lacks", condition.lacks)
            return _say(kind, language, condition.item, _answers(condition.item, [code], instrument, language))


def _one_item(condition: AnyOf, instrument: Instrument, language: Language) -> str:
    """Return the short form of "p05 includes A or p05 includes B"; empty where the parts differ."""
    ticks = [part for part in condition.any if isinstance(part, Has)]
    items = {part.item for part in ticks}
    if len(ticks) < len(condition.any) or len(items) > 1:
        return ""
    (item,) = items
    return _say("has", language, item, _answers(item, [part.has for part in ticks], instrument, language))


def _joined(word: str, parts: Iterable[Condition], instrument: Instrument, language: Language) -> str:
    return WORDS[word][language].join(_bracketed(part, instrument, language) for part in parts)


def _bracketed(part: Condition, instrument: Instrument, language: Language) -> str:
    words = condition_words(part, instrument, language)
    return f"({words})" if isinstance(part, AnyOf | AllOf) else words


def _answers(item: str, codes: Iterable[str], instrument: Instrument, language: Language) -> str:
    quoted = [f"“{instrument.item(item).option_text(code, language)}”" for code in codes]
    return WORDS["or"][language].join(quoted)


def _say(word: str, language: Language, *values: object) -> str:
    return WORDS[word][language].format(*values)
