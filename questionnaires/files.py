"""Where questionnaire files are, and how they become frozen models."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from questionnaires.base import Document
from questionnaires.faults import BadFile, Fault, LineMap, PlacedFault, Way
from questionnaires.framework import Framework
from questionnaires.instrument import Instrument
from questionnaires.plan import Agencies, Plan
from questionnaires.reading import read, text_of

FOLDER = Path(__file__).resolve().parent
_Model = TypeVar("_Model", bound=Document)


def load_instrument(path: Path) -> Instrument:
    """Return the instrument in a file, shared code lists filled in; raise BadFile with every fault.

    A `.json` file is taken as frozen: it holds its lists already.
    """
    if path.suffix == ".json":
        return _frozen(Instrument, path)
    data, lines = read(path)
    fill_code_lists(path, data, lines)
    return _model(Instrument, path, data, lines)


def load_framework(path: Path) -> Framework:
    """Return the framework in a file, YAML or frozen as `.json`; raise BadFile with every fault."""
    if path.suffix == ".json":
        return _frozen(Framework, path)
    data, lines = read(path)
    return _model(Framework, path, data, lines)


def load_plan(path: Path) -> Plan:
    """Return the plan in a file; raise BadFile with every fault."""
    data, lines = read(path)
    return _model(Plan, path, data, lines)


def load_agencies(path: Path) -> Agencies:
    """Return the agencies in a file; raise BadFile with every fault."""
    data, lines = read(path)
    return _model(Agencies, path, data, lines)


def instrument_path(code: str) -> Path:
    """Return where the shipped instrument with this code is."""
    return FOLDER / "instruments" / f"{code}.yaml"


def framework_path(code: str) -> Path:
    """Return where the shipped framework with this code is."""
    return FOLDER / "frameworks" / f"{code}.yaml"


def plan_path(code: str) -> Path:
    """Return where the shipped plan with this code is."""
    return FOLDER / "plans" / f"{code}.yaml"


AGENCIES_PATH = FOLDER / "agencies.yaml"


def fill_code_lists(path: Path, data: dict[str, Any], lines: LineMap) -> None:
    """Give each item that names a `code_list` the options of that list; raise BadFile if there is no such list."""
    shared = code_lists(_code_lists_beside(path))
    faults = []
    items = data.get("items")
    for position, item in enumerate(items if isinstance(items, list) else []):
        name = item.get("code_list") if isinstance(item, dict) else None
        if not isinstance(name, str):
            continue  # none, or something the model will refuse
        if name in shared and "options" not in item:
            item["options"] = shared[name]
            continue
        fault = Fault(
            ("items", position, "code_list"),
            f"Dùng một danh mục có trong codelists.yaml ({', '.join(shared)}) và không ghi thêm options",
            f"Name a list of codelists.yaml ({', '.join(shared)}) and give no options beside it",
        )
        faults.append(fault.at(path, lines))
    if faults:
        raise BadFile(faults)


def _code_lists_beside(path: Path) -> Path:
    for folder in (path.resolve().parent, path.resolve().parent.parent):
        if (folder / "codelists.yaml").exists():
            return folder / "codelists.yaml"
    return FOLDER / "codelists.yaml"


@cache
def code_lists(path: Path) -> dict[str, list[dict[str, Any]]]:
    """Return the shared lists of answer options by name."""
    data, _ = read(path)
    return data


def _frozen(model: type[_Model], path: Path) -> _Model:
    text = text_of(path)
    try:
        return model.from_json(text)
    except ValidationError as error:
        raise BadFile(_faults(error, path, LineMap({}, {}))) from error


def _model(model: type[_Model], path: Path, data: dict[str, Any], lines: LineMap) -> _Model:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise BadFile(_faults(error, path, lines)) from error


def _faults(error: ValidationError, path: Path, lines: LineMap) -> list[PlacedFault]:
    faults = [_translated(detail["type"], detail["loc"], detail["msg"]) for detail in error.errors()]
    return [fault.at(path, lines) for fault in faults]


_VI = {
    "missing": "Thiếu mục bắt buộc này: thêm vào",
    "extra_forbidden": "Không có mục nào tên này: xóa hoặc sửa tên",
    "string_pattern_mismatch": "Mã chỉ gồm chữ thường không dấu, chữ số, gạch dưới, bắt đầu bằng chữ",
    "string_type": "Phải là chữ (đặt trong ngoặc kép)",
    "literal_error": "Giá trị không nằm trong danh sách cho phép",
    "union_tag_not_found": "Điều kiện cần một trong: in, not_in, has, lacks, gte, any, all, not",
}
_EN = {
    "missing": "This entry is required: add it",
    "extra_forbidden": "There is no entry of this name: remove it or mend its name",
    "string_pattern_mismatch": "A code has lower case letters, digits and underscores, and starts with a letter",
    "union_tag_not_found": "A condition needs one of: in, not_in, has, lacks, gte, any, all, not",
}


def _translated(kind: str, loc: Way, message: str) -> Fault:
    way = _way_in_file(loc)
    return Fault(way, _VI.get(kind, f"Sửa giá trị này: {message}"), _EN.get(kind, f"Mend this value: {message}"))


def _way_in_file(loc: Way) -> Way:
    """Return a place as the file has it: pydantic adds the kind of each condition as a step of its own."""
    way: list[str | int] = []
    kind_is_next = False
    for step in loc:
        if kind_is_next:
            kind_is_next = False
            continue
        way.append(step)
        in_list = isinstance(step, int) and len(way) > 1 and way[-2] in ("any", "all")
        kind_is_next = in_list or step in ("ask_if", "where", "not")
    return tuple(way)
