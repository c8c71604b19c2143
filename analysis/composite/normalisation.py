"""Indicators on one scale, more always better.

Each function takes values, shape (units, k), NaN where missing, and directions, shape (k,), 1 or -1; other parameters are a
number for all indicators or one for each, shape (k,). Missing stays missing; a column that cannot be put on the scale comes
back as NaN, and `normalise` says which.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from analysis.composite.structure import Structure, values_of
from analysis.design import Numbers

Normalisation = Callable[[Numbers, Numbers], Numbers]
Parameter = float | npt.ArrayLike


class CannotNormalise(ValueError):
    """Indicators that cannot be put on the scale, because all units are alike or a bound is no bound."""

    def __init__(self, codes: list[str]) -> None:
        self.codes = codes
        super().__init__(
            f"{', '.join(codes)} cannot be put on a common scale: there is no value, all units are alike, "
            "or a bound or target is not beyond the worst"
        )


def min_max(x: Numbers, direction: Numbers, *, low: Parameter = 0.0, high: Parameter = 100.0) -> Numbers:
    """Return `low` for the worst unit, `high` for the best, linear between. OECD/JRC Handbook (2008), step 5, re-scaling."""
    return goalposts(x, direction, np.nanmin(x, axis=0), np.nanmax(x, axis=0), low=low, high=high, clip=False)


def goalposts(
    x: Numbers,
    direction: Numbers,
    lower: Parameter,
    upper: Parameter,
    *,
    low: Parameter = 0.0,
    high: Parameter = 1.0,
    clip: bool = True,
) -> Numbers:
    """Return `low` at the worse of two fixed bounds, `high` at the better, linear between; beyond them too unless `clip`.

    lower, upper: in the unit of the indicator, lower < upper whatever the direction. As the Human Development Index does.
    """
    below, above = np.asarray(lower, dtype=float), np.asarray(upper, dtype=float)
    width = np.where(above > below, above - below, np.nan)
    share = np.where(direction > 0, x - below, above - x) / width
    if clip:
        share = np.clip(share, 0, 1)
    bottom, top = np.asarray(low, dtype=float), np.asarray(high, dtype=float)
    return bottom + (top - bottom) * share


def distance_to_target(x: Numbers, direction: Numbers, target: Parameter, *, clip: bool = False) -> Numbers:
    """Return 0 for the worst unit, 1 at the target; more beyond it unless `clip`. R: `COINr::n_dist2targ`."""
    better = x * direction
    worst, goal = np.nanmin(better, axis=0), np.asarray(target, dtype=float) * direction
    share = (better - worst) / np.where(goal > worst, goal - worst, np.nan)
    return np.minimum(share, 1) if clip else share


def z_score(x: Numbers, direction: Numbers, *, mean: Parameter = 0.0, sd: Parameter = 1.0) -> Numbers:
    """Return values with this mean and standard deviation (n - 1) over the units."""
    spread = np.nanstd(x, axis=0, ddof=1)
    centred = (x - np.nanmean(x, axis=0)) * direction
    return np.asarray(mean, dtype=float) + np.asarray(sd, dtype=float) * centred / np.where(spread > 0, spread, np.nan)


def rank(x: Numbers, direction: Numbers) -> Numbers:
    """Return 1 for the worst unit up to n for the best; equal units share the mean rank, so that sums do not depend on them."""
    return np.asarray(stats.rankdata(x * direction, axis=0, nan_policy="omit"), dtype=float)


def borda(x: Numbers, direction: Numbers) -> Numbers:
    """Return how many units are worse, 0 to n - 1, equal ones counting half (Borda 1784)."""
    return rank(x, direction) - 1


def percentile_rank(x: Numbers, direction: Numbers) -> Numbers:
    """Return the share of the other units that are worse, 0 to 1, equal ones counting half. R: `COINr::n_prank` without ties."""
    others = (~np.isnan(x)).sum(axis=0) - 1
    return borda(x, direction) / np.where(others > 0, others, np.nan)


def as_is(x: Numbers, direction: Numbers) -> Numbers:
    """Return the values themselves, turned round where less is better: for indicators that are on one scale already."""
    return x * direction


def normalise(
    table: pd.DataFrame, structure: Structure, how: Normalisation | Mapping[str, Normalisation] = min_max
) -> pd.DataFrame:
    """Return the indicators of a table on one scale, units by indicators.

    how: one function, with its parameters by `functools.partial`, or one for each indicator. Raises CannotNormalise.
    """
    values = values_of(table, structure)
    _refuse(np.isnan(values).all(axis=0), structure)
    scaled = applied(values, structure, how)
    _refuse((np.isnan(scaled) & ~np.isnan(values)).any(axis=0), structure)
    return pd.DataFrame(scaled, index=table.index, columns=list(structure.indicators))


def applied(values: Numbers, structure: Structure, how: Normalisation | Mapping[str, Normalisation]) -> Numbers:
    """Return normalised values, shape (units, k), without looking at them; `normalise` does."""
    directions = structure.directions
    if not isinstance(how, Mapping):
        return how(values, directions)
    columns = [how[code](values[:, [i]], directions[[i]]) for i, code in enumerate(structure.indicators)]
    return np.hstack(columns)


def _refuse(lost: npt.ArrayLike, structure: Structure) -> None:
    codes = [structure.indicators[i] for i in np.flatnonzero(lost)]
    if codes:
        raise CannotNormalise(codes)
