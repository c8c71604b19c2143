"""From answers to indicators: one rule, one base, one estimate each."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd

from analysis import columns
from analysis.columns import Mask, Numbers
from analysis.design import Design
from analysis.linearised import Estimate, Linearised
from analysis.means import mean, share
from analysis.quantiles import quantile
from questionnaires.framework import Framework, Indicator, Rule
from questionnaires.instrument import Instrument, Item

#: Under this many valid answers an indicator is not measured.
MIN_ANSWERS = 5
COUNTS = ("n_asked", "dk", "na", "ref", "blank", "hits")
COLUMNS = [*COUNTS, *(field.name for field in fields(Estimate)), "unseen"]


@dataclass(frozen=True)
class Base:
    """What a rule sees of the responses: `y`, shape (n,), is meant only where `base`, shape (n,), is true."""

    y: Numbers
    base: Mask
    asked: Mask


def base_of(frame: pd.DataFrame, rule: Rule, item: Item, scope: Mask) -> Base:
    """Return the values a rule averages and the responses they belong to: asked, valid answer, `where`, in scope."""
    first = frame[columns.columns_of(item)[0]]
    asked = scope & first.ne(columns.NOT_ASKED).to_numpy()
    if rule.where is not None:
        asked &= columns.holds(frame, rule.where)
    return Base(_values(frame, rule, item), asked & columns.valid(frame, item), asked)


def _values(frame: pd.DataFrame, rule: Rule, item: Item) -> Numbers:
    if rule.stat == "median":
        values = pd.to_numeric(frame[item.code], errors="coerce").fillna(0)
    elif rule.values is not None:
        values = frame[item.code].map(dict(rule.values)).fillna(0)
    elif rule.option is not None:
        values = frame[f"{item.code}__{rule.option}"].eq("1") != rule.absent
    else:
        values = frame[item.code].isin(rule.numerator)
    return np.asarray(values, dtype=float)


def estimate(base: Base, rule: Rule, design: Design) -> Linearised:
    """Return the indicator's estimate in the raw unit of the framework."""
    if rule.stat == "median":
        return quantile(base.y, 0.5, design, where=base.base)
    if rule.stat == "share":
        return share(base.y > 0, design, where=base.base)
    return mean(base.y, design, where=base.base)


def measurable(framework: Framework, instrument: Instrument) -> Iterator[tuple[Indicator, Rule, Item]]:
    """Yield the indicators that the instrument's items can measure."""
    for indicator in framework.indicators:
        if indicator.rule is not None and indicator.rule.item in instrument.by_code:
            yield indicator, indicator.rule, instrument.item(indicator.rule.item)


def estimate_all(
    frame: pd.DataFrame, instrument: Instrument, framework: Framework, design: Design, where: Mask
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return every measurable indicator's estimate over `where`, shape (n,), and their linearised values.

    First frame: index = indicator code; n_asked, n (valid answers), dk, na, ref, blank, hits (unweighted, shares only),
    value, se, low, high, df, n_effective, deff, in raw units, and unseen (variance that is not in the linearised values).
    Second: shape (n responses, indicators).
    """
    scope = where & columns.in_scope(frame, instrument)
    rows: dict[str, dict[str, Any]] = {}
    linearised: dict[str, Numbers] = {}
    for indicator, rule, item in measurable(framework, instrument):
        base = base_of(frame, rule, item, scope)
        found = estimate(base, rule, design)
        counts = _counts(frame, item, base)
        counts["hits"] = int(base.y[base.base].sum()) if rule.stat == "share" else None
        rows[indicator.code] = counts | vars(found.estimate) | {"unseen": found.unseen}
        linearised[indicator.code] = found.z
    table = pd.DataFrame.from_dict(rows, orient="index")
    return table.reindex(columns=COLUMNS), pd.DataFrame(linearised, index=range(len(frame)))


def _counts(frame: pd.DataFrame, item: Item, base: Base) -> dict[str, Any]:
    first = frame[columns.columns_of(item)[0]][base.asked]
    counted = {code: int(first.eq(code).sum()) for code in ("dk", "na", "ref")}
    return {"n_asked": int(base.asked.sum()), **counted, "blank": int(first.eq(columns.BLANK).sum())}


def is_measured(n: float) -> bool:
    """Say whether an indicator with `n` valid answers counts as measured."""
    return not math.isnan(n) and n >= MIN_ANSWERS


def per_response(base: Base, rule: Rule, linear: Linearised, design: Design) -> Numbers:
    """Return the value of each response that averages to the estimate over the base, shape (n,), NaN outside it.

    For a median this is the linearised value; the average then misses the median by (F(median) - 0.5) / f.
    """
    value = linear.estimate.value
    if rule.stat != "median":
        return np.where(base.base, base.y, np.nan)
    weight = design.weight * base.base
    inside = np.where(base.base, linear.z * weight.sum() / np.where(weight > 0, weight, 1), np.nan)
    return value + inside
