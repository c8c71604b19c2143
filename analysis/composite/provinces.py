"""The PCI as an index of this package: the official scale, the published table, and what can be known of its sampling errors."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from analysis.composite.method import Method
from analysis.composite.normalisation import goalposts
from analysis.composite.structure import Node, Structure
from questionnaires.framework import Framework
from questionnaires.reference import SUB_INDICES, indicator_values, respondents, scores


def official(framework: Framework) -> tuple[Structure, Method]:
    """Return the structure and the method that give the sub-indices, 1-10, and a tenth of the index of a framework with slopes.

    S = a + sum of b x is a weighted mean of indicators put on a scale: weight |b|, a at x = 0, a + sum of |b| one unit
    better. Indicators without a slope have no part in it.
    """
    nodes: list[Node] = []
    low: list[float] = []
    high: list[float] = []
    for sub_index in framework.sub_indices:
        slopes = {each.code: each.slope for each in framework.indicators_of(sub_index.code) if each.slope}
        nodes += [Node(code, sub_index.code, abs(b), 1 if b > 0 else -1) for code, b in slopes.items()]
        low += [sub_index.intercept or 0.0] * len(slopes)
        high += [(sub_index.intercept or 0.0) + sum(map(abs, slopes.values()))] * len(slopes)
    weights = framework.weights_of(framework.reference_year or 0)
    groups = [Node(code, "index", weight) for code, weight in weights.items()]
    structure = Structure((*nodes, *groups, Node("index", None)))
    zero = np.where(structure.directions > 0, 0.0, -1.0)
    scale = partial(goalposts, lower=zero, upper=zero + 1, low=np.array(low), high=np.array(high), clip=False)
    return structure, Method(scale)


def published_indicators(year: int = 2023) -> pd.DataFrame:
    """Return the published indicators of a year in their raw units, provinces by codes."""
    return pd.Series(indicator_values(year)).unstack()


def published_scores(year: int = 2023) -> pd.DataFrame:
    """Return the official sub-indices (1-10), total (0-100) and rank of a year, provinces by codes; NaN where none was found."""
    rows = {
        row.province: {**row.sub_indices, "total": row.total, "rank": row.rank} for row in scores() if row.year == year
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=[*SUB_INDICES, "total", "rank"]).astype(float)


def share_errors(framework: Framework, year: int = 2023) -> pd.DataFrame:
    """Return standard errors of the published shares that come from the survey, provinces by codes of those.

    sqrt(p (1 - p) / n), n being the province's firms that answered; where all are alike, that of (x + 2, n + 4). The least
    there can be: questions not asked of all firms have fewer answers, weights make errors larger, and the other survey
    figures (medians, means) are published without anything from which an error follows.
    """
    shares = [each.code for each in framework.indicators if each.source == "survey" and each.unit == "share (0-1)"]
    values = published_indicators(year)[shares]
    n = pd.Series(respondents(year), dtype=float).reindex(values.index).to_numpy()[:, None]
    p, alike = values.to_numpy(dtype=float), values.isin([0.0, 1.0]).to_numpy()
    p, n = np.where(alike, (n * p + 2) / (n + 4), p), np.where(alike, n + 4, n)
    return pd.DataFrame(np.sqrt(p * (1 - p) / n), values.index, values.columns)
