"""Reading responses from a CSV file: every fault is named, not only the first."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.columns import BLANK, NO_ANSWER, NOT_ASKED, NOT_STATED, STRATUM, WEIGHT, columns_of, item_columns
from analysis.csv_rows import BadResponses, CellFault, read_rows
from questionnaires.conditions import SPECIAL, Condition
from questionnaires.instrument import Instrument, Item

#: Equal scaling of weights changes nothing, but squares of what is not between these are lost or infinite.
WEIGHTS = 1e-9, 1e9
#: The line of a file that holds the first response; the header is line 1.
FIRST_ROW = 2


def read_csv(path: Path, instrument: Instrument) -> pd.DataFrame:
    """Return the frame of responses in a UTF-8 file; raise BadResponses with every fault, OSError if unreadable."""
    header, body = read_rows(path, item_columns(instrument))
    faults = [*_header_faults(header, instrument), *_length_faults(header, body)]
    whole = [
        (number, dict(zip(header, row, strict=True)))
        for number, row in enumerate(body, FIRST_ROW)
        if len(row) == len(header)
    ]
    readable = [item for item in instrument.items if all(header.count(name) == 1 for name in columns_of(item))]
    faults += [fault for number, record in whole for fault in _row_faults(number, record, instrument, readable)]
    if faults:
        raise BadResponses(sorted(faults, key=lambda fault: fault.row))
    records = [record for _, record in whole]
    frame = pd.DataFrame(records, columns=header, dtype=object)
    if WEIGHT in frame:
        frame[WEIGHT] = frame[WEIGHT].astype(float)
    return frame


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write a frame of responses so that `read_csv` gives it back."""
    frame.to_csv(path, index=False, encoding="utf-8", lineterminator="\n")


def lonely_faults(frame: pd.DataFrame, labels: Collection[str]) -> list[CellFault]:
    """Return a fault for each response of the strata in `labels`, which hold one each; the frame is that of `read_csv`."""
    vi = "Tầng chỉ có một phiếu: gộp với một tầng tương tự trong tệp"
    en = "The stratum holds one response only: merge it with a like stratum in the file"
    rows = enumerate(frame[STRATUM], start=FIRST_ROW)
    return [CellFault(number, STRATUM, label, vi, en) for number, label in rows if label in labels]


def _header_faults(header: list[str], instrument: Instrument) -> Iterator[CellFault]:
    wanted = item_columns(instrument)
    for column in dict.fromkeys(header):
        if header.count(column) > 1:
            yield CellFault(1, column, column, "Cột này có hai lần: bỏ một", "The column stands twice: remove one")
        if column not in (*wanted, WEIGHT, STRATUM):
            vi = "Bộ phiếu không có cột này: bỏ cột, hoặc chọn đúng bộ phiếu của tệp"
            en = "The instrument has no such column: remove it, or choose the instrument of the file"
            yield CellFault(1, column, column, vi, en)
    for column in wanted:
        if column not in header:
            yield CellFault(1, column, "", "Thiếu cột này: thêm vào", "The column is missing: add it")


def _length_faults(header: list[str], body: list[list[str]]) -> Iterator[CellFault]:
    for number, row in enumerate(body, start=FIRST_ROW):
        if len(row) != len(header):
            text = f"{len(row)} / {len(header)}"
            vi = "Số ô khác số cột: thêm hoặc bỏ ô, xóa dòng trống"
            en = "The number of cells differs from the header: add or remove cells, delete an empty row"
            yield CellFault(number, "-", text, vi, en)


def _row_faults(number: int, record: dict[str, str], instrument: Instrument, readable: list[Item]) -> list[CellFault]:
    faults = list(_weight_faults(number, record))
    answers: dict[str, Any] = {}
    for item in readable:
        if item.type == "text":
            continue
        check = _multi_faults if item.type == "multi" else _cell_faults
        found = list(check(number, record, item))
        faults += found
        answers |= {} if found else _answer(record, item)
    good = {item.code for item in readable} - {fault.column.split("__")[0] for fault in faults}
    return faults + list(_route_faults(number, record, instrument, answers, good))


def _weight_faults(number: int, record: dict[str, str]) -> Iterator[CellFault]:
    if WEIGHT in record and not _is_weight(record[WEIGHT]):
        vi = "Quyền số phải là số lớn hơn 0, trong khoảng từ 1e-9 đến 1e9"
        en = "A weight must be a number over 0, from 1e-9 to 1e9"
        yield CellFault(number, WEIGHT, record[WEIGHT], vi, en)
    if record.get(STRATUM) == "":
        yield CellFault(number, STRATUM, "", "Ghi tên tầng mẫu", "Name the stratum")


def _is_weight(text: str) -> bool:
    low, high = WEIGHTS
    return _is_numeric(text) and low <= float(text) <= high


def _cell_faults(number: int, record: dict[str, str], item: Item) -> Iterator[CellFault]:
    value = record[item.code]
    if value in (*item.specials, BLANK, NOT_ASKED):
        return
    if item.type == "number":
        yield from _number_faults(number, item, value)
        return
    known = {*item.option_codes, *(rung.code for rungs in item.ladder for rung in rungs)}
    if item.ladder:
        known.add(NOT_STATED)
    if value not in known:
        allowed = ", ".join(sorted(known | set(item.specials)))
        yield CellFault(number, item.code, value, f"Dùng một trong: {allowed}", f"Use one of: {allowed}")


