"""Estimates for groups of firms, with the covariance between them, and what is made of several: contrasts."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import wraps
from typing import Any, ParamSpec, Protocol, cast, overload

import numpy as np
import pandas as pd

from analysis.design import Design, Labels
from analysis.intervals import LEVEL, t_interval
from analysis.linearised import Estimate, Linearised, Mask, inside

P = ParamSpec("P")


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
    labels: shape (n,); a response without one (None, NaN) is in no domain. where: the responses looked at at all; a label that
    has none of them gets NaN and n = 0. Raises ValueError for labels of another length.
    """
    given = np.asarray(labels, dtype=object)
    looked_at = inside(design, where, pd.isna(given))
    codes, names = pd.factorize(given, sort=True)
    masks = [looked_at & (codes == code) for code in range(len(names))]
    found = [estimate(mask) for mask in masks]
    table = pd.DataFrame([asdict(each.estimate) for each in found], index=pd.Index(names), columns=_COLUMNS)
    z = np.column_stack([each.z for each in found]) if found else np.zeros((design.n, 0))
    covariance = design.covariance(z) + np.diag([each.unseen for each in found])
    together = looked_at & (codes >= 0)
    return Domains(table, pd.DataFrame(covariance, names, names), design.df(together))


_COLUMNS = list(Estimate.__dataclass_fields__)


class Estimator(Protocol[P]):
    """An estimator of one domain, or with `by=` of several."""

    @overload
    def __call__(self, *args: P.args, **options: P.kwargs) -> Linearised: ...

    @overload
    def __call__(self, *args: Any, by: Labels, **options: Any) -> Domains: ...


def with_by(one: Callable[P, Linearised]) -> Estimator[P]:
    """Return the estimator with one argument more, `by`: labels, shape (n,), for what the function `by` makes of them."""

    @wraps(one)
    def either(*args: Any, **options: Any) -> Linearised | Domains:
        labels, where = options.pop("by", None), options.pop("where", None)
        if labels is None:
            return one(*args, where=where, **options)
        design = next(each for each in (*args, *options.values()) if isinstance(each, Design))
        return by(lambda mask: one(*args, where=mask, **options), labels, design, where=where)  # type: ignore[arg-type]

    known = inspect.signature(one)
    extra = inspect.Parameter("by", inspect.Parameter.KEYWORD_ONLY, default=None, annotation="Labels | None")
    either.__signature__ = known.replace(parameters=[*known.parameters.values(), extra])  # type: ignore[attr-defined]
    return cast(Estimator[P], either)


def contrast(domains: Domains, weights: Mapping[object, float], *, level: float = LEVEL) -> Estimate:
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
    return Estimate(value, se, *t_interval(value, se, domains.df, level), domains.df, n, math.nan, math.nan)
