"""One way of making the index: treatment, normalisation, aggregation, in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.composite.aggregation import Aggregation, aggregate, arithmetic
from analysis.composite.normalisation import Normalisation, min_max, normalise
from analysis.composite.screening import LEAST
from analysis.composite.structure import Structure
from analysis.composite.treatment import Limits, Transformation, logarithm, treat


@dataclass(frozen=True)
class Method:
    """The choices. limits None: outliers are left alone. normalisation, aggregation: as `normalise` and `aggregate` take them.

    With fixed bounds or targets leave `transform` None, since it changes the unit they are in. least: share (0-1) of weight
    under a group that must be there for it to have a score.
    """

    normalisation: Normalisation | Mapping[str, Normalisation] = min_max
    aggregation: Aggregation | Sequence[Aggregation] = arithmetic
    limits: Limits | None = None
    transform: Transformation | None = logarithm
    least: float = LEAST


def compose(table: pd.DataFrame, structure: Structure, method: Method) -> pd.DataFrame:
    """Return normalised indicators and the scores of all groups up to the index, units by `structure.codes`.

    Raises BadTable, CannotNormalise, NotPositive.
    """
    if method.limits is not None:
        table = treat(table, structure, limits=method.limits, transform=method.transform).table
    normalised = normalise(table, structure, method.normalisation)
    return aggregate(normalised, structure, method.aggregation, least=method.least)
