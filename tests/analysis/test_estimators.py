import math

import numpy as np
import pytest

from analysis.design import Design, LonelyStratum
from analysis.estimators import mean, share
from analysis.intervals import wilson
from analysis.quantiles import quantile
from tests.analysis import api

EVERYBODY = np.ones(200, dtype=bool)
#: Six responses in two strata, worked by hand in the tests below.
SIX = Design(np.array([2.0, 2, 2, 1, 1, 1]), np.array(["a", "a", "a", "b", "b", "b"]))
ALL_SIX = np.ones(6, dtype=bool)
T4 = 2.776445105  # t distribution, 4 degrees of freedom, 0.975


@pytest.mark.parametrize(("fpc", "se"), [(False, 9.53613229692516), (True, 9.408940879434)])
def test_a_stratified_mean_has_the_standard_error_of_r_survey(fpc, se):
    found = mean(api.schools()["api00"].to_numpy(), api.design(fpc=fpc), where=EVERYBODY).estimate
    assert found.value == pytest.approx(662.287363577655, abs=1e-9)
    assert found.se == pytest.approx(se, abs=1e-6)  # R's weights are rounded to single precision
    assert found.df == 197


@pytest.mark.parametrize(("fpc", "se"), [(False, 0.0348975177769063), (True, 0.0344059182016133)])
def test_a_stratified_share_has_the_standard_error_of_r_survey(fpc, se):
    found = share(api.schools()["awards"].to_numpy(), api.design(fpc=fpc), where=EVERYBODY).estimate
    assert found.value == pytest.approx(0.638936067161769, abs=1e-12)
    assert found.se == pytest.approx(se, abs=1e-8)


@pytest.mark.parametrize(
    ("awarded", "value", "se"),
    [(False, 633.734912337968, 15.3347711842501), (True, 678.422405668124, 11.8566310509714)],
)
def test_a_domain_keeps_the_whole_design_as_in_r_svyby(awarded, value, se):
    schools = api.schools()
    where = (schools["awards"] == awarded).to_numpy()
    found = mean(schools["api00"].to_numpy(), api.design(fpc=True), where=where).estimate
    assert found.value == pytest.approx(value, abs=1e-9)
    assert found.se == pytest.approx(se, abs=1e-9)


def test_a_share_worked_by_hand():
    found = share(np.array([1, 0, 1, 1, 0, 0], dtype=bool), SIX, where=ALL_SIX).estimate
    assert found.value == pytest.approx(5 / 9)
    # z = w (y - p) / 9 in 1/81: a 8 -10 8, b 4 -5 -5; 3/2 of the squares about the stratum mean: 324 + 81
    assert found.se == pytest.approx(math.sqrt(405) / 81)
    assert found.n_effective == pytest.approx(4)  # p (1 - p) / V = (20/81) / (5/81)
    assert found.deff == pytest.approx(1.25)  # V over p (1 - p) / (n - 1)
    assert (found.low, found.high) == pytest.approx((0.179482, 0.877196), abs=1e-6)
    assert (found.n, found.df) == (6, 4)


def test_a_mean_worked_by_hand():
    found = mean(np.array([1.0, 2, 3, 5, 4, 3]), SIX, where=ALL_SIX).estimate
    assert found.value == pytest.approx(24 / 9)
    # z in 1/27: a -10 -4 2, b 7 4 1; 3/2 of the squares about the stratum mean: 108 + 27
    assert found.se == pytest.approx(math.sqrt(135) / 27)
    assert (found.high - found.low) / 2 == pytest.approx(T4 * math.sqrt(135) / 27)


def test_a_median_worked_by_hand():
    found = quantile(np.array([1.0, 5, 3, 2, 4, 6]), 0.5, SIX, where=ALL_SIX)
    assert found.estimate.value == 3  # cumulated weights 2 3 5 6 8 9 of 9: the first at half or over is 3
    # F(3) = 5/9 with se sqrt(405)/81; half +- t se runs past 0 and 1, so the interval is all of the answers
    assert (found.estimate.low, found.estimate.high) == (1, 6)
    assert found.estimate.se == pytest.approx(5 / (2 * T4))
    slope = 5 / (2 * T4 * math.sqrt(405) / 81)
    assert found.z[0] == pytest.approx(-slope * 2 * (1 - 0.5) / 9)
    assert found.z[1] == pytest.approx(-slope * 2 * (0 - 0.5) / 9)


def test_the_variance_of_a_domain_counts_the_zeros_outside_it():
    where = np.array([True, True, False, True, True, False])
    found = mean(np.array([1.0, 3, 99, 2, 4, 99]), SIX, where=where).estimate
    assert found.value == pytest.approx((2 + 6 + 2 + 4) / 6)
    # z = w (y - 7/3) / 6 in 1/18, 0 outside: a -8 4 0, b -1 5 0
    z_a, z_b = np.array([-8, 4, 0]) / 18, np.array([-1, 5, 0]) / 18
    by_hand = 1.5 * (((z_a - z_a.mean()) ** 2).sum() + ((z_b - z_b.mean()) ** 2).sum())
    assert found.se == pytest.approx(math.sqrt(by_hand))
    assert found.df == 2


def test_equal_scaling_of_the_weights_changes_nothing():
    y = api.schools()["api00"].to_numpy()
    design = api.design(fpc=False)
    scaled = Design(design.weight * 7, design.stratum)
    for first, second in zip(
        vars(mean(y, design, where=EVERYBODY).estimate).values(),
        vars(mean(y, scaled, where=EVERYBODY).estimate).values(),
        strict=True,
    ):
        assert first == pytest.approx(second)


