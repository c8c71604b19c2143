"""Estimates for groups of firms, with the covariance between them, and what is made of several: contrasts."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from analysis.design import Design, Labels
from analysis.estimators import Estimate, Linearised, Mask
from analysis.intervals import t_interval


@dataclass(frozen=True)
class Domains:
    """Estimates of several domains of one sample.

    table: index = label, columns those of `Estimate`. covariance: index and columns = label; its diagonal is se squared
    for all but quantiles, whose se is read from their interval. df: of what joins them.
    """

    table: pd.DataFrame
    covariance: pd.DataFrame
    df: float


def by(estimate: Callable[[Mask], Linearised], labels: Labels, design: Design, *, where: Mask | None = None) -> Domains:
    """Return an estimate of each domain, in the order of their labels, from one design.

    estimate: from the domain's mask, as in `by(lambda one: mean(y, design, where=one), sector, design)`.
    labels: shape (n,); a response without one (None, NaN) is in no domain. where: the responses looked at at all.
    """
    codes, names = pd.factorize(np.asarray(labels, dtype=object), sort=True)
    inside = np.ones(design.n, dtype=bool) if where is None else where
    masks = [inside & (codes == code) for code in range(len(names))]
    found = [estimate(mask) for mask in masks]
    table = pd.DataFrame([asdict(each.estimate) for each in found], index=pd.Index(names), columns=_COLUMNS)
    z = np.column_stack([each.z for each in found]) if found else np.zeros((design.n, 0))
    covariance = design.covariance(z) + np.diag([each.unseen for each in found])
    together = inside & (codes >= 0)
    return Domains(table, pd.DataFrame(covariance, names, names), design.df(together))


_COLUMNS = list(Estimate.__dataclass_fields__)


def contrast(domains: Domains, weights: Mapping[object, float]) -> Estimate:
    """Return the sum of weight times estimate over the named domains, as in `{"manu": 1, "trade": -1}`; t interval.

    The covariance counts: two domains of one stratified sample are not independent where they share a stratum.
    R: `survey::svycontrast`. Raises KeyError for a domain that is not there.
    """
    if unknown := [name for name in weights if name not in domains.table.index]:
        raise KeyError(f"no domain {', '.join(map(str, unknown))}")
    rows, factors = (
        domains.table.index.get_indexer(pd.Index(list(weights), dtype=object)),
        np.array(list(weights.values()), dtype=float),
    )
    value = float(factors @ domains.table["value"].to_numpy(dtype=float)[rows])
    variance = float(factors @ domains.covariance.to_numpy()[np.ix_(rows, rows)] @ factors)
    se = math.sqrt(max(variance, 0))
    n = int(domains.table["n"].to_numpy(dtype=int)[rows].sum())
    return Estimate(value, se, *t_interval(value, se, domains.df), domains.df, n, math.nan, math.nan)
