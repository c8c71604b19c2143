"""What is wrong in a questionnaire file: where, and what to do about it, in both languages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from questionnaires.base import LANGUAGES, Language

#: The way to a value in a file: keys and positions.
Way = tuple[str | int, ...]


@dataclass(frozen=True)
class Fault:
    """One fault of a file."""

    way: Way
    vi: str
    en: str

    def at(self, path: Path, lines: LineMap) -> PlacedFault:
        """Return the fault with its file and line."""
        return PlacedFault(path, lines.line(self.way), lines.name(self.way), self.vi, self.en)


@dataclass(frozen=True)
class PlacedFault:
    """A fault, found again in its file."""

    file: Path
    line: int
    place: str
    vi: str
    en: str

    def sentence(self, language: Language) -> str:
        """Return the fault as one line for a person."""
        return f"{self.file}:{self.line}: {self.place}: {self.vi if language == 'vi' else self.en}"


class BadFile(Exception):
    """A questionnaire file cannot be used; holds every fault found."""

    def __init__(self, faults: Iterable[PlacedFault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(fault.sentence("en") for fault in self.faults))


class LineMap:
    """Finds the line of a value, and names it by code rather than by position where it has one."""

    def __init__(self, lines: dict[Way, int], codes: dict[Way, str]) -> None:
        self._lines = lines
        self._codes = codes

    def line(self, way: Way) -> int:
        """Return the line of the value, or of the nearest one around it."""
        while way and way not in self._lines:
            way = way[:-1]
        return self._lines.get(way, 1)

    def name(self, way: Way) -> str:
        """Return the way in words, such as `items[l02].options[0].text.vi`."""
        parts: list[str] = []
        for depth, step in enumerate(way, start=1):
            if isinstance(step, int):
                parts.append(f"[{self._codes.get(way[:depth], step)}]")
            elif step in {"vi", "en"} or "-" not in step:
                parts.append(f".{step}" if parts else step)
        return "".join(parts) or "file"


Faults = Iterator[Fault]


def doubled(way: Way, codes: Iterable[str]) -> Faults:
    """Yield a fault where a code of the list at `way` stands again."""
    return doubled_at(((*way, position), code) for position, code in enumerate(codes))


def doubled_at(places: Iterable[tuple[Way, str]]) -> Faults:
    """Yield a fault at each place whose code stood at one before it."""
    taken: set[str] = set()
    for way, code in places:
        if code in taken:
            yield Fault(
                way, f"Mã {code} đã dùng ở trên: đặt mã khác", f"The code {code} is taken above: choose another"
            )
        taken.add(code)


def unknown(way: Way, codes: Iterable[str], known: Iterable[str]) -> Faults:
    """Yield a fault for each code that is not among the known ones."""
    names = set(known)
    for code in codes:
        if code not in names:
            yield Fault(way, f"Không có {code}: sửa hoặc thêm mã này", f"There is no {code}: mend it or add it")


def empty_texts(value: object, way: Way = ()) -> Faults:
    """Yield a fault for each text, in a dumped document, that has no words in a language."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in LANGUAGES and isinstance(inner, str) and not inner.strip():
                yield Fault((*way, key), "Thiếu lời ở ngôn ngữ này: viết vào", "No words in this language: write them")
            yield from empty_texts(inner, (*way, key))
    elif isinstance(value, list | tuple):
        for position, inner in enumerate(value):
            yield from empty_texts(inner, (*way, position))
