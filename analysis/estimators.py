"""Estimates with sampling error: Taylor linearisation over the design, intervals that hold at small n.

Every estimator takes the values of all responses, a Design for all of them, and `where`, the domain: filtering rows
before making the Design would lose the design. Shares are 0-1. Nothing is rounded.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from analysis.design import Design
from analysis.intervals import korn_graubard, logit, student, t_interval, wilson

Numbers = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
ShareInterval = Literal["wilson", "logit", "korn_graubard"]


@dataclass(frozen=True)
class Estimate:
    """A value with its sampling error. Without any valid answer every number is NaN and `n` is 0."""

    value: float
    se: float
    low: float
    high: float
    df: float
    n: int  # responses in the domain
    n_effective: float
    deff: float


@dataclass(frozen=True)
class Linearised:
    """An estimate and its linearised values, shape (n,), whose design covariance is that of the estimate.

    unseen: variance that `z` cannot carry, because all answers are alike.
    """

    estimate: Estimate
    z: Numbers
    unseen: float = 0.0


def share(hit: Mask, design: Design, *, where: Mask, interval: ShareInterval = "wilson") -> Linearised:
    """Estimate the share (0-1) of the domain for which `hit`, shape (n,), is true.

    Ratio estimator p = sum w y / sum w. n_effective = min(n, p(1-p)/v), n where v = 0; Wilson's interval stands on it,
    the others are in `analysis.intervals`. Where every answer is alike the Taylor variance is 0, and Agresti and Coull's
    (x + 2, n + 4) stands in for it in the standard error.
    """
    value, z, df = _ratio(hit.astype(float), design, where)
    if math.isnan(value):
        return Linearised(_nothing(), z)
    n = int(where.sum())
    variance = float(design.covariance(z[:, None])[0, 0])
    unseen = _alike(value, n) if value in (0, 1) else 0.0
    effective = min(n, value * (1 - value) / variance) if variance > 0 else float(n)
    if interval == "wilson":
        low, high = wilson(value, effective)
    elif interval == "logit":
        low, high = logit(value, math.sqrt(variance), df)
    else:
        low, high = korn_graubard(value, variance, n, df)
    return Linearised(
        Estimate(value, math.sqrt(variance + unseen), low, high, df, n, effective, n / effective), z, unseen
    )


def _alike(value: float, n: int) -> float:
    p = (n * value + 2) / (n + 4)
    return p * (1 - p) / (n + 4)


def mean(y: Numbers, design: Design, *, where: Mask) -> Linearised:
    """Estimate the mean of `y`, shape (n,), in its own unit over the domain; t interval.

    Ratio estimator sum w y / sum w (Särndal, Swensson and Wretman 1992), df = responses less strata of the domain.
    """
    value, z, df = _ratio(y, design, where)
    if math.isnan(value):
        return Linearised(_nothing(), z)
    n = int(where.sum())
    se = math.sqrt(float(design.covariance(z[:, None])[0, 0]))
    low, high = t_interval(value, se, df)
    simple = float(np.var(y[where], ddof=1)) / n if n > 1 else math.nan
    deff = se**2 / simple if simple > 0 else math.nan
    effective = n / deff if deff > 0 else float(n)
    return Linearised(Estimate(value, se, low, high, df, n, effective, deff), z)


def total(y: Numbers, design: Design, *, where: Mask) -> Linearised:
    """Estimate the total of `y`, shape (n,), over the domain in the population, in its own unit; t interval.

    sum w y (Horvitz and Thompson 1952). It needs weights that count firms: scaling them scales the total. `deff` is left
    empty, since that of a total depends on where one counts the zeros outside the domain.
    """
    z = np.where(where, design.weight * np.where(where, y, 0), 0.0)
    n = int(where.sum())
    if n == 0:
        return Linearised(_nothing(), z)
    return _with_t_interval(float(z.sum()), z, design, where)


def ratio(y: Numbers, x: Numbers, design: Design, *, where: Mask) -> Linearised:
    """Estimate the total of `y` by the total of `x`, both of shape (n,), over the domain; t interval.

    sum w y / sum w x, z = w (y - R x) / sum w x (Särndal, Swensson and Wretman 1992, 5.6). NaN where sum w x is 0.
    """
    z = np.zeros(design.n)
    below = float(np.dot(design.weight[where], x[where]))
    if below == 0:
        return Linearised(_nothing(), z)
    value = float(np.dot(design.weight[where], y[where])) / below
    z[where] = design.weight[where] * (y[where] - value * x[where]) / below
    return _with_t_interval(value, z, design, where)


def _with_t_interval(value: float, z: Numbers, design: Design, where: Mask) -> Linearised:
    n, df = int(where.sum()), design.df(where)
    se = math.sqrt(float(design.covariance(z[:, None])[0, 0]))
    return Linearised(Estimate(value, se, *t_interval(value, se, df), df, n, math.nan, math.nan), z)


def quantile(y: Numbers, q: float, design: Design, *, where: Mask) -> Linearised:
    """Estimate the quantile `q` (0-1) of `y`, shape (n,), over the domain; Woodruff (1952) interval.

    The quantile is inf{y: F(y) >= q}. The interval of F at it is mapped back through F; se = (high - low) / 2t, which is
    0 where the answers heap so much that both ends fall on one value. Linearised values follow Francisco and Fuller
    (1991) with 1/f = (high - low) / (2 t se(F)).
    """
    n = int(where.sum())
    if n == 0:
        return Linearised(_nothing(), np.zeros(design.n))
    order = np.argsort(y[where], kind="stable")
    values, weights = y[where][order], design.weight[where][order]
    cumulated = np.cumsum(weights) / weights.sum()
    value = _inverse(values, cumulated, q)
    below, z_below, df = _ratio((y <= value).astype(float), design, where)
    se_below = math.sqrt(float(design.covariance(z_below[:, None])[0, 0]))
    half = student(df) * se_below
    low, high = _inverse(values, cumulated, q - half), _inverse(values, cumulated, q + half)
    slope = (high - low) / (2 * half) if half > 0 else 0.0
    z = np.zeros(design.n)
    z[where] = -slope * design.weight[where] * ((y[where] <= value) - q) / weights.sum()
    se = (high - low) / (2 * student(df))
    simple = q * (1 - q) / n
    deff = se_below**2 / simple if below < 1 else math.nan
    return Linearised(Estimate(value, se, low, high, df, n, n / deff if deff > 0 else float(n), deff), z)


def _ratio(y: Numbers, design: Design, where: Mask) -> tuple[float, Numbers, float]:
    z = np.zeros(design.n)
    total = design.weight[where].sum()
    if total == 0:
        return math.nan, z, math.nan
    df = design.df(where)
    if y[where].min() == y[where].max():  # exactly, whatever the weights: sums of floats would miss it by a hair
        return float(y[where][0]), z, df
    value = float(np.dot(design.weight[where], y[where]) / total)
    z[where] = design.weight[where] * (y[where] - value) / total
    return value, z, df


def _inverse(values: Numbers, cumulated: Numbers, q: float) -> float:
    # a hair of tolerance: cumulated weights are sums of floats
    position = int(np.searchsorted(cumulated, q - 1e-12))
    return float(values[min(max(position, 0), values.size - 1)])


def _nothing() -> Estimate:
    return Estimate(*(math.nan,) * 5, 0, math.nan, math.nan)
