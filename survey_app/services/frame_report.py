"""The list of firms given back with its faults marked, so that whoever made it can mend it where it stands."""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Mapping
from textwrap import shorten

import xlsxwriter

from questionnaires.base import Language
from survey_app.services.frame_columns import Column
from survey_app.services.frame_file import Sheet
from survey_app.services.frame_rows import Fault

_LONGEST = 40  # letters of a bad value that are repeated
_REASON = {"vi": "Cần sửa", "en": "To mend"}


def marked_sheet(sheet: Sheet, columns: Mapping[Column, int], faults: list[Fault], language: Language) -> bytes:
    """Return an XLSX file of the rows with faults: bad cells coloured, what to do in a last column.

    Text stays text: nothing that was typed becomes a formula or a link.
    """
    by_row: dict[int, list[Fault]] = defaultdict(list)
    for fault in faults:
        by_row[fault.row].append(fault)
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        bold, bad = book.add_format({"bold": True}), book.add_format({"bg_color": "#f8c9c4"})
        page = book.add_worksheet()
        page.freeze_panes(1, 0)
        page.set_column(0, len(sheet.header), 22)
        page.write_row(0, 0, [*sheet.header, _REASON[language]], bold)
        wrong_rows = [(number, row) for number, row in sheet.rows if number in by_row]
        for line, (number, row) in enumerate(wrong_rows, start=1):
            wrong = {columns[fault.column] for fault in by_row[number] if fault.column in columns}
            for place, value in enumerate(row):
                page.write_string(line, place, value, bad if place in wrong else None)
            page.write_string(line, len(sheet.header), sentence(number, by_row[number], sheet, columns, language))
    return out.getvalue()


def sentence(number: int, faults: list[Fault], sheet: Sheet, columns: Mapping[Column, int], language: Language) -> str:
    """Return what is wrong with one row, each column by the name the file gives it."""
    word = "Dòng" if language == "vi" else "Row"
    parts = [
        f"{_named(fault, sheet, columns)}: {fault.reason[language]}" for fault in faults if fault.column in columns
    ]
    return f"{word} {number}: {'; '.join(parts)}"


def _named(fault: Fault, sheet: Sheet, columns: Mapping[Column, int]) -> str:
    header = sheet.header[columns[fault.column]]
    return f"{header} “{shorten(fault.value, _LONGEST, placeholder='…')}”" if fault.value else header
