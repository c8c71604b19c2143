"""What changed between two waves, and where groups of a wave differ: differences with their errors, and how small a one shows.

Differences stand on indicators that both sides measured (`analysis.pairs`). Every difference has beside it the smallest that
the same comparison could tell from nothing. A side with fewer than 30 responses gets no test.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from scipy import stats

from analysis.design import Design, Labels
from analysis.index import TOTAL, Scores, default_design, hold, index_weights, score, slopes_of
from analysis.intervals import LEVEL
from analysis.pairs import Pair, measured_in, paired
from questionnaires.framework import Framework
from questionnaires.instrument import Instrument

#: Answers or responses under which a side gets no test.
MIN_TESTED = 30
#: How often a true difference of `detectable_80` is found.
POWER = 0.8
COLUMNS = [
    "before", "after", "change", "se", "low", "high", "df", "n_before", "n_after", "p", "p_adjusted",
    "detectable", "detectable_80",
]  # fmt: skip
LEVELS = ["sub_index", "first", "second"]


@dataclass(frozen=True)
class Changes:
    """What changed from one side to the other.

    sub_indices: index = code and `total`, on the official scale. indicators: index = code, of those both sides measured, in
    raw units. Columns: before, after, change (after less before), se, low, high (t interval), df; n_before, n_after (responses
    in scope; valid answers); p (two sides; empty under 30), p_adjusted: Holm's over the sub-indices, Benjamini and Hochberg's
    over the indicators, a screen to be read at 0.1, the total's own; detectable: the smallest observed change that would
    differ from nothing at 5 %; detectable_80: the true change that would be found four times of five.
    """

    sub_indices: pd.DataFrame
    indicators: pd.DataFrame


@dataclass(frozen=True)
class Groups:
    """Groups of one wave.

    scores: by label, all on the indicators that each group measured. left_out: in-scope responses of groups with fewer than
    30. differences: of each two groups, index = (sub-index or `total`, first, second); the columns of `Changes`, `before`
    meaning the first and `after` the second; p_adjusted is Holm's over all differences of sub-indices, and over those of the
    total.
    """

    scores: Mapping[str, Scores]
    left_out: Mapping[str, int]
    differences: pd.DataFrame


def waves(
    before: Scores,
    after: Scores,
    framework: Framework,
    published: Mapping[str, float],
    *,
    published_before: Mapping[str, float] | None = None,
    firms: tuple[Labels, Labels] | None = None,
) -> Changes:
    """Return what changed between two waves scored by the same framework; arguments and errors as of `pairs.paired`."""
    pair = paired(before, after, framework, published, published_before=published_before, firms=firms)
    return Changes(_adjusted(_of_scores(pair, framework)), _of_indicators(pair))


def groups(
    frame: pd.DataFrame,
    instrument: Instrument,
    framework: Framework,
    published: Mapping[str, float],
    labels: Labels,
    *,
    design: Design | None = None,
) -> Groups:
    """Return how the groups of a wave differ; labels: shape (n,), a response without one (None, NaN) is in no group.

    One design for all: errors of two groups in a stratum go together. Raises ValueError for labels of another length.
    """
    design = design or default_design(frame)
    if len(labels) != design.n:
        raise ValueError(f"{design.n} responses are in the design, {len(labels)} labels beside it")
    codes, names = pd.factorize(np.asarray(labels, dtype=object), sort=True)
    every = {
        str(name): score(frame, instrument, framework, published, design=design, where=codes == at)
        for at, name in enumerate(names)
    }
    found = {name: scores for name, scores in every.items() if scores.in_scope >= MIN_TESTED}
    left_out = {name: scores.in_scope for name, scores in every.items() if name not in found}
    kept = measured_in(*found.values()) if found else []
    held = {name: hold(scores, framework, published, kept) for name, scores in found.items()}
    pairs = {(one, other): Pair(held[one], held[other]) for one, other in combinations(held, 2)}
    differences = [_of_scores(pair, framework).assign(first=one, second=other) for (one, other), pair in pairs.items()]
    table = pd.concat(differences) if differences else pd.DataFrame(columns=[*COLUMNS, *LEVELS[1:]], dtype=float)
    return Groups(held, left_out, _adjusted(table.rename_axis("sub_index").set_index(LEVELS[1:], append=True)))


def holm(p: pd.Series | Sequence[float]) -> pd.Series:
    """Return p values adjusted for their number: under 0.05, one true hypothesis or more is rejected at most 5 times of 100.

    Holm 1979; empty ones are not counted. R: `p.adjust(method = "holm")`.
    """
    p = pd.Series(p, dtype=float)
    ordered = p.dropna().sort_values()
    return (ordered * np.arange(len(ordered), 0, -1)).cummax().clip(upper=1).reindex(p.index)


def benjamini_hochberg(p: pd.Series | Sequence[float]) -> pd.Series:
    """Return p values adjusted for their number: of those under q, a share of q at most is expected to be false.

    Benjamini and Hochberg 1995, for tests that are independent or positively dependent; empty ones are not counted. R:
    `p.adjust(method = "BH")`.
    """
    p = pd.Series(p, dtype=float)
    known = p.dropna()
    return pd.Series(stats.false_discovery_control(known), known.index, dtype=float).reindex(p.index)


def _of_scores(pair: Pair, framework: Framework) -> pd.DataFrame:
    slopes = slopes_of(framework).loc[pair.measured]
    slopes[TOTAL] = slopes @ (10 * index_weights(framework)).reindex(slopes.columns)
    before, after = (
        scores.sub_indices.loc[list(slopes.columns)].assign(n=scores.in_scope) for scores in (pair.before, pair.after)
    )
    return _changes(pair, before, after, slopes)


def _of_indicators(pair: Pair) -> pd.DataFrame:
    own = pd.DataFrame(np.eye(len(pair.measured)), pair.measured, pair.measured)
    before, after = (scores.indicators.loc[pair.measured] for scores in (pair.before, pair.after))
    changes = _changes(pair, before, after, own)
    return changes.assign(p_adjusted=benjamini_hochberg(changes["p"]))


def _changes(pair: Pair, before: pd.DataFrame, after: pd.DataFrame, slopes: pd.DataFrame) -> pd.DataFrame:
    """Return the change of each column of `slopes`, figures whose rows stand in the tables of both sides."""
    change = (after["value"] - before["value"]).astype(float)
    variance = pd.Series(np.diag(pair.covariance(-slopes, slopes)), change.index)
    se, df = (variance.clip(lower=0) ** 0.5).where(change.notna()), pair.df(before, after)
    tested = (se > 0) & (np.minimum(before["n"], after["n"]) >= MIN_TESTED)
    half = se * stats.t.ppf(0.5 + LEVEL / 2, df)
    p = pd.Series(2 * stats.t.sf((change / se.where(tested)).abs(), df), change.index)
    columns = {"before": before["value"], "after": after["value"], "change": change, "se": se}
    columns |= {"low": change - half, "high": change + half, "df": df, "n_before": before["n"], "n_after": after["n"]}
    columns |= {"p": p, "detectable": half, "detectable_80": half + se * stats.t.ppf(POWER, df)}
    return pd.DataFrame(columns).reindex(columns=COLUMNS)


def _adjusted(changes: pd.DataFrame) -> pd.DataFrame:
    """Return changes of scores with Holm's p of the sub-indices, and of the totals by themselves."""
    total = changes.index.get_level_values(0) == TOTAL
    return changes.assign(p_adjusted=pd.concat([holm(changes["p"][~total]), holm(changes["p"][total])]))
