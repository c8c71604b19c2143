"""Shares of answers against Newcombe (1998) and svy; bounds against every way in which those who did not answer could have."""

from itertools import product

import numpy as np
import pandas as pd
import polars
import pytest
import svy

from analysis import columns
from analysis.index import default_design, score
from analysis.quality.items import bounds, items, score_bounds
from tests.analysis import tiny

SURVEY = tiny.survey()
HELD = {"1.01": 9.0, "1.02": 0.3, "2.09": 3.0}
METHOD = tiny.method(
    tiny.indicator("1.02", "entry", 3, tiny.SHARE),
    tiny.indicator("2.09", "entry", -0.5, tiny.MEAN, direction="lower"),
    tiny.indicator("1.01", "land", -0.1, tiny.MEDIAN, direction="lower", unit="days (median)"),
)


def frame_of(answers, **more) -> pd.DataFrame:
    return columns.from_answers(answers, SURVEY, **more)


def with_answers(**given):
    answers = tiny.answers(**given)
    if answers["answer"] not in ("yes", "no"):
        del answers["rating"]  # its trigger
    return answers


def test_shares_have_the_published_intervals_of_newcombe():
    for n, hits, low, high in ((263, 81, 0.2553, 0.3662), (148, 15, 0.0624, 0.1605)):
        frame = frame_of([with_answers(answer="dk")] * hits + [with_answers(answer="no")] * (n - hits))
        row = items(frame, SURVEY, default_design(frame)).loc["answer"]
        assert [row["dk"], row["dk_low"], row["dk_high"]] == pytest.approx([hits / n, low, high], abs=5e-4)  # on n - 1
        assert [row["answered"], row["low"], row["high"]] == pytest.approx([1 - hits / n, 1 - high, 1 - low], abs=5e-4)


def test_shares_of_a_weighted_stratified_group_are_those_of_svy():
    rng = np.random.default_rng(3)
    drawn = rng.choice(["yes", "no", "dk", "ref", None], 160, p=[0.3, 0.3, 0.2, 0.1, 0.1])
    weight, stratum = rng.uniform(1, 5, 160), rng.choice(["a", "b"], 160)
    frame = frame_of([with_answers(answer=each) for each in drawn], weight=weight.tolist(), stratum=stratum.tolist())
    where = rng.random(160) < 0.6
    row = items(frame, SURVEY, default_design(frame), where=where).loc["answer"]
    hit = np.array([each == "dk" for each in drawn])
    rows = polars.DataFrame({"y": hit.astype(float), "in": where, "w": weight, "stratum": stratum})
    sample = svy.Sample(rows, svy.Design(stratum="stratum", wgt="w"))
    theirs = sample.estimation.mean("y", where=polars.col("in")).to_polars()
    assert row["dk"] == pytest.approx(theirs["est"][0], rel=1e-10)
    assert row[["answered", "dk", "ref", "blank"]].sum() == pytest.approx(1)
    assert row["n_asked"] == where.sum()


def test_who_says_that_it_does_not_apply_and_who_was_not_asked_is_outside():
    answers = [with_answers(answer="na")] * 4 + [with_answers(answer="yes")] * 5 + [with_answers(answer=None)]
    found = items(
        frame_of([*answers, {"status": "closed"}]), SURVEY, default_design(frame_of([*answers, {"status": "closed"}]))
    )
    assert found.loc["answer", ["n_asked", "na"]].tolist() == [10, 4]
    assert found.at["answer", "answered"] == pytest.approx(5 / 6)
    assert found.at["rating", "n_asked"] == 5
    assert found.at["topics", "answered"] == 1


@pytest.mark.parametrize(("blank", "flag"), [(14, ""), (16, "low"), (29, "low"), (31, "approval")])
def test_items_that_too_few_answered_are_flagged(blank, flag):
    frame = frame_of([with_answers(days=None)] * blank + [with_answers()] * (100 - blank))
    found = items(frame, SURVEY, default_design(frame))
    assert found.at["days", "flag"] == flag
    assert found.at["size", "flag"] == ""


def test_a_size_that_was_not_stated_is_no_answer():
    frame = frame_of([with_answers(size="ns")] * 3 + [with_answers(size="any")] * 9)
    row = items(frame, SURVEY, default_design(frame)).loc["size"]
    assert [row["answered"], row["ns"]] == [0.75, 0.25]


#: Three of nine firms left a question open: one each of the share, the mean and the median.
OPEN = [
    with_answers(answer="yes", rating="r4", days=10),
    with_answers(answer="no", rating="r2", days=3),
    with_answers(answer="dk", days=5),
    with_answers(answer="yes", rating=None, days=30),
    with_answers(answer="no", rating="r1", days="dk"),
    with_answers(answer="yes", rating="r5", days=7),
    with_answers(answer="no", rating="r3", days=1),
    with_answers(answer="no", rating="r3", days=8),
    with_answers(answer="na", days=8),
]
WEIGHT = [1.0, 2, 1.5, 1, 3, 1, 2, 1, 1]


def filled(answer: str, rating: str, days: int) -> pd.DataFrame:
    answers = [dict(each) for each in OPEN]
    answers[2]["answer"], answers[3]["rating"], answers[4]["days"] = answer, rating, days
    return frame_of(answers, weight=WEIGHT)


def test_bounds_are_the_least_and_the_most_of_all_that_could_have_been_answered():
    frame = frame_of(OPEN, weight=WEIGHT)
    found = bounds(frame, SURVEY, METHOD, default_design(frame))
    ways = list(product(["yes", "no"], ["r1", "r2", "r3", "r4", "r5"], [0, 1, 5, 9, 100]))
    scored = [score(filled(*way), SURVEY, METHOD, HELD) for way in ways]
    assert found["missing"].tolist() == [1, 1, 1]
    for code in ("1.02", "2.09", "1.01"):
        values = [each.indicators.at[code, "value"] for each in scored]
        assert found.loc[code, ["least", "most"]].tolist() == pytest.approx([min(values), max(values)])
        assert min(values) < max(values)
        assert found.at[code, "least"] <= found.at[code, "value"] <= found.at[code, "most"]
        assert found.at[code, "low"] < found.at[code, "least"] < found.at[code, "most"] < found.at[code, "high"]
    whole = score_bounds(score(frame, SURVEY, METHOD, HELD), found, METHOD)
    for name in ("entry", "land", "total"):
        values = [each.sub_indices.at[name, "value"] for each in scored]
        assert whole.loc[name, ["least", "most"]].tolist() == pytest.approx([min(values), max(values)])


def test_without_missing_answers_bounds_meet(wave, pci, pci_2023, lang_son):
    design = default_design(wave)
    found = bounds(wave, pci, pci_2023, design)
    assert (found["missing"] == 0).all()
    assert found["least"].equals(found["value"])
    whole = score_bounds(score(wave, pci, pci_2023, lang_son), found, pci_2023)
    assert whole["least"].to_numpy() == pytest.approx(whole["most"].to_numpy())
    assert (items(wave, pci, design)["flag"] == "").all()
