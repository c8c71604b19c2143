"""Which choice moves the ranks: Sobol' indices, the share of the variance of a result that each factor accounts for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from analysis.composite.ranks import ranked
from analysis.composite.uncertainty import Runs, Study, run
from analysis.design import Numbers
from analysis.intervals import LEVEL

Output = Callable[[Runs], Numbers]
RESAMPLES = 1000


class NothingVaries(ValueError):
    """Sensitivity needs two factors at least, and a result that differs between runs."""


@dataclass(frozen=True)
class Sensitivity:
    """Index = factor. Columns first, first_low, first_high, total, total_low, total_high, with bootstrap intervals.

    first: the share of variance the factor accounts for alone; total: with all it does together with others. Firsts add up to 1
    at most, totals to 1 at least; estimates may pass these bounds by their error. runs: how often the index was made.
    """

    table: pd.DataFrame
    runs: int
    seed: int


def mean_shift(runs: Runs) -> Numbers:
    """Return the mean shift of rank over the units, against the ranks as chosen, for each run (Saisana and others 2005)."""
    return (runs.ranks - ranked(runs.nominal)).abs().mean(axis=1).to_numpy(dtype=float)


def rank_of(runs: Runs, unit: str) -> Numbers:
    """Return the rank of one unit in each run; for `sobol` with `functools.partial(rank_of, unit=...)`."""
    return runs.ranks[unit].to_numpy(dtype=float)


def score_of(runs: Runs, unit: str) -> Numbers:
    """Return the score of one unit in each run: of use where all normalisations have one scale."""
    return runs.scores[unit].to_numpy(dtype=float)


def sobol(study: Study, output: Output = mean_shift, *, size: int = 512, level: float = LEVEL) -> Sensitivity:
    """Return Sobol' indices of first and total order of what varies in a study.

    size: a power of 2; the index is made size x (factors + 2) times. Estimators of Saltelli and others 2010 and of Jansen, by
    `scipy.stats.sobol_indices`; percentile intervals of 1,000 resamples. Raises NothingVaries, ValueError for another size.
    """
    factors = study.factors
    if len(factors) < 2:
        raise NothingVaries(f"two factors at least must vary to be compared, not {', '.join(factors) or 'none'}")
    if size < 2 or size & (size - 1):
        raise ValueError(f"the size of the two samples is a power of 2, not {size}")
    rng = np.random.default_rng(study.seed)
    results = _results(study, output, size, rng)
    if results.min() == results.max():
        raise NothingVaries("the result is the same in all runs, so no factor accounts for it")
    drawn = np.array([_indices(results[:, rng.integers(size, size=size)]) for _ in range(RESAMPLES)])
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], axis=0)
    columns: dict[str, Numbers] = {}
    for at, (name, value) in enumerate(zip(("first", "total"), _indices(results), strict=True)):
        columns |= {name: value, f"{name}_low": low[at], f"{name}_high": high[at]}
    return Sensitivity(pd.DataFrame(columns, index=list(factors)), size * (len(factors) + 2), study.seed)


def _results(study: Study, output: Output, size: int, rng: np.random.Generator) -> Numbers:
    """Return results at two samples A and B, and at A with one factor of B at a time, shape (2 + factors, size)."""
    number = len(study.factors)
    both = stats.qmc.Sobol(2 * number, rng=rng).random(size)
    a, b = both[:, :number], both[:, number:]
    mixed = [np.where(np.arange(number) == at, b, a) for at in range(number)]
    return np.array(output(run(study, np.vstack([a, b, *mixed])))).reshape(number + 2, size)


def _indices(results: Numbers) -> tuple[Numbers, Numbers]:
    """Return the first and the total index of each factor."""
    samples: Any = {"f_A": results[[0]], "f_B": results[[1]], "f_AB": results[2:, None]}
    found = stats.sobol_indices(func=samples, n=results.shape[1])
    return np.atleast_1d(found.first_order), np.atleast_1d(found.total_order)
