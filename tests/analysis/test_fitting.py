"""Calibration against R's survey: the example of Kalton and Flores-Cervantes (2003), and the districts of `apiclus1`.

Tables: tests/kalton.Rout.save of cran/survey. Ranges of factors: tests/caleg.Rout.save there. The domain: its vignette "domain".
Figures with many digits: R's survey 4.5 as quoted in tests/svy/weighting/test_calibration_variance.py of samplics-org/svy.
"""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.design import Design
from analysis.estimators import mean, total
from analysis.fitting import ImpossibleMargins, fitted
from analysis.weights import calibrate, poststratify, rake
from tests.analysis import api_clusters

SAMPLED = [20, 50, 100, 30, 40, 140, 50, 100, 40, 310, 50, 70]
POPULATION = [80, 60, 170, 55, 40, 150, 60, 165, 55, 340, 200, 125]
A, B = np.tile(np.arange(4), 3), np.repeat(np.arange(3), 4)
DISTRICTS = api_clusters.schools()
TYPES = {"E": 4421.0, "H": 755.0, "M": 1018.0}


def kalton() -> tuple[np.ndarray, np.ndarray]:
    """Return the margins of the example as 0/1 columns, shape (1000, 6), and their totals."""
    margins = np.column_stack([np.ones(12), *(i == A for i in (1, 2, 3)), *(j == B for j in (1, 2))]).astype(float)
    return np.repeat(margins, SAMPLED, axis=0), np.array(POPULATION) @ margins


@pytest.mark.parametrize(
    ("distance", "bounds", "expected"),
    [
        ("raking", None, [1.81, 1.08, 2.20, 1.83, 1.45, 0.87, 1.76, 1.47, 2.02, 1.21, 2.45, 2.04]),
        ("linear", None, [1.82, 1.09, 2.19, 1.83, 1.50, 0.78, 1.88, 1.52, 1.97, 1.24, 2.34, 1.98]),
        ("linear", (0.5, 2.2), [1.81, 1.08, 2.20, 1.83, 1.48, 0.75, 2.00, 1.50, 1.99, 1.26, 2.20, 2.00]),
        ("logit", (0.5, 2.2), [1.87, 1.08, 2.17, 1.89, 1.46, 0.74, 2.09, 1.49, 1.98, 1.27, 2.18, 1.99]),
    ],
)
def test_factors_of_the_textbook_are_those_of_r(distance, bounds, expected):
    columns, totals = kalton()
    found = calibrate(Design(np.ones(1000)), columns, totals, distance=distance, bounds=bounds).weight
    assert found[np.cumsum(SAMPLED) - 1] == pytest.approx(expected, abs=0.0051)


def test_one_factor_of_a_numeric_auxiliary_is_that_of_r():
    margins = np.column_stack([np.ones(12), A + 1, B + 1]).astype(float)
    found = calibrate(Design(np.ones(1000)), np.repeat(margins, SAMPLED, axis=0), np.array(POPULATION) @ margins).weight
    expected = [1.21, 1.43, 1.66, 1.88, 1.17, 1.40, 1.62, 1.85, 1.14, 1.36, 1.59, 1.81]
    assert found[np.cumsum(SAMPLED) - 1] == pytest.approx(expected, abs=0.0051)


@pytest.mark.parametrize(("bounds", "lowest", "highest"), [(None, 0.7906782, 1.7891164), ((0.6, 1.5), 0.7198751, 1.5)])
def test_the_range_of_factors_on_districts_is_that_of_r(bounds, lowest, highest):
    design = api_clusters.design(fpc=False)
    columns = np.column_stack([np.ones(183), DISTRICTS["enroll"]])
    # apipop has 6194 schools with 3811472 pupils, those without a number left out
    found = calibrate(design, columns, np.array([6194.0, 3811472.0]), bounds=bounds).weight / design.weight
    assert [found.min(), found.max()] == pytest.approx([lowest, highest], abs=5e-6)


