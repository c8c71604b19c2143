"""Many values into one: means that compensate more or less, and comparisons by pairs, which do not compensate.

Each function takes values, shape (units, m), NaN where missing, and weights, shape (m,), whatever they add up to, and returns one
value for each unit; the weights of what is there speak for what is missing. `aggregate` goes up the structure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from analysis.composite.screening import LEAST
from analysis.composite.structure import Structure, values_of
from analysis.design import Numbers

#: Half of the weight, but for the rounding of sums.
EVEN = 1e-12
Aggregation = Callable[[Numbers, Numbers], Numbers]


class NotPositive(ValueError):
    """A geometric, harmonic or power mean of values that are not all above 0: normalise to a range that begins above 0."""

    def __init__(self, where: str = "here") -> None:
        super().__init__(
            f"{where} a value is not above 0, which this mean needs: normalise to a range such as 1-100, "
            "or use the arithmetic mean"
        )


def arithmetic(x: Numbers, weight: Numbers) -> Numbers:
    """Return the weighted arithmetic mean: a loss in one indicator is made good by the same gain in another."""
    known = ~np.isnan(x)
    total = known @ weight
    return np.where(known, x, 0.0) @ weight / np.where(total > 0, total, np.nan)


def geometric(x: Numbers, weight: Numbers) -> Numbers:
    """Return the weighted geometric mean: the lower a value, the more it takes to make it good. Raises NotPositive."""
    return np.exp(arithmetic(np.log(_positive(x)), weight))


def harmonic(x: Numbers, weight: Numbers) -> Numbers:
    """Return the weighted harmonic mean, which compensates less than the geometric. Raises NotPositive."""
    return 1 / arithmetic(1 / _positive(x), weight)


def power(x: Numbers, weight: Numbers, *, exponent: float) -> Numbers:
    """Return the weighted power mean: exponent 1 is arithmetic, 0 geometric, -1 harmonic. Raises NotPositive."""
    if exponent == 0:
        return geometric(x, weight)
    return arithmetic(_positive(x) ** exponent, weight) ** (1 / exponent)


def outranking(x: Numbers, weight: Numbers) -> Numbers:
    """Return for each pair of units the share of weight (0-1) in which the row is better, ties half, shape (units, units).

    Over the indicators that both have; NaN where they share none; 0 on the diagonal. R: `COINr::outrankMatrix`.
    """
    better, shared = np.zeros((len(x), len(x))), np.zeros((len(x), len(x)))
    for column, each in zip(x.T, weight, strict=True):
        both = ~np.isnan(column)[:, None] & ~np.isnan(column)
        wins = (column[:, None] > column) + 0.5 * (column[:, None] == column)
        better += each * np.where(both, wins, 0.0)
        shared += each * both
    share = better / np.where(shared > 0, shared, np.nan)
    np.fill_diagonal(share, 0.0)
    return share


def outranking_sum(x: Numbers, weight: Numbers) -> Numbers:
    """Return the sum of the outranking shares of each unit, 0 to n - 1. R: `COINr::a_copeland`."""
    return np.nansum(outranking(x, weight), axis=1)


def copeland(x: Numbers, weight: Numbers) -> Numbers:
    """Return how many units a unit outranks in more than half of the weight, less how many outrank it (Copeland 1951)."""
    lead = outranking(x, weight) - 0.5
    np.fill_diagonal(lead, 0.0)
    won, lost = lead > EVEN, lead < -EVEN
    return (won.sum(axis=1) - lost.sum(axis=1)).astype(float)


def aggregate(
    normalised: pd.DataFrame,
    structure: Structure,
    how: Aggregation | Sequence[Aggregation] = arithmetic,
    *,
    least: float = LEAST,
) -> pd.DataFrame:
    """Return indicators and the scores of all groups up to the index, units by `structure.codes`.

    how: one function for all, or one for each level from the lowest groups up. least: a group has no score where less than this
    share (0-1) of the weight just under it has a value. Raises NotPositive with unit and code, ValueError for too few functions.
    """
    values = values_of(normalised, structure)
    found = climbed(values, structure, structure.weights, how, least=least, units=normalised.index)
    return pd.DataFrame(found, index=normalised.index, columns=list(structure.codes))


def climbed(
    values: Numbers,
    structure: Structure,
    weights: Mapping[str, float],
    how: Aggregation | Sequence[Aggregation],
    *,
    least: float,
    units: pd.Index,
) -> Numbers:
    """Return `aggregate` on arrays, shape (units, codes), with weights apart from the structure."""
    place = {code: at for at, code in enumerate(structure.codes)}
    scores = np.full((len(values), len(place)), np.nan)
    scores[:, : values.shape[1]] = values
    for group in structure.groups:
        under = structure.children[group]
        x = scores[:, [place[code] for code in under]]
        weight = np.array([weights[code] for code in under])
        try:
            one = _of_level(how, structure, group)(x, weight)
        except NotPositive:
            unit, child = np.argwhere(x <= 0)[0]
            raise NotPositive(f"{units[unit]}, {under[child]}:") from None
        enough = ~np.isnan(x) @ weight >= least * weight.sum() - 1e-12
        scores[:, place[group]] = np.where(enough, one, np.nan)
    return scores


def _of_level(how: Aggregation | Sequence[Aggregation], structure: Structure, group: str) -> Aggregation:
    if not isinstance(how, Sequence):
        return how
    needed = structure.level[structure.index] - 1
    if len(how) != needed:
        raise ValueError(f"{needed} levels are aggregated, and {len(how)} functions are given")
    return how[structure.level[group] - 2]


def _positive(x: Numbers) -> Numbers:
    if (x <= 0).any():
        raise NotPositive
    return x
