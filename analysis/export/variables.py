"""What every file of the bundle says of a column: its words, its values, and why a value is missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from analysis.columns import BLANK, NOT_ASKED, NOT_STATED, STRATUM, WEIGHT, columns_of
from questionnaires.base import Language, Text
from questionnaires.conditions import SPECIAL
from questionnaires.instrument import Instrument, Item

Kind = Literal["choice", "tick", "number", "label"]

#: Why there is no valid answer, by the cell of a frame: a word for files that have none of their own, a number, a letter.
WHY: dict[str, tuple[str, int, str]] = {
    "dk": ("dk", -99, "a"),
    "na": ("na", -98, "b"),
    "ref": ("ref", -97, "c"),
    BLANK: ("blank", -96, "d"),
    NOT_ASKED: ("not_asked", -95, "e"),
    NOT_STATED: ("ns", -94, "f"),
}
LOWEST, HIGHEST = -99, -94
WORDS: dict[str, Text] = {
    BLANK: Text(vi="Để trống", en="Left blank"),
    NOT_ASKED: Text(vi="Không hỏi", en="Not asked"),
    NOT_STATED: Text(vi="Không nêu", en="Not stated"),
    "0": Text(vi="Không chọn", en="Not ticked"),
    "1": Text(vi="Có chọn", en="Ticked"),
    WEIGHT: Text(vi="Quyền số: số doanh nghiệp mà phiếu đại diện", en="Weight: firms that the response stands for"),
    STRATUM: Text(vi="Tầng mẫu", en="Stratum of the sample"),
}


@dataclass(frozen=True)
class Variable:
    """One column. values, missing: cell of the frame and its words; the numbers of values are 1, 2, ... (a tick's 0 and 1)."""

    name: str
    label: str
    kind: Kind
    values: tuple[tuple[str, str], ...] = ()
    missing: tuple[tuple[str, str], ...] = ()
    item: Item | None = None

    @property
    def number_of(self) -> dict[str, int]:
        """Return the number that stands for each value in files of numbers."""
        first = 0 if self.kind == "tick" else 1
        return {cell: number for number, (cell, _) in enumerate(self.values, start=first)}

    def numbers(self, column: pd.Series) -> pd.Series:
        """Return a column of the frame as numbers, those of `WHY` where there is no valid answer, shape (n,)."""
        if self.item is None:
            return column
        known: dict[Any, Any] = self.number_of | {cell: why[1] for cell, why in WHY.items()}
        return pd.Series([float(known.get(cell, cell)) for cell in column], column.index)


def variables(frame: pd.DataFrame, instrument: Instrument, language: Language) -> list[Variable]:
    """Return the variables of a frame of responses, in its order; raise ValueError where a number could be a missing code."""
    of_item = {
        variable.name: variable for item in instrument.items for variable in _of_item(item, instrument, language)
    }
    kinds: dict[str, Kind] = {WEIGHT: "number", STRATUM: "label"}
    own = {name: Variable(name, WORDS[name][language], kind) for name, kind in kinds.items()}
    return [(of_item | own)[str(name)] for name in frame]


def _of_item(item: Item, instrument: Instrument, language: Language) -> Iterator[Variable]:
    if item.type == "number" and item.range and item.range.min <= HIGHEST:
        raise ValueError(f"{item.code} takes numbers from {item.range.min:g}, which are codes for missing answers")
    missing = _missing(item, instrument, language)
    for column in columns_of(item):
        label, kind, values = item.text[language], _kind(item), _values(item, language)
        if kind == "tick":
            # the option first: formats with short labels cut the end, which all columns of the item share
            label = f"{item.option_text(column.removeprefix(f'{item.code}__'), language)} · {label}"
        yield Variable(column, label, kind, values, missing, item)


def _kind(item: Item) -> Kind:
    return "number" if item.type == "number" else "tick" if item.type == "multi" else "choice"


def _values(item: Item, language: Language) -> tuple[tuple[str, str], ...]:
    if item.type == "multi":
        return tuple((cell, WORDS[cell][language]) for cell in ("0", "1"))
    codes = [*item.option_codes, *(rung.code for rungs in item.ladder for rung in rungs)]
    return tuple((code, item.option_text(code, language)) for code in dict.fromkeys(codes) if code != NOT_STATED)


def _missing(item: Item, instrument: Instrument, language: Language) -> tuple[tuple[str, str], ...]:
    special = [(code, instrument.special[code][language]) for code in SPECIAL if code in item.specials]  # type: ignore[index]
    own = [BLANK, NOT_ASKED, *([NOT_STATED] if item.ladder else [])]
    return (*special, *((cell, WORDS[cell][language]) for cell in own))
