"""Response rates of a wave, after AAPOR's Standard Definitions (10th edition, 2023)."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Dispositions:
    """What became of the sample units, as counts or as sums of base weights.

    Firms that were dissolved or moved away are `ineligible`, not refusals. `unknown` is of unknown eligibility: nobody
    found out whether the firm still exists. Raises ValueError for a negative number.
    """

    complete: float
    partial: float = 0
    refusal: float = 0
    non_contact: float = 0
    other: float = 0
    unknown: float = 0
    ineligible: float = 0

    def __post_init__(self) -> None:
        if wrong := [each.name for each in fields(self) if not getattr(self, each.name) >= 0]:
            raise ValueError(f"{', '.join(wrong)}: a count is 0 or more")

    @property
    def eligible(self) -> float:
        """Return the units known to be eligible."""
        return self.complete + self.partial + self.refusal + self.non_contact + self.other

    @property
    def eligible_share(self) -> float:
        """Return e, the share of eligible units among those whose eligibility is known; NaN if none is.

        It is what AAPOR calls the proportional allocation (CASRO) estimate, and must be named beside RR3 and RR4.
        """
        return _over(self.eligible, self.eligible + self.ineligible)


def rates(found: Dispositions, *, e: float | None = None) -> dict[str, float]:
    """Return RR1-RR6, COOP1, REF1, CON1 and the `e` used, each 0-1 and NaN where its base is empty.

    e: share of the units of unknown eligibility that are taken as eligible, for RR3 and RR4; `eligible_share` unless
    given. RR1 <= RR3 <= RR5 and RR2 <= RR4 <= RR6. Raises ValueError for an `e` outside 0-1.
    """
    share = found.eligible_share if e is None else e
    if share < 0 or share > 1:
        raise ValueError(f"e is a share from 0 to 1, not {share}")
    known, spoken = found.eligible, found.complete + found.partial
    every = known + found.unknown
    likely = known + (share * found.unknown if found.unknown else 0)
    contacted = spoken + found.refusal + found.other
    return {
        "RR1": _over(found.complete, every),
        "RR2": _over(spoken, every),
        "RR3": _over(found.complete, likely),
        "RR4": _over(spoken, likely),
        "RR5": _over(found.complete, known),
        "RR6": _over(spoken, known),
        "COOP1": _over(found.complete, contacted),
        "REF1": _over(found.refusal, every),
        "CON1": _over(contacted, every),
        "e": share,
    }


def _over(part: float, whole: float) -> float:
    return part / whole if whole > 0 else math.nan
