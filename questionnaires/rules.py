"""What a framework must mean: one rule for each survey indicator, fit for its item; official directions and weights."""

from __future__ import annotations

from collections.abc import Callable

from questionnaires.conditions import Trigger
from questionnaires.faults import Fault, Faults, Way, doubled, empty_texts, unknown
from questionnaires.framework import Framework, Rule
from questionnaires.instrument import SINGLE, Instrument, Item
from questionnaires.instrument_rules import trigger_fits
from questionnaires.reference import official_directions


def _one_rule_each(framework: Framework, _instrument: Instrument) -> Faults:
    yield from doubled(("indicators",), [indicator.code for indicator in framework.indicators])
    yield from doubled(("sub_indices",), [sub_index.code for sub_index in framework.sub_indices])
    for position, indicator in enumerate(framework.indicators):
        way: Way = ("indicators", position)
        if indicator.source == "survey" and indicator.rule is None:
            yield Fault(
                way,
                f"Chỉ tiêu khảo sát {indicator.code} cần một rule: thêm vào",
                f"The survey indicator {indicator.code} needs a rule: add it",
            )
        if indicator.source == "published" and indicator.rule is not None:
            yield Fault(
                (*way, "rule"),
                "Bỏ rule: số liệu do nơi khác công bố thì không tính từ phiếu",
                "Remove the rule: a published figure is not computed from answers",
            )


def _both_languages(framework: Framework, _instrument: Instrument) -> Faults:
    yield from empty_texts(framework.model_dump(by_alias=True))


def _rules_fit_items(framework: Framework, instrument: Instrument) -> Faults:
    for position, indicator in enumerate(framework.indicators):
        if indicator.rule is not None:
            yield from _fits(indicator.rule, instrument, ("indicators", position, "rule"))


def _fits(rule: Rule, instrument: Instrument, way: Way) -> Faults:
    read = (rule.item, *(trigger.item for trigger in _triggers(rule)))
    for code in read:
        if code in instrument.key_variables:
            yield Fault(
                way, f"{code} bị làm thô khi mở hòm: chọn câu khác", f"{code} is coarsened at opening: use another item"
            )
    for trigger in _triggers(rule):
        yield from trigger_fits(trigger, instrument, (*way, "where"))
    if rule.item not in instrument.by_code:
        yield from unknown((*way, "item"), [rule.item], instrument.by_code)
        return
    item = instrument.item(rule.item)
    if not _shape_fits(rule, item):
        yield Fault(
            way,
            f"Đổi stat hoặc các mã: cách tính không hợp với câu {item.code} ({item.type})",
            f"Change stat or the codes: the rule does not fit the item {item.code} ({item.type})",
        )
    yield from unknown((*way, "numerator"), rule.numerator, item.option_codes)
    yield from unknown((*way, "option"), [rule.option] if rule.option else [], item.option_codes)


def _triggers(rule: Rule) -> tuple[Trigger, ...]:
    return tuple(rule.where.triggers()) if rule.where else ()


def _shape_fits(rule: Rule, item: Item) -> bool:
    if rule.stat == "median":
        return item.type == "number"
    if rule.stat in ("mean", "percent"):
        return item.type in SINGLE and set(rule.values or {}) == set(item.option_codes)
    if item.type == "multi":
        return rule.option is not None and not rule.numerator
    return item.type in SINGLE and bool(rule.numerator) and rule.option is None


def _directions_are_official(framework: Framework, _instrument: Instrument) -> Faults:
    if framework.reference_year is None:
        return
    official = official_directions()
    for position, indicator in enumerate(framework.indicators):
        expected = official.get(indicator.code)
        if expected is None:
            yield from unknown(("indicators", position, "code"), [indicator.code], official)
        elif indicator.direction != expected:
            yield Fault(
                ("indicators", position, "direction"),
                f"Ghi {expected}: đó là chiều chính thức",
                f"Write {expected}: it is the official direction",
            )


def _sub_indices_exist(framework: Framework, _instrument: Instrument) -> Faults:
    known = {sub_index.code for sub_index in framework.sub_indices}
    for position, indicator in enumerate(framework.indicators):
        yield from unknown(("indicators", position, "sub_index"), [indicator.sub_index], known)
    for position, period in enumerate(framework.weights):
        yield from unknown(("weights", position, "weights"), period.weights, known)


def _weights_sum_to_one(framework: Framework, _instrument: Instrument) -> Faults:
    for position, period in enumerate(framework.weights):
        total = sum(period.weights.values())
        if abs(total - 1) > 1e-9:
            yield Fault(
                ("weights", position, "weights"),
                f"Sửa trọng số: tổng là {total:g}, phải là 1",
                f"Mend the weights: they sum to {total:g} and must sum to 1",
            )


CHECKS: tuple[Callable[[Framework, Instrument], Faults], ...] = (
    _one_rule_each,
    _both_languages,
    _rules_fit_items,
    _directions_are_official,
    _sub_indices_exist,
    _weights_sum_to_one,
)
