"""What an instrument must mean: codes, pages, routes, answers and ladders."""

from __future__ import annotations

import json
from collections.abc import Callable

from questionnaires.conditions import SPECIAL, Condition, Trigger
from questionnaires.faults import Fault, Faults, Way, doubled, doubled_at, empty_texts, unknown
from questionnaires.files import FOLDER
from questionnaires.instrument import SINGLE, Instrument, Item

PUBLISHED_CODES = FOLDER / "published_codes.json"


def trigger_fits(trigger: Trigger, instrument: Instrument, way: Way) -> Faults:
    """Yield what keeps a condition from ever reading its item: no such item, option, or another type of answer."""
    if trigger.item not in instrument.by_code:
        yield from unknown(way, [trigger.item], instrument.by_code)
        return
    item = instrument.item(trigger.item)
    if trigger.reads != _gives(item):
        yield Fault(
            way,
            f"{item.code} là câu kiểu {item.type}: dùng in cho câu chọn một, has cho câu chọn nhiều, gte cho số",
            f"{item.code} is of type {item.type}: use in for one choice, has for several, gte for a number",
        )
    yield from unknown(way, trigger.codes, item.option_codes)


def _gives(item: Item) -> str:
    if item.type in SINGLE:
        return "one choice"
    return "several choices" if item.type == "multi" else item.type


def _codes_are_unique(instrument: Instrument) -> Faults:
    yield from doubled(("items",), [item.code for item in instrument.items])
    yield from doubled(("pages",), [page.code for page in instrument.pages])
    yield from doubled(("sections",), [section.code for section in instrument.sections])
    for position, item in enumerate(instrument.items):
        yield from doubled(("items", position, "options"), item.option_codes)


def _codes_are_not_reserved(instrument: Instrument) -> Faults:
    for position, item in enumerate(instrument.items):
        if "__" in item.code:
            yield Fault(
                ("items", position, "code"),
                "Bỏ hai gạch dưới liền nhau: chúng ngăn câu với lựa chọn trong tệp dữ liệu",
                "Use no double underscore: in data files it stands between an item and its option",
            )
        for place, code in enumerate(item.option_codes):
            if code in SPECIAL:
                yield Fault(
                    ("items", position, "options", place, "code"),
                    f"Bỏ lựa chọn {code} và ghi {code}: true ở câu hỏi",
                    f"Take out the option {code} and give the item {code}: true",
                )


def _pages_name_items_once(instrument: Instrument) -> Faults:
    for position, page in enumerate(instrument.pages):
        yield from unknown(("pages", position, "items"), page.items, instrument.by_code)
        yield from unknown(("pages", position, "section"), [page.section], [s.code for s in instrument.sections])
        if not page.items and page.body is None:
            yield Fault(("pages", position), "Trang trống: thêm items hoặc body", "An empty page: add items or a body")
    yield from doubled_at(
        (("pages", position, "items", place), code)
        for position, page in enumerate(instrument.pages)
        for place, code in enumerate(page.items)
    )
    shown = {code for page in instrument.pages for code in page.items}
    for position, item in enumerate(instrument.items):
        if item.code not in shown:
            yield Fault(
                ("items", position), "Câu không nằm trên trang nào: thêm vào một trang", "On no page: put it on one"
            )


def _both_languages(instrument: Instrument) -> Faults:
    yield from empty_texts(instrument.model_dump(by_alias=True))


def _triggers_come_first(instrument: Instrument) -> Faults:
    seen: set[str] = set()
    positions = {item.code: position for position, item in enumerate(instrument.items)}
    for page in instrument.pages:
        for code in page.items:
            if code in positions:
                yield from _conditions(instrument, positions[code], seen)
        seen.update(page.items)


def _conditions(instrument: Instrument, position: int, seen: set[str]) -> Faults:
    item = instrument.items[position]
    if item.ask_if is not None:
        yield from _condition(instrument, item.ask_if, ("items", position, "ask_if"), seen)
    for place, option in enumerate(item.options):
        if option.ask_if is not None:
            yield from _condition(instrument, option.ask_if, ("items", position, "options", place, "ask_if"), seen)


def _condition(instrument: Instrument, condition: Condition, way: Way, seen: set[str]) -> Faults:
    for trigger in condition.triggers():
        yield from trigger_fits(trigger, instrument, way)
        code = trigger.item
        if code in instrument.by_code and code not in seen:
            yield Fault(way, f"{code} phải được hỏi ở một trang trước", f"{code} must be asked on an earlier page")
        if code in instrument.key_variables:
            yield Fault(
                way,
                f"{code} là biến nhận diện và sẽ bị làm thô: chọn câu dẫn khác",
                f"{code} is a key variable and will be coarsened: route by another item",
            )


