"""Drawing a stratified sample that can be drawn again, and what precision so many answers give.

Only the standard library, since pages load it. Allocation: Cochran, Sampling Techniques (3rd ed., 1977), ch. 5; square root
(power 1/2): Bankier (1988).
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from statistics import NormalDist
from typing import Literal

Method = Literal["proportional", "equal", "square_root", "neyman"]
_Z = NormalDist().inv_cdf(0.975)
METHODS: tuple[Method, ...] = ("proportional", "equal", "square_root", "neyman")


class ImpossibleAllocation(ValueError):
    """The sample is larger than the frame, or smaller than the minimum of its strata."""


def allocate(
    frame: Mapping[str, int],
    size: int,
    method: Method = "proportional",
    *,
    minimum: int = 0,
    spread: Mapping[str, float] | None = None,
) -> dict[str, int]:
    """Return how many units to draw from each stratum; they add up to `size`.

    frame: units by stratum. minimum: at least so many from each stratum, or all it has. spread: standard deviation by
    stratum, for `neyman` (0.5 everywhere is proportional). No stratum gives more than it has; what that leaves over goes
    to the others. Fractions are rounded by largest remainder. Raises ImpossibleAllocation.
    """
    least = {stratum: min(minimum, count) for stratum, count in frame.items()}
    if not sum(least.values()) <= size <= sum(frame.values()):
        raise ImpossibleAllocation(f"{size} is not between {sum(least.values())} and {sum(frame.values())}")
    measure = {stratum: _measure(method, stratum, count, spread) for stratum, count in frame.items()}
    return _rounded(_within(size, measure, least, frame), size, frame)


def _measure(method: Method, stratum: str, count: int, spread: Mapping[str, float] | None) -> float:
    if method == "neyman":
        return count * (spread or {}).get(stratum, 0.5)
    return {"proportional": float(count), "equal": float(count > 0), "square_root": math.sqrt(count)}[method]


def _within(
    size: int, measure: Mapping[str, float], least: Mapping[str, int], most: Mapping[str, int]
) -> dict[str, float]:
    """Return shares of `size` in proportion to the measure, but for strata that are held at their least or most.

    The factor is found by bisection: with it, sum of clip(factor * measure, least, most) is `size`.
    """

    def at(factor: float) -> dict[str, float]:
        return {s: min(max(factor * measure[s], least[s]), most[s]) for s in most}

    low, high = 0.0, 1.0
    while sum(at(high).values()) < size and high < 1e12:
        high *= 2
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if sum(at(middle).values()) < size else (low, middle)
    return at(high)


def _rounded(shares: Mapping[str, float], size: int, most: Mapping[str, int]) -> dict[str, int]:
    whole = {stratum: math.floor(share + 1e-9) for stratum, share in shares.items()}
    order = sorted(shares, key=lambda s: (whole[s] - shares[s], s))
    while (left := size - sum(whole.values())) > 0:
        for stratum in [s for s in order if whole[s] < most[s]][:left]:
            whole[stratum] += 1
    return whole


def draw(units: Mapping[str, str], allocation: Mapping[str, int], seed: str) -> dict[str, list[str]]:
    """Return the units of each stratum in the order in which they are drawn; the first `allocation` of them are the sample.

    units: stratum by unit. The order is that of SHA-256(seed, unit): it depends on nothing else, not on the order of the
    list nor on who else is in it, so that anybody with the list and the seed can draw it again. Those after the sample
    are its reserves, in order. Raises ImpossibleAllocation where a stratum has too few.
    """
    found: dict[str, list[str]] = {stratum: [] for stratum in allocation}
    for unit in sorted(units, key=lambda unit: _number(seed, unit)):
        if units[unit] in found:
            found[units[unit]].append(unit)
    short = [stratum for stratum, wanted in allocation.items() if len(found[stratum]) < wanted]
    if short:
        raise ImpossibleAllocation(f"too few units in {', '.join(short)}")
    return found


def _number(seed: str, unit: str) -> bytes:
    return hashlib.sha256(f"{seed}\0{unit}".encode()).digest()


def half_width_of_share(answers: int, share: float = 0.5, deff: float = 1.0) -> float:
    """Return the expected half-width of the 95 % interval (Wilson) of a share (0-1) at so many answers."""
    n, z = answers / deff, _Z
    return z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))


def half_width_of_score(answers: int, se: float, at_answers: int) -> float:
    """Return the expected half-width of the 95 % interval of a score, from its standard error at another number of answers.

    By the normal quantile: Student's is 1.2 % larger at 100 answers, and less beyond.
    """
    return _Z * se * math.sqrt(at_answers / answers)


def kish_deff(frame: Mapping[str, int], allocation: Mapping[str, int]) -> float:
    """Return the design effect of unequal weights, 1 + CV^2 (Kish), of an allocation."""
    groups: Sequence[tuple[int, float]] = [(n, frame[s] / n) for s, n in allocation.items() if n]
    count = sum(n for n, _ in groups)
    return count * sum(n * w * w for n, w in groups) / sum(n * w for n, w in groups) ** 2
