"""Tests that know the design: of means, of two-way tables and of order."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import stats

from analysis.design import Codes, Design, Labels
from analysis.domains import Domains, by, contrast
from analysis.intervals import t_interval
from analysis.linearised import Estimate, Mask, Numbers, as_numbers, inside
from analysis.means import mean


@dataclass(frozen=True)
class Test:
    """A test of two sides.

    statistic: t where two things are compared, else F. df: degrees of freedom of t, or those below F. df_above: those above F,
    1 for t. p: 0-1. difference: the second less the first, where two are compared. Without enough answers all numbers are NaN.
    """

    statistic: float
    df: float
    df_above: float
    p: float
    n: int
    difference: Estimate | None = None


class NothingToCompare(ValueError):
    """The groups or categories to compare are not there; the message says which are."""


def ttest(
    y: Numbers, design: Design, *, group: Labels | None = None, against: float = 0.0, where: Mask | None = None
) -> Test:
    """Test whether the mean of `y`, shape (n,), is the same in two groups, or without `group` whether it is `against`.

    group: label, shape (n,), two of them in the domain; the difference is the second less the first in the order of the labels.
    df = units less strata less 1, as R's `survey::svyttest`. Raises NothingToCompare unless there are two groups.
    """
    y = as_numbers(y)
    if group is None:
        found = mean(y, design, where=where).estimate
        return _t(replace(found, value=found.value - against), found.df - 1)
    domains = _means(y, group, design, inside(design, where, y))
    if len(domains.table) != 2:
        raise NothingToCompare(f"a t test compares two groups, not {_listed(domains.table.index)}")
    return _two(domains)


def ranktest(y: Numbers, group: Labels, design: Design, *, where: Mask | None = None) -> Test:
    """Test whether `y`, shape (n,), is as high in all groups: Wilcoxon for two, Kruskal-Wallis for more (Lumley and Scott 2013).

    The mean of the estimated population rank, R = (F(y-) + F(y)) / 2, is compared between groups; the difference of two groups
    is 0 to 1 in size. F on k - 1 and df - k + 1, t on df - 1, df being units less strata, as R's `survey::svyranktest`, which
    gives equal answers of unequal weight a rank that depends on the order of rows: ours does not.
    Raises NothingToCompare for fewer than two groups.
    """
    y, unknown = as_numbers(y), pd.isna(np.asarray(group, dtype=object))
    where = inside(design, where, y, unknown) & ~unknown
    domains = _means(_ranks(y, design.weight, where), group, design, where)
    if len(domains.table) < 2:
        raise NothingToCompare(f"a rank test compares groups, and there is {_listed(domains.table.index)}")
    return _two(domains) if len(domains.table) == 2 else _several(domains)


def chisq(rows: Labels, columns: Labels, design: Design, *, where: Mask | None = None) -> Test:
    """Test whether two categorical answers, labels of shape (n,), are independent: Rao and Scott (1984), second order, as F.

    F = X² / trace(D) with D the generalised design effects, on d = trace(D)² / trace(D²) and d times (units less strata)
    degrees of freedom: the default of R's `survey::svychisq`. A response without one of the labels is left out.
    Raises NothingToCompare where one of them has fewer than two categories.
    """
    unknown = [pd.isna(np.asarray(labels, dtype=object)) for labels in (rows, columns)]
    where = inside(design, where, *unknown) & ~unknown[0] & ~unknown[1]
    (row, r), (column, c) = (_codes(labels, where) for labels in (rows, columns))
    if min(r, c) < 2:
        raise NothingToCompare("a table has two rows and two columns at least; one answer has a single category here")
    shares, covariance = _cells(row * c + column, r * c, design, where)
    n, df = int(where.sum()), design.df(where)
    table = shares.reshape(r, c)
    expected = np.outer(table.sum(axis=1), table.sum(axis=0))
    pearson = n * float(((table - expected) ** 2 / expected).sum())
    effects = _design_effects((r, c), shares, covariance, n)
    trace = float(np.trace(effects))
    above = trace**2 / float(np.trace(effects @ effects))
    statistic = pearson / trace
    return Test(statistic, above * df, above, float(stats.f.sf(statistic, above, above * df)), n)


def _codes(labels: Labels, where: Mask) -> tuple[Codes, int]:
    """Return the number of each label in the domain, shape (n,), 0 outside, and how many there are."""
    codes = np.zeros(where.size, dtype=np.int64)
    codes[where], found = pd.factorize(np.asarray(labels, dtype=object)[where], sort=True)
    return codes, len(found)


def _cells(cell: Codes, number: int, design: Design, where: Mask) -> tuple[Numbers, Numbers]:
    """Return the share of each cell, shape (number,), and their covariance."""
    hits = (cell[:, None] == np.arange(number)) & where[:, None]
    weight = np.where(where, design.weight, 0.0)
    shares = weight @ hits / weight.sum()
    return shares, design.covariance(weight[:, None] * (hits - shares * where[:, None]) / weight.sum())


def _design_effects(shape: tuple[int, int], shares: Numbers, covariance: Numbers, n: int) -> Numbers:
    """Return the generalised design effects of the interactions, shape ((r - 1)(c - 1), the same)."""
    rows, columns = np.divmod(np.arange(shares.size), shape[1])
    main = np.column_stack(
        [np.ones(shares.size)]
        + [(rows == i).astype(float) for i in range(1, shape[0])]
        + [(columns == j).astype(float) for j in range(1, shape[1])]
    )
    crossed = np.column_stack(
        [(rows == i) & (columns == j) for i in range(1, shape[0]) for j in range(1, shape[1])]
    ).astype(float)
    interaction = crossed - main @ np.linalg.lstsq(main, crossed, rcond=None)[0]
    scaled = np.divide(interaction, shares[:, None], out=np.zeros_like(interaction), where=shares[:, None] > 0)
    simple = interaction.T @ (scaled / n)
    return np.linalg.solve(simple, scaled.T @ covariance @ scaled)


def _ranks(y: Numbers, weight: Numbers, where: Mask) -> Numbers:
    """Return the share of the population under each answer, and half of that which gives it, shape (n,); 0 outside."""
    values, position = np.unique(y[where], return_inverse=True)
    at = np.bincount(position, weight[where], values.size) / weight[where].sum()
    ranks = np.zeros(y.size)
    ranks[where] = (np.cumsum(at) - at / 2)[position]
    return ranks


def _means(y: Numbers, group: Labels, design: Design, where: Mask) -> Domains:
    """Return the mean of each group that has a response in the domain."""
    labels = np.array(group, dtype=object)
    labels[~where] = None
    return by(lambda one: mean(y, design, where=one), labels, design)


def _two(domains: Domains) -> Test:
    first, second = domains.table.index
    return _t(contrast(domains, {first: -1.0, second: 1.0}), domains.df - 1)


def _several(domains: Domains) -> Test:
    values, n = domains.table["value"].to_numpy(dtype=float), int(domains.table["n"].sum())
    above = len(values) - 1
    compare = np.column_stack([-np.ones(above), np.eye(above)])
    covariance = compare @ domains.covariance.to_numpy() @ compare.T
    df = domains.df - above
    if df <= 0 or np.linalg.matrix_rank(covariance) < above:
        return Test(math.nan, df, above, math.nan, n)
    statistic = float(compare @ values @ np.linalg.solve(covariance, compare @ values)) / above
    return Test(statistic, df, above, float(stats.f.sf(statistic, above, df)), n)


def _t(difference: Estimate, df: float) -> Test:
    if not (difference.se > 0 and df > 0):
        return Test(math.nan, df, 1, math.nan, difference.n, difference)
    statistic = difference.value / difference.se
    low, high = t_interval(difference.value, difference.se, df)
    told = replace(difference, low=low, high=high, df=df)
    return Test(statistic, df, 1, float(2 * stats.t.sf(abs(statistic), df)), difference.n, told)


def _listed(names: pd.Index) -> str:
    return ", ".join(str(name) for name in names) or "none"
