"""What a result was made from: hashes of data and code."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

_ROOTS = ("analysis", "questionnaires")


def rows_hash(rows: Iterable[Any]) -> str:
    """Return the SHA-256 of rows whatever their order, as 64 hexadecimal digits."""
    lines = sorted(json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":")) for row in rows)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file as 64 hexadecimal digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


@cache
def code_version() -> str:
    """Return the SHA-256 of the code that makes a score: the Python files of the analysis and of the questionnaires."""
    root = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256()
    for path in sorted(path for name in _ROOTS for path in (root / name).glob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
