"""What is there and what is not: gaps by indicator and by unit, units with too little, and gaps that are filled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from analysis.composite.structure import BadTable, Structure, values_of
from analysis.composite.treatment import kurtosis, skewness
from analysis.composite.weights import effective_weights

#: A unit is given a score if it has values for this share of the weight of its indicators.
LEAST = 2 / 3
Filling = Literal["mean", "median"]


@dataclass(frozen=True)
class Screened:
    """Units with enough values, in the order of the table, and the availability of those left out."""

    kept: pd.DataFrame
    left_out: pd.DataFrame


@dataclass(frozen=True)
class Filled:
    """A table without gaps, and where they were: true for a value that nobody measured."""

    table: pd.DataFrame
    filled: pd.DataFrame


def describe(table: pd.DataFrame, structure: Structure) -> pd.DataFrame:
    """Return what each indicator is like over the units.

    Index: indicator. Columns: available, zeros and unique (shares of units, 0-1; the last two of those with a value), low,
    median, mean, high, sd (n - 1), skewness, kurtosis (excess, both corrected for bias as in `treatment`).
    """
    values, chosen = values_of(table, structure), table[list(structure.indicators)]
    known = chosen.count()
    return pd.DataFrame(
        {
            "available": known / len(chosen),
            "zeros": (chosen == 0).sum() / known,
            "unique": chosen.nunique() / known,
            "low": chosen.min(),
            "median": chosen.median(),
            "mean": chosen.mean(),
            "high": chosen.max(),
            "sd": chosen.std(),
            "skewness": skewness(values),
            "kurtosis": kurtosis(values),
        }
    )


def availability(table: pd.DataFrame, structure: Structure) -> pd.DataFrame:
    """Return the share (0-1) of indicator weight for which a unit has a value, by unit and group, the index last.

    Weights count as they do in the index: an indicator of much weight that is missing leaves more out.
    """
    known = ~np.isnan(values_of(table, structure))
    weight = effective_weights(structure)
    shares = {}
    for group in structure.groups:
        inside = np.array([weight[code] if _is_under(structure, code, group) else 0.0 for code in structure.indicators])
        shares[group] = known @ inside / inside.sum() if inside.sum() > 0 else np.full(len(table), np.nan)
    return pd.DataFrame(shares, index=table.index)


def screen(table: pd.DataFrame, structure: Structure, *, least: float = LEAST) -> Screened:
    """Leave out units with values for less than `least` (0-1) of the weight of the index; none is dropped silently."""
    found = availability(table, structure)
    enough = found[structure.index] >= least - 1e-12
    return Screened(table[enough], found[~enough])


def fill(
    table: pd.DataFrame, structure: Structure, how: Filling = "mean", *, groups: pd.Series | None = None
) -> Filled:
    """Fill each gap with the mean or median of the units that have a value, of all or of the same group.

    groups: a label for each unit. Filled values are no data: they draw units to the middle and make errors look smaller, so
    show them, or leave the gaps and let the weights of what is there speak (`aggregation`). Raises BadTable where nobody
    of a group has a value.
    """
    values_of(table, structure)
    chosen = table[list(structure.indicators)].astype(float)
    middle = chosen.agg(how) if groups is None else chosen.groupby(groups.reindex(chosen.index)).transform(how)
    full = chosen.fillna(middle)
    if full.isna().any(axis=None):
        unit, indicator = np.argwhere(full.isna().to_numpy())[0]
        raise BadTable(
            f"{full.index[unit]}, {full.columns[indicator]}: no unit like it has a value to fill the gap with"
        )
    return Filled(table.assign(**{str(code): full[code] for code in full}), chosen.isna())


def _is_under(structure: Structure, code: str, group: str) -> bool:
    return any(
        child == code or (child in structure.children and _is_under(structure, code, child))
        for child in structure.children[group]
    )
