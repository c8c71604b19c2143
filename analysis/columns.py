"""The column contract of a frame of responses, the same in the app, in files and in notebooks.

One row per response, every value a text:

- one choice or a number: a column with the item's code, holding the option's code or the number;
- several choices: a column `item__option` for every option, `0` or `1`, an answered item having at least one `1`;
- `dk`, `na`, `ref`: don't know, does not apply, prefer not to answer; empty: asked and left blank; `.`: not asked
  (these stand in all columns of an item with several choices);
- a key variable may hold any rung code of its ladder, or `ns`, which counts as no valid answer;
- `weight` (a number over 0) and `stratum` are optional.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from questionnaires.conditions import SPECIAL, AllOf, AnyOf, AtLeast, Condition, Has, In, Lacks, Not, NotIn
from questionnaires.instrument import Instrument, Item

BLANK = ""
NOT_ASKED = "."
NOT_STATED = "ns"
#: What stands in a column instead of a valid answer.
NO_ANSWER = (*SPECIAL, BLANK, NOT_ASKED)
WEIGHT, STRATUM = "weight", "stratum"

Mask = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.float64]


def columns_of(item: Item) -> tuple[str, ...]:
    """Return the columns an item fills, in order; a text item has none, since free text is kept apart."""
    if item.type == "text":
        return ()
    if item.type == "multi":
        return tuple(f"{item.code}__{code}" for code in item.option_codes)
    return (item.code,)


def item_columns(instrument: Instrument) -> list[str]:
    """Return every column that the instrument's items fill, in order."""
    return [column for item in instrument.items for column in columns_of(item)]


def from_answers(
    answers: Sequence[Mapping[str, Any]],
    instrument: Instrument,
    *,
    weight: Sequence[float] | None = None,
    stratum: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Return the frame of responses for answers as the app keeps them, shape (n, columns).

    In `answers` a missing key means not asked, None blank, a list several choices.
    """
    cells: dict[str, list[str]] = {column: [] for column in item_columns(instrument)}
    for answer in answers:
        for item in instrument.items:
            for column, cell in zip(columns_of(item), _cells(item, answer), strict=True):
                cells[column].append(cell)
    frame = pd.DataFrame(cells, dtype=object)
    if weight is not None:
        frame[WEIGHT] = np.asarray(weight, dtype=float)
    if stratum is not None:
        frame[STRATUM] = list(stratum)
    return frame


def _cells(item: Item, answers: Mapping[str, Any]) -> tuple[str, ...]:
    columns = columns_of(item)
    if item.code not in answers:
        return (NOT_ASKED,) * len(columns)
    answer = answers[item.code]
    if answer is None:
        return (BLANK,) * len(columns)
    if item.type == "multi" and not isinstance(answer, str):
        return tuple("1" if code in answer else "0" for code in item.option_codes)
    return (str(answer),) * len(columns)


def valid(frame: pd.DataFrame, item: Item) -> Mask:
    """Return which responses hold a valid answer to an item, shape (n,)."""
    without = [*NO_ANSWER, NOT_STATED] if item.ladder else list(NO_ANSWER)
    return np.asarray(~frame[columns_of(item)[0]].isin(without), dtype=bool)


def holds(frame: pd.DataFrame, condition: Condition) -> Mask:
    """Return which responses a condition is true of, shape (n,)."""
    match condition:
        case AnyOf():
            return np.logical_or.reduce([holds(frame, part) for part in condition.any])
        case AllOf():
            return np.logical_and.reduce([holds(frame, part) for part in condition.all])
        case Not():
            return ~holds(frame, condition.not_)
        case _:
            return _holds_of_one(frame, condition)


def _holds_of_one(frame: pd.DataFrame, condition: In | NotIn | Has | Lacks | AtLeast) -> Mask:
    match condition:
        case In():
            return np.asarray(frame[condition.item].isin(condition.in_))
        case NotIn():
            return np.asarray(~frame[condition.item].isin(condition.not_in))
        case Has():
            return np.asarray(frame[f"{condition.item}__{condition.has}"].eq("1"))
        case Lacks():
            return np.asarray(~frame[f"{condition.item}__{condition.lacks}"].eq("1"))
        case AtLeast():
            return np.asarray(pd.to_numeric(frame[condition.item], errors="coerce").ge(condition.gte))


def in_scope(frame: pd.DataFrame, instrument: Instrument) -> Mask:
    """Return which responses come from the population: none of their answers ended the questionnaire, shape (n,)."""
    ended = np.zeros(len(frame), dtype=bool)
    for item in instrument.items:
        if item.end_if:
            ended |= frame[item.code].isin(item.end_if).to_numpy()
    return ~ended
