"""Quantiles against svy 0.35.0, the grouped median against Python's own, a textbook and repeated samples."""

import statistics

import numpy as np
import polars
import pytest
import svy

from analysis.design import Design
from analysis.quantiles import grouped_median, quantile
from tests.analysis import api, api_clusters

SCHOOLS = api.schools()
SCORE = SCHOOLS["api00"].to_numpy()


def svy_sample() -> svy.Sample:
    rows = {"y": SCORE, "stratum": SCHOOLS["stype"].to_list(), "w": api.design(fpc=False).weight}
    return svy.Sample(polars.DataFrame(rows), svy.Design(stratum="stratum", wgt="w"))


@pytest.mark.parametrize("q", [0.1, 0.25, 0.5, 0.75, 0.9])
def test_quantiles_are_those_of_svy(q):
    found = quantile(SCORE, q, api.design(fpc=False)).estimate
    assert found.value == svy_sample().estimation.quantile("y", p=(q,)).to_polars()["est"][0]


def test_the_interval_is_that_of_r_and_svy_but_for_its_middle():
    # they map F(m) ± t se(F) back, Woodruff's own 0.5 ± t se(F) is ours; move the middle and the ends are theirs
    theirs = svy_sample().estimation.quantile("y", p=(0.5,)).to_polars()
    design = api.design(fpc=False)
    at = design.weight[quantile(SCORE, 0.5, design).estimate.value >= SCORE].sum() / design.weight.sum()
    assert at > 0.5
    found = [quantile(SCORE, q, design).estimate for q in (0.5, at)]
    ends = [(each.low, each.high) for each in found]
    assert ends[0] == (638, 685)
    assert theirs[["lci", "uci"]].row(0) == pytest.approx((641, 695))
    assert ends[1] == pytest.approx((641, 695))


def test_the_median_of_districts_is_that_of_r():
    # `oldsvyquantile(~api00, dclus1, 0.5, interval.type = "Wald", ties = "discrete")`, test/r_reference/quantile.csv of
    # xKDR/Survey.jl: 652, from 555.50 to 714; its ends are interpolated
    score = api_clusters.schools()["api00"].to_numpy()
    found = quantile(score, 0.5, api_clusters.design(fpc=False)).estimate
    assert (found.value, found.high) == (652, 714)
    assert found.low == pytest.approx(555.501474284904, abs=5)


@pytest.mark.parametrize("interval", [1.0, 5.0])
def test_on_equal_weights_the_grouped_median_is_that_of_python(interval):
    answers = [52.0, 52, 53, 54, 58, 54, 51, 52] if interval == 1 else [22.5, 17.5, 22.5, 27.5, 37.5, 32.5, 27.5, 27.5]
    expected = statistics.median_grouped(answers, interval)
    edges = np.arange(min(answers) - interval / 2, max(answers) + interval, interval)
    assert grouped_median(np.array(answers), edges, Design(np.ones(8))).estimate.value == pytest.approx(expected)


def test_the_grouped_median_worked_by_hand():
    # 3 answers of up to 5 days, 9 of 5 to 10, 8 of 10 to 20: 5 + 5 * (10 - 3) / 9
    days = np.array([4.0] * 3 + [7.0] * 9 + [15.0] * 8)
    found = grouped_median(days, np.array([0.0, 5, 10, 20]), Design(np.ones(20)))
    assert found.estimate.value == pytest.approx(5 + 35 / 9)
    parts = np.array([1.0] * 3 + [7 / 9] * 9 + [0.0] * 8)
    se = 5 / (9 / 20) * np.sqrt(((parts - 0.5) ** 2).sum() / 19 / 20)
    assert found.estimate.se == pytest.approx(se)
    assert found.z.sum() == pytest.approx(0)
    half = 2.093024054 * se / (5 / (9 / 20))
    assert found.estimate.low == pytest.approx(5 + 5 * (20 * (0.5 - half) - 3) / 9)
    assert found.estimate.high == pytest.approx(10 + 10 * (20 * (0.5 + half) - 12) / 8)


def test_the_grouped_median_does_not_jump_where_the_plain_one_does():
    # half of the firms say 7 and half 30: one more answer moves the plain median by 23 days
    bounds, found = np.array([0.0, 18.5, 45]), []
    for sevens in (50, 52):
        days = np.array([7.0] * sevens + [30.0] * 51)
        found.append(
            [
                each.estimate.value
                for each in (
                    quantile(days, 0.5, Design(np.ones(sevens + 51))),
                    grouped_median(days, bounds, Design(np.ones(sevens + 51))),
                )
            ]
        )
    assert found[0][0] - found[1][0] == 23
    assert 0 < found[0][1] - found[1][1] < 1


def test_intervals_of_grouped_medians_of_heaped_days_hold_the_truth_nineteen_times_in_twenty():
    rng = np.random.default_rng(30)
    heaps, chance = np.array([3.0, 7, 15, 30, 60]), np.array([0.2, 0.25, 0.25, 0.2, 0.1])
    bounds = np.array([0.0, 5, 11, 22.5, 45, 75])
    truth = 11 + 11.5 * (0.5 - 0.45) / 0.25
    inside, se, values = [], [], []
    for _ in range(1000):
        found = grouped_median(rng.choice(heaps, 120, p=chance), bounds, Design(np.ones(120))).estimate
        inside.append(found.low <= truth <= found.high)
        se.append(found.se)
        values.append(found.value)
    assert 0.93 < np.mean(inside) < 0.97
    assert np.mean(se) == pytest.approx(np.std(values), rel=0.1)


@pytest.mark.parametrize("bounds", [[0.0, 5, 5], [7.0, 60], [0.0, 20]])
def test_bounds_that_do_not_hold_every_answer_are_refused(bounds):
    with pytest.raises(ValueError, match="bounds must ascend"):
        grouped_median(np.array([7.0, 15, 30]), np.array(bounds), Design(np.ones(3)))


def test_nobody_has_no_median():
    nobody = np.zeros(3, dtype=bool)
    assert np.isnan(grouped_median(np.ones(3), np.array([0.0, 2]), Design(np.ones(3)), where=nobody).estimate.value)
