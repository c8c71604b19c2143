"""Which cells of a table are unsafe by themselves, and how wide an attacker's interval for each must stay.

Source: Hundepool et al., Handbook on Statistical Disclosure Control, 4.2.1 and 4.2.2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.columns import Numbers
from analysis.disclosure import MIN_ANSWERS
from analysis.disclosure.tables import LARGEST, Table

#: Of a hidden value: nobody may come closer to it than an interval this wide.
WIDTH = 0.2


@dataclass(frozen=True)
class Rules:
    """The parameters of the rules; p and k should not be published, since they help who wants to guess.

    threshold: firms that a cell needs. p: per cent by which the second largest contributor must miss the largest; None
    leaves the rule out. dominance: (n, k), the n largest may have at most k per cent of a cell; None leaves it out.
    """

    threshold: int = MIN_ANSWERS
    p: float | None = 15
    dominance: tuple[int, float] | None = None

    def __post_init__(self) -> None:
        if self.dominance is not None and not 1 <= self.dominance[0] <= LARGEST:
            raise ValueError(f"dominance: n must be 1 to {LARGEST}, not {self.dominance[0]}")


def unsafe(table: Table, rules: Rules) -> pd.DataFrame:
    """Return the unsafe cells: index = label; reason (few, close, dominated: the first that holds), need.

    need: the least width, in units of the table, of what an attacker may find out about the cell: a fifth of its value and,
    where firms are counted, the threshold (times what a firm stands for); where a contribution can be estimated, the upper
    protection level of the rule. A cell without firms is safe.
    """
    value, n = (table.cells[name].to_numpy(dtype=float) for name in ("value", "n"))
    reasons = np.where((n > 0) & (n < rules.threshold), "few", "")
    need = WIDTH * value
    if table.counts:
        need = np.maximum(need, rules.threshold * value / np.maximum(n, 1))
    for name, level in _levels(table, rules).items():
        reasons = np.where((reasons == "") & (level > 0), name, reasons)
        need = np.maximum(need, level)
    found = pd.DataFrame({"reason": reasons, "need": need}, table.cells.index)
    return found[found["reason"] != ""]


def _levels(table: Table, rules: Rules) -> dict[str, Numbers]:
    """Return the upper protection level of each cell by each rule on contributions: over 0 where the cell is unsafe."""
    if table.counts:
        return {}
    value, largest = table.cells["value"].to_numpy(dtype=float), table.largest.to_numpy(dtype=float)
    levels = {}
    if rules.p is not None:
        levels["close"] = rules.p / 100 * largest[:, 0] - (value - largest[:, 0] - largest[:, 1])
    if rules.dominance is not None:
        n, k = rules.dominance
        levels["dominated"] = 100 / k * largest[:, :n].sum(axis=1) - value
    return levels
