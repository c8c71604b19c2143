"""Does the survey's interval reach a target?"""

from __future__ import annotations

from typing import Literal

Verdict = Literal["met", "not_met", "undecided"]


def verdict(low: float, high: float, target: float) -> Verdict:
    """Return `met` where the whole interval is at or over the target, `not_met` where it is under it."""
    if low >= target:
        return "met"
    return "not_met" if high < target else "undecided"
