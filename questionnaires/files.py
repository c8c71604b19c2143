"""Reading questionnaire files: safe YAML to plain data and lines, then to frozen models."""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import AliasEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from questionnaires.base import Document
from questionnaires.faults import BadFile, Fault, LineMap, PlacedFault, Way
from questionnaires.framework import Framework
from questionnaires.instrument import Instrument
from questionnaires.plan import Agencies, Plan

FOLDER = Path(__file__).resolve().parent
MAX_BYTES = 1024 * 1024
MAX_DEPTH = 20
_Model = TypeVar("_Model", bound=Document)


def load_instrument(path: Path) -> Instrument:
    """Return the instrument in a file, shared code lists filled in; raise BadFile with every fault."""
    data, lines = read(path)
    fill_code_lists(path, data, lines)
    return _model(Instrument, path, data, lines)


def load_framework(path: Path) -> Framework:
    """Return the framework in a file; raise BadFile with every fault."""
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


def read(path: Path) -> tuple[dict[str, Any], LineMap]:
    """Return the data of a YAML 1.2 file and the line of each value.

    Refused, with BadFile: over 1 MiB, not UTF-8 in NFC, nested over 20 deep, aliases, doubled keys, no mapping at the top.
    """
    text = _text(path)
    try:
        _refuse_aliases(path, text)
        root = YAML(typ="safe", pure=True).compose(text)
        data = YAML(typ="safe", pure=True).load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise BadFile(
            [PlacedFault(path, line, "YAML", f"Sửa cú pháp YAML: {error.problem}", f"Mend the YAML: {error.problem}")]
        ) from error
    if not isinstance(data, dict):
        raise BadFile(
            [
                PlacedFault(
                    path,
                    1,
                    "file",
                    "Tệp phải là một bảng khóa: giá trị",
                    "The file must be a mapping of keys to values",
                )
            ]
        )
    lines: dict[Way, int] = {}
    codes: dict[Way, str] = {}
    _map_lines(path, root, (), lines, codes)
    return data, LineMap(lines, codes)


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
        text = content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = f"{error.strerror if isinstance(error, OSError) else 'not UTF-8'}"
        raise BadFile(
            [PlacedFault(path, 1, "file", f"Không đọc được tệp: {reason}", f"The file cannot be read: {reason}")]
        ) from error
    if len(content) > MAX_BYTES:
        raise BadFile([PlacedFault(path, 1, "file", "Tệp phải nhỏ hơn 1 MiB", "The file must be smaller than 1 MiB")])
    for number, line in enumerate(text.splitlines(), start=1):
        if not unicodedata.is_normalized("NFC", line):
            message = ("Chuyển chữ sang Unicode dựng sẵn (NFC)", "Convert the letters to composed Unicode (NFC)")
            raise BadFile([PlacedFault(path, number, "text", *message)])
    return text


def _refuse_aliases(path: Path, text: str) -> None:
    for event in YAML(typ="safe", pure=True).parse(text):
        if isinstance(event, AliasEvent):
            message = ("Viết đầy đủ, không dùng bí danh YAML (*)", "Write it out: YAML aliases (*) are not used here")
            raise BadFile([PlacedFault(path, event.start_mark.line + 1, "YAML", *message)])


def _map_lines(path: Path, node: Node | None, way: Way, lines: dict[Way, int], codes: dict[Way, str]) -> None:
    if node is None:
        return
    lines[way] = node.start_mark.line + 1
    if len(way) > MAX_DEPTH:
        raise BadFile([PlacedFault(path, lines[way], "YAML", "Lồng quá 20 cấp", "Nested more than 20 deep")])
    if isinstance(node, MappingNode):
        for key, value in node.value:
            if key.value == "code" and isinstance(value, ScalarNode):
                codes[way] = value.value
            _map_lines(path, value, (*way, key.value), lines, codes)
    elif isinstance(node, SequenceNode):
        for position, value in enumerate(node.value):
            _map_lines(path, value, (*way, position), lines, codes)


def fill_code_lists(path: Path, data: dict[str, Any], lines: LineMap) -> None:
    """Give each item that names a `code_list` the options of that list; raise BadFile if there is no such list."""
    shared = code_lists(_code_lists_beside(path))
    faults = []
    for position, item in enumerate(data.get("items") or []):
        name = item.get("code_list") if isinstance(item, dict) else None
        if name is None:
            continue
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


def _model(model: type[_Model], path: Path, data: dict[str, Any], lines: LineMap) -> _Model:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        faults = [_translated(detail["type"], detail["loc"], detail["msg"]) for detail in error.errors()]
        raise BadFile(fault.at(path, lines) for fault in faults) from error


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
    # pydantic puts the tag of a condition into the way; the file has no such step
    way = tuple(step for step in loc if step not in {"AnyOf", "AllOf"})
    return Fault(way, _VI.get(kind, f"Sửa giá trị này: {message}"), _EN.get(kind, f"Mend this value: {message}"))
