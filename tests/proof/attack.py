"""Matchers: each gives, for every firm, a guess of its response, from one thing that the attacker holds.

Firms and responses that cannot be told apart form a group. Within a group a matcher lays both sides beside each other in
an order it found; with no order it guesses at random. Random guessing is right once per group on average, with
variance one.
"""

from __future__ import annotations

import math
import random
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

#: An order of firms and an order of responses, found in the same kind of trace.
Orders = tuple[Sequence[str], Sequence[str]]
#: What is known of firms and of responses, by the same name.
Traits = tuple[Mapping[str, Hashable], Mapping[str, Hashable]]
Group = tuple[Hashable, ...]


@dataclass(frozen=True)
class Evidence:
    """What the attacker has of one wave. `truth` says whose a response is: the test's, no matcher looks at it."""

    labels: Traits
    attributes: Traits
    orders: Mapping[str, Orders]
    traits: Mapping[str, Traits]
    truth: Mapping[str, str]


@dataclass(frozen=True)
class Matcher:
    """One attack. `alone`: the trait that must be a firm's own before the naive schema gives it away for sure."""

    name: str
    order: str | None = None
    trait: str | None = None
    alone: str | None = None
    by_attributes: bool = False
    only_postgres: bool = False


@dataclass
class Score:
    """Right matches over waves; `sure` and `sure_right` count firms whose trace is theirs alone."""

    right: int = 0
    waves: int = 0
    groups: int = 0
    sure: int = 0
    sure_right: int = 0
    smallest_group: int = field(default=10**6)

    @property
    def limit(self) -> float:
        """Return how many right matches chance explains: four standard deviations above its mean."""
        return self.groups + 4 * math.sqrt(self.groups)


STRUCTURAL = (
    Matcher("same xmin", trait="xmin", only_postgres=True),
    Matcher("order of xmin", order="xmin", only_postgres=True),
    Matcher("place in the table (ctid)", order="ctid", only_postgres=True),
    Matcher("row order as stored (rowid)", order="stored"),
    Matcher("bytes of the data pages", order="bytes"),
    Matcher("order in the dump", order="dump"),
    Matcher("order in the indexes", order="index"),
    Matcher("order of ids", order="id"),
    Matcher("write-ahead log", order="log"),
    Matcher("ids of the box, log of its opening", order="box"),
    Matcher("lengths", order="length", alone="length"),
    Matcher("difference of two backups", trait="backups", alone="backups"),
    Matcher("language", trait="language", alone="language"),
    Matcher("instrument version", trait="instrument", alone="instrument"),
    Matcher("consent version", trait="consent", alone="consent"),
    Matcher("day of the snapshot", trait="day", alone="day"),
    Matcher("order of the snapshots", order="snapshot"),
    Matcher("how long messages went on", order="message"),
    Matcher("order of receipts", order="receipt"),
    Matcher("order of comments", order="comment"),
    Matcher("order of keys in the answers", trait="keys", alone="keys"),
)
ATTRIBUTES = Matcher("attributes of the frame", by_attributes=True)


def combined(best: Matcher) -> Matcher:
    """Return the matcher that joins attributes and then uses what another one found."""
    return replace(best, name=f"attributes, then {best.name}", by_attributes=True, only_postgres=False)


def guess(evidence: Evidence, matcher: Matcher, rng: random.Random) -> dict[str, str]:
    """Return the response that the matcher takes for each firm's."""
    firms, responses = _grouped(evidence, matcher)
    order = evidence.orders.get(matcher.order or "", ((), ()))
    taken: dict[str, str] = {}
    for group, members in firms.items():
        left = _in_order(members, order[0], rng)
        right = _in_order(responses[group], order[1], rng)
        taken.update(zip(left, right, strict=False))
    return taken


def _in_order(members: Iterable[str], order: Sequence[str], rng: random.Random) -> list[str]:
    """Return the members as they stand in the order, after a shuffle: what the order does not tell is random."""
    place = {each: number for number, each in enumerate(order)}
    shuffled = sorted(members)
    rng.shuffle(shuffled)
    return sorted(shuffled, key=lambda each: place.get(each, len(place)))


def _grouped(evidence: Evidence, matcher: Matcher) -> tuple[dict[Group, list[str]], dict[Group, list[str]]]:
    """Return firms and responses by group; a trait that only one side shows tells nothing."""
    base = evidence.attributes if matcher.by_attributes else evidence.labels
    trait: Traits = evidence.traits.get(matcher.trait or "", ({}, {}))
    both = set(trait[0].values()) & set(trait[1].values())
    sides = []
    for known, shown in zip(base, trait, strict=True):
        grouped: dict[Group, list[str]] = defaultdict(list)
        for each, value in known.items():
            told = shown.get(each)
            grouped[value, told if told in both else None].append(each)
        sides.append(grouped)
    return sides[0], sides[1]


def count(score: Score, evidence: Evidence, matcher: Matcher, rng: random.Random) -> None:
    """Let the matcher guess and add to its score how often it was right."""
    guesses = guess(evidence, matcher, rng)
    right = {firm for firm, response in guesses.items() if evidence.truth[response] == firm}
    base = evidence.attributes if matcher.by_attributes else evidence.labels
    sizes = Counter(base[1].values())
    score.right += len(right)
    score.waves += 1
    score.groups += len(sizes)
    score.smallest_group = min(score.smallest_group, *sizes.values())
    sure = _alone(evidence, matcher)
    score.sure += len(sure)
    score.sure_right += len(sure & right)


def _alone(evidence: Evidence, matcher: Matcher) -> set[str]:
    """Return the firms that the matcher should find for sure, if its trace is there at all."""
    base = evidence.attributes if matcher.by_attributes else evidence.labels
    if matcher.alone is None and not matcher.by_attributes:
        return set(base[0])
    known = evidence.traits[matcher.alone][0] if matcher.alone else dict.fromkeys(base[0])
    values = {firm: (group, known[firm]) for firm, group in base[0].items()}
    sizes = Counter(values.values())
    return {firm for firm, value in values.items() if sizes[value] == 1}