def _answers_fit_the_type(instrument: Instrument) -> Faults:
    for position, item in enumerate(instrument.items):
        way: Way = ("items", position)
        if item.type == "number":
            yield from _range(item, way)
        if item.type == "text" and item.max_length is None:
            yield Fault(way, "Câu hỏi chữ cần max_length: thêm vào", "A text needs a max_length: add it")
        if item.type not in ("number", "text") and len(item.options) < 2:
            yield Fault(way, "Cần ít nhất 2 lựa chọn: thêm vào", "At least 2 options are needed: add them")
        if item.type != "multi" and any(option.exclusive for option in item.options):
            yield Fault(
                way, "Bỏ exclusive: chỉ dùng khi chọn nhiều", "Remove exclusive: it is only for several choices"
            )
        yield from unknown((*way, "end_if"), item.end_if, item.option_codes)


def _range(item: Item, way: Way) -> Faults:
    if item.range is None:
        yield Fault(way, "Câu hỏi số cần range (min, max): thêm vào", "A number needs a range (min, max): add it")
    elif not item.range.min < item.range.max:
        yield Fault((*way, "range"), "Sửa range: min phải nhỏ hơn max", "Mend the range: min must be below max")


def _comments_have_an_item(instrument: Instrument) -> Faults:
    code = instrument.comment_item
    if code is not None and (code not in instrument.by_code or instrument.item(code).type != "text"):
        yield Fault(
            ("comment_item",), f"Không có câu chữ {code}: sửa mã này", f"There is no text item {code}: mend the code"
        )


def _ladders_partition(instrument: Instrument) -> Faults:
    positions = {item.code: position for position, item in enumerate(instrument.items)}
    yield from unknown(("key_variables",), instrument.key_variables, positions)
    for code in instrument.key_variables:
        if code in positions:
            yield from _ladder(instrument.item(code), ("items", positions[code], "ladder"))


def _ladder(item: Item, way: Way) -> Faults:
    if not item.ladder:
        yield Fault(way[:2], "Biến nhận diện cần ladder: thêm vào", "A key variable needs a ladder: add it")
        return
    for place, rungs in enumerate(item.ladder):
        covered = sorted(code for rung in rungs for code in rung.of)
        if covered != sorted(item.option_codes):
            yield Fault(
                (*way, place), "Mỗi lựa chọn phải thuộc đúng một bậc", "Each option must be in exactly one rung"
            )
    if [rung.code for rung in item.ladder[-1]] != ["ns"]:
        yield Fault((*way, len(item.ladder) - 1), "Bậc cuối chỉ có ns", "The last step must be ns alone")
    yield from _rungs_mean_one_thing(item, way)


def _rungs_mean_one_thing(item: Item, way: Way) -> Faults:
    meaning = {code: {code} for code in item.option_codes}
    for place, rungs in enumerate(item.ladder):
        for number, rung in enumerate(rungs):
            if meaning.setdefault(rung.code, set(rung.of)) != set(rung.of):
                yield Fault(
                    (*way, place, number, "code"),
                    f"Đặt mã khác cho bậc này: {rung.code} đã có nghĩa khác ở câu {item.code}",
                    f"Give the rung another code: {rung.code} already means something else in {item.code}",
                )


def _codes_are_stable(instrument: Instrument) -> Faults:
    published = json.loads(PUBLISHED_CODES.read_text(encoding="utf-8")).get(instrument.code, {})
    positions = {item.code: position for position, item in enumerate(instrument.items)}
    for code, options in published.items():
        if code not in positions:
            yield _published(("items",), code)
            continue
        for option in options:
            if option not in instrument.item(code).option_codes:
                yield _published(("items", positions[code], "options"), option)


def _published(way: Way, code: str) -> Fault:
    return Fault(
        way,
        f"{code} đã từng phát hành: đưa trở lại, không bỏ hay đổi mã",
        f"{code} was published: put it back, its code cannot go or change",
    )


CHECKS: tuple[Callable[[Instrument], Faults], ...] = (
    _codes_are_unique,
    _codes_are_not_reserved,
    _pages_name_items_once,
    _both_languages,
    _triggers_come_first,
    _answers_fit_the_type,
    _comments_have_an_item,
    _ladders_partition,
    _codes_are_stable,
)
