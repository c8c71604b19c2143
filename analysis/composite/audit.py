"""Does the index hold together: Cronbach's alpha, correlations with what stands above, and who moves the index.

All take scores where more is better: normalised indicators, or a table from `aggregate`. For principal components: `components`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.composite.structure import Structure
from analysis.composite.weights import effective_weights


@dataclass(frozen=True)
class Reliability:
    """Cronbach's alpha of the columns of a group, over the units that have all values.

    items: index = column; columns item_rest (correlation with the sum of the others), alpha_without. n: units.
    """

    alpha: float
    standardised: float
    items: pd.DataFrame
    n: int


def cronbach(scores: pd.DataFrame) -> Reliability:
    """Return Cronbach's alpha, k / (k - 1) (1 - sum of variances / variance of the sum), raw and of standardised columns.

    Cronbach 1951. Over 0.7 is commonly asked of a group that is to measure one thing. Raises ValueError for fewer than two
    columns or three units with all values.
    """
    full = scores.dropna().astype(float)
    if full.shape[1] < 2 or len(full) < 3:
        raise ValueError(f"alpha needs two columns and three full units, not {full.shape[1]} and {len(full)}")
    items = {
        code: {
            "item_rest": float(full[code].corr(full.drop(columns=code).sum(axis=1))),
            "alpha_without": _alpha(full.drop(columns=code).cov()) if full.shape[1] > 2 else np.nan,
        }
        for code in full
    }
    return Reliability(
        _alpha(full.cov()), _alpha(full.corr()), pd.DataFrame.from_dict(items, orient="index"), len(full)
    )


def influence(scores: pd.DataFrame, structure: Structure) -> pd.DataFrame:
    """Return what each indicator and group is supposed to weigh in the index and what it does.

    scores: from `aggregate`. Index: `structure.codes` but for the index. Columns: parent; with_parent and with_index,
    correlations over the units; against, true where one with the parent is not above 0 (Handbook, step 7: look at its direction,
    or leave it out); nominal, its effective weight; explains, the squared correlation with the index, which is what it tells of
    it alone (Paruolo, Saisana and Saltelli 2013, linear); carries, effective weight times covariance with the index over the
    index's variance, which adds up to 1 in each level of an even tree of arithmetic means without gaps, and may be below 0.
    """
    weight, parents = effective_weights(structure), {node.code: node.parent for node in structure.nodes}
    index = scores[structure.index]
    lines = {}
    for code in structure.codes[:-1]:
        with_parent, with_index = scores[code].corr(scores[str(parents[code])]), scores[code].corr(index)
        lines[code] = {
            "parent": parents[code],
            "with_parent": with_parent,
            "with_index": with_index,
            "against": not with_parent > 0,
            "nominal": weight[code],
            "explains": with_index**2,
            "carries": weight[code] * scores[code].cov(index) / index.var(),
        }
    return pd.DataFrame.from_dict(lines, orient="index")


def correlations(scores: pd.DataFrame, structure: Structure, group: str) -> pd.DataFrame:
    """Return the correlations between the children of a group, each over the units that have both values."""
    return scores[list(structure.children[group])].corr()


def _alpha(covariance: pd.DataFrame) -> float:
    k, all_of_it = len(covariance), covariance.to_numpy()
    return float(k / (k - 1) * (1 - np.trace(all_of_it) / all_of_it.sum()))
