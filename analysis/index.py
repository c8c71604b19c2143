"""From indicators to sub-indices and the index, on the official scale, with sampling error carried through.

A sub-index is S = a + sum of b x over its indicators; the index is 10 x sum of W S. What the survey does not measure is
held at the province's published value and has no sampling error: the coverage says how much of the scale is measured.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from analysis import columns, indicators
from analysis.columns import Mask, Numbers
from analysis.design import Design
from analysis.intervals import t_interval
from analysis.linearised import inside
from questionnaires.framework import Framework, Indicator
from questionnaires.instrument import Instrument
from questionnaires.reference import national

TOTAL = "total"
#: A sub-index, or the total, measured on less of its scale than this has no score.
MIN_COVERAGE = 0.5


@dataclass(frozen=True)
class Scores:
    """A scored wave.

    indicators: index = code; sub_index, status (measured, held, published), used (the value that entered the score),
    and the columns of `indicators.estimate_all`.
    sub_indices: index = code and `total`; value, se, low, high, df, measured, indicators, coverage (0-1).
    covariance: of the sub-indices, index and columns = code.
    linearised: of the indicators, shape (responses of the design, indicators). responses, in_scope: of those scored.
    df: degrees of freedom of the scores.
    """

    indicators: pd.DataFrame
    sub_indices: pd.DataFrame
    covariance: pd.DataFrame
    linearised: pd.DataFrame
    design: Design
    responses: int
    in_scope: int
    df: float


def default_design(frame: pd.DataFrame) -> Design:
    """Return the design written in the frame's `weight` and `stratum`; without them a simple random sample."""
    weight = frame[columns.WEIGHT].to_numpy(dtype=float) if columns.WEIGHT in frame else np.ones(len(frame))
    return Design(weight, frame[columns.STRATUM].to_numpy() if columns.STRATUM in frame else None)


def score(
    frame: pd.DataFrame,
    instrument: Instrument,
    framework: Framework,
    published: Mapping[str, float],
    *,
    design: Design | None = None,
    where: Mask | None = None,
) -> Scores:
    """Return the scores of a frame of responses, or of a group of them.

    published: the province's published value of each indicator in the framework's reference year, raw units.
    where: the group, shape (n,), of the design of all responses (None: all).
    """
    design = design or default_design(frame)
    group = inside(design, where)
    estimates, linearised = indicators.estimate_all(frame, instrument, framework, design, group)
    measured = [str(code) for code, n in estimates["n"].items() if indicators.is_measured(n)] if len(estimates) else []
    table = _indicator_table(framework, estimates, published, measured)
    df = design.df(group)
    sub_indices, covariance = compose(framework, table, linearised, design, df)
    scope = int((group & columns.in_scope(frame, instrument)).sum())
    return Scores(table, sub_indices, covariance, linearised, design, int(group.sum()), scope, df)


def hold(scores: Scores, framework: Framework, published: Mapping[str, float], kept: Collection[str]) -> Scores:
    """Return the scores with only the indicators in `kept` measured, and the others held at the published values."""
    measured = {code for code in kept if scores.indicators.at[code, "status"] == "measured"}
    estimates = scores.indicators.drop(columns=["sub_index", "status", "used"])
    table = _indicator_table(framework, estimates, published, measured)
    sub_indices, covariance = compose(framework, table, scores.linearised, scores.design, scores.df)
    return replace(scores, indicators=table, sub_indices=sub_indices, covariance=covariance)


def _indicator_table(
    framework: Framework, estimates: pd.DataFrame, published: Mapping[str, float], measured: Collection[str]
) -> pd.DataFrame:
    table = estimates.reindex([indicator.code for indicator in framework.indicators])
    table.insert(0, "sub_index", [indicator.sub_index for indicator in framework.indicators])
    table.insert(1, "status", [_status(indicator, measured) for indicator in framework.indicators])
    held = pd.Series({code: published.get(code, math.nan) for code in table.index}, dtype=float)
    table["used"] = table["value"].where(table["status"] == "measured", held)
    for count in ("n_asked", "n", "dk", "na", "ref", "blank"):
        table[count] = table[count].fillna(0).astype(int)
    return table


