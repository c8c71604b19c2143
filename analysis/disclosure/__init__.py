"""Which figures may leave the analyst: the publishing rules, applied once for a release.

The rules, with their reasons, are in `docs/methodology.md`. A figure that is hidden or shown as a band counts as not
measured in every released score: otherwise one subtraction from the linear score would give it back. Tables with margins
have rules of their own in `disclosure.rules`, which take the thresholds from here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.index import MIN_COVERAGE, Scores, hold
from analysis.rounding import decimals, rounded
from questionnaires.framework import Framework, Indicator, Rule
from questionnaires.instrument import SINGLE, Instrument

MIN_ANSWERS = 10
MIN_SENSITIVE = 30
MIN_EXTREME = 30
MIN_RESPONSES = 100
#: Firms on each side of a share, unless there are over ten times the threshold.
MIN_SIDE = 3
LARGE = 10 * MIN_ANSWERS
LOW_BAND, HIGH_BAND = 0.1, 0.9


@dataclass(frozen=True)
class Released:
    """What everybody may see.

    indicators: index = code; sub_index, status (shown, band, hidden, not_measured, published), reason, band, n (rounded
    to 5), value, low, high (empty unless shown; rounded, since exact shares give exact counts back), match.
    sub_indices: index = code and `total`; value, low, high (two decimals), measured, indicators, coverage, reason.
    """

    indicators: pd.DataFrame
    sub_indices: pd.DataFrame


def publish(scores: Scores, instrument: Instrument, framework: Framework, published: Mapping[str, float]) -> Released:
    """Return the figures of `scores` that may be shown, rescored with everything hidden held at `published`."""
    verdicts = {i.code: _verdict(i, scores.indicators.loc[i.code], instrument) for i in framework.indicators}
    verdicts = _hide_what_could_be_solved(verdicts, instrument, framework)
    shown = [code for code, (status, _) in verdicts.items() if status == "shown"]
    return Released(
        _indicator_rows(scores, framework, verdicts),
        _sub_index_rows(hold(scores, framework, published, shown)),
    )


Verdict = tuple[str, str | None]

#: Why a figure is hidden that nobody is told: "nearly all answered alike" is the figure itself, and beside one that is known
#: to protect another a sum of two shares gives both back but for a firm or two. Both are released as `few_answers`.
_ONE_SIDED, _PROTECTS = "one-sided", "protects another"


def _verdict(indicator: Indicator, row: Any, instrument: Instrument) -> Verdict:
    """Return the status and the reason of one indicator."""
    if indicator.source == "published":
        return "published", None
    if indicator.rule is None or indicator.rule.item not in instrument.by_code:
        return "not_measured", "not_asked"
    n = int(row["n"])
    if n < MIN_ANSWERS:
        return "hidden", "few_answers"
    if instrument.item(indicator.rule.item).sensitive != "none" and n < MIN_SENSITIVE:
        return "hidden", "sensitive_few_answers"
    extreme = indicator.rule.stat == "share" and not LOW_BAND <= row["value"] <= HIGH_BAND
    if extreme and n < MIN_EXTREME:
        return "band", "extreme_few_answers"
    # the rounded count decides, as for decimals: what is shown must not tell on which side of a limit the true one is
    if rounded(n) <= LARGE and _nearly_all_alike(indicator.rule, row):
        return "hidden", _ONE_SIDED
    return "shown", None


def _nearly_all_alike(rule: Rule, row: Any) -> bool:
    """Say whether a share has too few firms on one side, or a mean tells that every firm answered the same."""
    if rule.stat == "share":
        return bool(min(row["hits"], row["n"] - row["hits"]) < MIN_SIDE)
    return rule.stat in ("mean", "percent") and bool(row["se"] == 0)


def _hide_what_could_be_solved(
    verdicts: dict[str, Verdict], instrument: Instrument, framework: Framework
) -> dict[str, Verdict]:
    """Hide a second figure where the shown ones of the same item and base would give a hidden one back."""
    result = dict(verdicts)
    for group in _figures_of_one_base(framework, instrument):
        while _solvable(group, result, instrument):
            loose = [code for code, _ in group if result[code][0] == "shown"]
            result[loose[-1]] = ("hidden", _PROTECTS)
    return result


def _figures_of_one_base(framework: Framework, instrument: Instrument) -> list[list[tuple[str, Rule]]]:
    groups: dict[tuple[str, str], list[tuple[str, Rule]]] = {}
    for indicator in framework.indicators:
        rule = indicator.rule
        item = instrument.by_code.get(rule.item) if rule else None
        if rule and item and item.type in SINGLE:
            groups.setdefault((rule.item, repr(rule.where)), []).append((indicator.code, rule))
    return [group for group in groups.values() if len(group) > 1]


def _solvable(group: list[tuple[str, Rule]], verdicts: Mapping[str, Verdict], instrument: Instrument) -> bool:
    """Say whether a hidden share or mean is a sum or difference of shown ones and of the whole."""
    options = instrument.item(group[0][1].item).option_codes
    vectors = {code: np.array([_counts_for(rule, option) for option in options]) for code, rule in group}
    known = [np.ones(len(options))] + [vectors[code] for code in vectors if verdicts[code][0] == "shown"]
    rank = np.linalg.matrix_rank(np.array(known))
    hidden = [vector for code, vector in vectors.items() if verdicts[code][0] != "shown"]
    return len(known) > 1 and any(np.linalg.matrix_rank(np.array([*known, vector])) == rank for vector in hidden)


def _counts_for(rule: Rule, option: str) -> float:
    if rule.values is not None:
        return rule.values.get(option, 0.0)
    return float(option in rule.numerator)


def _indicator_rows(scores: Scores, framework: Framework, verdicts: Mapping[str, Verdict]) -> pd.DataFrame:
    rows = {}
    for indicator in framework.indicators:
        status, reason = verdicts[indicator.code]
        found: Any = scores.indicators.loc[indicator.code]
        shown = status == "shown"
        rows[indicator.code] = {
            "sub_index": indicator.sub_index,
            "status": status,
            "reason": "few_answers" if reason in (_ONE_SIDED, _PROTECTS) else reason,
            "band": ("below_10" if found["value"] < LOW_BAND else "above_90") if status == "band" else None,
            "n": rounded(found["n"]) if status in ("shown", "band") else None,
            **{name: _shown_digits(indicator, found, name) if shown else math.nan for name in ("value", "low", "high")},
            "match": indicator.rule.match if indicator.rule else None,
        }
    table = pd.DataFrame.from_dict(rows, orient="index")
    texts = table[["reason", "band", "match"]].astype(object)
    return table.assign(**texts.where(texts.notna(), None))


def _shown_digits(indicator: Indicator, row: Any, name: str) -> float:
    """Return a figure as rounded as it may be shown: a share of about 100 firms or fewer to whole per cent."""
    places = decimals(rounded(row["n"]))
    is_share = indicator.rule is not None and indicator.rule.stat == "share"
    return round(float(row[name]), places + (2 if is_share else 1))


def _sub_index_rows(scores: Scores) -> pd.DataFrame:
    rows = scores.sub_indices[["value", "low", "high", "measured", "indicators", "coverage"]].copy()
    rows[["value", "low", "high"]] = rows[["value", "low", "high"]].round(2)
    rows["reason"] = pd.Series(None, rows.index, dtype=object)
    rows.loc[rows["value"].isna(), "reason"] = "no_scale"
    rows.loc[rows["coverage"] < MIN_COVERAGE, "reason"] = "little_coverage"
    if scores.in_scope < MIN_RESPONSES:
        rows["reason"] = "few_responses"
        rows[["value", "low", "high"]] = math.nan
    return rows
