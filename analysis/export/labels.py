"""Words cut to what a file format holds: on a word, never inside a letter, and never silently."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

#: What stands for the rest of the words.
REST = "…"


class Limit(NamedTuple):
    """How much a format holds: bytes as UTF-8, or letters."""

    bytes: int | None = None
    letters: int | None = None

    def holds(self, text: str) -> bool:
        """Say whether a text is short enough."""
        few_bytes = self.bytes is None or len(text.encode()) <= self.bytes
        return few_bytes and (self.letters is None or len(text) <= self.letters)


@dataclass
class Cuts:
    """The words that had to be cut: (format, what, whole, left)."""

    rows: list[tuple[str, str, str, str]] = field(default_factory=list)

    def fit(self, text: str, limit: Limit, where: str, what: str) -> str:
        """Return the text if it is short enough, else its first words and `REST`, and note the cut."""
        left = cut(text, limit)
        if left != text:
            self.rows.append((where, what, text, left))
        return left


def cut(text: str, limit: Limit) -> str:
    """Return as many whole words of a text as the limit holds with `REST`; a first word that is too long is broken."""
    if limit.holds(text):
        return text
    words = text.split(" ")
    shorter = [" ".join(words[:number]).rstrip(" ,;:") + REST for number in range(len(words) - 1, 0, -1)]
    broken = [words[0][:number] + REST for number in range(len(words[0]) - 1, -1, -1)]
    return next(each for each in (*shorter, *broken) if limit.holds(each))
