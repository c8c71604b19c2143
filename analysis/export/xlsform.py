"""The questionnaire as XLSForm, which ODK, KoboToolbox and Survey123 read.

What differs from our own form: an item with numbers that offers "don't know" gets a second question, `item_why`, asked while
the number is blank; special answers of several choices stand among the options and exclude them.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime

from questionnaires.base import Language
from questionnaires.conditions import AllOf, AnyOf, AtLeast, Condition, Has, In, Lacks, Not, NotIn
from questionnaires.instrument import SINGLE, Instrument, Item, Page

NAMES: dict[Language, str] = {"vi": "Tiếng Việt (vi)", "en": "English (en)"}
LABELS, HINTS = ([f"{kind}::{name}" for name in NAMES.values()] for kind in ("label", "hint"))
SURVEY = ["type", "name", *LABELS, *HINTS, "relevant", "constraint", "choice_filter", "appearance"]
CHOICES = ["list_name", "name", *LABELS, "offered"]
SETTINGS = ["form_title", "form_id", "version", "default_language"]

Row = dict[str, str]


def xlsform(instrument: Instrument) -> bytes:
    """Return the instrument as an XLSForm workbook."""
    import xlsxwriter

    sheets = {
        "survey": (SURVEY, list(_survey(instrument))),
        "choices": (CHOICES, [row for item in instrument.items for row in _choices(item, instrument)]),
        "settings": (SETTINGS, [_settings(instrument)]),
    }
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        book.set_properties({"created": datetime(2000, 1, 1, tzinfo=UTC)})  # the same form, the same bytes
        for name, (header, rows) in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate([dict(zip(header, header, strict=True)), *rows]):
                for column, key in enumerate(header):
                    sheet.write_string(number, column, row.get(key, ""))
    return out.getvalue()


def _settings(instrument: Instrument) -> Row:
    return {
        "form_title": instrument.title.vi,
        "form_id": instrument.code,
        "version": instrument.version,
        "default_language": NAMES["vi"],
    }


def _survey(instrument: Instrument) -> Iterator[Row]:
    ended: list[str] = []
    for page in instrument.pages:
        yield {
            "type": "begin_group",
            "name": f"page_{page.code}",
            **_both("label", page.title),
            "appearance": "field-list",
        } | ({"relevant": f"not({' or '.join(ended)})"} if ended else {})
        if page.body:
            yield {"type": "note", "name": f"body_{page.code}", **_both("label", page.body)}
        yield from _questions(page, instrument)
        yield {"type": "end_group", "name": f"page_{page.code}"}
        items = [instrument.item(code) for code in page.items]
        ended += [f"${{{item.code}}} = '{code}'" for item in items for code in item.end_if]


def _questions(page: Page, instrument: Instrument) -> Iterator[Row]:
    for item in (instrument.item(code) for code in page.items):
        asked = _relevant(item.ask_if) if item.ask_if else ""
        row = {"type": _type(item), "name": item.code, "relevant": asked, **_both("label", item.text)}
        hint = _both("hint", item.hint) if item.hint else {}
        yield row | hint | {"constraint": _constraint(item), "choice_filter": _filter(item)}
        if item.type == "number" and item.specials:
            blank = f"${{{item.code}}} = ''" + (f" and ({asked})" if asked else "")
            why = {"type": f"select_one {item.code}", "name": f"{item.code}_why", "relevant": blank}
            yield why | _both("label", item.text)


def _type(item: Item) -> str:
    if item.type in SINGLE:
        return f"select_one {item.code}"
    if item.type == "multi":
        return f"select_multiple {item.code}"
    if item.type == "number":
        return "decimal" if item.range and item.range.decimals else "integer"
    return "text"


def _constraint(item: Item) -> str:
    if item.type == "number" and item.range:
        return f". >= {item.range.min:g} and . <= {item.range.max:g}"
    if item.type == "text" and item.max_length:
        return f"string-length(.) <= {item.max_length}"
    if item.type != "multi":
        return ""
    alone = [*(option.code for option in item.options if option.exclusive), *item.specials]
    return " and ".join(f"not(selected(., '{code}') and count-selected(.) > 1)" for code in alone)


def _filter(item: Item) -> str:
    """Return which options are offered: those without a condition, and those whose condition holds."""
    conditions = [(option.code, option.ask_if) for option in item.options if option.ask_if is not None]
    if not conditions:
        return ""
    return " or ".join(
        ["offered = ''", *(f"(offered = '{code}' and ({_relevant(when)}))" for code, when in conditions)]
    )


def _choices(item: Item, instrument: Instrument) -> Iterator[Row]:
    for option in item.options:
        offered = option.code if option.ask_if is not None else ""
        yield {"list_name": item.code, "name": option.code, **_both("label", option.text), "offered": offered}
    for code in item.specials:
        words = instrument.special[code]  # type: ignore[index]
        yield {"list_name": item.code, "name": code, **_both("label", words), "offered": ""}


def _relevant(condition: Condition) -> str:
    """Return a condition as an XPath expression of XLSForm; a question without an answer is ''."""
    match condition:
        case AnyOf():
            return " or ".join(f"({_relevant(part)})" for part in condition.any)
        case AllOf():
            return " and ".join(f"({_relevant(part)})" for part in condition.all)
        case Not():
            return f"not({_relevant(condition.not_)})"
        case _:
            return _about_one(condition)


def _about_one(condition: In | NotIn | Has | Lacks | AtLeast) -> str:
    answer = f"${{{condition.item}}}"
    match condition:
        case In():
            return " or ".join(f"{answer} = '{code}'" for code in condition.in_)
        case NotIn():
            return " and ".join(f"{answer} != '{code}'" for code in condition.not_in)
        case Has():
            return f"selected({answer}, '{condition.has}')"
        case Lacks():
            return f"not(selected({answer}, '{condition.lacks}'))"
        case AtLeast():
            return f"{answer} >= {condition.gte:g}"


def _both(kind: str, text: object) -> Row:
    return {f"{kind}::{name}": text[language] for language, name in NAMES.items()}  # type: ignore[index]
