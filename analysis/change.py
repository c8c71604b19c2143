"""Why a score changed: its change in exact pieces, of each indicator, of a new scale and of new weights (Bennet 1920).

S = a + sum of b x and PCI = 10 x sum of W S. The change of a product is the mean of one factor times the change of the other,
and the same turned round: nothing is left over, and neither wave is the measure of the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.index import TOTAL, index_weights, slopes_of
from analysis.pairs import Pair
from questionnaires.framework import Framework

SCALE, WEIGHT = "scale", "weight"


def pieces(
    before: Mapping[str, float], after: Mapping[str, float], framework: Framework, former: Framework | None = None
) -> pd.DataFrame:
    """Return the pieces of the change between two sets of indicators, raw units; index = (sub_index, piece).

    A piece is an indicator, and with `former`, the framework of those before where it was another one, also `scale` and
    `weight`. Columns: change of the indicator; points of the sub-index, empty for `weight`; total, points of the index. The
    points of a sub-index add up to its change, the totals to that of the index. An indicator that only one framework
    knows does not move: what it adds is `scale`. Raises ValueError for frameworks of other sub-indices.
    """
    points, total = _figures(framework, former)
    used = _used(before, after, list(points.before.index))
    table = pd.DataFrame(index=total.constant.index.set_names(["sub_index", "piece"]))
    table["change"] = [(used[1] - used[0]).get(piece, np.nan) for _, piece in table.index]
    return table.assign(points=points.value(*used), total=total.value(*used))


def explain(pair: Pair, framework: Framework, former: Framework | None = None) -> pd.DataFrame:
    """Return the pieces of the change between two scored waves, as `pieces` does, with their sampling errors.

    More columns: status of the indicator (measured, held, published), se of `points`, total_se of `total`, 0 where nothing
    of the piece was measured. Empty where a score is: see `Scores`.
    """
    before, after = (
        {str(code): float(x) for code, x in side.indicators["used"].items()} for side in (pair.before, pair.after)
    )
    table, (points, total) = pieces(before, after, framework, former), _figures(framework, former)
    table = table.assign(se=points.error(pair), total_se=total.error(pair))
    table.insert(0, "status", [pair.after.indicators["status"].get(piece, "") for _, piece in table.index])
    unscored = (pair.before.sub_indices["value"] + pair.after.sub_indices["value"]).isna()
    table.loc[[bool(unscored[name]) for name, _ in table.index], ["points", "se"]] = np.nan
    if unscored[TOTAL]:
        table[["total", "total_se"]] = np.nan
    return table


def _figures(framework: Framework, former: Framework | None) -> tuple[_Figures, _Figures]:
    """Return the pieces in points of their sub-index, and in points of the index."""
    codes = list(dict.fromkeys([*framework.by_code, *(former or framework).by_code]))
    old, new = _scale(former or framework, codes), _scale(framework, codes)
    if not old.weight.index.equals(new.weight.index):
        raise ValueError("the frameworks have other sub-indices: the pieces of a change need the same")
    points, factor = _moved(old, new), 5 * (old.weight + new.weight)
    if former is None or former is framework:
        return points, points.times(factor)
    points = _beside(points, _rescaled(old, new))
    return points, _beside(points.times(factor), _reweighted(old, new))


@dataclass(frozen=True)
class _Scale:
    """intercept, weight: by sub-index. slopes: index = indicator, columns = sub-index, 0 outside its own."""

    intercept: pd.Series
    slopes: pd.DataFrame
    weight: pd.Series


@dataclass(frozen=True)
class _Figures:
    """Figures that are linear in the indicators before and after; index or columns = (sub-index, piece)."""

    constant: pd.Series
    before: pd.DataFrame
    after: pd.DataFrame

    def value(self, before: pd.Series, after: pd.Series) -> pd.Series:
        """Return the figures at these indicators; one that is unknown matters only where it counts."""
        parts = [
            slopes.mul(used, axis=0).where(slopes != 0, 0).sum(skipna=False)
            for slopes, used in ((self.before, before), (self.after, after))
        ]
        return self.constant + parts[0] + parts[1]

    def error(self, pair: Pair) -> pd.Series:
        """Return the sampling errors of the figures."""
        before, after = (slopes.reindex(pair.measured) for slopes in (self.before, self.after))
        variance = np.diag(pair.covariance(before, after))
        return pd.Series(np.sqrt(np.clip(variance, 0, None)), self.constant.index)

    def times(self, factor: pd.Series) -> _Figures:
        """Return the figures of each sub-index times its factor."""
        by_piece = factor.reindex(self.constant.index, level=0)
        return _Figures(self.constant * by_piece, self.before * by_piece, self.after * by_piece)


def _beside(one: _Figures, other: _Figures) -> _Figures:
    return _Figures(
        pd.concat([one.constant, other.constant]),
        pd.concat([one.before, other.before], axis=1),
        pd.concat([one.after, other.after], axis=1),
    )


def _scale(framework: Framework, codes: list[str]) -> _Scale:
    names = [sub_index.code for sub_index in framework.sub_indices]
    intercept = pd.Series([sub_index.intercept for sub_index in framework.sub_indices], names, dtype=float)
    return _Scale(
        intercept, slopes_of(framework).reindex(codes, fill_value=0.0), index_weights(framework).reindex(names)
    )


def _used(before: Mapping[str, float], after: Mapping[str, float], codes: list[str]) -> tuple[pd.Series, pd.Series]:
    """Return the indicators of both sides; one that only one side knows stands on both as it is there."""
    return (
        pd.Series([before.get(code, after.get(code, np.nan)) for code in codes], codes, dtype=float),
        pd.Series([after.get(code, before.get(code, np.nan)) for code in codes], codes, dtype=float),
    )


def _moved(old: _Scale, new: _Scale) -> _Figures:
    """Return what each indicator's own change adds: the mean of its slopes times the change."""
    own = {}
    for name in new.slopes:
        both = pd.concat([old.slopes[name], new.slopes[name]], axis=1)
        mean = both[(both != 0).any(axis=1)].mean(axis=1, skipna=False)
        own[name] = pd.DataFrame(np.diag(mean), mean.index, mean.index).reindex(new.slopes.index, fill_value=0.0)
    slopes = pd.concat(own, axis=1)
    return _Figures(pd.Series(0.0, slopes.columns), -slopes, slopes)


def _rescaled(old: _Scale, new: _Scale) -> _Figures:
    """Return what a new scale adds: the change of its slopes times the mean of the indicators, and that of its intercept."""
    half = _named((new.slopes - old.slopes) / 2, SCALE)
    return _Figures(pd.Series((new.intercept - old.intercept).to_numpy(), half.columns), half, half)


def _reweighted(old: _Scale, new: _Scale) -> _Figures:
    """Return what new weights add, in points of the index: ten times their change times the mean of the scores."""
    factor = 5 * (new.weight - old.weight)
    before, after = _named(old.slopes * factor, WEIGHT), _named(new.slopes * factor, WEIGHT)
    return _Figures(pd.Series((factor * (old.intercept + new.intercept)).to_numpy(), before.columns), before, after)


def _named(slopes: pd.DataFrame, piece: str) -> pd.DataFrame:
    return slopes.set_axis(pd.MultiIndex.from_product([slopes.columns, [piece]]), axis=1)
