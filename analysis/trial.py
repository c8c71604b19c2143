"""The score that invented answers would give: shows an author that a questionnaire and a framework fit together."""

from __future__ import annotations

import random

from analysis import columns
from analysis.index import Scores, score
from questionnaires.demonstration import Distribution, draw_answers, with_even_chances
from questionnaires.framework import Framework
from questionnaires.instrument import Instrument
from questionnaires.reference import province_values
from questionnaires.timing import SEED

ANSWERS = 220


def trial(
    instrument: Instrument,
    framework: Framework,
    distribution: Distribution,
    province: str,
    *,
    answers: int = ANSWERS,
    seed: int = SEED,
) -> Scores:
    """Return the scores of `answers` invented respondents; what is not measured is held at the province's figures."""
    rng = random.Random(seed)  # noqa: S311 - invented answers, not a secret
    whole = with_even_chances(distribution, instrument)
    frame = columns.from_answers([draw_answers(instrument, whole, rng) for _ in range(answers)], instrument)
    year = framework.reference_year
    published = province_values(province, year) if year is not None else {}
    return score(frame, instrument, framework, published)
