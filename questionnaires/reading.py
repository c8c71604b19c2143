"""Reading a YAML file that anybody may have written: to plain data and the line of each value, or to a fault."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from questionnaires.faults import BadFile, LineMap, PlacedFault, Way
from questionnaires.paths import told

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 20


def read(path: Path) -> tuple[dict[str, Any], LineMap]:
    """Return the data of a YAML 1.2 file and the line of each value.

    Refused, with BadFile: over 1 MiB, not UTF-8 in NFC, nested over 20 deep, aliases, tags, doubled keys, keys that are
    not plain, values that are none (31 February), no mapping at the top.
    """
    text = text_of(path)
    try:
        _refuse_traps(path, text)
        root = YAML(typ="safe", pure=True).compose(text)
        lines, codes = _places(path, root)
        data = YAML(typ="safe", pure=True).load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise _bad(
            path, line, "YAML", f"Sửa cú pháp YAML: {error.problem}", f"Mend the YAML: {error.problem}"
        ) from error
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise _bad(path, line, "YAML", "Xóa ký tự điều khiển", "Remove the control character") from error
    except ValueError as error:  # a date or number that YAML recognises and Python has not
        line = next((node.start_mark.line + 1 for node in _scalars(root) if not _has_value(node)), 1)
        raise _bad(path, line, "YAML", f"Sửa giá trị này: {error}", f"Mend this value: {error}") from error
    if not isinstance(data, dict):
        raise _bad(
            path, 1, "file", "Tệp phải là một bảng khóa: giá trị", "The file must be a mapping of keys to values"
        )
    return data, LineMap(lines, codes)


def _bad(path: Path, line: int, place: str, vi: str, en: str) -> BadFile:
    return BadFile([PlacedFault(path, line, place, vi, en)])


def text_of(path: Path) -> str:
    """Return the text of a file of UTF-8 in NFC under 1 MiB; raise BadFile."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise _bad(path, 1, "file", "Chia nhỏ: tệp phải dưới 1 MiB", "Split it: a file must be smaller than 1 MiB")
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise _bad(path, 1, "file", told(error).vi, told(error).en) from error
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _bad(path, line, "file", "Lưu tệp ở dạng UTF-8", "Save the file as UTF-8") from error
    for number, line_text in enumerate(text.split("\n"), start=1):
        _refuse_decomposed(path, number, line_text)
    return text


def _refuse_decomposed(path: Path, line: int, text: str) -> None:
    if not unicodedata.is_normalized("NFC", text):
        raise _bad(
            path,
            line,
            "text",
            "Chuyển chữ sang Unicode dựng sẵn (NFC)",
            "Convert the letters to composed Unicode (NFC)",
        )
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise _bad(
            path, line, "text", "Viết chữ thay cho nửa ký tự (\\ud800)", "Write a letter, not half of one (\\ud800)"
        )


def _refuse_traps(path: Path, text: str) -> None:
    """Refuse what could exhaust or mislead whoever builds the data, before it is built."""
    depth = 0
    for event in YAML(typ="safe", pure=True).parse(text):
        line = event.start_mark.line + 1
        depth += _deeper(event)
        if depth > MAX_DEPTH:
            raise _bad(path, line, "YAML", f"Lồng quá {MAX_DEPTH} cấp: bớt đi", f"Nest at most {MAX_DEPTH} deep")
        if isinstance(event, AliasEvent):
            message = ("Viết đầy đủ, không dùng bí danh YAML (*)", "Write it out: YAML aliases (*) are not used here")
            raise _bad(path, line, "YAML", *message)
        if getattr(event, "tag", None) is not None:
            message = (
                "Viết giá trị thường, không dùng thẻ YAML (!)",
                "Write a plain value: YAML tags (!) are not used here",
            )
            raise _bad(path, line, "YAML", *message)


def _deeper(event: Event) -> int:
    if isinstance(event, MappingStartEvent | SequenceStartEvent):
        return 1
    return -1 if isinstance(event, MappingEndEvent | SequenceEndEvent) else 0


def _places(path: Path, root: Node | None) -> tuple[dict[Way, int], dict[Way, str]]:
    """Return the line of each value, and the code of each mapping that has one."""
    lines: dict[Way, int] = {}
    codes: dict[Way, str] = {}
    for way, node in _walk(path, root, ()):
        lines[way] = node.start_mark.line + 1
        if isinstance(node, ScalarNode):
            _refuse_decomposed(path, lines[way], node.value)
            if way and way[-1] == "code":
                codes[way[:-1]] = node.value
    return lines, codes


def _walk(path: Path, node: Node | None, way: Way) -> Iterator[tuple[Way, Node]]:
    if node is None:
        return
    yield way, node
    if isinstance(node, SequenceNode):
        for position, value in enumerate(node.value):
            yield from _walk(path, value, (*way, position))
    elif isinstance(node, MappingNode):
        for key, value in node.value:
            if not isinstance(key, ScalarNode):
                raise _bad(path, key.start_mark.line + 1, "YAML", "Khóa phải là một từ", "A key must be one plain word")
            yield from _walk(path, value, (*way, key.value))


def _scalars(root: Node | None) -> Iterator[ScalarNode]:
    return (node for _, node in _walk(Path(), root, ()) if isinstance(node, ScalarNode) and not node.style)


def _has_value(node: ScalarNode) -> bool:
    try:
        YAML(typ="safe", pure=True).load(node.value)
    except ValueError:
        return False
    return True
