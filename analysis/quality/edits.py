"""Answers that an analyst corrects: the correction, the answer as it was given, and the reason stay together."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.columns import STRATUM, WEIGHT


@dataclass(frozen=True)
class Edit:
    """A correction: the response by the frame's index, the column, the cell to put there, and why."""

    row: Hashable
    column: str
    value: str
    reason: str


def edited(frame: pd.DataFrame, edits: Sequence[Edit]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the frame with corrections, and their log: row, column, raw, value, reason; the frame given is left as it is.

    Raises KeyError for a row or column that is not there, ValueError for a cell corrected twice or to what it is, a
    correction without a reason, or one of a weight or stratum, which are not answers.
    """
    result, log = frame.copy(), list[dict[str, object]]()
    cells: set[tuple[Hashable, str]] = set()
    for edit in edits:
        if edit.row not in frame.index or edit.column not in frame:
            raise KeyError(f"no cell {edit.row}, {edit.column}")
        raw = frame.at[edit.row, edit.column]
        if wrong := _wrong(edit, raw, cells):
            raise ValueError(f"{edit.row}, {edit.column}: {wrong}")
        cells.add((edit.row, edit.column))
        result.at[edit.row, edit.column] = edit.value
        log.append({"row": edit.row, "column": edit.column, "raw": raw, "value": edit.value, "reason": edit.reason})
    return result, pd.DataFrame(log, columns=["row", "column", "raw", "value", "reason"])


def _wrong(edit: Edit, raw: object, before: Collection[tuple[Hashable, str]]) -> str | None:
    if edit.column in (WEIGHT, STRATUM):
        return "weights and strata are no answers"
    if (edit.row, edit.column) in before:
        return "corrected twice"
    if edit.value == raw:
        return "that is the answer already"
    return None if edit.reason.strip() else "a correction needs its reason"
