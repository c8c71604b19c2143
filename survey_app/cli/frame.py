"""`flask frame`: the list of firms."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import click

from survey_app.cli.subject import Refusal, Subject, existing_file, installed_keys, pick, say, spoken
from survey_app.db import db, transaction
from survey_app.services import frame
from survey_app.services.frame_columns import Column, guess
from survey_app.services.frame_file import Sheet, read
from survey_app.services.frame_report import marked_sheet, sentence
from survey_app.services.frame_rows import Fault

group = Subject("frame", help="The list of firms.")
_SHOWN = 20


class Place(click.ParamType[tuple[Column, str]]):
    """A column of ours and its header in the file: phone=Di động."""

    name = "column=header"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> tuple[Column, str]:
        """Return the column and the header."""
        word, _, header = value.partition("=")
        if word not in set(Column) or not header:
            self.fail(f"{value}: {', '.join(Column)} = ...", param, ctx)
        return Column(word), header


@group.command("import")
@click.argument("file", type=existing_file)
@click.option("--column", "named", type=Place(), multiple=True, help="Which header holds what: phone='Di động'.")
@click.option("--marked", type=click.Path(path_type=Path), help="Write the rows with faults here, marked, as XLSX.")
@click.option("--save", is_flag=True, help="Save the rows without faults; without it nothing is saved.")
def import_(file: Path, named: tuple[tuple[Column, str], ...], marked: Path | None, save: bool) -> None:
    """Examine the list of firms in FILE (XLSX or CSV), and with --save put the rows without faults into the frame."""
    sheet = read(file.read_bytes())
    columns = _columns(sheet, named)
    for column, place in columns.items():
        click.echo(f"  {column.value:<10} <- {sheet.header[place]}")
    label = pick(vi="Xem từng dòng", en="Examining the rows")
    with click.progressbar(length=100, label=label) as bar:
        found = frame.examine(sheet, columns, lambda percent: bar.update(percent - bar.pos))
    _tell(found, sheet, columns)
    if marked and found.faults:
        marked.write_bytes(marked_sheet(sheet, columns, found.faults, spoken()))
        say(vi=f"Các dòng cần sửa đã ghi vào {marked}.", en=f"The rows to mend were written to {marked}.")
    if not save:
        say(
            vi=f"Chưa lưu gì. Nhập {found.good_rows} dòng đúng: chạy lại với --save",
            en=f"Nothing was saved. To import the {found.good_rows} good rows, run again with --save",
        )
        return
    with transaction() as session:
        saved = frame.save(session, found.firms, installed_keys().contact)
    say(
        vi=f"Đã lưu: {saved.new} doanh nghiệp mới, {saved.updated} doanh nghiệp được cập nhật.",
        en=f"Saved: {saved.new} new firms, {saved.updated} brought up to date.",
    )


def _columns(sheet: Sheet, named: tuple[tuple[Column, str], ...]) -> dict[Column, int]:
    columns = guess(sheet.header)
    for column, header in named:
        if header not in sheet.header:
            raise Refusal(vi=f"tệp không có cột {header}", en=f"the file has no column {header}")
        place = sheet.header.index(header)
        columns = {each: where for each, where in columns.items() if where != place} | {column: place}
    return columns


def _tell(found: frame.Examined, sheet: Sheet, columns: dict[Column, int]) -> None:
    say(
        vi=f"{found.rows} dòng: {found.good_rows} đúng, thành {len(found.firms)} doanh nghiệp.",
        en=f"{found.rows} rows: {found.good_rows} good, making {len(found.firms)} firms.",
    )
    by_row: dict[int, list[Fault]] = defaultdict(list)
    for fault in found.faults:
        by_row[fault.row].append(fault)
    for number, faults in list(by_row.items())[:_SHOWN]:
        click.echo(f"  {sentence(number, faults, sheet, columns, spoken())}")
    for merge in found.merges[:_SHOWN]:
        rows = ", ".join(map(str, merge.rows))
        say(
            vi=f"  Mã số thuế {merge.tax_code} ở các dòng {rows}: gộp làm một, dòng sau được ưu tiên.",
            en=f"  Tax code {merge.tax_code} in rows {rows}: made one; later rows win.",
        )
    hidden = max(0, len(by_row) - _SHOWN) + max(0, len(found.merges) - _SHOWN)
    if hidden:
        say(vi=f"  ... và {hidden} dòng khác", en=f"  ... and {hidden} more")


@group.command("find")
@click.argument("words")
def find(words: str) -> None:
    """Find firms by a part of the name, with or without marks, or by the beginning of the tax code."""
    for unit in frame.find(db.session, words):
        click.echo(f"{unit.tax_code or '-':<14} {unit.name}  {unit.area or ''}")
