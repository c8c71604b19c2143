"""What indicators must reach for a score to reach its target: the fewest of them, none better than the best province."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import pandas as pd

from analysis.index import TOTAL, index_weights, slopes_of
from questionnaires.base import Language
from questionnaires.framework import Framework
from questionnaires.reference import national


class OutOfReach(ValueError):
    """The score stays under the target with every indicator that may move at the best province's figure: at `reachable`."""

    def __init__(self, target: float, reachable: float) -> None:
        self.target, self.reachable = target, reachable
        super().__init__(self.sentence("en"))

    def sentence(self, language: Language) -> str:
        """Return what is out of reach and what is not, as one line for a person."""
        target, reachable = f"{self.target:.2f}", f"{self.reachable:.2f}"
        if language == "vi":
            target, reachable = target.replace(".", ","), reachable.replace(".", ",")
            return f"Không đạt được {target}: mọi chỉ tiêu bằng tỉnh tốt nhất cũng chỉ được {reachable}; chọn đích thấp hơn"
        return (
            f"{target} is out of reach: with every indicator at the best province's figure it is {reachable}; aim lower"
        )


COLUMNS = ["sub_index", "now", "needed", "best", "way", "points"]


@dataclass(frozen=True)
class Way:
    """A way to a target.

    score: now. reachable: with every indicator that may move at the best province's figure. table: index = indicators to
    move, the one with most to gain first; sub_index; now, needed, best (of the provinces of the reference year), raw units;
    way, the share of the way from now to best, alike for all; points that it adds to the score.
    """

    score: float
    reachable: float
    table: pd.DataFrame


def reach(
    values: Mapping[str, float],
    framework: Framework,
    target: float,
    *,
    of: str = TOTAL,
    movable: Collection[str] | None = None,
    every: bool = False,
) -> Way:
    """Return the fewest indicators whose change brings a score to its target, and what each must reach.

    values: each indicator now, raw units, as `used` of a scored wave or as published. target: points of the sub-index `of`, or
    of the index. movable: indicators that may move (None: all but those that are never to be praised). every: spread over
    all of them instead. All go the same share of their way to the best province of the reference year; whether they can be
    moved, and at what cost, is not known here. A target already met needs nothing.
    Raises OutOfReach, KeyError for an unknown sub-index or indicator, ValueError for an indicator without a value or a
    framework without a reference year, slopes or weights.
    """
    if unknown := [code for code in movable or () if code not in framework.by_code]:
        raise KeyError(f"{framework.code} has no indicator {', '.join(unknown)}")
    constant, scale = _scale(framework, of)
    now = pd.Series({code: values.get(code, math.nan) for code in scale.index}, dtype=float)
    if missing := list(now.index[now.isna()]):
        raise ValueError(f"no value of {', '.join(missing)}")
    score = constant + float(scale.to_numpy() @ now.to_numpy())
    gains = _gains(framework, scale, now, movable)
    gap, most = target - score, float(gains["points"].sum())
    if gap <= 0:
        return Way(score, score + most, gains.head(0).assign(needed=0.0, way=0.0)[COLUMNS])
    if gap > most:
        raise OutOfReach(target, score + most)
    moved = gains if every else gains.head(int((gains["points"].cumsum() < gap).sum()) + 1)
    way = gap / float(moved["points"].sum())
    needed = moved["now"] + way * (moved["best"] - moved["now"])
    return Way(score, score + most, moved.assign(needed=needed, way=way, points=way * moved["points"])[COLUMNS])


def _scale(framework: Framework, of: str) -> tuple[float, pd.Series]:
    """Return the score at indicators of 0, and what one raw unit of each indicator adds to it."""
    names = [each.code for each in framework.sub_indices] if of == TOTAL else [framework.sub_index(of).code]
    weights = 10 * index_weights(framework).reindex(names) if of == TOTAL else pd.Series(1.0, names)
    slopes = slopes_of(framework)[names] @ weights
    scale = slopes[[indicator.code for indicator in framework.indicators if indicator.sub_index in names]]
    if scale.isna().any():
        raise ValueError(
            f"{framework.code} has no reference year, or no slopes or weights: what adds points is not known"
        )
    return float(sum(weights[name] * (framework.sub_index(name).intercept or 0) for name in names)), scale


def _gains(framework: Framework, scale: pd.Series, now: pd.Series, movable: Collection[str] | None) -> pd.DataFrame:
    """Return what each indicator that may move adds at the best province's figure, the most first."""
    spread = national(framework.reference_year or 0)
    best = pd.Series({code: spread[code].high if scale[code] > 0 else spread[code].low for code in scale.index})
    table = pd.DataFrame({"now": now, "best": best, "points": scale * (best - now)})
    table.insert(0, "sub_index", [framework.by_code[code].sub_index for code in scale.index])
    allowed = movable if movable is not None else {i.code for i in framework.indicators if not i.never_praise}
    table = table[table.index.isin(list(allowed)) & (table["points"] > 0)]
    return table.sort_values("points", ascending=False, kind="stable")
