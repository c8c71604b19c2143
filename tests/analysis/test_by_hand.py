"""Every figure of a simulated wave again, from the raw answers and NumPy alone: no columns, no Design, no estimator.

Unequal weights, two strata, answers that are no answers: the whole way from an answer to a sub-index with its interval.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

import numpy as np
import pytest
from scipy import stats

from analysis import columns
from analysis.index import score, score_responses
from questionnaires.demonstration import distribution, draw_answers
from questionnaires.reference import national

N = 220
SPECIAL = ("dk", "na", "ref")


@dataclass(frozen=True)
class Hand:
    value: float
    se: float
    low: float
    high: float
    z: np.ndarray
    unseen: float
    base: np.ndarray
    y: np.ndarray


@pytest.fixture(scope="module")
def answers(pci):
    rng = random.Random(2023)
    drawn = [draw_answers(pci, distribution(), rng) for _ in range(N)]
    triggers = repr([each.ask_if for each in pci.items]) + repr([o.ask_if for each in pci.items for o in each.options])
    for answer in rng.sample(drawn, 60):  # answers that are none, where no route depends on them
        for code in [c for c in answer if f"'{c}'" not in triggers and pci.item(c).specials][::7]:
            answer[code] = pci.item(code).specials[0]
    return drawn


@pytest.fixture(scope="module")
def weight():
    return np.random.default_rng(3).uniform(1, 4, N)


@pytest.fixture(scope="module")
def small(answers):
    return np.array([answer.get("p03") in ("n1_4", "n5_9") for answer in answers])


@pytest.fixture(scope="module")
def frame(answers, weight, small, pci):
    return columns.from_answers(answers, pci, weight=weight, stratum=list(np.where(small, "small", "large")))


def true_of(condition, answer) -> bool:
    match type(condition).__name__:
        case "AnyOf":
            return any(true_of(part, answer) for part in condition.any)
        case "AllOf":
            return all(true_of(part, answer) for part in condition.all)
        case "Not":
            return not true_of(condition.not_, answer)
        case "In":
            return answer.get(condition.item) in condition.in_
        case "Has":
            return condition.has in (answer.get(condition.item) or [])
    raise AssertionError(condition)


def variance(z, small) -> float:
    parts = (z[small], z[~small])
    return sum(len(part) / (len(part) - 1) * ((part - part.mean()) ** 2).sum() for part in parts)


def number_of(rule, given) -> float:
    if rule.stat == "median":
        return float(given)
    if rule.values is not None:
        return rule.values[given]
    if rule.option is not None:
        return float((rule.option in given) != rule.absent)
    return float(given in rule.numerator)


def by_hand(indicator, answers, weight, small, pci) -> Hand:
    rule = indicator.rule
    base = np.array(
        [
            answer.get(rule.item) is not None
            and answer[rule.item] not in SPECIAL
            and answer.get("p02") not in pci.item("p02").end_if
            and (rule.where is None or true_of(rule.where, answer))
            for answer in answers
        ]
    )
    y = np.array([number_of(rule, a[rule.item]) if held else 0.0 for a, held in zip(answers, base, strict=True)])
    if rule.stat == "median":
        return median_by_hand(y, base, weight, small)
    n, total = base.sum(), weight[base].sum()
    value = (weight * y)[base].sum() / total
    z = np.where(base, weight * (y - value) / total, 0)
    v = variance(z, small)
    if rule.stat != "share":
        half = stats.t.ppf(0.975, n - 2) * math.sqrt(v)
        return Hand(value, math.sqrt(v), value - half, value + half, z, 0, base, y)
    unseen = (p := (n * value + 2) / (n + 4)) * (1 - p) / (n + 4) if value in (0, 1) else 0
    effective = min(n, value * (1 - value) / v) if v else n
    k = 1.959963984540054
    middle = (value + k**2 / 2 / effective) / (1 + k**2 / effective)
    half = k / (1 + k**2 / effective) * math.sqrt(value * (1 - value) / effective + k**2 / 4 / effective**2)
    low, high = max(middle - half, 0), min(middle + half, 1)
    return Hand(value, math.sqrt(v + unseen), low, high, z, unseen, base, y)


def median_by_hand(y, base, weight, small) -> Hand:
    total = weight[base].sum()

    def below(at: float) -> float:
        return (weight * (y <= at))[base].sum() / total

    def inverse(q: float) -> float:
        seen = sorted(set(y[base]))
        return next((each for each in seen if below(each) >= q - 1e-12), seen[-1])

    value = inverse(0.5)
    se = math.sqrt(variance(np.where(base, weight * ((y <= value) - below(value)) / total, 0), small))
    t = stats.t.ppf(0.975, base.sum() - 2)
    low, high = inverse(0.5 - t * se), inverse(0.5 + t * se)
    z = np.where(base, -(high - low) / (2 * t * se) * weight * ((y <= value) - 0.5) / total, 0)
    return Hand(value, (high - low) / (2 * t), low, high, z, 0, base, y)


@pytest.fixture(scope="module")
def hands(pci_2023, answers, weight, small, pci):
    asked = [indicator for indicator in pci_2023.indicators if indicator.rule]
    return {indicator.code: by_hand(indicator, answers, weight, small, pci) for indicator in asked}


def test_every_indicator_with_its_error_and_interval(frame, hands, pci, pci_2023, lang_son):
    found = score(frame, pci, pci_2023, lang_son).indicators
    assert len(hands) == 134
    for code, hand in hands.items():
        row = found.loc[code]
        assert row["n"] == hand.base.sum(), code
        for name in ("value", "se", "low", "high"):
            assert row[name] == pytest.approx(getattr(hand, name), abs=1e-12), (code, name)


def test_every_sub_index_with_its_error_and_interval(frame, hands, small, pci, pci_2023, lang_son):
    found = score(frame, pci, pci_2023, lang_son).sub_indices
    t = stats.t.ppf(0.975, N - 2)
    for sub_index in pci_2023.sub_indices:
        value, z, unseen = sub_index.intercept, np.zeros(N), 0.0
        for indicator in pci_2023.indicators_of(sub_index.code):
            hand = hands.get(indicator.code)
            if hand is None or hand.base.sum() < 5:
                value += indicator.slope * lang_son[indicator.code]
                continue
            value += indicator.slope * hand.value
            z += indicator.slope * hand.z
            unseen += indicator.slope**2 * hand.unseen
        se = math.sqrt(variance(z, small) + unseen)
        row = found.loc[sub_index.code]
        assert row[["value", "se"]].tolist() == pytest.approx([value, se], abs=1e-12)
        assert row[["low", "high"]].tolist() == pytest.approx([value - t * se, value + t * se], abs=1e-12)


def test_every_score_of_a_response(frame, hands, pci, pci_2023, lang_son):
    own = score_responses(frame, pci, pci_2023, lang_son)
    for sub_index in pci_2023.sub_indices:
        top, below = np.zeros(N), np.zeros(N)
        for indicator in pci_2023.indicators_of(sub_index.code):
            if indicator.rule is None:
                continue
            hand, ends = hands[indicator.code], (0.0, 1.0)
            if indicator.rule.values:
                ends = min(indicator.rule.values.values()), max(indicator.rule.values.values())
            elif indicator.rule.stat == "median":
                ends = national()[indicator.code].low, national()[indicator.code].high
            worst, best = ends if indicator.direction == "higher" else ends[::-1]
            good = np.clip((hand.y - worst) / (best - worst), 0, 1)
            top += np.where(hand.base, abs(indicator.slope) * good, 0)
            below += np.where(hand.base, abs(indicator.slope), 0)
        expected = np.where(below > 0, 1 + 9 * top / np.where(below > 0, below, 1), np.nan)
        np.testing.assert_allclose(own[f"{sub_index.code}_score"], expected, atol=1e-12)


def test_contributions_average_to_the_score_but_for_what_medians_miss(frame, hands, weight, pci, pci_2023, lang_son):
    scores = score(frame, pci, pci_2023, lang_son).sub_indices["value"]
    own = score_responses(frame, pci, pci_2023, lang_son)
    for sub_index in pci_2023.sub_indices:
        members = [i for i in pci_2023.indicators_of(sub_index.code) if i.rule and i.rule.stat == "median"]
        # a linearised median sums to -(F(median) - 0.5) / f; its base is a part of all weights
        missed = sum(i.slope * hands[i.code].z.sum() * weight[hands[i.code].base].sum() / weight.sum() for i in members)
        average = np.average(own[f"{sub_index.code}_contribution"], weights=weight)
        assert average == pytest.approx(scores[sub_index.code] + missed, abs=1e-9)
