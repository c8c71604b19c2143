"""The scores of `analysis.columnar` from a database: two statements of sums, for PostgreSQL, DuckDB and their like.

The database adds up, this module does the rest: responses never leave it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import combinations_with_replacement
from typing import Any

import numpy as np

from analysis.columnar import Linear, Scored, finished
from analysis.columns import STRATUM, WEIGHT, Numbers
from analysis.design import LonelyStratum

#: What runs a statement and returns its rows.
Run = Callable[[str], Iterable[Sequence[Any]]]


def score(run: Run, table: str, indicators: Sequence[str], linear: Linear) -> Scored:
    """Return the scores of the responses in a table.

    table: with a column for each indicator (a number, NULL where there is no valid answer), `weight` and `stratum`; any
    expression that may stand after FROM, trusted as code is. Raises as `columnar.score` does.
    """
    (row,) = run(sums(table, indicators))
    values, gradient = linear.gradient(np.array([0.0 if each is None else each for each in row], dtype=float))
    rows = sorted(run(residuals(table, indicators, gradient)), key=lambda row: str(row[0]))
    if not rows:
        raise ValueError("no responses")
    size = len(linear.names)
    found = np.array([row[1:] for row in rows], dtype=float)
    drawn, by_stratum = found[:, 0], found[:, 1 : size + 1]
    if lonely := [str(row[0]) for row in rows if row[1] == 1]:
        raise LonelyStratum(lonely)
    squares = np.zeros((size, size))
    factor = drawn / np.maximum(drawn - 1, 1)
    for (one, other), products in zip(_pairs(size), found[:, size + 1 :].T, strict=True):
        squares[one, other] = squares[other, one] = factor @ products
    return finished(linear, values, squares, by_stratum, drawn)


def sums(table: str, indicators: Sequence[str]) -> str:
    """Return the statement for sums of w y, then of w where answered."""
    weight = _quoted(WEIGHT)
    above = [f"sum({weight} * {_quoted(name)})" for name in indicators]
    below = [f"sum({weight}) FILTER (WHERE {_quoted(name)} IS NOT NULL)" for name in indicators]
    return f"SELECT {', '.join([*above, *below])} FROM {table}"  # noqa: S608 - names are quoted, the table is code


def residuals(table: str, indicators: Sequence[str], gradient: Numbers) -> str:
    """Return the statement for stratum, responses, sums of the linearised values z and of their products, by stratum."""
    values, answers = np.split(gradient, 2)
    scores = range(gradient.shape[1])
    z = [f"{_weighted(indicators, values[:, at], answers[:, at])} AS z{at}" for at in scores]
    totals = [f"sum(z{at})" for at in scores]
    products = [f"sum(z{one} * z{other})" for one, other in _pairs(len(z))]
    inner = f"SELECT {_quoted(STRATUM)}, {', '.join(z)} FROM {table}"  # noqa: S608
    what = ", ".join([_quoted(STRATUM), "count(*)", *totals, *products])
    return f"SELECT {what} FROM ({inner}) AS linearised GROUP BY {_quoted(STRATUM)}"  # noqa: S608


def _weighted(indicators: Sequence[str], values: Numbers, answers: Numbers) -> str:
    parts = [
        f"CASE WHEN {_quoted(name)} IS NULL THEN 0 ELSE {value:.17e} * {_quoted(name)} + {answer:.17e} END"
        for name, value, answer in zip(indicators, values, answers, strict=True)
        if value or answer
    ]
    return f"{_quoted(WEIGHT)} * ({' + '.join(parts) or '0'})"


def _pairs(size: int) -> list[tuple[int, int]]:
    return list(combinations_with_replacement(range(size), 2))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
