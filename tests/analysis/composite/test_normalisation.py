"""Scales. COINr: tests/testthat/test-normalise.R of bluefoxr/COINr. TAI: UNDP Human Development Report 2001."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.composite.normalisation import (
    CannotNormalise,
    as_is,
    borda,
    distance_to_target,
    goalposts,
    min_max,
    normalise,
    percentile_rank,
    rank,
    z_score,
)
from analysis.composite.structure import Structure

UP, DOWN = np.array([1.0]), np.array([-1.0])
SCALES = [
    min_max,
    z_score,
    rank,
    borda,
    percentile_rank,
    as_is,
    partial(goalposts, lower=-60.0, upper=60.0),
    partial(distance_to_target, target=-1e3),
]


def column(*values):
    return np.array(values, dtype=float)[:, None]


def test_min_max_runs_over_any_range_as_in_coinr():
    scaled = min_max(column(*range(1, 11)), UP, low=2, high=7)
    assert (scaled.min(), scaled.max(), scaled[1, 0]) == pytest.approx((2, 7, 2 + 5 / 9))
    assert min_max(column(1, 2, 5), DOWN).ravel().tolist() == [100, 75, 0]


def test_z_scores_have_the_mean_and_deviation_asked_for_as_in_coinr():
    scaled = z_score(column(*range(1, 11)), UP, mean=5, sd=2)
    assert (scaled.mean(), scaled.std(ddof=1)) == pytest.approx((5, 2))


@pytest.mark.parametrize(
    ("value", "direction", "expected"),
    [(1, UP, 0.1), (11, UP, 1), (-1, UP, 0), (1, DOWN, 0.9), (-1, DOWN, 1), (11, DOWN, 0)],
)
def test_goalposts_as_in_coinr(value, direction, expected):
    assert goalposts(column(value), direction, 0, 10)[0, 0] == pytest.approx(expected)


def test_goalposts_may_be_passed():
    assert goalposts(column(11), UP, 0, 10, clip=False)[0, 0] == pytest.approx(1.1)


@pytest.mark.parametrize(
    ("values", "target", "direction", "clip", "expected"),
    [
        ((0, 5, 11), 10, UP, False, [0, 0.5, 1.1]),
        ((0, 5, 11), 10, UP, True, [0, 0.5, 1]),
        ((-1, 1, 10), 0, DOWN, False, [1.1, 0.9, 0]),
        ((-1, 1, 10), 0, DOWN, True, [1, 0.9, 0]),
    ],
)
def test_distance_to_target_as_in_coinr(values, target, direction, clip, expected):
    found = distance_to_target(column(*values), direction, target, clip=clip)
    assert found.ravel().tolist() == pytest.approx(expected)


def test_ranks_share_ties_and_leave_gaps():
    x = column(3, 1, np.nan, 3, 9)
    assert rank(x, UP).ravel().tolist() == pytest.approx([2.5, 1, np.nan, 2.5, 4], nan_ok=True)
    assert borda(x, DOWN).ravel().tolist() == pytest.approx([1.5, 3, np.nan, 1.5, 0], nan_ok=True)
    assert percentile_rank(x, UP).ravel().tolist() == pytest.approx([0.5, 0, np.nan, 0.5, 1], nan_ok=True)


def test_parameters_may_differ_by_indicator():
    x = np.array([[1.0, 10.0], [2.0, 20.0]])
    both = goalposts(x, np.array([1.0, -1.0]), np.array([0.0, 0.0]), np.array([4.0, 40.0]))
    assert both.tolist() == [[0.25, 0.75], [0.5, 0.5]]
    table, structure = pd.DataFrame(x, columns=["a", "b"]), Structure.flat(["a", "b"], directions={"b": -1})
    mixed = normalise(table, structure, {"a": borda, "b": partial(goalposts, lower=0, upper=40)})
    assert mixed.to_numpy().tolist() == [[0, 0.75], [1, 0.5]]


@pytest.mark.parametrize(
    "how", [min_max, z_score, partial(goalposts, lower=5, upper=5), partial(distance_to_target, target=0)]
)
def test_an_indicator_that_cannot_be_scaled_is_named(how):
    table = pd.DataFrame({"flat": [7.0, 7.0], "empty": np.nan})
    with pytest.raises(CannotNormalise, match="flat"):
        normalise(table[["flat"]], Structure.flat(["flat"]), how)
    with pytest.raises(CannotNormalise, match="empty"):
        normalise(table.assign(flat=[1.0, 2.0]), Structure.flat(["flat", "empty"]), min_max)


@given(st.lists(st.integers(-50, 50), min_size=2, max_size=12, unique=True))
@pytest.mark.parametrize("how", SCALES)
def test_more_is_better_whatever_the_scale_and_the_order_of_rows(how, values):
    x = column(*values)
    lower_is_better = -1e3 if isinstance(how, partial) and "target" in how.keywords else None
    scaled = how(x, DOWN if lower_is_better else UP).ravel()
    order = np.argsort(values)[:: -1 if lower_is_better else 1]
    assert (np.diff(scaled[order]) > 0).all()
    assert how(x[::-1], DOWN if lower_is_better else UP).ravel()[::-1] == pytest.approx(scaled)


@given(st.lists(st.integers(-50, 50), min_size=2, max_size=12, unique=True))
@pytest.mark.parametrize("how", [min_max, z_score, rank, borda, percentile_rank, as_is])
def test_turning_values_and_direction_changes_nothing(how, values):
    assert how(-column(*values), DOWN) == pytest.approx(how(column(*values), UP))
