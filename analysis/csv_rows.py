"""The rows of a CSV file before anything is known of its columns, and how a fault in one is told."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from questionnaires.base import Language

OTHER_SEPARATORS = {";": "“;”", "\t": "Tab", "|": "“|”"}


@dataclass(frozen=True)
class CellFault:
    """What is wrong in one place of the file; row 1 is the header."""

    row: int
    column: str
    value: str
    vi: str
    en: str

    def sentence(self, language: Language) -> str:
        """Return the fault as one line for a person."""
        if language == "vi":
            return f"Dòng {self.row}, cột {self.column}, giá trị “{self.value}”: {self.vi}"
        return f"Row {self.row}, column {self.column}, value “{self.value}”: {self.en}"


class BadResponses(Exception):
    """The file does not keep the column contract; holds every fault."""

    def __init__(self, faults: list[CellFault]) -> None:
        self.faults = faults
        super().__init__("\n".join(fault.sentence("en") for fault in faults))


def read_rows(path: Path, wanted: Collection[str]) -> tuple[list[str], list[list[str]]]:
    """Return the header and the rows of a UTF-8 file that has some of the columns in `wanted`.

    Raise BadResponses with the one fault that makes all others pointless, OSError if the file is unreadable.
    """
    text = _decoded(path)
    if not text.strip():
        raise _whole_file(path, 1, "Tệp trống: chọn tệp có phiếu", "The file is empty: choose one with responses")
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        header, *body = reader
    except csv.Error as error:
        vi, en = f"Không phải tệp CSV: {error}", f"This is no CSV file: {error}"
        raise _whole_file(path, reader.line_num, vi, en) from error
    if set(wanted).isdisjoint(header):
        raise _no_columns(path, text.splitlines()[0], wanted)
    if not body:
        vi, en = (
            "Tệp chỉ có dòng tên cột: chọn tệp có phiếu",
            "The file holds names of columns only: choose one with responses",
        )
        raise _whole_file(path, 1, vi, en)
    return header, body


def _decoded(path: Path) -> str:
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _not_utf_8(path, error.object[: error.start].decode("utf-8")) from error
    if "\0" in text:  # UTF-16 without its mark decodes, to nonsense
        raise _not_utf_8(path, text[: text.index("\0")])
    return text


def _not_utf_8(path: Path, before: str) -> BadResponses:
    row = before.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1
    return _whole_file(path, row, "Lưu tệp ở dạng UTF-8", "Save the file as UTF-8")


def _no_columns(path: Path, first: str, wanted: Collection[str]) -> BadResponses:
    for separator, name in OTHER_SEPARATORS.items():
        if not set(wanted).isdisjoint(next(csv.reader([first], delimiter=separator), [])):
            vi = f"Các ô cách nhau bằng {name}: lưu lại tệp CSV với dấu phẩy"
            return _whole_file(path, 1, vi, f"Cells are separated by {name}: save the CSV file with commas")
    vi = "Dòng đầu không có cột nào của bộ phiếu: ghi tên cột vào, hoặc chọn đúng bộ phiếu"
    en = "The first row holds no column of the instrument: write the names of the columns there, or choose its instrument"
    return _whole_file(path, 1, vi, en)


def _whole_file(path: Path, row: int, vi: str, en: str) -> BadResponses:
    return BadResponses([CellFault(row, "-", path.name, vi, en)])