def test_a_share_that_nobody_gave_still_has_an_interval_and_a_variance():
    design = Design(np.ones(40))
    found = share(np.zeros(40, dtype=bool), design, where=np.ones(40, dtype=bool))
    assert found.estimate.value == 0
    assert found.estimate.low == 0
    assert found.estimate.high == pytest.approx(1.959964**2 / (40 + 1.959964**2), abs=1e-6)
    assert found.unseen == pytest.approx((2 / 44) * (42 / 44) / 44)


@pytest.mark.parametrize("seed", range(20))
def test_answers_that_are_all_alike_are_seen_as_such_whatever_the_weights(seed):
    design = Design(np.random.default_rng(seed).uniform(1, 4, 45))
    where = np.arange(45) < 37
    found = share(where, design, where=where)
    assert found.estimate.value == 1
    assert found.estimate.se == pytest.approx(math.sqrt((39 / 41) * (2 / 41) / 41))
    assert found.unseen > 0
    assert mean(np.full(45, 0.1), design, where=where).estimate.se == 0  # what the publishing rules look for


def test_wilson_is_the_interval_of_the_textbook():
    # Newcombe (1998), Statistics in Medicine 17: 81 of 263 gives 0.2553 to 0.3662, 15 of 148 gives 0.0624 to 0.1605
    assert wilson(81 / 263, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(15 / 148, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)


def test_no_valid_answer_gives_no_figure_rather_than_zero():
    nobody = np.zeros(6, dtype=bool)
    for found in (
        share(nobody, SIX, where=nobody),
        mean(np.ones(6), SIX, where=nobody),
        quantile(np.ones(6), 0.5, SIX, where=nobody),
    ):
        assert math.isnan(found.estimate.value)
        assert found.estimate.n == 0
        assert not found.z.any()


def test_intervals_of_shares_hold_the_truth_nineteen_times_in_twenty():
    rng = np.random.default_rng(2023)
    stratum = np.repeat(["big", "small"], [40, 80])
    design = Design(np.where(stratum == "big", 1.0, 4.0), stratum)
    truth = (40 * 0.5 + 320 * 0.2) / 360
    inside = []
    for _ in range(1000):
        hit = rng.random(120) < np.where(stratum == "big", 0.5, 0.2)
        found = share(hit, design, where=np.ones(120, dtype=bool)).estimate
        inside.append(found.low <= truth <= found.high)
    assert 0.93 < np.mean(inside) < 0.97


def test_intervals_of_medians_hold_the_truth_nineteen_times_in_twenty():
    rng = np.random.default_rng(2024)
    design = Design(np.ones(120))
    inside = []
    for _ in range(1000):
        found = quantile(rng.lognormal(3, 1, 120), 0.5, design, where=np.ones(120, dtype=bool)).estimate
        inside.append(found.low <= math.exp(3) <= found.high)
    assert 0.93 < np.mean(inside) < 0.975


def test_intervals_of_means_hold_the_truth_nineteen_times_in_twenty():
    rng = np.random.default_rng(2025)
    stratum = np.repeat(["big", "small"], [40, 80])
    design = Design(np.where(stratum == "big", 1.0, 4.0), stratum)
    truth = (40 * 12 + 320 * 5) / 360
    inside = []
    for _ in range(1000):
        found = mean(rng.gamma(2, np.where(stratum == "big", 6.0, 2.5)), design).estimate
        inside.append(found.low <= truth <= found.high)
    assert 0.93 < np.mean(inside) < 0.97


def test_design_effects_are_those_of_r_and_svy():
    # svy 0.35.0, `deff="wr"`, which is R's `deff = "replace"`: over the weighted variance of the answers by n, or n - 1
    assert mean(api.schools()["api00"].to_numpy(), api.design(fpc=False)).estimate.deff == pytest.approx(
        1.197292, abs=1e-6
    )
    awards = api.schools()["awards"].to_numpy(dtype=bool)
    found = share(awards, api.design(fpc=False)).estimate
    assert found.deff == pytest.approx(1.050511, abs=1e-6)
    assert found.n_effective == pytest.approx(199 / found.deff)  # p (1 - p) / V
    assert mean(awards, api.design(fpc=False)).estimate.deff == pytest.approx(found.deff)


def test_the_level_of_an_interval_can_be_chosen():
    wide, narrow = (mean(np.array([1.0, 2, 3, 5, 4, 3]), SIX, level=level).estimate for level in (0.95, 0.9))
    assert (wide.high - wide.low) / (narrow.high - narrow.low) == pytest.approx(T4 / 2.131846786)


def test_what_is_not_an_array_of_the_design_is_refused():
    with pytest.raises(ValueError, match="true or false for each response, not int64"):
        mean(np.ones(6), SIX, where=np.array([0, 1, 2]))
    with pytest.raises(ValueError, match=r"6 responses are in the design, \(5,\)"):
        mean(np.ones(5), SIX)
    with pytest.raises(ValueError, match="row 2: no value"):
        mean(np.array([1, 1, np.nan, 1, 1, 1]), SIX)


def test_a_stratum_with_one_response_is_refused_and_named():
    with pytest.raises(LonelyStratum, match="stratum small"):
        Design(np.ones(3), np.array(["big", "big", "small"]))


@pytest.mark.parametrize("bad", [0.0, -1.0, math.nan, math.inf])
def test_a_weight_must_be_a_positive_number(bad):
    with pytest.raises(ValueError, match="row 1"):
        Design(np.array([1.0, bad, 1.0]))


def test_rows_filtered_after_the_design_was_made_are_refused():
    with pytest.raises((ValueError, IndexError)):
        mean(np.ones(5), SIX, where=np.ones(5, dtype=bool))
