"""Confidence intervals of shares and means. Levels are 0-1, else ValueError; shares are 0-1; nothing is rounded."""

from __future__ import annotations

import math

from scipy import stats

LEVEL = 0.95
Interval = tuple[float, float]


def t_interval(value: float, se: float, df: float, level: float = LEVEL) -> Interval:
    """Return value ± t se; with under one degree of freedom that of one stands in."""
    half = student(df, level) * se
    return value - half, value + half


def student(df: float, level: float = LEVEL) -> float:
    """Return the quantile of Student's t that leaves (1 - level) / 2 above it."""
    return float(stats.t.ppf(0.5 + _checked(level) / 2, max(df, 1)))


def wilson(p: float, n: float, level: float = LEVEL) -> Interval:
    """Return the Wilson interval of a share `p` on `n` effective answers (Wilson 1927); the default for shares."""
    if n <= 0:
        return 0.0, 1.0
    z = float(stats.norm.ppf(0.5 + _checked(level) / 2))
    middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return max(0.0, middle - half), min(1.0, middle + half)


def logit(p: float, se: float, df: float, level: float = LEVEL) -> Interval:
    """Return the t interval of a share made on the logit scale and mapped back; all of 0-1 at 0 and at 1.

    R: `survey::svyciprop(method = "logit")`. It covers too little where a share is near 0 or 1 and n is small.
    """
    if not 0 < p < 1:
        return 0.0, 1.0
    low, high = t_interval(math.log(p / (1 - p)), se / (p * (1 - p)), df, level)
    return 1 / (1 + math.exp(-low)), 1 / (1 + math.exp(-high))


def korn_graubard(p: float, variance: float, n: int, df: float, level: float = LEVEL) -> Interval:
    """Return the Clopper-Pearson interval on n effective answers, adjusted for the degrees of freedom.

    Korn and Graubard (1998), Survey Methodology 24; R: `survey::svyciprop(method = "beta")`, but that n effective is
    never over `n` (the answers), and is `n` where the variance is 0. It never covers too little, and is wide.
    """
    effective = min(float(n), _adjusted(p, variance, n, df, level)) if variance > 0 else float(n)
    hits, misses, tail = p * effective, (1 - p) * effective, (1 - _checked(level)) / 2
    low = float(stats.beta.ppf(tail, hits, misses + 1)) if hits > 0 else 0.0
    high = float(stats.beta.ppf(1 - tail, hits + 1, misses)) if misses > 0 else 1.0
    return low, high


def _adjusted(p: float, variance: float, n: int, df: float, level: float) -> float:
    return p * (1 - p) / variance * (student(n - 1, level) / student(df, level)) ** 2


def _checked(level: float) -> float:
    if not 0 < level < 1:
        raise ValueError(f"the level of an interval lies between 0 and 1, such as 0.95, not {level}")
    return level
