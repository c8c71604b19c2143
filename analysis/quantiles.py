"""Quantiles with Woodruff intervals, and the grouped median for answers that heap on a few values."""

from __future__ import annotations

import math

import numpy as np

from analysis.design import Design
from analysis.domains import with_by
from analysis.intervals import LEVEL, student
from analysis.linearised import Estimate, Linearised, Mask, Numbers, as_numbers, hajek, inside, nothing, variance_of


@with_by
def quantile(y: Numbers, q: float, design: Design, *, where: Mask | None = None, level: float = LEVEL) -> Linearised:
    """Estimate the quantile `q` (0-1) of `y`, shape (n,), over the domain; Woodruff (1952) interval.

    The quantile is inf{y: F(y) >= q}. The interval q ± t se(F) is mapped back through F; se = (high - low) / 2t, which is
    0 where the answers heap so much that both ends fall on one value. R's `svyquantile` and svy centre that interval on F at the
    quantile, which is over q by half a heap. Linearised values follow Francisco and Fuller (1991) with
    1/f = (high - low) / (2 t se(F)). deff is that of F at the quantile. Raises ValueError for a `q` that is not between 0 and 1.
    """
    if np.ndim(q) or not 0 < q < 1:
        raise ValueError(f"a quantile is one number between 0 and 1, the median 0.5, not {q}")
    y = as_numbers(y)
    where = inside(design, where, y)
    n = int(where.sum())
    if n == 0:
        return Linearised(nothing(), np.zeros(design.n))
    order = np.argsort(y[where], kind="stable")
    values, weights = y[where][order], design.weight[where][order]
    cumulated = np.cumsum(weights) / weights.sum()
    value = _inverse(values, cumulated, q)
    below, z_below, df = hajek((y <= value).astype(float), design, where)
    se_below = math.sqrt(variance_of(z_below, design))
    half = student(df, level) * se_below
    low, high = _inverse(values, cumulated, q - half), _inverse(values, cumulated, q + half)
    slope = (high - low) / (2 * half) if half > 0 else 0.0
    z = np.zeros(design.n)
    z[where] = -slope * design.weight[where] * ((y[where] <= value) - q) / weights.sum()
    se = (high - low) / (2 * student(df, level))
    simple = q * (1 - q) / n
    deff = se_below**2 / simple if below < 1 else math.nan
    return Linearised(Estimate(value, se, low, high, df, n, n / deff if deff > 0 else float(n), deff), z)


@with_by
def grouped_median(
    y: Numbers, bounds: Numbers, design: Design, *, where: Mask | None = None, level: float = LEVEL
) -> Linearised:
    """Estimate the median of `y`, shape (n,), as if answers were spread evenly inside each class; Woodruff interval.

    bounds: the ends of the classes in the unit of `y`, ascending, shape (classes + 1,); a class holds its upper end. For days
    that heap on 7, 15 and 30 take the middles between those: the plain median jumps from heap to heap, this one does not.
    m = L + c (0.5 - F(L)) / p, with L, c and p the lower end, width and share of the class that holds the median (Yule 1911).
    z = -(c / p) w (g - 0.5) / sum w, g the part of the answer's class below m. Raises ValueError for an answer in no class.
    """
    y, bounds = as_numbers(y), as_numbers(bounds)
    where = inside(design, where, y)
    n = int(where.sum())
    if n == 0:
        return Linearised(nothing(), np.zeros(design.n))
    if not (np.diff(bounds) > 0).all() or y[where].min() <= bounds[0] or y[where].max() > bounds[-1]:
        raise ValueError("the bounds must ascend, and every answer must lie over the first and not over the last")
    position = np.clip(np.searchsorted(bounds, y, side="left") - 1, 0, bounds.size - 2)
    shares = np.bincount(position[where], design.weight[where], bounds.size - 1) / design.weight[where].sum()
    below = np.concatenate([[0.0], np.cumsum(shares)])
    value = _on_line(bounds, below, 0.5)
    holding = _segment(below, 0.5)
    part = np.clip((value - bounds[position]) / np.diff(bounds)[position], 0, 1)
    _, z_below, df = hajek(part, design, where)
    se_below = math.sqrt(variance_of(z_below, design))
    slope = float(np.diff(bounds)[holding] / shares[holding])
    half = student(df, level) * se_below
    low, high = (_on_line(bounds, below, q) for q in (max(0.5 - half, 0.0), min(0.5 + half, 1.0)))
    deff = se_below**2 * 4 * n
    effective = n / deff if deff > 0 else float(n)
    return Linearised(Estimate(value, slope * se_below, low, high, df, n, effective, deff), -slope * z_below)


def _on_line(bounds: Numbers, below: Numbers, q: float) -> float:
    """Return where the line through F at the bounds reaches `q`, at the lower end of a flat stretch."""
    left = _segment(below, q)
    rise = below[left + 1] - below[left]
    part = (q - below[left]) / rise if rise > 0 else 0.0
    return float(bounds[left] + part * (bounds[left + 1] - bounds[left]))


def _segment(below: Numbers, q: float) -> int:
    return max(int(np.searchsorted(below, q - 1e-12)), 1) - 1


def _inverse(values: Numbers, cumulated: Numbers, q: float) -> float:
    # a hair of tolerance: cumulated weights are sums of floats
    position = int(np.searchsorted(cumulated, q - 1e-12))
    return float(values[min(max(position, 0), values.size - 1)])
