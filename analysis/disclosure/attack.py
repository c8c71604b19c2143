"""What somebody who reads a table with hidden cells can find out of each: the attacker's linear programme."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd
from scipy.optimize import linprog

from analysis.columns import Numbers
from analysis.disclosure.tables import Sum, Table

#: What solvers leave of a zero.
TINY = 1e-6


def attack(table: Table, hidden: Collection[str], *, known: Collection[str] = ()) -> pd.DataFrame:
    """Return the least and the largest value that each hidden cell can have: index = label; low, high.

    The attacker knows every sum, every cell that is not hidden, that no value is negative, and the hidden cells in `known`.
    `high` is infinite where nothing bounds a cell; whole numbers only where firms are counted. Source: Fischetti and
    Salazar 2000. Raises KeyError for a label that the table has not.
    """
    labels = [label for label in table.cells.index if label in set(hidden)]
    if missing := set(hidden) - set(labels):
        raise KeyError(f"the table has no cell {min(missing)}")
    value = table.cells.loc[labels, "value"].to_numpy(dtype=float)
    left = matrix(table.sums, labels)
    open_to = [(x, x) if label in known else (0, None) for label, x in zip(labels, value, strict=True)]
    rows = {
        label: [_extreme(left, value, open_to, at, sign) for sign in (1, -1)]
        for at, label in enumerate(labels)
        if label not in known
    }
    found = pd.DataFrame.from_dict(rows, orient="index", columns=["low", "high"], dtype=float)
    if table.counts and _whole(table):
        found = pd.DataFrame({"low": np.ceil(found["low"] - TINY), "high": np.floor(found["high"] + TINY)})
    return found


def attacks_of_insiders(table: Table, hidden: Collection[str]) -> pd.DataFrame:
    """Return the narrowest interval of each hidden cell when, besides, each firm alone in a hidden cell knows its own.

    index = label; low, high, by (the cell of the insider who comes closest, or None for anybody). Two firms alone in their
    cells thus never protect each other.
    """
    best = attack(table, hidden).assign(by=None)
    for cells in lone_firms(table):
        if inside := cells & set(hidden):
            found = attack(table, hidden, known=inside).assign(by=min(inside))
            narrower = found.index[(found["high"] - found["low"]) < (best["high"] - best["low"])[found.index] - TINY]
            best.loc[narrower] = found.loc[narrower]
    return best


def lone_firms(table: Table) -> list[frozenset[str]]:
    """Return, for each firm that is alone in a cell, the cells that it is alone in: a total and the part that holds it."""
    alone = {str(label) for label in table.cells.index[table.cells["n"] == 1]}
    groups = {label: frozenset([label]) for label in sorted(alone)}
    for total, parts in table.sums:
        for part in alone.intersection(parts if total in alone else ()):
            together = groups[total] | groups[part]
            groups |= dict.fromkeys(together, together)
    return list(dict.fromkeys(groups.values()))


def matrix(sums: Sequence[Sum], labels: Sequence[str]) -> Numbers:
    """Return the sums over the cells of `labels`, shape (sums, cells): 1 for a total, -1 for its parts."""
    at = {label: position for position, label in enumerate(labels)}
    result = np.zeros((len(sums), len(labels)))
    for row, (total, parts) in zip(result, sums, strict=True):
        for label, sign in ((total, 1.0), *((part, -1.0) for part in parts)):
            if label in at:
                row[at[label]] = sign
    return result[np.abs(result).any(axis=1)]


def _extreme(left: Numbers, value: Numbers, open_to: Sequence[tuple[float, float | None]], at: int, sign: int) -> float:
    aim = np.zeros(value.size)
    aim[at] = sign
    found = linprog(aim, A_eq=left, b_eq=left @ value, bounds=open_to, method="highs")
    if found.status == 3:  # unbounded
        return float("inf")
    if not found.success:
        raise ArithmeticError(f"the attack on a cell failed: {found.message}")
    return sign * float(found.fun or 0) + 0.0  # no negative zero


def _whole(table: Table) -> bool:
    return bool(np.equal(table.cells["value"], np.round(table.cells["value"])).all())
