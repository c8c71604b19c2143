"""How many of those asked gave a valid answer, why the others did not, and how far their answers could move each figure.

Nothing is dropped or filled in: shares are flagged, and bounds stand beside the figure.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd

from analysis import indicators
from analysis.columns import BLANK, NOT_ASKED, NOT_STATED, Mask, columns_of, in_scope, valid
from analysis.design import Design
from analysis.index import TOTAL, Scores, index_weights, slopes_of
from analysis.indicators import Base
from analysis.linearised import inside
from analysis.means import share
from questionnaires.framework import Framework, Rule
from questionnaires.instrument import Instrument, Item

#: Under the first an item deserves a look, under the second no score without approval (OMB 2006, guideline 3.2.10).
LOW, APPROVAL = 0.85, 0.70
#: Why an answer is not valid, by the cell of a frame; who says that an item does not apply is outside its base.
WHY = {"dk": "dk", "ref": "ref", "blank": BLANK, "ns": NOT_STATED}


def items(frame: pd.DataFrame, instrument: Instrument, design: Design, *, where: Mask | None = None) -> pd.DataFrame:
    """Return how each item was answered; index = item code.

    n_asked and na: responses in scope and asked, and those of them who say that the item does not apply. Of the others,
    weighted shares (0-1) with Wilson intervals: answered (low, high), dk, ref, blank and ns (`dk_low`, `dk_high`, ...). flag:
    `low` where under 85 % answered, `approval` under 70 %, else empty. Free text is left out.
    """
    group = inside(design, where) & in_scope(frame, instrument)
    rows = {item.code: dict(_answered(frame, item, design, group)) for item in instrument.items if columns_of(item)}
    table = pd.DataFrame.from_dict(rows, orient="index")
    table["flag"] = np.select([table["answered"] < APPROVAL, table["answered"] < LOW], ["approval", "low"], "")
    return table


def _answered(frame: pd.DataFrame, item: Item, design: Design, group: Mask) -> Iterator[tuple[str, float]]:
    first = frame[columns_of(item)[0]]
    asked = group & first.ne(NOT_ASKED).to_numpy()
    base = asked & first.ne("na").to_numpy()
    yield "n_asked", int(asked.sum())
    yield "na", int((asked & ~base).sum())
    hits = {"answered": valid(frame, item)} | {name: first.eq(cell).to_numpy() for name, cell in WHY.items()}
    for name, hit in hits.items():
        found = share(hit, design, where=base).estimate
        low, high = ("low", "high") if name == "answered" else (f"{name}_low", f"{name}_high")
        yield from {name: found.value, low: found.low, high: found.high}.items()


def bounds(frame: pd.DataFrame, instrument: Instrument, framework: Framework, design: Design) -> pd.DataFrame:
    """Return between what figures each indicator lies, whatever those would have said who gave no valid answer.

    index = indicator code; n (valid answers), missing (asked, in the base, no valid answer), value (of the valid ones), least
    and most (all who are missing at one end of what can be answered: 0 or 1, the ends of `values`, the item's range), low
    and high (the interval of `least` from below, of `most` from above), raw units. Manski 1989. Whose place in a base is not
    known, since the item that decides it was not answered either, is outside it.
    """
    scope, rows = in_scope(frame, instrument), {}
    for indicator, rule, item in indicators.measurable(framework, instrument):
        base = indicators.base_of(frame, rule, item, scope)
        missing = base.asked & ~base.base & frame[columns_of(item)[0]].ne("na").to_numpy()
        least, most = (
            indicators.estimate(
                Base(np.where(missing, end, base.y), base.base | missing, base.asked), rule, design
            ).estimate
            for end in _ends(rule, item)
        )
        rows[indicator.code] = {
            "n": int(base.base.sum()),
            "missing": int(missing.sum()),
            "value": indicators.estimate(base, rule, design).estimate.value,
            "least": least.value,
            "most": most.value,
            "low": least.low,
            "high": most.high,
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def _ends(rule: Rule, item: Item) -> tuple[float, float]:
    if rule.stat == "share":
        return 0.0, 1.0
    if rule.values is not None:
        return min(rule.values.values()), max(rule.values.values())
    return (item.range.min, item.range.max) if item.range else (-math.inf, math.inf)


def score_bounds(scores: Scores, bounds: pd.DataFrame, framework: Framework) -> pd.DataFrame:
    """Return each score with every measured indicator at the bound that lowers it, and at the one that raises it.

    index = sub-index and `total`; least, value, most; without sampling error. The widest there is: answers to one question
    that several indicators share could not all lie at their ends at once.
    """
    measured = [code for code in bounds.index if scores.indicators.at[code, "status"] == "measured"]
    slopes = slopes_of(framework).loc[measured]
    slopes[TOTAL] = slopes @ (10 * index_weights(framework)).reindex(slopes.columns)
    value = scores.sub_indices["value"].reindex(slopes.columns)
    one, other = (
        slopes.mul(bounds.loc[measured, end] - bounds.loc[measured, "value"], axis=0) for end in ("least", "most")
    )
    lower, upper = one.where(one < other, other).sum(), one.where(one > other, other).sum()
    return pd.DataFrame({"least": value + lower, "value": value, "most": value + upper})
