"""Outliers: found by skewness and kurtosis, drawn in by winsorising, else by a transformation.

The procedure is that of the JRC's COIN Tool and of R's COINr (`Treat`): an indicator with |skewness| over 2 and kurtosis over
3.5 is winsorised up to five points; if that does not mend it, the values as they were are transformed instead.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from analysis.composite.structure import Structure, values_of
from analysis.design import Numbers

SKEWNESS, KURTOSIS, MOST = 2.0, 3.5, 5
#: With fewer values there is no kurtosis.
FEWEST = 4
Transformation = Callable[[Numbers], Numbers]


@dataclass(frozen=True)
class Limits:
    """When an indicator has outliers, |skewness| and kurtosis both over them, and how many points may be drawn in."""

    skewness: float = SKEWNESS
    kurtosis: float = KURTOSIS
    most: int = MOST


LIMITS = Limits()


@dataclass(frozen=True)
class Treated:
    """A table after treatment, which values were drawn in, and a line for each indicator.

    report: index = indicator; columns how (empty, winsorised, transformed), points, skewness_before, kurtosis_before,
    skewness_after, kurtosis_after, mended (false: still has outliers).
    """

    table: pd.DataFrame
    drawn_in: pd.DataFrame
    report: pd.DataFrame


def skewness(x: Numbers) -> float:
    """Return the skewness G1 of the values that are there, corrected for bias as in Excel, SAS and e1071's type 2."""
    known = x[~np.isnan(x)]
    return float(stats.skew(known, bias=False)) if _spread(known) else np.nan


def kurtosis(x: Numbers) -> float:
    """Return the excess kurtosis G2 of the values that are there, corrected for bias as `skewness` is."""
    known = x[~np.isnan(x)]
    return float(stats.kurtosis(known, bias=False)) if _spread(known) else np.nan


def has_outliers(x: Numbers, limits: Limits = LIMITS) -> bool:
    """Say whether |skewness| and kurtosis both pass their limits; never for fewer than four values or equal ones."""
    return bool(abs(skewness(x)) > limits.skewness and kurtosis(x) > limits.kurtosis)


def winsorise(x: Numbers, limits: Limits = LIMITS) -> Numbers:
    """Give the most extreme value the next one's, on the side of the long tail, until no outliers are left.

    Stops after `limits.most` points; equal extremes are drawn in together and each counts. R: `COINr::winsorise`.
    """
    drawn = x.copy()
    while has_outliers(drawn, limits) and (drawn != x)[~np.isnan(x)].sum() < limits.most:
        high = skewness(drawn) >= 0
        extreme = np.nanmax(drawn) if high else np.nanmin(drawn)
        rest = drawn[(drawn != extreme) & ~np.isnan(drawn)]
        drawn[drawn == extreme] = rest.max() if high else rest.min()
    return drawn


def logarithm(x: Numbers) -> Numbers:
    """Return log(x - min + range / 100), as COINr's `log_CT`; a long tail on the low side is mirrored, order kept.

    The small shift leaves the smallest value a logarithm. Not in the unit of x.
    """
    sign = 1.0 if not skewness(x) < 0 else -1.0
    low, high = np.nanmin(sign * x), np.nanmax(sign * x)
    return sign * np.log(sign * x - low + 0.01 * (high - low))


def box_cox(x: Numbers) -> Numbers:
    """Return the Box-Cox transform of x - min + 1 with the power of largest likelihood (Box and Cox 1964); order kept."""
    known = ~np.isnan(x)
    changed = np.full(x.shape, np.nan)
    changed[known] = stats.boxcox(x[known] - x[known].min() + 1)[0]
    return changed


def treat(
    table: pd.DataFrame,
    structure: Structure,
    *,
    limits: Limits = LIMITS,
    transform: Transformation | None = logarithm,
) -> Treated:
    """Treat every indicator of the structure; those without outliers stay as they are, other columns too.

    transform: `logarithm`, `box_cox`, a function of one's own that keeps the order, or None.
    """
    values = values_of(table, structure)
    lines, drawn_in = {}, {}
    changed = table.copy()
    for column, code in enumerate(structure.indicators):
        x = values[:, column]
        treated, how = _treated(x, limits, transform)
        drawn_in[code] = (treated != x) & ~np.isnan(x) if how == "winsorised" else np.zeros(x.shape, dtype=bool)
        lines[code] = _line(x, treated, how, limits) | {"points": int(drawn_in[code].sum())}
        changed[code] = treated
    report = pd.DataFrame.from_dict(lines, orient="index")
    return Treated(changed, pd.DataFrame(drawn_in, index=table.index), report)


def _treated(x: Numbers, limits: Limits, transform: Transformation | None) -> tuple[Numbers, str]:
    if not has_outliers(x, limits):
        return x, ""
    drawn = winsorise(x, limits)
    if transform is None or not has_outliers(drawn, limits):
        return drawn, "winsorised"
    return transform(x), "transformed"


def _line(x: Numbers, treated: Numbers, how: str, limits: Limits) -> dict[str, Any]:
    return {
        "how": how,
        "points": 0,
        "skewness_before": skewness(x),
        "kurtosis_before": kurtosis(x),
        "skewness_after": skewness(treated),
        "kurtosis_after": kurtosis(treated),
        "mended": not has_outliers(treated, limits),
    }


def _spread(known: Numbers) -> bool:
    return known.size >= FEWEST and bool(known.min() < known.max())
