"""What a questionnaire file must mean: beyond its shape, which the models keep."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from questionnaires import rules
from questionnaires.base import LANGUAGES
from questionnaires.conditions import Condition
from questionnaires.demonstration import distribution
from questionnaires.faults import BadFile, Fault, PlacedFault, Way
from questionnaires.files import (
    AGENCIES_PATH,
    FOLDER,
    framework_path,
    load_agencies,
    load_framework,
    load_instrument,
    load_plan,
    plan_path,
    read,
)
from questionnaires.framework import Framework
from questionnaires.instrument import Instrument, Item
from questionnaires.timing import Length, length

#: The longest an instrument may take, in minutes, for half of the firms.
MAX_MINUTES = 20
PUBLISHED_CODES = FOLDER / "published_codes.json"
Faults = Iterator[Fault]


@dataclass(frozen=True)
class Coverage:
    """How much of a framework an instrument measures."""

    close: int
    proxy: int
    survey: int  # indicators that a survey can measure

    @property
    def measured(self) -> int:
        """Return how many survey indicators have an item."""
        return self.close + self.proxy


@dataclass(frozen=True)
class Report:
    """What checking an instrument found."""

    instrument: Instrument
    length: Length
    coverage: Coverage
    faults: tuple[PlacedFault, ...]


def check_instrument(path: Path, framework: Framework | None = None) -> Report:
    """Return what is wrong with an instrument, how long it takes and what it covers; raise BadFile if unreadable."""
    instrument = load_instrument(path)
    _, lines = read(path)
    framework = framework or _framework_for(instrument)
    took = length(instrument, distribution())
    faults = [fault for check in _INSTRUMENT for fault in check(instrument)]
    faults += _promise(instrument, took)
    return Report(instrument, took, coverage(instrument, framework), tuple(fault.at(path, lines) for fault in faults))


def coverage(instrument: Instrument, framework: Framework) -> Coverage:
    """Return how many survey indicators of the framework the instrument's items measure."""
    survey = [indicator for indicator in framework.indicators if indicator.source == "survey"]
    matches = Counter(i.rule.match for i in survey if i.rule and i.rule.item in instrument.by_code)
    return Coverage(matches["close"], matches["proxy"], len(survey))


def check_framework(path: Path, instrument: Instrument) -> tuple[PlacedFault, ...]:
    """Return what is wrong with a framework beside the instrument its rules read."""
    framework = load_framework(path)
    _, lines = read(path)
    return tuple(fault.at(path, lines) for check in rules.CHECKS for fault in check(framework, instrument))


def check_plan(path: Path) -> tuple[PlacedFault, ...]:
    """Return what is wrong with a plan beside the framework and the agencies it names."""
    plan, agencies = load_plan(path), load_agencies(AGENCIES_PATH)
    framework = load_framework(framework_path(plan.framework))
    _, lines = read(path)
    known = {agency.code for agency in agencies.agencies}
    sub_indices = {sub_index.code for sub_index in framework.sub_indices}
    faults: list[Fault] = []
    for position, target in enumerate(plan.targets):
        faults += _unknown(("targets", position, "lead"), [target.lead], known)
        faults += _unknown(("targets", position, "sub_index"), [target.sub_index], sub_indices)
    for position, duty in enumerate(plan.duties):
        faults += _unknown(("duties", position, "agencies"), duty.agencies, known)
        faults += _unknown(("duties", position, "kpi"), [duty.kpi] if duty.kpi else [], {k.code for k in plan.kpis})
    faults += _doubled(("duties",), [duty.code for duty in plan.duties])
    for position, agency in enumerate(agencies.agencies):
        faults += _unknown(("agencies", position, "successor"), [agency.successor] if agency.successor else [], known)
    return tuple(fault.at(path, lines) for fault in faults)


def check_all() -> tuple[PlacedFault, ...]:
    """Return the faults of every shipped file."""
    found: list[PlacedFault] = []
    for path in sorted((FOLDER / "instruments").glob("*.yaml")):
        found += _faults_of(partial(_instrument_faults, path))
    for framework, instrument in (("pci_2023", "pci_domestic"), ("satisfaction",) * 2, ("satisfaction_desk",) * 2):
        shipped = load_instrument(FOLDER / "instruments" / f"{instrument}.yaml")
        found += _faults_of(partial(check_framework, framework_path(framework), shipped))
    found += _faults_of(partial(check_plan, plan_path("lang_son_2024")))
    return tuple(found)


def _instrument_faults(path: Path) -> tuple[PlacedFault, ...]:
    return check_instrument(path).faults


def _faults_of(check: Callable[[], Iterable[PlacedFault]]) -> Iterable[PlacedFault]:
    try:
        return check()
    except BadFile as error:
        return error.faults


def _framework_for(instrument: Instrument) -> Framework:
    own = framework_path(instrument.code)
    return load_framework(own if own.exists() else framework_path("pci_2023"))


def _doubled(way: Way, codes: Iterable[str]) -> Faults:
    for code, times in Counter(codes).items():
        if times > 1:
            yield Fault(
                way, f"Mã {code} có {times} lần: đặt mã khác", f"The code {code} stands {times} times: rename it"
            )


def _unknown(way: Way, codes: Iterable[str], known: Iterable[str]) -> Faults:
    names = set(known)
    for code in codes:
        if code not in names:
            yield Fault(way, f"Không có {code}: sửa hoặc thêm mã này", f"There is no {code}: mend it or add it")