def _number_faults(number: int, item: Item, value: str) -> Iterator[CellFault]:
    low, high = (item.range.min, item.range.max) if item.range else (float("-inf"), float("inf"))
    if not _is_numeric(value) or not low <= float(value) <= high:
        limits, codes = f"{low:g}-{high:g}", "".join(f", {code}" for code in item.specials)
        vi = f"Dùng số trong khoảng {limits}{codes}, hoặc để trống"
        yield CellFault(number, item.code, value, vi, f"Use a number in {limits}{codes}, or leave it blank")
    elif item.range and round(float(value), item.range.decimals) != float(value):
        vi, en = f"Chỉ nhận {item.range.decimals} chữ số thập phân", f"It takes {item.range.decimals} decimals"
        yield CellFault(number, item.code, value, vi, en)


def _multi_faults(number: int, record: dict[str, str], item: Item) -> Iterator[CellFault]:
    names = columns_of(item)
    cells = [record[name] for name in names]
    known = {"0", "1", *item.specials, BLANK, NOT_ASKED}
    for name, cell in zip(names, cells, strict=True):
        if cell not in known:
            yield CellFault(number, name, cell, "Dùng 0, 1 hoặc mã đặc biệt", "Use 0, 1 or a special code")
    if not set(cells) <= known:
        return
    if set(cells) - {"0", "1"} and len(set(cells)) > 1:
        yield CellFault(
            number, item.code, ",".join(cells),
            "Mã đặc biệt, ô trống hoặc dấu chấm phải đứng ở mọi cột của câu",
            "A special code, a blank or a dot must stand in all columns of the item",
        )  # fmt: skip
    elif set(cells) == {"0"}:
        message = "Câu đã trả lời phải có ít nhất một số 1", "An answered item must have at least one 1"
        yield CellFault(number, item.code, "0", *message)
    else:
        yield from _exclusive_faults(number, item, cells)


def _exclusive_faults(number: int, item: Item, cells: list[str]) -> Iterator[CellFault]:
    ticked = [option for option, cell in zip(item.options, cells, strict=True) if cell == "1"]
    if len(ticked) > 1 and any(option.exclusive for option in ticked):
        codes = ",".join(option.code for option in ticked)
        message = "Lựa chọn loại trừ không đi cùng lựa chọn khác", "An exclusive option cannot stand beside another"
        yield CellFault(number, item.code, codes, *message)


def _answer(record: dict[str, str], item: Item) -> dict[str, Any]:
    cell = record[columns_of(item)[0]]
    if cell == NOT_ASKED:
        return {}
    if item.type == "multi" and cell not in SPECIAL and cell != BLANK:
        ticked = [code for code in item.option_codes if record[f"{item.code}__{code}"] == "1"]
        return {item.code: ticked}
    return {item.code: None if cell in (BLANK,) else float(cell) if _is_number(item, cell) else cell}


def _is_number(item: Item, cell: str) -> bool:
    return item.type == "number" and cell not in NO_ANSWER and _is_numeric(cell)


def _is_numeric(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _route_faults(
    number: int, record: dict[str, str], instrument: Instrument, answers: dict[str, Any], good: set[str]
) -> Iterator[CellFault]:
    """Yield where the answers leave the route, as far as it follows from `good`, the items without a fault."""
    if any(item.end_if and item.code not in good for item in instrument.items):
        return
    asked = instrument.answers_asked(answers)
    certain = set(good)
    for item in (instrument.item(code) for page in instrument.pages for code in page.items):
        if item.type == "text":
            continue
        if item.code not in certain or not _triggers(item.ask_if) <= certain:
            certain.discard(item.code)  # what it triggers is uncertain too
            continue
        yield from _asked_faults(number, item, record[columns_of(item)[0]], item.code in asked)
        if item.type == "multi" and item.code in asked:
            yield from _offer_faults(number, record, item, asked, certain)


def _triggers(condition: Condition | None) -> set[str]:
    return {trigger.item for trigger in condition.triggers()} if condition else set()


def _asked_faults(number: int, item: Item, cell: str, asked: bool) -> Iterator[CellFault]:
    if item.ladder and cell == NOT_STATED:  # opening the box writes it for "not asked" too
        return
    if asked and cell == NOT_ASKED:
        vi, en = "Câu này phải được hỏi: ghi trả lời hoặc để trống", "The item must be asked: answer or leave it blank"
        yield CellFault(number, item.code, cell, vi, en)
    elif not asked and cell != NOT_ASKED:
        vi, en = "Câu này không được hỏi: ghi dấu chấm", "The item is not asked here: write a dot"
        yield CellFault(number, item.code, cell, vi, en)


def _offer_faults(
    number: int, record: dict[str, str], item: Item, asked: dict[str, object], certain: set[str]
) -> Iterator[CellFault]:
    for option in item.options:
        column = f"{item.code}__{option.code}"
        known = option.ask_if is not None and _triggers(option.ask_if) <= certain
        if known and record[column] == "1" and option.ask_if and not option.ask_if.holds(asked):
            yield CellFault(
                number, column, "1", "Lựa chọn này không được hỏi: ghi 0", "The option is not offered: write 0"
            )
