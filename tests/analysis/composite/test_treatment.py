"""Outliers. COINr: the vignette "Outlier Treatment" and tests/testthat/test-treat.R of bluefoxr/COINr."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.composite.structure import Structure
from analysis.composite.treatment import (
    Limits,
    box_cox,
    has_outliers,
    kurtosis,
    logarithm,
    skewness,
    treat,
    winsorise,
)

VIGNETTE = np.array([*range(1, 11), 30, 100], dtype=float)


def test_skewness_and_kurtosis_as_coinr_publishes_them():
    assert skewness(VIGNETTE) == pytest.approx(3.063241, abs=5e-7)
    assert kurtosis(VIGNETTE) == pytest.approx(9.741391, abs=5e-7)


def test_one_point_is_drawn_in_as_coinr_publishes_it():
    drawn = winsorise(VIGNETTE, Limits(most=2))
    assert drawn.tolist() == [*range(1, 11), 30, 30]
    assert skewness(drawn) == pytest.approx(1.712038, abs=5e-7)
    assert kurtosis(drawn) == pytest.approx(1.815781, abs=5e-7)


def test_an_outlier_becomes_the_next_value_as_in_coinrs_tests():
    x = np.array([*range(1, 11), 100.0])
    assert has_outliers(x)
    assert winsorise(x).tolist() == [*range(1, 11), 10]
    assert winsorise(-x).tolist() == [-v for v in [*range(1, 11), 10]]
    assert not has_outliers(winsorise(x))


def test_more_points_than_allowed_are_transformed_from_the_values_as_they_were():
    x = np.array([*range(1, 21), 100.0, 200.0])
    found = treat(pd.DataFrame({"x": x}), Structure.flat(["x"]), limits=Limits(most=1))
    assert found.report.loc["x", "how"] == "transformed"
    assert found.table["x"].to_numpy() == pytest.approx(np.log(x - 1 + 1.99))  # COINr's log_CT: range / 100 = 1.99
    assert not found.drawn_in.any(axis=None)
    alone = treat(pd.DataFrame({"x": x}), Structure.flat(["x"]), limits=Limits(most=1), transform=None)
    assert alone.report.loc["x", ["how", "points", "mended"]].tolist() == ["winsorised", 1, False]


def test_what_has_no_outliers_and_what_is_missing_stays():
    table = pd.DataFrame({"calm": np.arange(12.0), "wild": VIGNETTE, "name": list("abcdefghijkl")})
    table.loc[3, "wild"] = np.nan
    found = treat(table, Structure.flat(["calm", "wild"]))
    assert found.table["calm"].equals(table["calm"])
    assert found.table["name"].equals(table["name"])
    assert np.isnan(found.table.loc[3, "wild"])
    assert found.drawn_in["wild"].to_numpy().nonzero()[0].tolist() == [11]
    assert found.report.loc["wild", ["how", "points", "mended"]].tolist() == ["winsorised", 1, True]


@pytest.mark.parametrize("transform", [logarithm, box_cox])
@pytest.mark.parametrize("sign", [1, -1])
def test_transformations_keep_the_order_and_gaps_and_calm_the_tail(transform, sign):
    x = sign * np.exp(np.linspace(0, 6, 40))
    x[7] = np.nan
    changed = transform(x)
    assert np.isnan(changed[7])
    assert stats.spearmanr(x, changed, nan_policy="omit").statistic == pytest.approx(1)
    assert abs(skewness(changed)) < abs(skewness(x))


def test_the_box_cox_power_is_that_of_largest_likelihood():
    x = np.exp(np.random.default_rng(3).normal(size=200)) + 1
    shifted = x - x.min() + 1
    powers = np.linspace(-3, 2, 5001)
    best = powers[np.argmax([stats.boxcox_llf(power, shifted) for power in powers])]
    assert box_cox(x) == pytest.approx((shifted**best - 1) / best, abs=1e-3)


def test_equal_or_few_values_have_no_outliers():
    assert not has_outliers(np.full(10, 3.0))
    assert not has_outliers(np.array([1.0, 1.0, 900.0]))


def test_columns_are_judged_together_as_each_alone_in_scipy():
    x = np.exp(np.random.default_rng(1).normal(size=(30, 4)) * [0.1, 0.5, 1, 2])
    assert skewness(x) == pytest.approx(stats.skew(x, bias=False))
    assert kurtosis(x) == pytest.approx(stats.kurtosis(x, bias=False))
    x[3, 1] = np.nan
    assert kurtosis(x)[1] == pytest.approx(stats.kurtosis(np.delete(x[:, 1], 3), bias=False))
