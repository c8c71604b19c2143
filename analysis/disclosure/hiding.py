"""The cheapest cells to hide beside the unsafe ones so that no attack comes too close: an integer programme.

Cuts are added until the attacker's programme finds nothing (Fischetti and Salazar 2000, whose capacity inequalities they
are): the result is the cheapest there is, not a heuristic. "Two hidden cells in each row and column" is a start, no proof.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from analysis.columns import Mask, Numbers
from analysis.disclosure.attack import TINY, attacks_of_insiders, lone_firms, matrix
from analysis.disclosure.rules import Rules, unsafe
from analysis.disclosure.tables import Table


class CannotProtect(ValueError):
    """Not even hiding everything that may be hidden protects the unsafe cells: merge rows or columns, or show less."""

    def __init__(self, labels: list[str]) -> None:
        self.labels = labels
        super().__init__(f"nothing protects {', '.join(labels)}: merge rows or columns of the table first")


def protect(
    table: Table, rules: Rules | None = None, *, cost: pd.Series | None = None, shown: Collection[str] = ()
) -> pd.DataFrame:
    """Return the cells to hide: index = label; reason (few, close, dominated, or protects_another), need, low, high, by.

    cost: of hiding each cell, over 0, index = label; None is 1 + its value. shown: cells that are not to be hidden to
    protect others; empty cells never are, since that they are empty may be known. need: see `disclosure.rules.unsafe`, 0
    for cells that are safe by themselves. low, high, by: the closest attack, insiders' included, on the result. Raises
    CannotProtect, or ValueError for an unsafe cell in `shown`.
    """
    primary = unsafe(table, rules or Rules())
    if wrong := set(shown) & set(primary.index):
        raise ValueError(f"{min(wrong)} is unsafe and cannot be shown")
    prices = (1 + table.cells["value"] if cost is None else cost.reindex(table.cells.index)).to_numpy(dtype=float)
    if not (prices > 0).all():
        raise ValueError("every cell needs a cost over 0")
    hidden = _cheapest(_Programme(table, primary["need"]), prices, shown)
    found = attacks_of_insiders(table, hidden)
    reasons = primary["reason"].reindex(hidden).fillna("protects_another")
    return found.reindex(hidden).assign(reason=reasons, need=primary["need"].reindex(hidden).fillna(0.0))[
        ["reason", "need", "low", "high", "by"]
    ]


@dataclass(frozen=True)
class _Programme:
    """A table as arrays over all its cells."""

    table: Table
    need: pd.Series

    @property
    def labels(self) -> list[str]:
        return list(self.table.cells.index)

    def cuts(self, hidden: Numbers) -> list[Numbers]:
        """Return, for each attack that comes too close, what hiding each cell would add to the width, over the need.

        Insiders are asked only once nobody else comes too close: they are many, and their attacks dear.
        """
        anybody = np.zeros(hidden.size, dtype=bool)
        insiders = [np.isin(self.labels, list(cells)) for cells in lone_firms(self.table)]
        return list(self._cuts(hidden, anybody)) or [
            cut for known in insiders if hidden[known].any() for cut in self._cuts(hidden, known)
        ]

    def _cuts(self, hidden: Numbers, known: Mask) -> Iterator[Numbers]:
        value = self.table.cells["value"].to_numpy(dtype=float)
        open_to = np.where(known, 0, hidden)
        for label, need in self.need.items():
            if known[at := self.labels.index(str(label))]:
                continue
            adds = np.where(known, 0, self._adds(value, open_to, at))
            if adds @ open_to < need * (1 - TINY) - TINY:
                yield np.minimum(adds / need, 1)

    def _adds(self, value: Numbers, open_to: Numbers, at: int) -> Numbers:
        """Return for each cell how much its being open adds, at most, to the attacker's interval of a cell.

        With r the reduced costs of the attacker's programme for x[at], deviations y from the truth keep
        y[at] <= sum of max(r y): with -value <= y <= room where a cell is hidden and y = 0 where not.
        """
        left, room = matrix(self.table.sums, self.labels), 2 * value.max() + self.need.max()
        limits = np.column_stack([-value * open_to, room * open_to])
        adds = np.zeros(value.size)
        for sign in (1.0, -1.0):
            aim = np.zeros(value.size)
            aim[at] = -sign
            found = linprog(aim, A_eq=left, b_eq=np.zeros(len(left)), bounds=limits.tolist(), method="highs")
            if not found.success:
                raise ArithmeticError(f"the attack on a cell failed: {found.message}")
            reduced = aim - left.T @ found.eqlin.marginals
            reduced[np.abs(reduced) < TINY] = 0
            adds += room * np.maximum(-reduced, 0) + value * np.maximum(reduced, 0)
        return adds


def _cheapest(programme: _Programme, prices: Numbers, shown: Collection[str]) -> list[str]:
    labels, value = programme.labels, programme.table.cells["value"].to_numpy(dtype=float)
    unsafe_ones = np.isin(labels, list(programme.need.index))
    if not unsafe_ones.any():
        return []
    most = np.where((value > 0) & ~np.isin(labels, list(shown)), 1.0, 0.0)
    rows = list(_no_cell_alone(matrix(programme.table.sums, labels)))
    least = [0.0] * len(rows)
    while True:
        limits = LinearConstraint(np.array(rows), np.array(least), np.inf) if rows else None
        found = milp(
            prices,
            integrality=np.ones(len(labels), dtype=int),
            bounds=Bounds(unsafe_ones * 1.0, most),
            constraints=limits,
        )
        if found.x is None:
            raise CannotProtect(sorted(map(str, programme.need.index)))
        hidden = np.round(found.x)
        if not (cuts := programme.cuts(hidden)):
            return [label for label, is_hidden in zip(labels, hidden, strict=True) if is_hidden]
        rows += cuts
        least += [1.0] * len(cuts)


def _no_cell_alone(left: Numbers) -> Iterator[Numbers]:
    """Yield, for each cell of each sum, that it is not the only hidden one: the sum would give it back."""
    for row in np.abs(left):
        for at in np.flatnonzero(row):
            limit = row.copy()
            limit[at] = -1
            yield limit
