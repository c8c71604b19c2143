"""Runs against Python's groupby, near doubles against SciPy's Hamming distance, robust z against SciPy's MAD."""

from itertools import groupby

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.spatial.distance import cdist

from analysis import columns
from analysis.index import default_design
from analysis.quality.edits import Edit, edited
from analysis.quality.flags import numbers, responses
from tests.analysis import tiny
from tests.factories import instrument, item, option

SCALE = [option(code) for code in ("sa", "a", "d", "sd")]
LONG = instrument(
    *(item(f"q{number:02}", "agree", options=SCALE, dk=True) for number in range(24)),
    item("status", "choice", options=[option("open"), option("closed")], end_if=["closed"]),
)


def drawn(seed: int, n: int, missing: float = 0.0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    probabilities = [*[(1 - missing) / 4] * 4, missing]
    answers = [
        {f"q{number:02}": str(rng.choice(["sa", "a", "d", "sd", "dk"], p=probabilities)) for number in range(24)}
        for _ in range(n)
    ]
    return columns.from_answers([each | {"status": "open"} for each in answers], LONG)


def test_the_longest_run_skips_what_was_not_answered():
    frame = drawn(1, 80, missing=0.2)
    found = responses(frame, LONG)
    for at, row in frame.iterrows():
        given = [cell for cell in row.drop("status") if cell != "dk"]
        assert found.at[at, "run"] == max(len(list(group)) for _, group in groupby(given))
        assert found.at[at, "battery"] == len(given)
        assert found.at[at, "ends"] == pytest.approx(np.isin(given, ["sa", "sd"]).mean())
        assert found.at[at, "answered"] == pytest.approx((len(given) + 1) / 25)
    assert not found["straight"].any()


def test_half_of_a_battery_in_one_run_is_straight():
    frame = drawn(2, 2)
    frame.loc[0, [f"q{number:02}" for number in range(3, 15)]] = "d"
    frame.loc[1, [f"q{number:02}" for number in range(5, 15)]] = "d"
    frame.loc[1, ["q04", "q15"]] = "a"
    assert responses(frame, LONG)["straight"].tolist() == [True, False]
    few = frame.assign(**{f"q{number:02}": "dk" for number in range(7, 24)}).assign(
        q00="d", q01="d", q02="d", q03="d", q04="d"
    )
    assert responses(few, LONG)[["battery", "straight"]].iloc[0].tolist() == [7, False]


def test_the_nearest_other_response_is_that_of_scipy():
    frame = drawn(3, 1100)
    found = responses(frame, LONG)
    codes = np.column_stack([pd.factorize(frame[name])[0] for name in frame])
    equal = 1 - cdist(codes, codes, "hamming")
    np.fill_diagonal(equal, -1)
    assert found["match"].to_numpy() == pytest.approx(equal.max(axis=1), abs=1e-6)
    assert equal[np.arange(1100), found["twin"].astype(int)] == pytest.approx(equal.max(axis=1))


def test_a_copied_response_is_a_near_double_of_its_original(wave, pci):
    copy = wave.iloc[[10]].copy()
    copy.loc[10, "p03"] = next(code for code in pci.item("p03").option_codes if code != copy.at[10, "p03"])
    found = responses(pd.concat([wave, copy], ignore_index=True), pci)
    assert list(found.index[found["double"]]) == [10, 220]
    assert found.loc[[10, 220], "twin"].tolist() == [220, 10]
    assert 0.95 < found.at[10, "match"] < 1


def test_blank_responses_are_no_doubles():
    frame = drawn(4, 3).astype(object)
    frame.loc[[0, 1], [f"q{number:02}" for number in range(24)]] = columns.BLANK
    found = responses(frame, LONG)
    assert not found["double"].any()
    assert found.loc[0, ["answered", "battery", "run"]].tolist() == [1 / 25, 0, 0]


def test_nobody_and_one_have_no_twin():
    assert responses(drawn(5, 0), LONG).empty
    (row,) = responses(drawn(5, 1), LONG).to_dict("records")
    assert np.isnan(row["match"])
    assert row["twin"] is None
    closed = responses(columns.from_answers([{"status": "closed"}, {"status": "open"}], LONG), LONG)
    assert list(closed.index) == [1]


def days_of(values) -> pd.DataFrame:
    return columns.from_answers([tiny.answers(days=value) for value in values], tiny.survey())


def test_numbers_out_of_line_are_listed_with_why():
    values = [*np.random.default_rng(6).integers(3, 12, 60).tolist(), 90, "dk", None]
    frame = days_of(values)
    found = numbers(frame, tiny.survey(), default_design(frame))
    (row,) = found[found["far"]].to_dict("records")
    logs = np.log1p(np.array(values[:61], dtype=float))
    assert (row["row"], row["item"], row["value"], row["over"], row["heavy"]) == (60, "days", 90, False, True)
    expected = (logs[60] - np.median(logs)) / stats.median_abs_deviation(logs, scale=0.6745)
    assert row["z"] == pytest.approx(expected)


def test_what_the_form_asks_once_more_about_is_listed(wave, pci):
    frame = wave.copy()
    asked = frame.index[frame["c12"].str.fullmatch(r"\d+")][0]
    frame.loc[asked, "c12"] = "1999"
    found = numbers(frame, pci, default_design(frame)).set_index(["row", "item"])
    assert found.at[(asked, "c12"), "over"]
    typed = [item for item in pci.items if item.type == "number"]
    over = sum((pd.to_numeric(frame[item.code], errors="coerce") > item.range.soft_max).sum() for item in typed)
    assert found["over"].sum() == over > 1


def test_numbers_that_are_all_alike_are_in_line():
    frame = days_of([7] * 30)
    assert numbers(frame, tiny.survey(), default_design(frame)).empty
    assert numbers(days_of([]), tiny.survey(), default_design(days_of([]))).empty


def test_a_correction_keeps_the_raw_answer_and_its_reason():
    frame = days_of([7, 3])
    result, log = edited(frame, [Edit(1, "days", "90", "months, by telephone"), Edit(0, "answer", "dk", "crossed out")])
    assert result["days"].tolist() == ["7", "90"]
    assert frame["days"].tolist() == ["7", "3"]
    assert log.to_dict("records") == [
        {"row": 1, "column": "days", "raw": "3", "value": "90", "reason": "months, by telephone"},
        {"row": 0, "column": "answer", "raw": "yes", "value": "dk", "reason": "crossed out"},
    ]


@pytest.mark.parametrize(
    ("edits", "wrong"),
    [
        ([Edit(0, "days", "8", "a"), Edit(0, "days", "9", "b")], "corrected twice"),
        ([Edit(0, "days", "7", "a")], "that is the answer already"),
        ([Edit(0, "days", "8", " ")], "needs its reason"),
        ([Edit(0, "weight", "8", "a")], "no answers"),
    ],
)
def test_a_correction_that_says_nothing_is_refused(edits, wrong):
    with pytest.raises(ValueError, match=wrong):
        edited(days_of([7]).assign(weight=1.0), edits)
    with pytest.raises(KeyError, match="no cell 3, days"):
        edited(days_of([7]), [Edit(3, "days", "8", "a")])
