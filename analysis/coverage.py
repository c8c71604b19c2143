"""Do our intervals keep their promise? Simulated waves whose truth is known."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from analysis import columns
from analysis.compare import Changes, waves
from analysis.disclosure import publish
from analysis.index import TOTAL, score
from questionnaires.demonstration import Distribution, draw, draw_answers
from questionnaires.framework import Framework
from questionnaires.instrument import Instrument

FRAME = 400
ANSWERS = 220


@dataclass(frozen=True)
class Coverage:
    """Over simulated waves: how often the 95 % interval holds the truth, and how often each indicator is hidden.

    sub_indices: index = code and `total`; truth, covered (share), mean_error, mean_se, released (share of waves whose score
    may be shown).
    medians: the same of the indicators that are medians.
    hidden: index = indicator code; shares of waves by released status.
    changes: as `sub_indices`, of the change from each wave to the next (the last to the first), whose truth is 0; `detectable`
    is the mean of the smallest change that shows.
    """

    sub_indices: pd.DataFrame
    medians: pd.DataFrame
    hidden: pd.DataFrame
    changes: pd.DataFrame


def simulate(
    instrument: Instrument,
    framework: Framework,
    distribution: Distribution,
    published: dict[str, float],
    *,
    seeds: range,
    progress: Callable[[int], None] | None = None,
) -> Coverage:
    """Return the coverage over one simulated wave per seed, before the publishing rules and without fpc.

    A frame of 400 firms; 220, a simple random draw, answer. Truth: the score of the published indicators.
    """
    estimates, medians, statuses, shown, scored = [], [], [], [], []
    for seed in seeds:
        frame = one_wave(instrument, distribution, random.Random(seed))  # noqa: S311 - a simulation
        scores = score(frame, instrument, framework, published)
        scored.append(scores)
        estimates.append(scores.sub_indices)
        medians.append(scores.indicators)
        released = publish(scores, instrument, framework, published)
        statuses.append(released.indicators["status"])
        shown.append(released.sub_indices["value"].notna())
        if progress:
            progress(seed)
    hidden = pd.DataFrame(statuses).apply(lambda column: column.value_counts(normalize=True)).T.fillna(0)
    covered = _covered(pd.concat(estimates), truth(framework, published))
    return Coverage(
        covered.assign(released=pd.DataFrame(shown).mean()),
        _covered(pd.concat(medians), pd.Series(published)[_medians(framework)]),
        hidden,
        _changes([waves(*pair, framework, published) for pair in zip(scored, [*scored[1:], scored[0]], strict=True)]),
    )


def _changes(found: list[Changes]) -> pd.DataFrame:
    rows = pd.concat([each.sub_indices.assign(value=each.sub_indices["change"]) for each in found])
    covered = _covered(rows, pd.Series(0.0, found[0].sub_indices.index))
    return covered.assign(detectable=rows["detectable"].groupby(level=0, sort=False).mean())


def truth(framework: Framework, published: dict[str, float]) -> pd.Series:
    """Return the score of each sub-index, and `total`, at the published indicators."""
    values = {
        sub_index.code: (sub_index.intercept or 0)
        + sum((i.slope or 0) * published[i.code] for i in framework.indicators_of(sub_index.code))
        for sub_index in framework.sub_indices
    }
    weights = framework.weights_of(framework.reference_year or 0)
    values[TOTAL] = 10 * sum(weights[code] * value for code, value in values.items())
    return pd.Series(values)


def one_wave(instrument: Instrument, distribution: Distribution, rng: random.Random) -> pd.DataFrame:
    """Return the frame of one simulated wave: the answers of those drawn, coarsened by nobody."""
    keys = [instrument.item(code) for code in instrument.key_variables]
    firms = [{item.code: draw(instrument, item, distribution, rng, {}) for item in keys} for _ in range(FRAME)]
    answers = [draw_answers(instrument, distribution, rng, firm) for firm in rng.sample(firms, ANSWERS)]
    return columns.from_answers(answers, instrument)


def _medians(framework: Framework) -> list[str]:
    return [i.code for i in framework.indicators if i.rule and i.rule.stat == "median"]


def _covered(rows: pd.DataFrame, truth: pd.Series) -> pd.DataFrame:
    rows = rows[rows.index.isin(truth.index)]
    wanted = truth.reindex(rows.index)
    found = pd.DataFrame(
        {
            "truth": wanted,
            "covered": ((rows["low"] <= wanted) & (wanted <= rows["high"])).astype(float),
            "mean_error": rows["value"] - wanted,
            "mean_se": rows["se"],
        }
    )
    return found.groupby(level=0, sort=False).mean()
