"""Does our reading of the method give VCCI's own figures? Sub-indices and totals recomputed from published data."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from questionnaires.framework import Framework
from questionnaires.reference import ProvinceScore, province_values, scores

COLUMNS = ["year", "province", "sub_index", "official", "computed", "error", "note"]
#: A total further than this from the published one gets a note.
TOLERANCE, TINY = 0.02, 1e-9
TOTAL, TOTAL_OF_OFFICIAL = "total", "total_of_official"


def backtest(framework: Framework) -> pd.DataFrame:
    """Return official beside computed scores, one row per year, province and sub-index (`total` too).

    The framework's reference year: sub-indices from the published indicators, `total` from those sub-indices, and
    `total_of_official` from the official ones. Other years with weights: `total` from the official sub-indices. Scores
    are 1-10, totals 0-100.
    """
    rows: list[dict[str, Any]] = []
    for row in scores():
        if row.year == framework.reference_year:
            rows += _from_indicators(framework, row)
            rows += _from_sub_indices(framework, row, TOTAL_OF_OFFICIAL)
        else:
            rows += _from_sub_indices(framework, row, TOTAL)
    table = pd.DataFrame(rows, columns=COLUMNS)
    table["error"] = table["computed"] - table["official"]
    return table


def _from_indicators(framework: Framework, row: ProvinceScore) -> Iterator[dict[str, Any]]:
    values = province_values(row.province, row.year)
    computed = {}
    for sub_index in framework.sub_indices:
        parts = [(i.slope or 0) * values.get(i.code, math.nan) for i in framework.indicators_of(sub_index.code)]
        computed[sub_index.code] = (sub_index.intercept or 0) + math.fsum(parts)
        note = "approximate: the published table leaves some input out" if sub_index.fit == "approximate" else ""
        yield _line(row, sub_index.code, row.sub_indices[sub_index.code], computed[sub_index.code], note)
    weights = framework.weights_of(row.year)
    total = 10 * math.fsum(weight * computed[code] for code, weight in weights.items())
    yield _line(row, TOTAL, row.total, total, _computed_note(row))


def _from_sub_indices(framework: Framework, row: ProvinceScore, code: str) -> Iterator[dict[str, Any]]:
    try:
        weights = framework.weights_of(row.year)
    except KeyError:
        return
    known = {name: row.sub_indices[name] for name in weights}
    if row.total is not None and all(value is not None for value in known.values()):
        total = 10 * math.fsum(weight * (known[name] or 0) for name, weight in weights.items())
        note = _computed_note(row) or _gap_note(row, total - row.total, weights)
        yield _line(row, code, row.total, total, note)


def _computed_note(row: ProvinceScore) -> str:
    """Say whether the total that stands as official was itself computed, so that comparing it is no check of weights."""
    if "did not publish" in row.note:
        return "official total computed from the official sub-indices: VCCI published none of this province"
    return "official total computed from the official sub-indices: no figure of VCCI" if "computed" in row.note else ""


def _gap_note(row: ProvinceScore, gap: float, weights: Mapping[str, float]) -> str:
    inputs = _half_unit(max(_decimals(row.sub_indices[name]) for name in weights))
    rounding = 10 * math.fsum(weights.values()) * inputs + _half_unit(max(2, _decimals(row.total)))
    if abs(gap) > rounding + TINY:
        return f"more than rounding explains ({rounding:.4f}): the published total does not follow from these weights"
    return f"rounding of the published figures explains up to {rounding:.3f}" if abs(gap) > TOLERANCE - TINY else ""


def _decimals(value: float | None) -> int:
    return len(repr(value or 0.0).partition(".")[2])


def _half_unit(decimals: int) -> float:
    return float(0.5 * 10.0**-decimals)


def _line(row: ProvinceScore, code: str, official: float | None, computed: float, note: str) -> dict[str, Any]:
    values = {"sub_index": code, "official": official, "computed": computed, "note": note}
    return {"year": row.year, "province": row.province, **values}


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """Return the number of rows and the largest absolute error by year and sub-index."""
    errors = table.assign(error=table["error"].abs()).groupby(["year", "sub_index"], sort=False)["error"]
    return errors.agg(["count", "max"]).rename(columns={"count": "rows", "max": "largest_error"})


def reasons(table: pd.DataFrame) -> pd.Series:
    """Return the note of the row with the largest absolute error by year and sub-index."""
    keys = ["year", "sub_index"]
    worst = table["error"].abs().groupby([table[key] for key in keys], sort=False).idxmax()
    return table.loc[worst].set_index(keys)["note"]
