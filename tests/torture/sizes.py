"""How much of each scenario runs: a little of it in `make test`, all of it in `make torture` (docs/torture.md)."""

from __future__ import annotations

import os
from typing import TypeVar

Size = TypeVar("Size")

LONG = os.environ.get("PCI_TORTURE") == "long"


def size(short: Size, long: Size) -> Size:
    """Return the size that this run asks for."""
    return long if LONG else short
