"""How long an instrument takes on a phone: simulated routes, seconds by type of item (a guess until the pilot)."""

from __future__ import annotations

import random
import statistics
from dataclasses import dataclass

from questionnaires.conditions import Answers
from questionnaires.demonstration import Distribution, draw_answers
from questionnaires.instrument import Instrument

SEED = 2023
RUNS = 2000


@dataclass(frozen=True)
class Length:
    """Length of an instrument over simulated respondents."""

    items: float  # median items asked
    pages: float  # median pages seen
    minutes: float  # median
    minutes_p95: float


def length(instrument: Instrument, distribution: Distribution, runs: int = RUNS, seed: int = SEED) -> Length:
    """Return the length over `runs` respondents drawn from `distribution`."""
    rng = random.Random(seed)  # noqa: S311 - a simulation, not a secret
    seen = [_walk(instrument, draw_answers(instrument, distribution, rng)) for _ in range(runs)]
    minutes = sorted(seconds / 60 for _, _, seconds in seen)
    return Length(
        items=statistics.median(items for items, _, _ in seen),
        pages=statistics.median(pages for _, pages, _ in seen),
        minutes=statistics.median(minutes),
        minutes_p95=minutes[int(0.95 * (len(minutes) - 1))],
    )


def _walk(instrument: Instrument, answers: Answers) -> tuple[int, int, float]:
    asked = instrument.answers_asked(answers)
    pages = len(list(instrument.route(answers)))
    seconds = instrument.seconds.page * pages
    seconds += sum(getattr(instrument.seconds, instrument.item(code).type) for code in asked)
    return len(asked), pages, seconds
