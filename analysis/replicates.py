"""Errors of any statistic from replicate weights: given from outside, or made by the bootstrap of Rao and Wu."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from analysis.design import Design, Numbers
from analysis.intervals import LEVEL, student

Method = Literal["JK1", "JKn", "BRR", "Fay", "bootstrap"]
Statistic = Callable[[Numbers], float | Numbers]


@dataclass(frozen=True)
class Replicates:
    """Replicate weights and how their estimates add up to a variance: scale * sum of rscales (t* - t)(t* - t)'.

    weight: of the whole sample, shape (n,). columns: the replicate weights themselves (R: `combined.weights = TRUE`), shape
    (n, R). rscales: shape (R,). df: degrees of freedom of the interval. seed: where they were drawn here.
    """

    weight: Numbers
    columns: Numbers
    method: Method
    scale: float
    rscales: Numbers
    df: float
    seed: int | None = None


@dataclass(frozen=True)
class Replicated:
    """What a statistic of k numbers is, shape (k,), with its covariance, shape (k, k), and what it was computed from."""

    value: Numbers
    se: Numbers
    low: Numbers
    high: Numbers
    covariance: Numbers
    df: float
    method: Method
    replicates: int
    scale: float
    seed: int | None


def given(
    weight: Numbers,
    columns: Numbers,
    method: Method,
    *,
    fay: float | None = None,
    scale: float | None = None,
    rscales: Numbers | None = None,
    df: float | None = None,
) -> Replicates:
    """Return replicate weights that somebody else made, with the scale of their method unless `scale` says another.

    weight: shape (n,). columns: shape (n, R). fay: Fay's rho, 0-1, for `Fay` only. rscales: of each replicate, shape (R,); for
    `JKn` (n - 1) / n of the stratum that lost a unit. df: units less strata; the rank of the columns less 1, as in R, if None.
    Scales: JK1 (R - 1) / R, JKn 1, BRR 1 / R, Fay 1 / (R (1 - rho)²), bootstrap 1 / R. R: `survey::svrepdesign(mse = TRUE)`.
    Raises ValueError where a shape is wrong, or JKn comes without rscales or Fay without rho.
    """
    weight, columns = np.asarray(weight, dtype=float), np.asarray(columns, dtype=float)
    number = columns.shape[1] if columns.ndim == 2 else 0
    if columns.shape != (weight.size, number) or number < 2:
        raise ValueError(f"replicate weights have shape {columns.shape}, not ({weight.size}, 2 or more)")
    if not (np.isfinite(weight).all() and np.isfinite(columns).all()):
        raise ValueError("a replicate weight is missing")
    if method not in get_args(Method):
        raise ValueError(f"there is no method {method}, but {', '.join(get_args(Method))}")
    if (fay is None) == (method == "Fay") or not 0 <= (fay or 0) < 1:
        raise ValueError("`fay`, 0 or over and under 1, belongs to Fay's method and to no other")
    if method == "JKn" and rscales is None:
        raise ValueError("JKn needs `rscales`: (n - 1) / n of the stratum that lost a unit, for each replicate")
    scales = np.ones(number) if rscales is None else np.asarray(rscales, dtype=float)
    if scales.shape != (number,):
        raise ValueError(f"{number} replicates have rscales of shape {scales.shape}")
    usual = {"JK1": (number - 1) / number, "JKn": 1.0, "Fay": 1 / (number * (1 - (fay or 0)) ** 2)}
    chosen = usual.get(method, 1 / number) if scale is None else scale
    return Replicates(weight, columns, method, chosen, scales, _rank(columns) - 1 if df is None else df)


def rao_wu(design: Design, *, seed: int, number: int = 1000) -> Replicates:
    """Return bootstrap weights of Rao and Wu (1988), rescaled as in Rao, Wu and Yue (1992), shape (n, number).

    Of a stratum of n units n - 1 are drawn with replacement: w* = w (1 - l + l k n / (n - 1)), k how often the unit was drawn and
    l = sqrt(1 - f). A standard error has itself an error of about 71 % / sqrt(number). They take 8 n number bytes.
    Raises ValueError for weights that are fitted to totals: draw before, then `refitted`.
    """
    if design.calibration is not None:
        raise ValueError("the weights are fitted to totals: make replicates of the design before, then fit each")
    rng = np.random.default_rng(seed)
    of_response, stratum, missed = design.units
    factors = np.ones((stratum.size, number))
    for each, share in enumerate(missed):
        members = np.flatnonzero(stratum == each)
        n = members.size
        if n > 1:
            drawn = rng.multinomial(n - 1, np.full(n, 1 / n), size=number).T
            factors[members] = 1 - np.sqrt(share) + np.sqrt(share) * drawn * n / (n - 1)
    columns = design.weight[:, None] * factors[of_response]
    return Replicates(design.weight, columns, "bootstrap", 1 / number, np.ones(number), design.df(), seed)


def refitted(replicates: Replicates, fit: Callable[[Numbers], Numbers]) -> Replicates:
    """Return the replicates with `fit` applied to the weights and to each replicate: whatever was done to the weights.

    fit: from weights to weights, both of shape (n,), as in `lambda w: fitted(w, columns, totals, names=names)`; replicate weights
    can be 0. Errors that `fit` raises in a replicate are raised.
    """
    columns = np.column_stack([fit(column) for column in replicates.columns.T])
    return replace(replicates, weight=fit(replicates.weight), columns=columns)


def estimate(statistic: Statistic, replicates: Replicates, *, level: float = LEVEL) -> Replicated:
    """Return a statistic with its error: any function from weights, shape (n,), to a number or k numbers.

    As in `estimate(lambda w: np.average(y, weights=w), replicates)`. V = scale * sum of rscales (t* - t)(t* - t)' about the
    estimate of the whole sample; t interval. Raises ValueError where the statistic has no value in a replicate.
    """
    value = np.atleast_1d(np.asarray(statistic(replicates.weight), dtype=float))
    found = np.array([np.atleast_1d(statistic(column)) for column in replicates.columns.T], dtype=float)
    if not (known := np.isfinite(found).all(axis=1)).all():
        missing = np.flatnonzero(~known)
        raise ValueError(f"the statistic has no value in {missing.size} replicates, the first is {int(missing[0])}")
    apart = found - value
    covariance = replicates.scale * (apart * replicates.rscales[:, None]).T @ apart
    se = np.sqrt(np.diag(covariance))
    half = student(replicates.df, level) * se
    made = (replicates.method, found.shape[0], replicates.scale, replicates.seed)
    return Replicated(value, se, value - half, value + half, covariance, replicates.df, *made)


def _rank(columns: Numbers) -> float:
    return float(np.linalg.matrix_rank(columns.T @ columns, hermitian=True))
