"""Intervals of shares against svy 0.35.0 (sample `apistrat`, no fpc) and against the exact interval of the textbook."""

import numpy as np
import pytest
from scipy import stats

from analysis.design import Design
from analysis.estimators import mean, share
from analysis.intervals import korn_graubard, logit
from tests.analysis import api

SCORE = api.schools()["api00"].to_numpy()
ALL = np.ones(200, dtype=bool)


@pytest.mark.parametrize(
    ("over", "interval", "low", "high"),
    [
        (750, "logit", 0.202604740, 0.339546286),
        (860, "logit", 0.038472211, 0.122033155),
        (750, "korn_graubard", 0.198989892, 0.340828718),
        (860, "korn_graubard", 0.034861226, 0.121433598),
    ],
)
def test_an_interval_is_that_of_svy(over, interval, low, high):
    found = share(over < SCORE, api.design(fpc=False), where=ALL, interval=interval).estimate
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-9)


def test_the_t_interval_of_a_share_is_that_of_the_mean_of_noughts_and_ones():
    hit = SCORE > 750
    found = share(hit, api.design(fpc=False), interval="t").estimate
    expected = mean(hit.astype(float), api.design(fpc=False)).estimate
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


def test_on_a_simple_random_sample_korn_graubard_is_clopper_pearson():
    hit = np.arange(40) < 7
    found = share(hit, Design(np.ones(40)), where=np.ones(40, dtype=bool), interval="korn_graubard").estimate
    exact = stats.binomtest(7, 40).proportion_ci(method="exact")
    # the Taylor variance divides by n - 1, so n effective is 39 of 40
    assert (found.low, found.high) == pytest.approx((exact.low, exact.high), abs=0.005)
    assert korn_graubard(7 / 40, 0, 40, 39) == pytest.approx((exact.low, exact.high))


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_a_share_that_all_or_none_gave_has_an_interval_on_one_side(p):
    low, high = korn_graubard(p, 0.0, 30, 29)
    assert (low == 0) == (p == 0)
    assert high - low == pytest.approx(1 - 0.025 ** (1 / 30))  # the rule of Clopper and Pearson at the edge
    assert logit(p, 0.0, 29) == (0.0, 1.0)


def test_korn_graubard_covers_at_least_nineteen_times_in_twenty():
    rng = np.random.default_rng(11)
    stratum = np.repeat(["big", "small"], [40, 80])
    design = Design(np.where(stratum == "big", 1.0, 4.0), stratum)
    truth = (40 * 0.12 + 320 * 0.04) / 360
    inside = []
    for _ in range(500):
        hit = rng.random(120) < np.where(stratum == "big", 0.12, 0.04)
        found = share(hit, design, where=np.ones(120, dtype=bool), interval="korn_graubard").estimate
        inside.append(found.low <= truth <= found.high)
    assert np.mean(inside) >= 0.95