def test_errors_of_calibrated_districts_are_those_of_r():
    design, score = api_clusters.design(fpc=True), DISTRICTS["api00"].to_numpy()
    greg = calibrate(design, np.column_stack([np.ones(183), DISTRICTS["api99"]]), np.array([6194.0, 3914069.0]))
    found = mean(score, greg).estimate
    assert [found.value, found.se] == pytest.approx([666.717736250273, 3.29588091215716], rel=1e-11)
    assert total(DISTRICTS["api99"].to_numpy(), greg).estimate.se == pytest.approx(0, abs=1e-3)
    found = mean(score, poststratify(design, DISTRICTS["stype"], TYPES)).estimate
    assert [found.value, found.se] == pytest.approx([642.310788211584, 23.9204864450905], rel=1e-11)
    raked = rake(
        design, {"stype": (DISTRICTS["stype"], TYPES), "wide": (DISTRICTS["sch_wide"], {"n": 1000.0, "y": 5194.0})}
    )
    assert mean(score, raked).estimate.se == pytest.approx(23.745841047537, rel=1e-10)


def test_a_domain_of_a_calibrated_sample_is_that_of_r():
    types = [(DISTRICTS["stype"] == each).to_numpy(dtype=float) for each in "HM"]
    columns = np.column_stack([np.ones(183), *types, DISTRICTS["api99"]])
    fit = calibrate(api_clusters.design(fpc=True), columns, np.array([6194.0, 755, 1018, 3914069]))
    found = mean(DISTRICTS["api00"].to_numpy(), fit, where=(DISTRICTS["comp_imp"] == "y").to_numpy()).estimate
    assert [found.value, found.se] == pytest.approx([672.049, 6.518153], abs=1e-3)
    assert found.se == pytest.approx(6.518153, abs=1e-6)


def test_totals_out_of_reach_are_named_with_what_is_missed():
    table = pd.DataFrame({"firms": np.ones(183), "score": DISTRICTS["api99"]})
    with pytest.raises(
        ImpossibleMargins,
        match=r"with factors from 0.9 to 1.1; the nearest weights miss total firms by 34.2%, total score by 28.9%",
    ):
        calibrate(
            api_clusters.design(fpc=True), table, np.array([6194.0, 3914069.0]), distance="logit", bounds=(0.9, 1.1)
        )
    with pytest.raises(ValueError, match="bounds of factors hold 1"):
        calibrate(api_clusters.design(fpc=True), table, np.array([6194.0, 3914069.0]), bounds=(1.1, 2.0))


def test_totals_that_would_leave_responses_without_weight_are_refused():
    columns = np.column_stack([np.ones(4), [1.0, 2, 3, 4]])
    with pytest.raises(ImpossibleMargins, match="3 weights would not be over 0: merge"):
        fitted(
            np.ones(4), columns, np.array([4.0, 16.0]), names=["firms", "sum"], distance="raking"
        )  # all weight on one


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["linear", "raking", "logit"]), st.sampled_from([None, (0.6, 1.7)]))
def test_every_distance_meets_totals_that_some_weights_meet(seed, distance, bounds):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(30, 200))
    columns = np.column_stack([np.ones(n), rng.integers(0, 2, n), rng.lognormal(5, 1, n)])
    weight = rng.uniform(1, 10, n)
    totals = (weight * rng.uniform(0.75, 1.5, n)) @ columns
    found = fitted(weight, columns, totals, names=["a", "b", "c"], distance=distance, bounds=bounds)
    assert found @ columns == pytest.approx(totals, rel=1e-8)
    assert (found > 0).all()
    if bounds or distance == "logit":
        low, high = bounds or (0.4, 2.5)
        assert (found / weight >= low - 1e-12).all()
        assert (found / weight <= high + 1e-12).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_weights_do_not_depend_on_the_order_of_rows_or_the_unit_of_an_auxiliary(seed):
    rng = np.random.default_rng(seed)
    columns = np.column_stack([np.ones(50), rng.lognormal(5, 1, 50)])
    weight, order = rng.uniform(1, 10, 50), rng.permutation(50)
    totals = (weight * rng.uniform(0.8, 1.4, 50)) @ columns
    first = fitted(weight, columns, totals, names=["a", "b"], distance="raking")
    unit = np.array([1.0, 1e6])
    second = fitted(weight[order], columns[order] * unit, totals * unit, names=["a", "b"], distance="raking")
    assert second == pytest.approx(first[order], rel=1e-7)
