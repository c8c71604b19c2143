"""Making answers alike before they are written: no response may be told by what a sampling frame knows.

Pure: lists in, lists out, in the same order. The key variables of the instrument are raised on their ladders for all
responses at once, then the few that still stand out say "not stated" (`ns`). docs/adr/0003-opening-the-box.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from questionnaires.conditions import Answers
from questionnaires.instrument import Instrument
from survey_app.errors import DomainError

NOT_STATED = "ns"
MERGED_ALL = "all"
#: Answers that a stratum label needs, responses that a combination needs, share of responses that may fall short of it.
MIN_LABEL = 10
MIN_ALIKE = 5
MAX_SHARE_SMALL = 0.1

#: From a label to the one it joins.
Ladder = Sequence[Sequence[str]]
#: How far each key variable is raised: 0 is the finest step of its ladder.
Steps = dict[str, int]
#: A stratum label and the value of each key variable.
Combination = tuple[str, ...]


class UnknownStratum(DomainError):
    """A ballot names a stratum that the frame does not count, so it can have no weight."""

    vi = "Danh sách doanh nghiệp của đợt không có tầng {labels}: sửa số đếm của đợt trước khi mở hòm."
    en = "The wave's frame counts no stratum {labels}: mend the wave's counts before opening the box."


@dataclass(frozen=True)
class Coarsened:
    """Answers as they may be written, with labels and weights in the same order.

    `record` is kept with the wave: the step used of each ladder, and what each stratum label became.
    """

    answers: list[dict[str, Any]]
    labels: list[str]
    weights: list[float]
    record: dict[str, Any]


def coarsen(
    answers: Sequence[Answers],
    labels: Sequence[str],
    instrument: Instrument,
    *,
    stratum_ladder: Ladder,
    frame_counts: Mapping[str, int],
    apart: Sequence[bool] = (),
) -> Coarsened:
    """Return the answers with key variables and labels so coarse that nobody stands alone.

    apart: which answers show how they came, by lacking the private questions; they and the others each count as alike
    among themselves only. `enough_apart` says which can be kept at all; nothing given: none shows it.

    Afterwards no combination of label and key variables has 1 to 4 responses (unless there are fewer than 5 in all),
    and no label fewer than 10 (unless there is only one). A weight is firms in the frame / answers, by label.
    Raises UnknownStratum if `frame_counts` lacks a label.
    """
    if unknown := sorted(label for label in set(labels) if not frame_counts.get(label)):
        raise UnknownStratum(labels=", ".join(unknown))
    became = merge_labels(Counter(labels), frame_counts, stratum_ladder)
    merged = [became[label] for label in labels]
    # a mark in front: behind, a label could be called like another one with its mark
    groups = [
        f"{'+' if shows else '-'}{label}" for label, shows in zip(merged, apart or [False] * len(merged), strict=True)
    ]
    steps = _steps(answers, groups, instrument)
    values = [_at(answer, steps, instrument) for answer in answers]
    _hide_small(values, groups, instrument)
    _fill_small_unstated(values, groups, instrument)
    return Coarsened(
        answers=[dict(answer) | value for answer, value in zip(answers, values, strict=True)],
        labels=merged,
        weights=_weights(merged, became, frame_counts),
        record={"steps": steps, "labels": became},
    )


def enough_apart(
    labels: Sequence[str], apart: Sequence[bool], *, stratum_ladder: Ladder, frame_counts: Mapping[str, int]
) -> list[int]:
    """Return the positions of the answers to keep: where MIN_ALIKE of a merged label came in the same way.

    Answers that show how they came are left out of a label that has too few of them, or too few others beside them. Labels
    are merged anew after that, so it is done until nothing changes.
    """
    kept = list(range(len(labels)))
    while True:
        became = merge_labels(Counter(labels[each] for each in kept), frame_counts, stratum_ladder)
        sizes = Counter((became[labels[each]], apart[each]) for each in kept)
        few = {label for label in became.values() if any(0 < sizes[label, way] < MIN_ALIKE for way in (True, False))}
        left = [each for each in kept if not (apart[each] and became[labels[each]] in few)]
        if left == kept:
            return kept
        kept = left


def merge_labels(answered: Mapping[str, int], frame_counts: Mapping[str, int], ladder: Ladder) -> dict[str, str]:
    """Return what each stratum label becomes so that none has under MIN_LABEL answers.

    A step of the ladder is taken where either side is short; if a short label remains, all become one.
    """
    became = {label: label for label in sorted({*answered, *frame_counts})}

    def is_short(label: str) -> bool:
        members = [old for old, new in became.items() if new == label]
        return bool(members) and sum(answered.get(old, 0) for old in members) < MIN_LABEL

    for source, target in ladder:
        if is_short(source) or (source in became.values() and is_short(target)):
            became = {old: target if new == source else new for old, new in became.items()}
    left = set(became.values())
    if len(left) > 1 and any(is_short(label) for label in left):
        return dict.fromkeys(became, MERGED_ALL)
    return became


def _weights(merged: Sequence[str], became: Mapping[str, str], frame_counts: Mapping[str, int]) -> list[float]:
    firms: Counter[str] = Counter()
    for label, count in frame_counts.items():
        firms[became[label]] += count
    answered = Counter(merged)
    return [firms[label] / answered[label] for label in merged]


def _raising(instrument: Instrument) -> tuple[str, ...]:
    """Return the key variables in the order they lose detail: the last named goes first."""
    return tuple(reversed(instrument.key_variables))


def _steps(answers: Sequence[Answers], labels: Sequence[str], instrument: Instrument) -> Steps:
    """Return the finest steps, raised in turn, at which few enough responses stand in a small combination."""
    steps = dict.fromkeys(instrument.key_variables, 0)
    for code in _turns(instrument):
        values = [_at(answer, steps, instrument) for answer in answers]
        if len(_in_small(values, labels, instrument)) <= MAX_SHARE_SMALL * len(values):
            return steps
        steps[code] += 1
    return steps


def _turns(instrument: Instrument) -> list[str]:
    """Return which ladder is raised next, until each stands on its last step before `ns`."""
    last = {code: len(instrument.item(code).ladder) - 2 for code in instrument.key_variables}
    rounds = range(1, max(last.values(), default=0) + 1)
    return [code for step in rounds for code in _raising(instrument) if step <= last[code]]


def _at(answer: Answers, steps: Steps, instrument: Instrument) -> dict[str, str]:
    """Return the key variables of a response at these steps; what is no valid answer is not stated."""
    values = {}
    for code, step in steps.items():
        rungs = instrument.item(code).ladder[step]
        values[code] = next((rung.code for rung in rungs if answer.get(code) in rung.of), NOT_STATED)
    return values


def _combinations(
    values: Sequence[Mapping[str, str]], labels: Sequence[str], instrument: Instrument
) -> list[Combination]:
    codes = instrument.key_variables
    return [(label, *(value[code] for code in codes)) for label, value in zip(labels, values, strict=True)]


def _in_small(values: Sequence[Mapping[str, str]], labels: Sequence[str], instrument: Instrument) -> list[int]:
    """Return the positions of responses with fewer than MIN_ALIKE alike."""
    found = _combinations(values, labels, instrument)
    sizes = Counter(found)
    return [position for position, combination in enumerate(found) if sizes[combination] < MIN_ALIKE]


def _hide_small(values: list[dict[str, str]], labels: Sequence[str], instrument: Instrument) -> None:
    """Take one key variable after another from the responses that still stand in a small combination."""
    for code in _raising(instrument):
        for position in _in_small(values, labels, instrument):
            values[position][code] = NOT_STATED


def _fill_small_unstated(values: list[dict[str, str]], labels: Sequence[str], instrument: Instrument) -> None:
    """Where 1 to 4 responses of a label state nothing, let its smallest other combination state nothing either."""
    unstated = dict.fromkeys(instrument.key_variables, NOT_STATED)
    for label in sorted(set(labels)):
        empty = (label, *unstated.values())
        while True:
            found = _combinations(values, labels, instrument)
            sizes = Counter(combination for combination in found if combination[0] == label)
            others = sorted((size, combination) for combination, size in sizes.items() if combination != empty)
            if not 0 < sizes[empty] < MIN_ALIKE or not others:
                break
            for position, combination in enumerate(found):
                if combination == others[0][1]:
                    values[position] = dict(unstated)
