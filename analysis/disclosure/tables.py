"""Tables of counts or amounts with all their margins, as rules, attacks and hiding see them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from analysis.columns import Mask, Numbers

#: The cell of everybody.
WHOLE = "all"
#: How many of the largest contributions a cell keeps: no rule looks at more.
LARGEST = 5

#: A column, or several from coarse to fine whose values are nested in each other.
Dimension = str | Sequence[str]
Sum = tuple[str, tuple[str, ...]]


class Contradictory(ValueError):
    """A table whose parts do not add up to their total."""


@dataclass(frozen=True)
class Table:
    """Cells and which of them add up to which.

    cells: index = label; value (what would be published, 0 or more), n (firms that contribute). largest: index = label,
    the largest contributions, falling, 0 where there are fewer; empty for a table of counts. sums: label of a total and of
    its parts. A cell that is not there is 0 for everybody to see. Raises Contradictory for a sum that does not hold.
    """

    cells: pd.DataFrame
    sums: tuple[Sum, ...]
    largest: pd.DataFrame

    def __post_init__(self) -> None:
        value = self.cells["value"]
        for total, parts in self.sums:
            added = float(value[list(parts)].sum())
            if not math.isclose(added, value[total], rel_tol=1e-9, abs_tol=1e-6):
                raise Contradictory(f"the parts of {total} make {added:g}, not {value[total]:g}")

    @property
    def counts(self) -> bool:
        """Say whether values count firms."""
        return self.largest.empty


def of_counts(values: Mapping[str, float], sums: Sequence[Sum]) -> Table:
    """Return a table of counts of firms from its cells by label and its sums."""
    value = pd.Series(values, dtype=float)
    return Table(pd.DataFrame({"value": value, "n": value.astype(int)}), tuple(sums), pd.DataFrame())


def tabulate(
    frame: pd.DataFrame,
    by: Sequence[Dimension],
    *,
    value: str | None = None,
    weight: str | None = None,
    firm: str | None = None,
) -> Table:
    """Return the table of a frame by one or more dimensions, with every margin.

    value: column of an amount, 0 or more; None counts firms. weight: column that values are multiplied with; contributions
    stay as answered (Handbook on SDC, 4.9), so weights must not be published beside the table. firm: column that tells
    whose a row is; None: every row is another firm's. Raises ValueError for a negative amount or a fine value under two
    coarse ones.
    """
    if value is not None and not (frame[value] >= 0).all():
        raise ValueError(f"{value}: the rules know amounts of 0 or more only")
    groups = members(frame, by)
    cells = {label: _cell(frame[mask], value, weight, firm) for label, mask in groups.items()}
    largest = {label: _largest(frame[mask], value, firm) for label, mask in groups.items()} if value else {}
    return Table(
        pd.DataFrame.from_dict(cells, orient="index"),
        tuple(_sums(frame, _dimensions(by))),
        pd.DataFrame.from_dict(largest, orient="index"),
    )


def joined(tables: Sequence[Table]) -> Table:
    """Return tables over the same firms as one, cells of the same label taken once: only so are shared margins safe.

    Raises ValueError if a label has two values.
    """
    cells = pd.concat([table.cells for table in tables])
    if (differs := cells.groupby(level=0)["value"].nunique().gt(1)).any():
        raise ValueError(f"{differs.idxmax()} has two values: the tables are not of the same firms")
    largest = pd.concat([table.largest for table in tables])
    sums = dict.fromkeys(each for table in tables for each in table.sums)
    return Table(cells[~cells.index.duplicated()], tuple(sums), largest[~largest.index.duplicated()])


def members(frame: pd.DataFrame, by: Sequence[Dimension]) -> dict[str, Mask]:
    """Return which rows stand in each cell of the table by these dimensions, shape (n,)."""
    result: dict[str, Mask] = {}
    for keys in _levels(_dimensions(by)):
        labels = _labels(frame, keys)
        result |= {label: (labels == label).to_numpy() for label in sorted(labels.unique())}
    return result


def _dimensions(by: Sequence[Dimension]) -> list[tuple[str, ...]]:
    return [(one,) if isinstance(one, str) else tuple(one) for one in by]


def _levels(dimensions: list[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """Yield the columns of every margin: of each dimension none, or one of its levels."""
    for chosen in product(*((None, *columns) for columns in dimensions)):
        yield tuple(column for column in chosen if column is not None)


def _labels(frame: pd.DataFrame, keys: Sequence[str]) -> pd.Series:
    result = pd.Series(WHOLE if not keys else "", frame.index)
    for position, key in enumerate(sorted(keys)):
        result += (" & " if position else "") + f"{key}=" + frame[key].astype(str)
    return result


def _sums(frame: pd.DataFrame, dimensions: list[tuple[str, ...]]) -> Iterator[Sum]:
    """Yield every sum of the table: each cell split by the next finer level of each dimension."""
    for keys in _levels(dimensions):
        for columns in dimensions:
            at = next((level for level, column in enumerate(columns, start=1) if column in keys), 0)
            if at == len(columns):
                continue
            finer = [key for key in keys if key not in columns] + [columns[at]]
            pairs = pd.DataFrame({"total": _labels(frame, keys), "part": _labels(frame, finer)}).drop_duplicates()
            if pairs["part"].duplicated().any():
                raise ValueError(f"{columns[at]} is not nested in {columns[at - 1]}")
            yield from ((str(total), tuple(sorted(parts["part"]))) for total, parts in pairs.groupby("total"))


def _cell(rows: pd.DataFrame, value: str | None, weight: str | None, firm: str | None) -> dict[str, Any]:
    n = len(rows) if firm is None else rows[firm].nunique()
    if value is None and weight is None:
        return {"value": float(n), "n": n}
    amount = rows[value].to_numpy(dtype=float) if value else np.ones(len(rows))
    return {"value": float(amount @ (rows[weight].to_numpy(dtype=float) if weight else np.ones(len(rows)))), "n": n}


def _largest(rows: pd.DataFrame, value: str, firm: str | None) -> Numbers:
    amounts = rows[value] if firm is None else rows.groupby(firm)[value].sum()
    top = np.sort(amounts.to_numpy(dtype=float))[::-1][:LARGEST]
    return np.pad(top, (0, LARGEST - top.size))
