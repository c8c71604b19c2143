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


def skewness(x: Numbers) -> Any:
    """Return the skewness G1 of the values that are there, by column, corrected for bias as in Excel and e1071's type 2."""
    n, second, third = _moments(x, 3)
    return third / second**1.5 * np.sqrt(n * (n - 1)) / (n - 2)


def kurtosis(x: Numbers) -> Any:
    """Return the excess kurtosis G2 of the values that are there, by column, corrected for bias as `skewness` is."""
    n, second, fourth = _moments(x, 4)
    return (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * fourth / second**2 - 3 * (n - 1))


def has_outliers(x: Numbers, limits: Limits = LIMITS) -> Any:
    """Say by column if |skewness| and kurtosis both pass their limits; never for fewer than four values or equal ones."""
    return (np.abs(skewness(x)) > limits.skewness) & (kurtosis(x) > limits.kurtosis)


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
    treated, how = treated_values(values, limits, transform)
    codes = list(structure.indicators)
    drawn_in = (treated != values) & ~np.isnan(values) & (np.array(how) == "winsorised")
    report = pd.DataFrame(
        {
            "how": how,
            "points": drawn_in.sum(axis=0),
            "skewness_before": skewness(values),
            "kurtosis_before": kurtosis(values),
            "skewness_after": skewness(treated),
            "kurtosis_after": kurtosis(treated),
            "mended": ~has_outliers(treated, limits),
        },
        index=codes,
    )
    changed = table.assign(**{code: treated[:, at] for at, code in enumerate(codes)})
    return Treated(changed, pd.DataFrame(drawn_in, table.index, codes), report)


def treated_values(values: Numbers, limits: Limits, transform: Transformation | None) -> tuple[Numbers, list[str]]:
    """Return `treat` on an array, shape (units, k), and how each column was treated: empty, winsorised or transformed."""
    treated, how = values.copy(), [""] * values.shape[1]
    for column in np.flatnonzero(has_outliers(values, limits)):
        drawn, how[column] = winsorise(values[:, column], limits), "winsorised"
        if transform is not None and has_outliers(drawn, limits):
            drawn, how[column] = transform(values[:, column]), "transformed"
        treated[:, column] = drawn
    return treated, how


def _moments(x: Numbers, power: int) -> tuple[Any, Any, Any]:
    """Return n, the second and another central moment by column; NaN where there are too few values or no spread."""
    known = ~np.isnan(x)
    n = known.sum(axis=0).astype(float)
    centred = np.where(known, x - np.where(known, x, 0).sum(axis=0) / np.maximum(n, 1), 0)
    second = (centred**2).sum(axis=0) / np.maximum(n, 1)
    scale = np.abs(np.where(known, x, 0)).max(axis=0)
    usable = (n >= FEWEST) & (second > (1e-12 * scale) ** 2)
    return (
        np.where(usable, n, np.nan),
        np.where(usable, second, np.nan),
        (centred**power).sum(axis=0) / np.maximum(n, 1),
    )
