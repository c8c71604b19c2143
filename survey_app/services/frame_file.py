"""A spreadsheet of firms as rows of text: XLSX or CSV, within limits, formulas and macros harmless."""

from __future__ import annotations

import csv
import io
import unicodedata
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from python_calamine import CalamineError, CalamineWorkbook

from survey_app.errors import DomainError
from survey_app.services.frame_columns import REQUIRED, guess

MAX_BYTES = 20 * 2**20
MAX_INFLATED = 200 * 2**20
MAX_ROWS = 200_000
#: The header stands in one of the first rows, under a title perhaps.
_HEADER_WITHIN = 15
_ZIP = b"PK\x03\x04"


class Unreadable(DomainError):
    """Not a spreadsheet that can be read."""

    vi = "Không đọc được tệp này. Lưu lại thành .xlsx hoặc .csv (UTF-8) rồi thử lại."
    en = "This file cannot be read. Save it as .xlsx or .csv (UTF-8) and try again."


class TooLarge(DomainError):
    """More than a list of firms needs, or a zip bomb."""

    vi = "Tệp quá lớn: nhiều nhất 20 MB và 200.000 dòng. Chia thành nhiều tệp."
    en = "The file is too large: at most 20 MB and 200,000 rows. Split it."


class HasMacros(DomainError):
    """A spreadsheet with a program in it."""

    vi = "Tệp có macro. Lưu lại thành .xlsx không có macro."
    en = "The file has macros. Save it as .xlsx without them."


class NoHeader(DomainError):
    """No row names the columns."""

    vi = "Không thấy dòng tiêu đề có cột mã số thuế và cột tên doanh nghiệp trong 15 dòng đầu."
    en = "No header with a tax code and a name was found in the first 15 rows."


@dataclass(frozen=True)
class Sheet:
    """The header, and the rows under it with their numbers as the spreadsheet shows them."""

    header: list[str]
    rows: list[tuple[int, list[str]]]


def read(content: bytes) -> Sheet:
    """Return the first sheet of an XLSX file, or a CSV file; raise Unreadable, TooLarge, HasMacros or NoHeader."""
    if len(content) > MAX_BYTES:
        raise TooLarge
    cells = _xlsx(content) if content.startswith(_ZIP) else _csv(content)
    numbered = [(number, row) for number, row in enumerate(cells, start=1) if any(row)]
    for place, (_, row) in enumerate(numbered[:_HEADER_WITHIN]):
        if set(REQUIRED) <= set(guess(row)):
            return Sheet(row, numbered[place + 1 :])
    raise NoHeader


def _xlsx(content: bytes) -> Iterator[list[str]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
        if sum(part.file_size for part in parts) > MAX_INFLATED:
            raise TooLarge
        if any(part.filename.lower().endswith("vbaproject.bin") for part in parts):
            raise HasMacros
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
        if sheet.total_height > MAX_ROWS:
            raise TooLarge
        for row in sheet.iter_rows():
            yield [_text(value) for value in row]
    except (zipfile.BadZipFile, CalamineError, IndexError) as error:
        raise Unreadable from error


def _text(value: object) -> str:
    """Return a cell as text: 25.0 as 25, dates as 2015-03-01; a formula is the value it last had."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date) else str(value).strip()


def _csv(content: bytes) -> Iterator[list[str]]:
    text = _decoded(content)
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    try:
        for count, row in enumerate(csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)):
            if count >= MAX_ROWS:
                raise TooLarge
            yield [value.strip() for value in row]
    except csv.Error as error:
        raise Unreadable from error


def _decoded(content: bytes) -> str:
    """Return the text: UTF-8 with or without a mark, else windows-1258, whose marks follow their letters."""
    for encoding in ("utf-8-sig", "cp1258"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return unicodedata.normalize("NFC", text)
    raise Unreadable


def cell(row: Sequence[str], place: int | None) -> str:
    """Return a cell, empty where the row is too short or the column is not there."""
    return row[place] if place is not None and place < len(row) else ""
