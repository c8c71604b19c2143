"""The two ways in which `analysis.columnar` reads responses by column, twice each: for the indicators, then for the scores.

`Packed` is for answers that are small whole numbers, such as 0 and 1. Those of the indicators of a score are packed into one
number with the stratum; the weights of equal numbers are added up once, and everything linear in the weights then comes from
that small table. `Plain` takes numbers of any kind, in two to three times the time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.columns import Mask, Numbers

#: Responses that `Plain` reads at a time: more leave the processor's cache, and make BLAS start threads that wait for each other.
BLOCK = 2048
#: Responses that `Packed` packs, and linearises, at a time: fewer, and more time goes into calling NumPy.
PACKED, LINEARISED = 65536, 8192
#: Codes that a group may have, under 65,536: its tables then stay in the cache.
TABLE = 16384

Codes = npt.NDArray[np.uint16]


@dataclass(frozen=True)
class Columns:
    """Responses by column.

    y: numbers of any type, shape (indicators, n), 0 where there is no valid answer. answered: shape (indicators, n).
    weight: over 0, shape (n,). stratum: 0, 1, ..., shape (n,). bool and uint8 (0/1, codes) are read fastest.
    """

    y: npt.NDArray[Any]
    answered: Mask
    weight: Numbers
    stratum: npt.NDArray[Any]

    @property
    def n(self) -> int:
        """Return the number of responses."""
        return int(self.weight.size)

    def part(self, where: slice) -> Columns:
        """Return some of the responses, without copying them."""
        return Columns(self.y[:, where], self.answered[:, where], self.weight[where], self.stratum[where])


@dataclass(frozen=True)
class Group:
    """Indicators that the same scores use, and how their answers become one number.

    levels: of each indicator, its largest answer + 2, since 0 stands for no answer and 1 + y for y.
    """

    indicators: Sequence[int]
    levels: Sequence[int]
    scores: Sequence[int]

    def held(self) -> Numbers:
        """Return the values over the answers of every combination, shape (2 indicators, combinations)."""
        digits = np.indices(self.levels).reshape(len(self.levels), -1)
        return np.vstack([np.maximum(digits - 1, 0), digits > 0]).astype(float)

    def pack(self, columns: Columns, strata: int, code: Codes) -> None:
        """Set the code of each response, shape (n,): the number of its combination times the strata, plus its stratum."""
        code[:] = 0
        digit = np.empty(columns.n, np.uint8)
        for at, levels in zip(self.indicators, self.levels, strict=True):
            np.add(columns.y[at].view(np.uint8), columns.answered[at].view(np.uint8), out=digit)
            code *= levels
            code += digit
        code *= strata
        code += columns.stratum.astype(code.dtype)


def groups(columns: Columns, slopes: Numbers, strata: int) -> list[Group]:
    """Return groups of the indicators whose tables are small; none where answers are not small whole numbers.

    slopes: shape (indicators, scores).
    """
    if columns.y.dtype not in (np.uint8, np.bool_):
        return []
    levels = columns.y.max(axis=1).astype(int) + 2
    if levels.max() > 256 or levels.max() * strata > TABLE:
        return []
    found: list[Group] = []
    uses, of_indicator = np.unique(slopes != 0, axis=0, return_inverse=True)
    for number, used in enumerate(uses):
        scores = np.flatnonzero(used).tolist()
        for at in np.flatnonzero(of_indicator == number).tolist():
            last = found[-1] if found else None
            if last and last.scores == scores and prod(last.levels) * levels[at] * strata <= TABLE:
                found[-1] = Group([*last.indicators, at], [*last.levels, int(levels[at])], scores)
            else:
                found.append(Group([at], [int(levels[at])], scores))
    return found


class Packed:
    """Some of the responses, read packed: once their sums are made, the answers are not read again."""

    def __init__(self, columns: Columns, groups: Sequence[Group], strata: int) -> None:
        self.columns, self.groups, self.strata = columns, groups, strata
        self.codes = np.empty((len(groups), columns.n), np.uint16)
        self.tables = [np.zeros(prod(group.levels) * strata) for group in groups]  # sums of w by code

    def sums(self) -> Numbers:
        """Return sums of w y, then of w where answered, shape (2 indicators,)."""
        for where in _blocks(self.columns.n, PACKED):
            block = self.columns.part(where)
            for number, group in enumerate(self.groups):
                code = self.codes[number, where]
                group.pack(block, self.strata, code)
                self.tables[number] += np.bincount(code, block.weight, self.tables[number].size)
        result = np.zeros((2, len(self.columns.y)))
        for group, table in zip(self.groups, self.tables, strict=True):
            weights = table.reshape(-1, self.strata).sum(axis=1)
            result[:, group.indicators] = (group.held() @ weights).reshape(2, -1)
        return result.ravel()

    def residuals(self, gradient: Numbers, factor: Numbers) -> tuple[Numbers, Numbers]:
        """Return sums of n/(n-1) z z' and, by stratum, of z; gradient: of `Linear.gradient`, factor: n/(n-1) by stratum."""
        size = gradient.shape[1]
        by_stratum, squares = np.zeros((self.strata, size)), np.zeros((size, size))
        lookups: list[list[tuple[int, Numbers]]] = [[] for _ in range(size)]  # by score: z / w by code, of each group
        for number, (group, table) in enumerate(zip(self.groups, self.tables, strict=True)):
            rows = [*group.indicators, *(at + len(self.columns.y) for at in group.indicators)]
            for score in group.scores:
                values = group.held().T @ gradient[rows, score]
                by_stratum[:, score] += values @ table.reshape(-1, self.strata)
                lookups[score].append((number, np.multiply.outer(values, np.sqrt(factor)).ravel()))
        for where in _blocks(self.columns.n, LINEARISED):
            z = np.zeros((size, where.stop - where.start))
            for row, each in zip(z, lookups, strict=True):
                _look_up(each, self.codes[:, where], row)
            weighted = z * self.columns.weight[where] ** 2
            for few in _blocks(z.shape[1], BLOCK):
                squares += weighted[:, few] @ z[:, few].T
        return squares, by_stratum


