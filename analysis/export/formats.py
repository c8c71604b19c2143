"""The responses as CSV, Parquet, SPSS and Stata; the same responses give the same bytes."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.columns import columns_of
from analysis.export.labels import Cuts, Limit
from analysis.export.variables import HIGHEST, LOWEST, WHY, Kind, Variable
from questionnaires.base import Language

#: What SPSS takes as the words of a file, a variable and a value, and Stata of a file or a variable; of a value any.
SPSS_FILE, SPSS_VARIABLE, SPSS_VALUE = Limit(bytes=64), Limit(bytes=255), Limit(bytes=120)
STATA = Limit(letters=80)


class NeedsPackage(Exception):
    """A package of the analysts' tools is missing."""

    def __init__(self, package: str) -> None:
        self.package = package
        super().__init__(self.sentence("en"))

    def sentence(self, language: Language) -> str:
        """Return what is missing and how to get it, as one line for a person."""
        if language == "vi":
            return f"Thiếu gói {self.package}: cài các công cụ phân tích bằng lệnh `make notebook`"
        return f"The package {self.package} is missing: `make notebook` installs the analysts' tools"


def needed(package: str) -> Any:
    """Return a package that only analysts have; raise NeedsPackage."""
    try:
        return import_module(package)
    except ModuleNotFoundError as error:
        raise NeedsPackage(package.partition(".")[0]) from error


def csv(frame: pd.DataFrame) -> bytes:
    """Return the frame as it is, with the mark by which spreadsheets know UTF-8; `responses_csv.read_csv` reads it."""
    return frame.to_csv(index=False, lineterminator="\n").encode("utf-8-sig")


def parquet(frame: pd.DataFrame, variables: Sequence[Variable]) -> bytes:
    """Return typed columns, null where there is no valid answer, and for each item `item__why` that says why."""
    arrow, writer = needed("pyarrow"), needed("pyarrow.parquet")
    columns: dict[str, Any] = {}
    for variable in variables:
        column = frame[variable.name]
        if variable.item is None:
            columns[variable.name] = arrow.array(column)
            continue
        why = column.map({cell: reason[0] for cell, reason in WHY.items()})
        columns[variable.name] = _typed(arrow, variable.kind, column.where(why.isna(), None))
        if variable.name == columns_of(variable.item)[-1]:
            columns[f"{variable.item.code}__why"] = arrow.array(why.where(why.notna(), None), arrow.string())
    sink = arrow.BufferOutputStream()
    writer.write_table(arrow.table(columns), sink, compression="zstd")
    return bytes(sink.getvalue().to_pybytes())


def _typed(arrow: Any, kind: Kind, valid: pd.Series) -> Any:
    """Return the valid cells of a column, None elsewhere, as an Arrow array of its type."""
    if kind == "choice":
        return arrow.array(valid, arrow.string()).dictionary_encode()
    read, form = (int, arrow.int8()) if kind == "tick" else (float, arrow.float64())
    return arrow.array([None if cell is None else read(cell) for cell in valid], form)


def spss(frame: pd.DataFrame, variables: Sequence[Variable], title: str, cuts: Cuts) -> bytes:
    """Return an SPSS file of numbers with labels; what is no valid answer is user-missing, -99 to -94."""
    table = pd.DataFrame({variable.name: variable.numbers(frame[variable.name]) for variable in variables})
    items = [variable for variable in variables if variable.item is not None]
    labels = {v.name: cuts.fit(v.label, SPSS_VARIABLE, "spss", v.name) for v in variables}
    values = {
        v.name: {
            key: cuts.fit(words, SPSS_VALUE, "spss", f"{v.name} = {key}") for key, words in _value_labels(v, 1).items()
        }
        for v in items
    }
    measures = {"choice": "nominal", "tick": "nominal", "number": "scale", "label": "nominal"}
    data = _written(
        needed("pyreadstat").write_sav,
        table,
        file_label=cuts.fit(title, SPSS_FILE, "spss", "file"),
        column_labels=labels,
        variable_value_labels=values,
        missing_ranges={v.name: [{"lo": LOWEST, "hi": HIGHEST}] for v in items},
        variable_measure={v.name: measures[v.kind] for v in variables},
        row_compress=True,
    )
    return data[:92] + b"01 Jan 0000:00:00" + data[109:]  # date and time of writing


def stata(frame: pd.DataFrame, variables: Sequence[Variable], title: str, cuts: Cuts) -> bytes:
    """Return a Stata file (version 15) of numbers with labels; what is no valid answer is .a to .f."""
    letters = {why[1]: why[2] for why in WHY.values()}
    items = [variable for variable in variables if variable.item is not None]
    table = {}
    for variable in variables:
        numbers = variable.numbers(frame[variable.name])
        table[variable.name] = numbers if variable.item is None else _with_letters(numbers, letters)
    data = _written(
        needed("pyreadstat").write_dta,
        pd.DataFrame(table),
        file_label=cuts.fit(title, STATA, "stata", "file"),
        column_labels={v.name: cuts.fit(v.label, STATA, "stata", v.name) for v in variables},
        variable_value_labels={v.name: _value_labels(v, 2) for v in items},
        missing_user_values={v.name: [WHY[cell][2] for cell, _ in v.missing] for v in items},
        version=15,
    )
    return re.sub(rb"(<timestamp>\x11).{17}(</timestamp>)", rb"\g<1>01 Jan 2000 00:00\g<2>", data, count=1)


def _with_letters(numbers: pd.Series, letters: dict[int, str]) -> pd.Series:
    values = [letters.get(int(number), number) if number < 0 else number for number in numbers]
    return pd.Series(values, numbers.index, dtype=object if any(isinstance(v, str) for v in values) else float)


def _value_labels(variable: Variable, form: int) -> dict[Any, str]:
    """Return the words of each value and of each reason; form: which of `WHY` stands for a reason."""
    values: dict[Any, str] = {variable.number_of[cell]: words for cell, words in variable.values}
    return values | {WHY[cell][form]: words for cell, words in variable.missing}


def _written(write: Any, table: pd.DataFrame, **more: Any) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        write(table, path, **more)
        return path.read_bytes()
