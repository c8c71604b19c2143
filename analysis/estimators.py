"""Estimates with sampling error: Taylor linearisation over the design, intervals that hold at small n.

Every estimator takes the values of all responses, a Design for all of them, and `where`, the domain (None: all): filtering
rows before making the Design would lose the design. `level` is that of the interval, 0-1. Shares are 0-1. Nothing is rounded.
All raise ValueError for an array that is not of the design's length, or a domain that holds a value that is missing. Domains side
by side are in `analysis.domains`, quantiles in `analysis.quantiles`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from analysis.design import Design
from analysis.intervals import LEVEL, korn_graubard, logit, t_interval, wilson

Numbers = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
ShareInterval = Literal["wilson", "t", "logit", "korn_graubard"]


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


def share(
    hit: Mask, design: Design, *, where: Mask | None = None, interval: ShareInterval = "wilson", level: float = LEVEL
) -> Linearised:
    """Estimate the share (0-1) of the domain for which `hit`, shape (n,), is true.

    Ratio estimator p = sum w y / sum w. n_effective = min(n, p(1-p)/v), n where v = 0; Wilson's interval stands on it,
    the others are in `analysis.intervals`; that of `t` can run past 0 and 1. Where every answer is alike the Taylor variance
    is 0, and Agresti and Coull's (x + 2, n + 4) stands in for it in the standard error.
    """
    where = inside(design, where, hit)
    value, z, df = hajek(hit.astype(float), design, where)
    if math.isnan(value):
        return Linearised(nothing(), z)
    n, variance = int(where.sum()), variance_of(z, design)
    unseen = _alike(value, n) if value in (0, 1) else 0.0
    effective = min(n, value * (1 - value) / variance) if variance > 0 else float(n)
    low, high = {
        "wilson": lambda: wilson(value, effective, level),
        "t": lambda: t_interval(value, math.sqrt(variance), df, level),
        "logit": lambda: logit(value, math.sqrt(variance), df, level),
        "korn_graubard": lambda: korn_graubard(value, variance, n, df, level),
    }[interval]()
    se = math.sqrt(variance + unseen)
    return Linearised(Estimate(value, se, low, high, df, n, effective, n / effective), z, unseen)


def _alike(value: float, n: int) -> float:
    p = (n * value + 2) / (n + 4)
    return p * (1 - p) / (n + 4)


def mean(y: Numbers, design: Design, *, where: Mask | None = None, level: float = LEVEL) -> Linearised:
    """Estimate the mean of `y`, shape (n,), in its own unit over the domain; t interval.

    Ratio estimator sum w y / sum w (Särndal, Swensson and Wretman 1992), df = units less strata of the domain. deff is over a
    simple random sample of as many with replacement, as R's `deff = "replace"`.
    """
    where = inside(design, where, y)
    value, z, df = hajek(y, design, where)
    if math.isnan(value):
        return Linearised(nothing(), z)
    n, variance = int(where.sum()), variance_of(z, design)
    effects = _effects(y - value, variance, design, where)
    se = math.sqrt(variance)
    return Linearised(Estimate(value, se, *t_interval(value, se, df, level), df, n, *effects), z)


def total(y: Numbers, design: Design, *, where: Mask | None = None, level: float = LEVEL) -> Linearised:
    """Estimate the total of `y`, shape (n,), over the domain in the population, in its own unit; t interval.

    sum w y (Horvitz and Thompson 1952). It needs weights that count firms: scaling them scales the total. `deff` is left
    empty, since that of a total depends on where one counts the zeros outside the domain.
    """
    where = inside(design, where, y)
    z = np.where(where, design.weight * np.where(where, y, 0), 0.0)
    return _with_t_interval(float(z.sum()), z, design, where, level)


def ratio(y: Numbers, x: Numbers, design: Design, *, where: Mask | None = None, level: float = LEVEL) -> Linearised:
    """Estimate the total of `y` by the total of `x`, both of shape (n,), over the domain; t interval.

    sum w y / sum w x, z = w (y - R x) / sum w x (Särndal, Swensson and Wretman 1992, 5.6). NaN where sum w x is 0. deff is that
    of the mean of y - R x.
    """
    where = inside(design, where, y, x)
    z = np.zeros(design.n)
    below = float(np.dot(design.weight[where], x[where]))
    if below == 0:
        return Linearised(nothing(), z)
    value = float(np.dot(design.weight[where], y[where])) / below
    residual = y - value * x
    z[where] = design.weight[where] * residual[where] / below
    found = _with_t_interval(value, z, design, where, level)
    variance = (found.estimate.se * below / float(design.weight[where].sum())) ** 2
    effective, deff = _effects(residual, variance, design, where)
    return replace(found, estimate=replace(found.estimate, n_effective=effective, deff=deff))


def inside(design: Design, where: Mask | None, *values: npt.NDArray[Any]) -> Mask:
    """Return the domain as a mask; raise ValueError for arrays of another length, or a value in it that is missing."""
    mask = np.ones(design.n, dtype=bool) if where is None else np.asarray(where)
    if mask.dtype != bool:
        raise ValueError(f"`where` must be true or false for each response, not {mask.dtype}")
    for each in (mask, *values):
        if np.shape(each) != (design.n,):
            raise ValueError(
                f"{design.n} responses are in the design, {np.shape(each)} is the shape of an array beside it"
            )
    for each in values:
        if not (known := np.isfinite(each) | ~mask).all():
            raise ValueError(f"row {int(np.flatnonzero(~known)[0])}: no value; leave the row out of `where`")
    return mask


def hajek(y: Numbers, design: Design, where: Mask) -> tuple[float, Numbers, float]:
    """Return sum w y / sum w over the domain, its linearised values, shape (n,), and its degrees of freedom."""
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


def variance_of(z: Numbers, design: Design) -> float:
    """Return the variance of the total of linearised values, shape (n,)."""
    return float(design.covariance(z[:, None])[0, 0])


def nothing() -> Estimate:
    """Return the estimate of a domain without a valid answer."""
    return Estimate(*(math.nan,) * 5, 0, math.nan, math.nan)


def _effects(residual: Numbers, variance: float, design: Design, where: Mask) -> tuple[float, float]:
    """Return n effective and deff of the mean of `residual`, which is 0, from its variance."""
    n = int(where.sum())
    spread = float(np.dot(design.weight[where], residual[where] ** 2) / design.weight[where].sum())
    deff = variance * (n - 1) / spread if spread > 0 else math.nan
    return n / deff if deff > 0 else float(n), deff


def _with_t_interval(value: float, z: Numbers, design: Design, where: Mask, level: float) -> Linearised:
    n, df = int(where.sum()), design.df(where)
    if n == 0:
        return Linearised(nothing(), z)
    se = math.sqrt(variance_of(z, design))
    return Linearised(Estimate(value, se, *t_interval(value, se, df, level), df, n, math.nan, math.nan), z)