def _look_up(lookups: Sequence[tuple[int, Numbers]], codes: Codes, out: Numbers) -> None:
    """Set the sum of what the lookups of some groups give for the codes of each response."""
    for at, (number, lookup) in enumerate(lookups):
        if at == 0:
            lookup.take(codes[number], out=out, mode="clip")  # the default looks for wrong codes first
        else:
            out += lookup.take(codes[number], mode="clip")


class Plain:
    """Some of the responses, read as they are, in blocks."""

    def __init__(self, columns: Columns) -> None:
        self.columns = columns

    def _blocks(self) -> Iterator[tuple[slice, Numbers]]:
        """Yield where each block is, and its values over its answers, shape (2 indicators, block)."""
        half = len(self.columns.y)
        both = np.empty((2 * half, BLOCK))
        for where in _blocks(self.columns.n, BLOCK):
            held = both[:, : where.stop - where.start]
            held[:half], held[half:] = self.columns.y[:, where], self.columns.answered[:, where]
            yield where, held

    def sums(self) -> Numbers:
        """Return what `Packed.sums` does."""
        result = np.zeros(2 * len(self.columns.y))
        for where, held in self._blocks():
            result += held @ self.columns.weight[where]
        return result

    def residuals(self, gradient: Numbers, factor: Numbers) -> tuple[Numbers, Numbers]:
        """Return what `Packed.residuals` does."""
        half = len(self.columns.y)
        used = [_run(np.flatnonzero(each)) for each in gradient[:half].T]
        lower = [slice(rows.start + half, rows.stop + half) for rows in used]
        squares, by_stratum = np.zeros((len(used), len(used))), np.zeros((factor.size, len(used)))
        z, strata = np.empty((len(used), BLOCK)), np.arange(factor.size)
        for where, held in self._blocks():
            inside, stratum = z[:, : where.stop - where.start], self.columns.stratum[where]
            for at, (values, answers, slope) in enumerate(zip(used, lower, gradient.T, strict=True)):
                inside[at] = slope[values] @ held[values] + slope[answers] @ held[answers]
            inside *= self.columns.weight[where]
            by_stratum += np.equal.outer(strata, stratum).astype(float) @ inside.T
            squares += (inside * factor[stratum]) @ inside.T
        return squares, by_stratum


def _blocks(n: int, size: int) -> Iterator[slice]:
    for start in range(0, n, size):
        yield slice(start, min(start + size, n))


def _run(rows: npt.NDArray[np.int64]) -> slice:
    """Return the indicators from the first to the last that a score uses: few, where a sub-index' stand together."""
    return slice(int(rows[0]), int(rows[-1]) + 1) if rows.size else slice(0, 0)
