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


@dataclass(frozen=True)
class Path:
    """One respondent's way through an instrument."""

    items: int
    pages: int
    seconds: float


def length(instrument: Instrument, distribution: Distribution, runs: int = RUNS, seed: int = SEED) -> Length:
    """Return the length over `runs` respondents drawn from `distribution`."""
    rng = random.Random(seed)  # noqa: S311 - a simulation, not a secret
    paths = [path(instrument, draw_answers(instrument, distribution, rng)) for _ in range(runs)]
    minutes = sorted(each.seconds / 60 for each in paths)
    return Length(
        items=statistics.median(each.items for each in paths),
        pages=statistics.median(each.pages for each in paths),
        minutes=statistics.median(minutes),
        minutes_p95=minutes[int(0.95 * (len(minutes) - 1))],
    )


def path(instrument: Instrument, answers: Answers) -> Path:
    """Return the way that these answers lead."""
    asked = instrument.answers_asked(answers)
    pages = len(list(instrument.route(answers)))
    seconds = sum(getattr(instrument.seconds, instrument.item(code).type) for code in asked)
    return Path(len(asked), pages, instrument.seconds.page * pages + seconds)
