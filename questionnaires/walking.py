"""Walking through an instrument as many invented respondents: what is reached, where it ends, how long it gets."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from questionnaires.demonstration import Distribution, draw_answers, with_even_chances
from questionnaires.instrument import Instrument
from questionnaires.timing import SEED, Length, Path, length, path

WALKS = 2000


@dataclass(frozen=True)
class Walks:
    """What was met on the way. Reached and longest: with all answers equally likely, so that rare routes are walked too.

    pages, items: walks that met each. never_offered: (item, option). ends: walks that an answer to this item ended early.
    typical: the length with the distribution's answers.
    """

    walks: int
    pages: Mapping[str, int]
    items: Mapping[str, int]
    never_offered: tuple[tuple[str, str], ...]
    ends: Mapping[str, int]
    longest: Path
    typical: Length

    @property
    def dead_ends(self) -> tuple[str, ...]:
        """Return the pages, items and options that nobody reached."""
        unreached = [code for met in (self.pages, self.items) for code, times in met.items() if times == 0]
        return (*unreached, *(f"{item}.{option}" for item, option in self.never_offered))


def walk(instrument: Instrument, distribution: Distribution, walks: int = WALKS, seed: int = SEED) -> Walks:
    """Return what `walks` respondents met, half of whom never end early, and the length for the distribution's answers."""
    rng = random.Random(seed)  # noqa: S311 - a simulation, not a secret
    even = with_even_chances({}, instrument)
    patient = _without_ends(instrument, even)
    pages: Counter[str] = Counter()
    items: Counter[str] = Counter()
    offered: set[tuple[str, str]] = set()
    ends: Counter[str] = Counter()
    longest = Path(0, 0, 0.0)
    for number in range(walks):
        answers = draw_answers(instrument, patient if number % 2 else even, rng)
        pages.update(page.code for page in instrument.route(answers))
        items.update(answers.keys())
        offered.update(_offered(instrument, answers))
        ends.update(code for code, answer in answers.items() if answer in instrument.item(code).end_if)
        longest = max(longest, path(instrument, answers), key=lambda each: each.seconds)
    return Walks(
        walks=walks,
        pages={page.code: pages[page.code] for page in instrument.pages},
        items={item.code: items[item.code] for item in instrument.items},
        never_offered=tuple(
            (item.code, code)
            for item in instrument.items
            if items[item.code]
            for code in item.option_codes
            if (item.code, code) not in offered
        ),
        ends=dict(ends),
        longest=longest,
        typical=length(instrument, with_even_chances(distribution, instrument)),
    )


def _without_ends(instrument: Instrument, even: Distribution) -> Distribution:
    """Return the distribution without the answers that end the questionnaire, where another is left."""
    shapes = dict(even)
    for item in instrument.items:
        if item.end_if:
            stay = {code: chance for code, chance in even[item.code]["p"].items() if code not in item.end_if}
            shapes[item.code] = {"p": stay} if stay else even[item.code]
    return shapes


def _offered(instrument: Instrument, answers: Mapping[str, object]) -> set[tuple[str, str]]:
    return {
        (code, option.code) for code in answers for option in instrument.options_offered(instrument.item(code), answers)
    }
