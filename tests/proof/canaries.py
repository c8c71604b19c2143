"""Searching for what must be nowhere: a value in every form in which software writes values down."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from survey_app.envelopes import format_code

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def forms(value: str) -> dict[str, bytes]:
    """Return a value as UTF-8, UTF-16, hexadecimal, base 64 and escaped JSON have it, by the form's name."""
    raw = value.encode()
    found = {
        "utf-8": raw,
        "utf-16-le": value.encode("utf-16-le"),
        "utf-16-be": value.encode("utf-16-be"),
        "json": json.dumps(value)[1:-1].encode(),
        "lower case": value.lower().encode(),
    }
    return found | _as_digits("", raw)


def forms_of_code(code: str) -> dict[str, bytes]:
    """Return the forms of a link secret or resume code: in groups too, and as the ten bytes it stands for."""
    number = 0
    for letter in code:
        number = number * 32 + _ALPHABET.index(letter)
    raw = number.to_bytes(10, "big")
    grouped = {f"grouped {name}": form for name, form in forms(format_code(code)).items()}
    return forms(code) | grouped | {"ten bytes": raw} | _as_digits("ten bytes, ", raw)


def _as_digits(prefix: str, raw: bytes) -> dict[str, bytes]:
    found = {f"{prefix}hex": raw.hex().encode(), f"{prefix}hex upper": raw.hex().upper().encode()}
    for shift in range(3):  # where the value begins within a group of three bytes decides how base 64 looks
        whole = base64.b64encode(b"\0" * shift + raw)
        certain = whole[-(-shift * 8 // 6) : (shift + len(raw)) * 8 // 6]
        found[f"{prefix}base64 {shift}"] = certain
        found[f"{prefix}url base64 {shift}"] = certain.translate(bytes.maketrans(b"+/", b"-_"))
    return found


def found_in(places: Iterable[Path], canaries: Mapping[str, Mapping[str, bytes]], *, since: float = 0) -> list[str]:
    """Return each file that holds a canary, with the canary's name and form.

    Places are files and folders; a file last written before `since`, seconds of the epoch, cannot hold one.
    """
    forms_of: dict[bytes, str] = {}
    for name, written in canaries.items():
        for form, value in written.items():
            forms_of.setdefault(value, f"{name} as {form}")
    hits = []
    for path in files_in(places, since=since):
        content = path.read_bytes()
        hits += [f"{path}: {name}" for value, name in forms_of.items() if value in content]
    return hits


def files_in(places: Iterable[Path], *, since: float = 0) -> list[Path]:
    """Return the files at or below these places that have been written since."""
    found = {path for place in places for path in (place, *place.rglob("*"))}
    return sorted(path for path in found if path.is_file() and path.stat().st_mtime >= since)
