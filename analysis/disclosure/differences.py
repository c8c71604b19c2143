"""What several tables or releases tell together: populations that differ by too few firms, or add up to too few."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

import numpy as np
import pandas as pd

from analysis.columns import Mask, Numbers
from analysis.disclosure import MIN_ANSWERS

#: So many small groups at a time are tried for being known together.
TOGETHER = 3


def differences(populations: Mapping[str, Mask], threshold: int = MIN_ANSWERS) -> pd.DataFrame:
    """Return the pairs of released populations that differ by some firms but fewer than the threshold.

    populations: by name of table, cell and release, which firms it holds, shape (firms,), the same firms in the same order
    for all. Columns: first, second, only_first, only_second (numbers of firms).
    """
    rows = []
    for (first, one), (second, other) in combinations(populations.items(), 2):
        only_first, only_second = int((one & ~other).sum()), int((other & ~one).sum())
        if 0 < only_first + only_second < threshold:
            rows.append((first, second, only_first, only_second))
    return pd.DataFrame(rows, columns=["first", "second", "only_first", "only_second"])


def solved(populations: Mapping[str, Mask], threshold: int = MIN_ANSWERS) -> list[Mask]:
    """Return the groups of fewer firms than the threshold whose total follows from those of the released populations.

    Each is a mask of firms, shape (firms,). Totals add and subtract, whatever they are of (counts, sums, weighted sums): a
    group is known if it is a linear combination of populations. Tried are the smallest parts that populations cut the firms
    into, and up to three of these together.
    """
    if not populations:
        return []
    held = np.array([np.asarray(mask, dtype=bool) for mask in populations.values()])
    kinds, part_of, sizes = np.unique(held, axis=1, return_inverse=True, return_counts=True)
    known = np.any(kinds, axis=0)  # firms in no population are in no total
    space = _row_space(kinds.astype(float))
    small = [part for part in range(sizes.size) if known[part] and sizes[part] < threshold]
    groups = [group for group in _groups(small, sizes.tolist(), threshold) if _is_in(space, group)]
    return [np.asarray(np.isin(part_of.ravel(), group)) for group in groups]


def _groups(small: list[int], sizes: list[int], threshold: int) -> Iterator[list[int]]:
    for number in range(1, TOGETHER + 1):
        yield from (
            list(group) for group in combinations(small, number) if sum(sizes[part] for part in group) < threshold
        )


def _row_space(matrix: Numbers) -> Numbers:
    """Return an orthonormal basis of the rows, shape (rank, columns)."""
    _, singular, rows = np.linalg.svd(matrix, full_matrices=False)
    return rows[singular > 1e-9 * singular.max(initial=1.0)]


def _is_in(space: Numbers, group: list[int]) -> bool:
    wanted = np.zeros(space.shape[1])
    wanted[group] = 1
    return bool(np.allclose(space.T @ (space @ wanted), wanted, atol=1e-8))