def _status(indicator: Indicator, measured: Collection[str]) -> str:
    if indicator.code in measured:
        return "measured"
    return "held" if indicator.source == "survey" else "published"


def compose(
    framework: Framework, table: pd.DataFrame, linearised: pd.DataFrame, design: Design, df: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the sub-indices with the total, and the covariance of the sub-indices, for an indicator table."""
    slopes = slopes_of(framework)
    names = list(slopes.columns)
    measured = [code for code in table.index if table.at[code, "status"] == "measured"]
    values = pd.Series([framework.sub_index(name).intercept for name in names], names, dtype=float)
    values += slopes.mul(table["used"], axis=0).sum(skipna=False)
    z = linearised[measured].to_numpy(dtype=float) @ slopes.loc[measured].to_numpy()
    unseen = (slopes.loc[measured] ** 2).mul(table.loc[measured, "unseen"], axis=0).sum().reindex(names)
    covariance = pd.DataFrame(design.covariance(z) + np.diag(unseen.to_numpy(dtype=float)), names, names)
    coverage = scale_coverage(framework, measured)
    enough = coverage[names] >= MIN_COVERAGE
    variances = dict(zip(names, np.diag(covariance), strict=True))
    rows = {name: _row(values[name] if enough[name] else math.nan, variances[name], df) for name in names}
    rows[TOTAL] = _total(framework, values if coverage[TOTAL] >= MIN_COVERAGE else values * math.nan, covariance, df)
    result = pd.DataFrame.from_dict(rows, orient="index")
    result["measured"] = [sum(table.at[c, "sub_index"] == name for c in measured) for name in names] + [len(measured)]
    result["indicators"] = [len(framework.indicators_of(name)) for name in names] + [len(framework.indicators)]
    result["coverage"] = coverage.reindex(result.index)
    return result, covariance


def _row(value: float, variance: float, df: float) -> dict[str, float]:
    se = math.sqrt(max(variance, 0)) if not math.isnan(value) else math.nan
    low, high = t_interval(value, se, df)
    return {"value": value, "se": se, "low": low, "high": high, "df": df}


def _total(framework: Framework, values: pd.Series, covariance: pd.DataFrame, df: float) -> dict[str, float]:
    weights = index_weights(framework).reindex(values.index)
    if weights.isna().any():
        return _row(math.nan, math.nan, df)
    gradient = 10 * weights.to_numpy(dtype=float)
    value = float(np.dot(gradient, values.to_numpy(dtype=float)))
    return _row(value, float(gradient @ covariance.to_numpy() @ gradient), df)


def index_weights(framework: Framework) -> pd.Series:
    """Return the weights of the sub-indices in the framework's reference year; empty if it has none."""
    if framework.reference_year is None:
        return pd.Series(dtype=float)
    return pd.Series(framework.weights_of(framework.reference_year), dtype=float)


def slopes_of(framework: Framework) -> pd.DataFrame:
    """Return points of sub-index for one raw unit, shape (indicators, sub-indices), 0 outside its own."""
    codes = [indicator.code for indicator in framework.indicators]
    names = [sub_index.code for sub_index in framework.sub_indices]
    slopes = pd.DataFrame(0.0, codes, names)
    for indicator in framework.indicators:
        slopes.at[indicator.code, indicator.sub_index] = math.nan if indicator.slope is None else indicator.slope
    return slopes


def scale_coverage(framework: Framework, measured: Collection[str]) -> pd.Series:
    """Return the share (0-1) of each sub-index's scale that is measured, and of the index's as `total`.

    Sum of |b| sd over the measured indicators by that over all, sd over the provinces of the reference year; for the
    total each sub-index counts with its weight. Without slopes, the share of indicators.
    """
    spread = national(framework.reference_year) if framework.reference_year else {}
    weights = index_weights(framework)
    rows: list[dict[str, Any]] = [
        {
            "sub_index": indicator.sub_index,
            "reach": abs(indicator.slope or 0) * spread[indicator.code].sd if spread else 1.0,
            "weight": weights.get(indicator.sub_index, 1.0),
            "measured": indicator.code in measured,
        }
        for indicator in framework.indicators
    ]
    table = pd.DataFrame(rows)
    by_sub_index = table.groupby("sub_index", sort=False)
    result = by_sub_index.apply(lambda part: float(np.average(part["measured"], weights=part["reach"])))
    result[TOTAL] = float(np.average(table["measured"], weights=table["reach"] * table["weight"]))
    return result


def score_responses(
    frame: pd.DataFrame,
    instrument: Instrument,
    framework: Framework,
    published: Mapping[str, float],
    *,
    design: Design | None = None,
) -> pd.DataFrame:
    """Return each response's score and contribution for each sub-index, index = the frame's, for analysis only.

    `<sub-index>_score`, 1-10: 1 + 9 sum |b| u / sum |b| over the survey indicators whose base holds the response, u
    running from the worst to the best that an answer can be (for medians: the provinces of the reference year, clipped);
    empty where no base holds it.
    `<sub-index>_contribution`: a + sum b y, with y the response's own value inside the base, the wave's estimate
    outside it, and the published value where nothing is measured. Its weighted mean is the wave's score for shares and
    means; a median misses by b (F(median) - 0.5) / f times the base's share of the weights.
    """
    design = design or default_design(frame)
    scores = score(frame, instrument, framework, published, design=design)
    scope = columns.in_scope(frame, instrument)
    own: dict[str, Numbers] = {}
    good: dict[str, Numbers] = {}
    for indicator, rule, item in indicators.measurable(framework, instrument):
        base = indicators.base_of(frame, rule, item, scope)
        good[indicator.code] = np.where(base.base, _goodness(indicator, base.y), np.nan)
        if scores.indicators.at[indicator.code, "status"] == "measured":
            linear = indicators.estimate(base, rule, design)
            own[indicator.code] = indicators.per_response(base, rule, linear, design)
    result = {}
    for sub_index in framework.sub_indices:
        members = framework.indicators_of(sub_index.code)
        result[f"{sub_index.code}_score"] = _response_score(members, good, len(frame))
        result[f"{sub_index.code}_contribution"] = _contribution(sub_index.intercept, members, own, scores, len(frame))
    return pd.DataFrame(result, index=frame.index)


def _goodness(indicator: Indicator, y: Numbers) -> Numbers:
    low, high = _extremes(indicator)
    worst, best = (low, high) if indicator.direction == "higher" else (high, low)
    return np.asarray(np.clip((y - worst) / (best - worst), 0, 1), dtype=float)


def _extremes(indicator: Indicator) -> tuple[float, float]:
    rule = indicator.rule
    if rule is None or rule.stat == "share":
        return 0.0, 1.0
    if rule.values is not None:
        return min(rule.values.values()), max(rule.values.values())
    return national()[indicator.code].low, national()[indicator.code].high


def _response_score(members: tuple[Indicator, ...], good: Mapping[str, Numbers], n: int) -> Numbers:
    weight, total = np.zeros(n), np.zeros(n)
    for indicator in members:  # over indicators, never over responses
        if indicator.code in good:
            inside = ~np.isnan(good[indicator.code])
            weight[inside] += abs(indicator.slope or 0)
            total[inside] += abs(indicator.slope or 0) * good[indicator.code][inside]
    share = np.divide(total, weight, out=np.full(n, np.nan), where=weight > 0)
    return np.asarray(1 + 9 * share, dtype=float)


def _contribution(
    intercept: float | None, members: tuple[Indicator, ...], own: Mapping[str, Numbers], scores: Scores, n: int
) -> Numbers:
    total = np.full(n, math.nan if intercept is None else intercept)
    used_values = scores.indicators["used"].astype(float)
    for indicator in members:
        used = used_values[indicator.code]
        values = np.full(n, used)
        if indicator.code in own:
            values = np.where(np.isnan(own[indicator.code]), used, own[indicator.code])
        total = total + (indicator.slope if indicator.slope is not None else math.nan) * values
    return total
