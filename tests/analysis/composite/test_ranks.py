"""Ranks. csranks 1.2.2: README and vignette "Inference for Ranks" of danielwilhelm/R-CS-ranks, PISA 2018 mathematics."""

import numpy as np
import pandas as pd
import pytest

from analysis.composite.ranks import (
    among_best,
    among_worst,
    independent,
    marginal,
    ranked,
    simultaneous,
    whichever,
)
from tests.analysis.composite import published

PISA = published.pisa()
SCORE, COVARIANCE = PISA["score"], independent(PISA["se"])
README_RANKS = (
    """24 18 10 7 35 37 17 8 3 11 20 15 34 30 21 16 32 25 1 2 19 29 27 36 4 22 14 5 23 26 9 28 12 6 33 13 31"""
)
BEST_95 = {
    "Belgium", "Canada", "Denmark", "Estonia", "Finland", "Japan", "Korea", "Netherlands", "Poland", "Slovenia", "Sweden",
    "Switzerland",
}  # fmt: skip


def test_ranks_as_csranks_publishes_them():
    assert ranked(SCORE).tolist() == [int(number) for number in README_RANKS.split()]


def test_who_may_be_among_the_best_five_as_csranks_publishes_it():
    assert set(among_best(simultaneous(SCORE, COVARIANCE, seed=1), 5)) == BEST_95
    assert set(among_best(simultaneous(SCORE, COVARIANCE, seed=1, level=0.9), 5)) == BEST_95 - {"Sweden"}


def test_the_rank_of_one_country_as_csranks_publishes_it():
    """Its text says 7 to 23, its output 8 to 23: with 1,000 draws the critical value varies, and so does the bound."""
    line = marginal(SCORE, COVARIANCE, seed=1).loc["United Kingdom"]
    assert line["rank"] == 13
    assert line["low"] in {7, 8}
    assert line["high"] == 23


def test_a_set_may_be_asked_for_some_units_only():
    alone = marginal(SCORE, COVARIANCE, seed=1, units=["Korea", "United Kingdom"])
    assert alone.equals(marginal(SCORE, COVARIANCE, seed=1).loc[["Korea", "United Kingdom"]])
    with pytest.raises(ValueError, match="a unit that is not there"):
        marginal(SCORE, COVARIANCE, seed=1, units=["Viet Nam"])


def test_countries_apart_from_the_others_as_csranks_describes_them():
    sets = simultaneous(SCORE, COVARIANCE, seed=1)
    last = ["Chile", "Mexico", "Colombia"]
    assert sets.loc[last, "low"].min() > sets.drop(last)["high"].max()
    assert sets.loc["Germany", "low"] <= sets.loc["Korea", "high"]
    assert set(among_worst(sets, 3)) == set(last)


def test_all_ranks_together_leave_more_open_than_one_alone():
    alone, together = marginal(SCORE, COVARIANCE, seed=1), simultaneous(SCORE, COVARIANCE, seed=1)
    assert (together["low"] <= alone["low"]).all()
    assert (together["high"] >= alone["high"]).all()
    assert (together["high"] - together["low"]).sum() > (alone["high"] - alone["low"]).sum()


def test_two_units_are_told_apart_as_by_a_test_of_their_difference():
    """With two units there is one comparison: |difference| / error against 1.96."""
    for gap, told in ((1.9, False), (2.02, True)):
        values, covariance = pd.Series([gap, 0.0]), pd.DataFrame([[0.8, 0.3], [0.3, 0.8]])  # error of the difference: 1
        sets = simultaneous(values, covariance, seed=3, draws=200_000)
        assert sets["low"].tolist() == ([1, 2] if told else [1, 1])
        assert sets["high"].tolist() == ([1, 2] if told else [2, 2])


def test_units_that_err_together_are_told_apart_by_the_error_of_their_difference():
    """a and b differ by 0.5, five errors of their difference, though by half an error of each; c may be anywhere."""
    covariance = pd.DataFrame([[1, 0.995, 0], [0.995, 1, 0], [0, 0, 1]], list("abc"), list("abc"))
    sets = simultaneous(pd.Series([0.5, 0.0, 0.2], index=list("abc")), covariance, seed=1)
    assert sets[["low", "high"]].to_numpy().tolist() == [[1, 2], [2, 3], [1, 3]]


def test_without_error_ranks_are_known_and_ties_stay_open():
    values = pd.Series([3.0, 1.0, 2.0, 2.0], index=list("abcd"))
    sets = simultaneous(values, independent(pd.Series(0.0, index=values.index)), seed=1)
    assert sets["rank"].tolist() == [1, 4, 2, 2]
    assert sets["low"].tolist() == [1, 4, 2, 2]
    assert sets["high"].tolist() == [1, 4, 3, 3]


def test_an_error_common_to_all_leaves_nothing_open():
    values = pd.Series([3.0, 1.0, 2.0])
    sets = marginal(values, pd.DataFrame(np.full((3, 3), 25.0)), seed=1)
    assert (sets["low"] == sets["high"]).all()


@pytest.mark.parametrize("gap", [0.0, 0.5, 2.0])
def test_sets_hold_the_true_ranks_as_often_as_they_say(gap):
    """600 samples of six units: each marginal set at least 93 % (error of 1 in 100), all simultaneous ones together too."""
    rng, truth = np.random.default_rng(11), gap * np.arange(6.0)
    names = [f"unit {i}" for i in range(6)]
    covariance = pd.DataFrame(0.3 + 0.7 * np.eye(6), names, names)
    best = np.array([1 + (truth > one).sum() for one in truth])
    worst = np.array([(truth >= one).sum() for one in truth])
    alone, together = np.zeros(6), 0
    for run in range(600):
        values = pd.Series(rng.multivariate_normal(truth, covariance.to_numpy()), names)
        sets = marginal(values, covariance, seed=run, draws=1000)
        alone += (sets["low"] <= best) & (sets["high"] >= worst)
        sets = simultaneous(values, covariance, seed=run, draws=1000)
        together += bool(((sets["low"] <= best) & (sets["high"] >= worst)).all())
    assert (alone / 600).min() > 0.93
    assert together / 600 > 0.93


def test_the_widest_of_several_sets_holds_whichever_method_is_right():
    one = pd.DataFrame({"rank": [1, 2], "low": [1, 1], "high": [1, 2]}, index=["p", "q"])
    other = pd.DataFrame({"rank": [2, 1], "low": [2, 1], "high": [2, 1]}, index=["p", "q"])
    assert whichever([one, other]).to_numpy().tolist() == [[1, 1, 2], [2, 1, 2]]


def test_what_cannot_be_ranked_is_named():
    with pytest.raises(ValueError, match="Chile: no estimate"):
        simultaneous(SCORE.replace(SCORE["Chile"], np.nan), COVARIANCE, seed=1)
    with pytest.raises(ValueError, match="not of the same units"):
        marginal(SCORE.drop("Chile"), COVARIANCE, seed=1)
    with pytest.raises(ValueError, match="covariance has a value that is missing"):
        marginal(SCORE, COVARIANCE.replace(COVARIANCE.loc["Chile", "Chile"], np.nan), seed=1)