def _codes_are_unique(instrument: Instrument) -> Faults:
    yield from _doubled(("items",), [item.code for item in instrument.items])
    yield from _doubled(("pages",), [page.code for page in instrument.pages])
    yield from _doubled(("sections",), [section.code for section in instrument.sections])
    for position, item in enumerate(instrument.items):
        yield from _doubled(("items", position, "options"), item.option_codes)


def _pages_name_items_once(instrument: Instrument) -> Faults:
    for position, page in enumerate(instrument.pages):
        yield from _unknown(("pages", position, "items"), page.items, instrument.by_code)
        yield from _unknown(("pages", position, "section"), [page.section], [s.code for s in instrument.sections])
        if not page.items and page.body is None:
            yield Fault(("pages", position), "Trang trống: thêm items hoặc body", "An empty page: add items or a body")
    shown = [code for page in instrument.pages for code in page.items]
    yield from _doubled(("pages",), shown)
    for position, item in enumerate(instrument.items):
        if item.code not in shown:
            yield Fault(
                ("items", position), "Câu không nằm trên trang nào: thêm vào một trang", "On no page: put it on one"
            )


def _both_languages(instrument: Instrument) -> Faults:
    yield from _empty_texts(instrument.model_dump(), ())


def _empty_texts(value: object, way: Way) -> Faults:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in LANGUAGES and isinstance(inner, str) and not inner.strip():
                yield Fault((*way, key), "Thiếu lời ở ngôn ngữ này: viết vào", "No words in this language: write them")
            yield from _empty_texts(inner, (*way, key))
    elif isinstance(value, list | tuple):
        for position, inner in enumerate(value):
            yield from _empty_texts(inner, (*way, position))


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
    for code, looked_for in condition.triggers():
        if code not in instrument.by_code:
            yield from _unknown(way, [code], instrument.by_code)
            continue
        if code not in seen:
            yield Fault(way, f"{code} phải được hỏi ở một trang trước", f"{code} must be asked on an earlier page")
        if code in instrument.key_variables:
            yield Fault(
                way,
                f"{code} là biến nhận diện và sẽ bị làm thô: chọn câu dẫn khác",
                f"{code} is a key variable and will be coarsened: route by another item",
            )
        yield from _unknown(way, looked_for, instrument.item(code).option_codes)


def _answers_fit_the_type(instrument: Instrument) -> Faults:
    for position, item in enumerate(instrument.items):
        way: Way = ("items", position)
        if item.type == "number" and item.range is None:
            yield Fault(way, "Câu hỏi số cần range (min, max)", "A number needs a range (min, max)")
        if item.type == "text" and item.max_length is None:
            yield Fault(way, "Câu hỏi chữ cần max_length", "A text needs a max_length")
        if item.type not in ("number", "text") and len(item.options) < 2:
            yield Fault(way, "Cần ít nhất 2 lựa chọn", "At least 2 options are needed")
        if item.type != "multi" and any(option.exclusive for option in item.options):
            yield Fault(way, "exclusive chỉ dùng khi chọn nhiều", "exclusive is only for several choices")
        yield from _unknown((*way, "end_if"), item.end_if, item.option_codes)


def _ladders_partition(instrument: Instrument) -> Faults:
    positions = {item.code: position for position, item in enumerate(instrument.items)}
    yield from _unknown(("key_variables",), instrument.key_variables, positions)
    for code in instrument.key_variables:
        if code in positions:
            yield from _ladder(instrument.item(code), ("items", positions[code], "ladder"))


def _ladder(item: Item, way: Way) -> Faults:
    if not item.ladder:
        yield Fault(way[:2], "Biến nhận diện cần ladder", "A key variable needs a ladder")
        return
    for place, rungs in enumerate(item.ladder):
        covered = sorted(code for rung in rungs for code in rung.of)
        if covered != sorted(item.option_codes):
            yield Fault(
                (*way, place), "Mỗi lựa chọn phải thuộc đúng một bậc", "Each option must be in exactly one rung"
            )
    if [rung.code for rung in item.ladder[-1]] != ["ns"]:
        yield Fault((*way, len(item.ladder) - 1), "Bậc cuối chỉ có ns", "The last step must be ns alone")


def _codes_are_stable(instrument: Instrument) -> Faults:
    published = json.loads(PUBLISHED_CODES.read_text(encoding="utf-8")).get(instrument.code, {})
    for code, options in published.items():
        if code not in instrument.by_code:
            yield Fault(
                ("items",),
                f"Câu {code} đã từng phát hành: không bỏ hay đổi mã",
                f"The item {code} was published: its code cannot go or change",
            )
            continue
        position = instrument.items.index(instrument.item(code))
        yield from _unknown(("items", position, "options"), options, instrument.item(code).option_codes)


def _promise(instrument: Instrument, took: Length) -> Faults:
    if took.minutes > MAX_MINUTES:
        yield Fault(
            ("items",),
            f"Mất {took.minutes:.1f} phút, nhiều nhất là {MAX_MINUTES}: bỏ bớt câu",
            f"It takes {took.minutes:.1f} minutes, {MAX_MINUTES} at most: drop items",
        )
    if instrument.minutes < round(took.minutes):
        yield Fault(
            ("minutes",),
            f"Hứa {instrument.minutes} phút nhưng mất {took.minutes:.1f}: sửa lời hứa",
            f"{instrument.minutes} minutes are promised but it takes {took.minutes:.1f}: mend the promise",
        )


_INSTRUMENT: tuple[Callable[[Instrument], Faults], ...] = (
    _codes_are_unique,
    _pages_name_items_once,
    _both_languages,
    _triggers_come_first,
    _answers_fit_the_type,
    _ladders_partition,
    _codes_are_stable,
)
