"""An attacker with a linear programme: all figures of several releases at once, rounded, and whatever answers can say.

The unknowns are the figures of each wave, and the shares of the firms behind them that gave each answer. What is known of every
figure, shown or not, is its legal range; of a band, its limits; of figures on one base, that firms answered the same question.
A released figure says where the true one lies, within its rounding; so does a score, which is linear in them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import linprog

from analysis.rounding import decimals
from questionnaires.framework import Framework, Indicator
from questionnaires.instrument import SINGLE, Instrument
from questionnaires.reference import province_values

Unknown = tuple[str, ...]
#: Scores are shown with two decimals.
_HALF_A_SCORE = 0.005
_BANDS = {"below_10": (0.0, 0.1), "above_90": (0.9, 1.0)}


@dataclass(frozen=True)
class Figure:
    """What is shown of an indicator."""

    status: str
    band: str | None
    n: int | None
    value: float


@dataclass(frozen=True)
class Shown:
    """One released run; `scores` by sub-index and `total`, of the indicators in `counted`."""

    wave: str
    province: str
    figures: Mapping[str, Figure]
    scores: Mapping[str, float]
    counted: frozenset[str]


@dataclass
class Attack:
    """What is known, as inequalities between unknowns: low <= sum of factor x unknown <= high."""

    method: Framework
    instrument: Instrument
    legal: dict[Unknown, tuple[float, float]] = field(default_factory=dict)
    known: list[tuple[dict[Unknown, float], float, float]] = field(default_factory=list)

    def know_the_questions(self, run: Shown) -> None:
        """Learn what holds whatever firms answer, and what the status of a figure says."""
        for code, figure in run.figures.items():
            indicator = self.method.by_code[code]
            if figure.status in ("not_measured", "published") or indicator.rule is None:
                continue
            self.legal[run.wave, code] = _BANDS.get(figure.band or "", self._range(indicator))
            self._know_the_base(run.wave, indicator)

    def _range(self, indicator: Indicator) -> tuple[float, float]:
        rule = indicator.rule
        assert rule is not None
        if rule.stat == "median":
            range_ = self.instrument.item(rule.item).range
            assert range_ is not None
            return range_.min, range_.max
        return (min(rule.values.values()), max(rule.values.values())) if rule.values else (0.0, 1.0)

    def _know_the_base(self, wave: str, indicator: Indicator) -> None:
        rule = indicator.rule
        assert rule is not None
        item = self.instrument.item(rule.item)
        if rule.stat == "median":
            return
        base = (wave, rule.item, repr(rule.where))
        shares = {option: (*base, option) for option in item.option_codes}
        if (*base, item.option_codes[0]) not in self.legal:
            self.legal.update(dict.fromkeys(shares.values(), (0.0, 1.0)))
            if item.type in SINGLE:
                self.known.append((dict.fromkeys(shares.values(), 1.0), 1.0, 1.0))
            else:  # whoever answers ticks something, and nothing beside an answer that stands alone
                self.known.append((dict.fromkeys(shares.values(), 1.0), 1.0, np.inf))
                alone = [option.code for option in item.options if option.exclusive]
                pairs = ((a, o) for a in alone for o in shares if o != a)
                self.known += [({shares[a]: 1.0, shares[o]: 1.0}, 0.0, 1.0) for a, o in pairs]
        if rule.values:
            parts = {shares[option]: points for option, points in rule.values.items()}
        else:
            parts = dict.fromkeys([shares[o] for o in (rule.numerator or (rule.option or "",))], 1.0)
        if rule.absent:
            self.known.append(({**parts, (wave, indicator.code): 1.0}, 1.0, 1.0))
        else:
            self.known.append(({**parts, (wave, indicator.code): -1.0}, 0.0, 0.0))

    def know_the_figures(self, run: Shown, codes: Iterable[str]) -> None:
        """Learn the figures that a run shows, as far as they are rounded."""
        for code in codes:
            figure, rule = run.figures[code], self.method.by_code[code].rule
            if figure.status == "shown" and rule is not None:
                half = 0.5 / 10 ** (decimals(figure.n) + (2 if rule.stat == "share" else 1)) + 1e-9
                self.known.append(({(run.wave, code): 1.0}, figure.value - half, figure.value + half))

    def know_the_scores(self, run: Shown) -> None:
        """Learn the scores of a run: what it counts is unknown, the rest is held at what VCCI published."""
        held = province_values(run.province)
        weights = {**self.method.weights_of(self.method.reference_year or 0)}
        whole: dict[Unknown, float] = {}
        constant_of_all = 0.0
        for sub_index in self.method.sub_indices:
            own = self.method.indicators_of(sub_index.code)
            parts = {(run.wave, each.code): each.slope or 0.0 for each in own if each.code in run.counted}
            constant = sub_index.intercept or 0.0
            constant += sum((each.slope or 0.0) * held[each.code] for each in own if each.code not in run.counted)
            self._know_a_score(parts, constant, run.scores.get(sub_index.code, np.nan))
            factor = 10 * weights[sub_index.code]
            whole |= {unknown: factor * slope for unknown, slope in parts.items()}
            constant_of_all += factor * constant
        self._know_a_score(whole, constant_of_all, run.scores.get("total", np.nan))

    def _know_a_score(self, parts: dict[Unknown, float], constant: float, score: float) -> None:
        if parts and not np.isnan(score):
            half = _HALF_A_SCORE + 1e-9
            self.known.append((parts, score - constant - half, score - constant + half))

    def interval(self, wave: str, code: str) -> tuple[float, float]:
        """Return the lowest and the highest that a figure can be, given all that is known."""
        places = {unknown: place for place, unknown in enumerate(self.legal)}
        rows = np.zeros((len(self.known), len(places)))
        for row, (parts, _low, _high) in zip(rows, self.known, strict=True):
            row[[places[unknown] for unknown in parts]] = list(parts.values())
        low, high = np.array([[low, high] for _, low, high in self.known]).T
        is_open = np.isinf(high)
        sides, limits = np.vstack([rows[~is_open], -rows]), np.concatenate([high[~is_open], -low])
        found = []
        for sign in (1.0, -1.0):
            goal = np.zeros(len(places))
            goal[places[wave, code]] = sign
            solved = linprog(goal, A_ub=sides, b_ub=limits, bounds=list(self.legal.values()))
            assert solved.status == 0, solved.message
            found.append(sign * solved.fun)
        return found[0], found[1]
