"""Tables as spreadsheets."""

from __future__ import annotations

import io
from collections.abc import Sequence

import xlsxwriter

_WIDTH = 24


def sheet(rows: Sequence[Sequence[str | None]]) -> bytes:
    """Return rows, the first of them the header, as a sheet of text (XLSX): nothing becomes a formula or a link."""
    out = io.BytesIO()
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        page, bold = book.add_worksheet(), book.add_format({"bold": True})
        page.freeze_panes(1, 0)
        page.set_column(0, len(rows[0]) - 1, _WIDTH)
        for row, values in enumerate(rows):
            for column, value in enumerate(values):
                page.write_string(row, column, value or "", None if row else bold)
    return out.getvalue()
