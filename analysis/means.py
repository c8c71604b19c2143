"""Means, totals, shares and ratios with sampling error: Taylor linearisation over the design."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Literal, get_args

import numpy as np

from analysis.design import Design
from analysis.domains import with_by
from analysis.intervals import LEVEL, korn_graubard, logit, t_interval, wilson
from analysis.linearised import Estimate, Linearised, Mask, Numbers, as_numbers, hajek, inside, nothing, variance_of

ShareInterval = Literal["wilson", "t", "logit", "korn_graubard"]


@with_by
def share(
    hit: Mask, design: Design, *, where: Mask | None = None, interval: ShareInterval = "wilson", level: float = LEVEL
) -> Linearised:
    """Estimate the share (0-1) of the domain for which `hit`, shape (n,), is true.

    Ratio estimator p = sum w y / sum w. n_effective = min(n, p(1-p)/v), n where v = 0; Wilson's interval stands on it,
    the others are in `analysis.intervals`; that of `t` can run past 0 and 1. deff is that of the mean of `hit`. Where every
    answer is alike the Taylor variance is 0, and Agresti and Coull's (x + 2, n + 4) stands in for it in the standard error.
    Raises ValueError for a `hit` in the domain that is neither true (1) nor false (0), and for an unknown `interval`.
    """
    if interval not in get_args(ShareInterval):
        raise ValueError(f"there is no interval {interval}, but {', '.join(get_args(ShareInterval))}")
    y = as_numbers(hit)
    where = inside(design, where, y)
    if (wrong := where & (y != 0) & (y != 1)).any():
        row = int(np.flatnonzero(wrong)[0])
        raise ValueError(f"row {row}: a share counts what is true (1) or false (0), not {y[row]:g}")
    value, z, df = hajek(y, design, where)
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
    deff = variance * (n - 1) / (value * (1 - value)) if 0 < value < 1 else math.nan
    return Linearised(Estimate(value, math.sqrt(variance + unseen), low, high, df, n, effective, deff), z, unseen)


def _alike(value: float, n: int) -> float:
    p = (n * value + 2) / (n + 4)
    return p * (1 - p) / (n + 4)


@with_by
def mean(y: Numbers, design: Design, *, where: Mask | None = None, level: float = LEVEL) -> Linearised:
    """Estimate the mean of `y`, shape (n,), in its own unit over the domain; t interval.

    Ratio estimator sum w y / sum w (Särndal, Swensson and Wretman 1992), df = units less strata of the domain. deff is over a
    simple random sample of as many with replacement, as R's `deff = "replace"`.
    """
    y = as_numbers(y)
    where = inside(design, where, y)
    value, z, df = hajek(y, design, where)
    if math.isnan(value):
        return Linearised(nothing(), z)
    n, variance = int(where.sum()), variance_of(z, design)
    effects = _effects(y - value, variance, design, where)
    se = math.sqrt(variance)
    return Linearised(Estimate(value, se, *t_interval(value, se, df, level), df, n, *effects), z)


@with_by
def total(y: Numbers, design: Design, *, where: Mask | None = None, level: float = LEVEL) -> Linearised:
    """Estimate the total of `y`, shape (n,), over the domain in the population, in its own unit; t interval.

    sum w y (Horvitz and Thompson 1952). It needs weights that count firms: scaling them scales the total. `deff` is left
    empty, since that of a total depends on where one counts the zeros outside the domain.
    """
    y = as_numbers(y)
    where = inside(design, where, y)
    z = np.where(where, design.weight * np.where(where, y, 0), 0.0)
    return _with_t_interval(float(z.sum()), z, design, where, level)


@with_by
def ratio(y: Numbers, x: Numbers, design: Design, *, where: Mask | None = None, level: float = LEVEL) -> Linearised:
    """Estimate the total of `y` by the total of `x`, both of shape (n,), over the domain; t interval.

    sum w y / sum w x, z = w (y - R x) / sum w x (Särndal, Swensson and Wretman 1992, 5.6). NaN where sum w x is 0. deff is that
    of the mean of y - R x.
    """
    y, x = as_numbers(y), as_numbers(x)
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
