"""Ranks with what sampling error leaves open: confidence sets after Mogstad, Romano, Shaikh and Wilhelm (2023).

A unit's rank is 1 and the number of units that are truly better. It is bounded by the units that are significantly better and
worse, over all comparisons at once, so it holds where units lie close together, where a percentile of drawn ranks does not.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.design import Numbers
from analysis.intervals import LEVEL

DRAWS = 10_000
#: Numbers held at once while comparing pairs: some 30 MB.
CHUNK = 4_000_000
Pairs = npt.NDArray[np.bool_]


def ranked(values: pd.Series) -> pd.Series:
    """Return 1 for the largest value; equal units share the best rank; missing stays missing."""
    return values.rank(ascending=False, method="min")


def independent(se: pd.Series) -> pd.DataFrame:
    """Return the covariance of units that were sampled apart, from their standard errors."""
    return pd.DataFrame(np.diag(se.to_numpy(dtype=float) ** 2), se.index, se.index)


def marginal(
    values: pd.Series,
    covariance: pd.DataFrame,
    *,
    seed: int,
    level: float = LEVEL,
    draws: int = DRAWS,
    units: Sequence[Hashable] | None = None,
) -> pd.DataFrame:
    """Return for each unit, or those asked for, a set that holds its rank with probability `level`: what it may say of itself.

    values: estimates, more is better; covariance: units by units, as of `domains.by` or `independent`. Columns: rank, low (best),
    high (worst). Raises ValueError for a missing value or units that differ. R: `csranks::csranks(simul = FALSE)`.
    """
    estimate, errors, z = _prepared(values, covariance, seed, draws)
    size = len(estimate)
    sets = []
    wanted = np.arange(size) if units is None else values.index.get_indexer(pd.Index(units))
    if (wanted < 0).any():
        raise ValueError("a rank is asked for a unit that is not there")
    for unit in wanted:
        asked = np.zeros((size, size), dtype=bool)
        asked[unit, :] = asked[:, unit] = True
        better = _better(estimate, errors, z, asked, level)
        sets.append((1 + better[:, unit].sum(), size - better[unit].sum()))
    return _table(ranked(values).iloc[wanted], np.array(sets, dtype=int).reshape(-1, 2))


def simultaneous(
    values: pd.Series, covariance: pd.DataFrame, *, seed: int, level: float = LEVEL, draws: int = DRAWS
) -> pd.DataFrame:
    """Return sets that hold all ranks together with probability `level`: what may be said of the whole table.

    Arguments and columns as for `marginal`. R: `csranks::csranks(simul = TRUE)`.
    """
    estimate, errors, z = _prepared(values, covariance, seed, draws)
    better = _better(estimate, errors, z, np.ones((len(estimate),) * 2, dtype=bool), level)
    return _table(ranked(values), np.column_stack([1 + better.sum(axis=0), len(estimate) - better.sum(axis=1)]))


def among_best(sets: pd.DataFrame, number: int) -> pd.Index:
    """Return the units that may be among the best `number`, from `simultaneous`. R: `csranks::cstaubest`."""
    return sets.index[sets["low"] <= number]


def among_worst(sets: pd.DataFrame, number: int) -> pd.Index:
    """Return the units that may be among the worst `number`, from `simultaneous`. R: `csranks::cstauworst`."""
    return sets.index[sets["high"] > len(sets) - number]


def whichever(sets: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Return sets that hold whichever of several methods is the right one: the widest of low and high; rank is of the first."""
    tables = list(sets)
    low = pd.concat([table["low"] for table in tables], axis=1).min(axis=1)
    high = pd.concat([table["high"] for table in tables], axis=1).max(axis=1)
    return tables[0].assign(low=low, high=high)


def _prepared(values: pd.Series, covariance: pd.DataFrame, seed: int, draws: int) -> tuple[Numbers, Numbers, Numbers]:
    """Return estimates (p,), standard errors of differences (p, p) and errors drawn from their distribution (draws, p)."""
    if set(covariance.index) != set(values.index) or set(covariance.columns) != set(values.index):
        raise ValueError("estimates and covariance are not of the same units")
    joint = covariance.loc[values.index, values.index].to_numpy(dtype=float)
    estimate = values.to_numpy(dtype=float)
    if missing := [str(unit) for unit, value in values.items() if not np.isfinite(value)]:
        raise ValueError(f"{', '.join(missing)}: no estimate, so no rank; leave the unit out")
    if not np.isfinite(joint).all():
        raise ValueError("the covariance has a value that is missing")
    spread = np.diag(joint)[:, None] + np.diag(joint) - 2 * joint
    errors = np.sqrt(np.where(spread > 1e-12 * np.abs(np.diag(joint)).max(initial=0), spread, 0))
    z = np.random.default_rng(seed).multivariate_normal(np.zeros(len(joint)), joint, draws, method="eigh")
    return estimate, errors, z


def _better(estimate: Numbers, errors: Numbers, z: Numbers, asked: Pairs, level: float) -> Pairs:
    """Return the pairs (row better than column) that are significant together among those asked, step by step.

    The largest error of the pairs still open gives the critical value; what passes it is decided, and the rest is asked again
    (Romano and Wolf 2005). Pairs whose difference has no error are decided by the estimates.
    """
    difference = estimate[:, None] - estimate
    sure = (errors == 0) & asked
    better = sure & (difference > 0)
    waiting = asked & ~sure
    np.fill_diagonal(waiting, False)
    scaled = np.divide(difference, errors, out=np.zeros_like(difference), where=errors > 0)
    while waiting.any():
        decided = waiting & (scaled > _critical(errors, z, waiting, level))
        if not decided.any():
            break
        better |= decided
        waiting &= ~decided
    return better


def _critical(errors: Numbers, z: Numbers, waiting: Pairs, level: float) -> float:
    row, column = np.nonzero(waiting)
    step = max(1, CHUNK // row.size)
    width = errors[row, column]
    largest = [
        ((part[:, row] - part[:, column]) / width).max(axis=1)
        for part in (z[start : start + step] for start in range(0, len(z), step))
    ]
    return float(np.quantile(np.concatenate(largest), level))


def _table(ranks: pd.Series, sets: npt.NDArray[np.int64]) -> pd.DataFrame:
    return pd.DataFrame({"rank": ranks.astype(int), "low": sets[:, 0], "high": sets[:, 1]}, index=ranks.index)
