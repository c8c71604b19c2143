"""What a framework must mean: one rule for each survey indicator, fit for its item; official directions and weights."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from questionnaires.conditions import Triggers
from questionnaires.faults import Fault, Way
from questionnaires.framework import Framework, Rule
from questionnaires.instrument import SINGLE, Instrument, Item
from questionnaires.reference import official_directions

Faults = Iterator[Fault]


def _one_rule_each(framework: Framework, _instrument: Instrument) -> Faults:
    for code, times in Counter(indicator.code for indicator in framework.indicators).items():
        if times > 1:
            yield Fault(
                ("indicators",), f"Chỉ tiêu {code} có {times} lần", f"The indicator {code} stands {times} times"
            )
    for position, indicator in enumerate(framework.indicators):
        way: Way = ("indicators", position)
        if indicator.source == "survey" and indicator.rule is None:
            yield Fault(way, f"Chỉ tiêu {indicator.code} cần một rule", f"The indicator {indicator.code} needs a rule")
        if indicator.source == "published" and indicator.rule is not None:
            yield Fault((*way, "rule"), "Số liệu công bố thì không có rule", "A published figure has no rule")


def _rules_fit_items(framework: Framework, instrument: Instrument) -> Faults:
    for position, indicator in enumerate(framework.indicators):
        if indicator.rule is not None:
            yield from _fits(indicator.rule, instrument, ("indicators", position, "rule"))


def _fits(rule: Rule, instrument: Instrument, way: Way) -> Faults:
    for code in (rule.item, *(code for code, _ in _triggers(rule))):
        if code not in instrument.by_code:
            yield Fault(way, f"Bộ phiếu không có câu {code}", f"The instrument has no item {code}")
            return
        if code in instrument.key_variables:
            yield Fault(
                way, f"{code} bị làm thô khi mở hòm: không dùng", f"{code} is coarsened at opening: do not use it"
            )
    item = instrument.item(rule.item)
    if not _shape_fits(rule, item):
        yield Fault(
            way,
            f"Cách tính không hợp với câu {item.code} ({item.type})",
            f"The rule does not fit the item {item.code} ({item.type})",
        )
    yield from _codes_exist(rule, item, instrument, way)


def _triggers(rule: Rule) -> Triggers:
    return rule.where.triggers() if rule.where else iter(())


def _shape_fits(rule: Rule, item: Item) -> bool:
    if rule.stat == "median":
        return item.type == "number"
    if rule.stat in ("mean", "percent"):
        return item.type in SINGLE and set(rule.values or {}) == set(item.option_codes)
    if item.type == "multi":
        return rule.option is not None and not rule.numerator
    return item.type in SINGLE and bool(rule.numerator) and rule.option is None


def _codes_exist(rule: Rule, item: Item, instrument: Instrument, way: Way) -> Faults:
    named = [(item, code) for code in (*rule.numerator, *([rule.option] if rule.option else []))]
    for trigger, codes in _triggers(rule):
        named += [(instrument.item(trigger), code) for code in codes]
    for owner, code in named:
        if code not in owner.option_codes:
            yield Fault(
                way, f"Câu {owner.code} không có lựa chọn {code}", f"The item {owner.code} has no option {code}"
            )


def _directions_are_official(framework: Framework, _instrument: Instrument) -> Faults:
    if framework.reference_year is None:
        return
    official = official_directions()
    for position, indicator in enumerate(framework.indicators):
        expected = official.get(indicator.code)
        if indicator.direction != expected:
            yield Fault(
                ("indicators", position, "direction"),
                f"Chiều chính thức là {expected}",
                f"The official direction is {expected}",
            )


def _sub_indices_exist(framework: Framework, _instrument: Instrument) -> Faults:
    known = {sub_index.code for sub_index in framework.sub_indices}
    for position, indicator in enumerate(framework.indicators):
        if indicator.sub_index not in known:
            message = (
                f"Không có chỉ số thành phần {indicator.sub_index}",
                f"There is no sub-index {indicator.sub_index}",
            )
            yield Fault(("indicators", position, "sub_index"), *message)


def _weights_sum_to_one(framework: Framework, _instrument: Instrument) -> Faults:
    for position, period in enumerate(framework.weights):
        total = sum(period.weights.values())
        if abs(total - 1) > 1e-9:
            message = f"Tổng trọng số là {total:g}, phải là 1", f"The weights sum to {total:g}; they must sum to 1"
            yield Fault(("weights", position, "weights"), *message)


CHECKS: tuple[Callable[[Framework, Instrument], Faults], ...] = (
    _one_rule_each,
    _rules_fit_items,
    _directions_are_official,
    _sub_indices_exist,
    _weights_sum_to_one,
)
