"""Scores of very many responses at about the speed at which memory can be read; the same digits as `analysis.estimators`.

For indicators that are shares or means, and scores that are linear in them; weights as they are given, no finite-population
correction, and no stand-in for the error of a share where all answers are alike. Responses are held by column, an indicator
after the other, and read by `analysis.columnar_reading`. `Cells` holds what is needed of each stratum and domain, whatever the
number of responses.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from analysis.columnar_reading import BLOCK, Columns, Packed, Plain, groups
from analysis.columns import Numbers
from analysis.design import LonelyStratum
from analysis.intervals import LEVEL


@dataclass(frozen=True)
class Linear:
    """Scores that are linear in the indicators, and totals that are linear in the scores.

    constants: shape (scores,). slopes: shape (indicators, scores). totals: by name, a weight for each score.
    """

    names: Sequence[str]
    constants: Numbers
    slopes: Numbers
    totals: Mapping[str, Numbers] = field(default_factory=dict)

    def gradient(self, sums: Numbers) -> tuple[Numbers, Numbers]:
        """Return the scores, shape (..., scores), and what w times values over answers adds to them, (..., 2 indicators, scores).

        sums: of w y over those of w where answered, shape (..., 2 indicators). Scores are NaN where they need an indicator
        without any valid answer.
        """
        above, below = np.split(sums, 2, axis=-1)
        known = below > 0
        below = np.where(known, below, 1)
        value, each = np.where(known, above, 0) / below, self.slopes / below[..., None]
        missing = (~known).astype(float) @ (self.slopes != 0) > 0
        gradient = np.concatenate([each, -each * value[..., None]], axis=-2)
        return np.where(missing, np.nan, self.constants + value @ self.slopes), gradient


@dataclass(frozen=True)
class Scored:
    """Scores with sampling error. table: index = name; value, se, low, high, df. covariance: index and columns = name."""

    table: pd.DataFrame
    covariance: pd.DataFrame


def score(columns: Columns, linear: Linear, *, workers: int | None = None) -> Scored:
    """Return the scores of all responses; workers: threads (None: as many as there are processors).

    NaN for a score that needs an indicator without any valid answer. Raises LonelyStratum, ValueError without responses.
    """
    if columns.n == 0:
        raise ValueError("no responses")
    drawn = np.bincount(columns.stratum).astype(float)
    factor = _factor(drawn)
    parts = [columns.part(where) for where in _parts(columns.n, workers or os.cpu_count() or 1)]
    together = groups(columns, linear.slopes, drawn.size)
    read = [Packed(part, together, drawn.size) if together else Plain(part) for part in parts]
    with ThreadPoolExecutor(len(parts)) as pool:  # NumPy and BLAS let other threads run
        sums = sum(pool.map(lambda part: part.sums(), read))
        values, gradient = linear.gradient(np.asarray(sums))
        found = list(pool.map(lambda part: part.residuals(gradient, factor), read))
    squares, by_stratum = (np.sum(each, axis=0) for each in zip(*found, strict=True))
    return finished(linear, values, squares, by_stratum, drawn)


def _parts(n: int, workers: int) -> list[slice]:
    """Return as many runs of whole blocks as there are workers, but none that is empty."""
    size = -(-n // (workers * BLOCK)) * BLOCK
    return [slice(start, min(start + size, n)) for start in range(0, n, size)]


def finished(linear: Linear, values: Numbers, squares: Numbers, by_stratum: Numbers, drawn: Numbers) -> Scored:
    """Return scores with their errors from sums of linearised values z.

    squares: sum of n/(n-1) z z', shape (scores, scores). by_stratum: sums of z, shape (strata, scores). drawn: responses of
    each stratum, shape (strata,).
    """
    values, covariance = _joined(linear, values, _covariance(squares, by_stratum, drawn))
    names = [*linear.names, *linear.totals]
    table = _with_intervals(names, values[None], covariance[None], np.array([drawn.sum() - (drawn > 0).sum()]))
    return Scored(table, pd.DataFrame(covariance, names, names))


def _covariance(squares: Numbers, by_stratum: Numbers, drawn: Numbers) -> Numbers:
    """Return sum over strata of n/(n-1) (sum of z z' - sum of z times sum of z' / n), shape (..., scores, scores)."""
    centred = by_stratum * np.sqrt(_factor(drawn) / np.maximum(drawn, 1))[:, None]
    return np.asarray(squares - np.swapaxes(centred, -1, -2) @ centred)


def _joined(linear: Linear, values: Numbers, covariance: Numbers) -> tuple[Numbers, Numbers]:
    """Return scores with the totals after them, and their covariance."""
    totals = np.array(list(linear.totals.values())).reshape(-1, len(linear.names))
    to = np.vstack([np.eye(len(linear.names)), totals])
    return np.concatenate([values, values @ totals.T], axis=-1), to @ covariance @ to.T


def _with_intervals(index: Any, values: Numbers, covariance: Numbers, df: Numbers) -> pd.DataFrame:
    errors = np.sqrt(np.maximum(np.diagonal(covariance, axis1=-2, axis2=-1), 0))
    errors = np.where(np.isnan(values), np.nan, errors)
    half = np.asarray(stats.t.ppf(0.5 + LEVEL / 2, np.maximum(df, 1)))[:, None] * errors
    columns = {"value": values, "se": errors, "low": values - half, "high": values + half}
    table = pd.DataFrame({name: column.ravel() for name, column in columns.items()}, index)
    return table.assign(df=np.broadcast_to(df[:, None], values.shape).ravel())


def _factor(drawn: Numbers) -> Numbers:
    if (lonely := np.flatnonzero(drawn == 1)).size:
        raise LonelyStratum([str(stratum) for stratum in lonely])
    return np.asarray(drawn / np.maximum(drawn - 1, 1), dtype=float)


@dataclass(frozen=True)
class Cells:
    """What scores need of each stratum and domain; cells add up, so that domains join and waves grow without the responses.

    n: responses, shape (strata, domains). sums: of w u, shape (strata, domains, 2 indicators), u being values over answers.
    squares: of w² u u', shape (strata, domains, 2 indicators, 2 indicators).
    """

    n: Numbers
    sums: Numbers
    squares: Numbers

    def __add__(self, other: Cells) -> Cells:
        """Return the cells of both parts of a sample together; they have the same strata and domains."""
        return Cells(self.n + other.n, self.sums + other.sums, self.squares + other.squares)

    def score(self, linear: Linear) -> pd.DataFrame:
        """Return the scores of every domain: index = (domain, name); value, se, low, high, df.

        Errors are those of domains of one stratified sample, as of `where=` in `analysis.estimators`.
        """
        values, gradient = linear.gradient(self.sums.sum(axis=0))
        drawn = self.n.sum(axis=1)
        squares = np.tensordot(_factor(drawn), self.squares, 1)
        by_stratum = np.swapaxes(self.sums, 0, 1) @ gradient
        covariance = _covariance(np.swapaxes(gradient, -1, -2) @ squares @ gradient, by_stratum, drawn)
        index = pd.MultiIndex.from_product([range(len(values)), [*linear.names, *linear.totals]])
        return _with_intervals(index, *_joined(linear, values, covariance), (self.n - (self.n > 0)).sum(axis=0))

    def joined(self, domains: Sequence[int]) -> Cells:
        """Return the cells of these domains taken together, beside the rest of the sample as a second domain."""
        inside = np.isin(np.arange(self.n.shape[1]), list(domains))
        halves = [
            [part[:, chosen].sum(axis=1) for chosen in (inside, ~inside)] for part in (self.n, self.sums, self.squares)
        ]
        return Cells(*(np.stack(pair, axis=1) for pair in halves))


def cells(columns: Columns, domain: npt.NDArray[Any], shape: tuple[int, int] | None = None) -> Cells:
    """Return the cells of responses; domain: 0, 1, ..., shape (n,).

    shape: strata and domains of the whole sample, where the responses are a part of it that may lack some.
    """
    strata, domains = shape or (int(columns.stratum.max()) + 1, int(domain.max()) + 1)
    size = 2 * len(columns.y)
    cell = columns.stratum.astype(np.int64) * domains + domain
    order = np.argsort(cell, kind="stable")
    y, answered, weight = (each[..., order] for each in (columns.y, columns.answered, columns.weight))
    starts = np.searchsorted(cell[order], np.arange(strata * domains + 1))
    sums, squares = np.zeros((strata * domains, size)), np.zeros((strata * domains, size, size))
    for number, (first, last) in enumerate(pairwise(starts)):
        rows = slice(first, last)
        held = np.vstack([y[:, rows], answered[:, rows]]).astype(float) * weight[rows]
        sums[number], squares[number] = held.sum(axis=1), held @ held.T
    by = (strata, domains)
    return Cells(np.diff(starts).reshape(by), sums.reshape(*by, size), squares.reshape(*by, size, size))
