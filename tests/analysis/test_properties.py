"""What must hold of every estimator whatever the sample: invented samples by Hypothesis."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.design import Design
from analysis.domains import by, contrast
from analysis.estimators import Estimate, Linearised, mean, ratio, share, total
from analysis.quantiles import grouped_median, quantile
from analysis.significance import chisq, ranktest, ttest

BOUNDS = np.array([0.0, 2, 4, 6, 8, 11])


@dataclass(frozen=True)
class Sample:
    """Arrays of one sample, shape (n,): `y` on ten values, three strata, clusters in them, a domain of at least half."""

    y: np.ndarray
    x: np.ndarray
    weight: np.ndarray
    stratum: np.ndarray
    cluster: np.ndarray | None
    where: np.ndarray

    def design(self) -> Design:
        return Design(self.weight, self.stratum, cluster=self.cluster)

    def of(self, rows: np.ndarray) -> "Sample":
        return Sample(*(None if each is None else each[rows] for each in vars(self).values()))


@st.composite
def samples(draw) -> Sample:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(24, 90))
    stratum = np.arange(n) % 3
    cluster = rng.integers(0, 4, n) if draw(st.booleans()) else None
    if cluster is not None:
        cluster[:12] = np.repeat(np.arange(4), 3)  # every stratum has every cluster
    where = rng.random(n) < 0.75
    where[:12] = True
    return Sample(
        rng.integers(1, 11, n).astype(float), rng.uniform(1, 5, n), rng.uniform(0.5, 9, n), stratum, cluster, where
    )


ESTIMATORS: dict[str, Callable[[Sample], Linearised]] = {
    "mean": lambda s: mean(s.y, s.design(), where=s.where),
    "total": lambda s: total(s.y, s.design(), where=s.where),
    "ratio": lambda s: ratio(s.y, s.x, s.design(), where=s.where),
    "share": lambda s: share(s.y > 5, s.design(), where=s.where),
    "logit": lambda s: share(s.y > 5, s.design(), where=s.where, interval="logit"),
    "korn_graubard": lambda s: share(s.y > 5, s.design(), where=s.where, interval="korn_graubard"),
    "median": lambda s: quantile(s.y, 0.5, s.design(), where=s.where),
    "grouped median": lambda s: grouped_median(s.y, BOUNDS, s.design(), where=s.where),
}
TESTS = {
    "ttest": lambda s: ttest(s.y, s.design(), group=s.x > 3, where=s.where),
    "ranktest": lambda s: ranktest(s.y, s.x > 3, s.design(), where=s.where),
    "chisq": lambda s: chisq(s.y > 5, s.x > 3, s.design(), where=s.where),
}
every_estimator = pytest.mark.parametrize("name", ESTIMATORS)
often = settings(max_examples=40, deadline=None)


def figures(found: Estimate) -> list[float]:
    return [found.value, found.se, found.low, found.high, found.df]


@every_estimator
@often
@given(sample=samples(), seed=st.integers(0, 1000))
def test_the_order_of_rows_changes_nothing(name, sample, seed):
    order = np.random.default_rng(seed).permutation(sample.y.size)
    first, second = ESTIMATORS[name](sample), ESTIMATORS[name](sample.of(order))
    assert figures(second.estimate) == pytest.approx(figures(first.estimate), rel=1e-8, abs=1e-10)
    assert second.z == pytest.approx(first.z[order], rel=1e-6, abs=1e-10)


@every_estimator
@often
@given(sample=samples(), factor=st.floats(0.01, 100))
def test_equal_scaling_of_the_weights_scales_totals_and_nothing_else(name, sample, factor):
    first = ESTIMATORS[name](sample).estimate
    second = ESTIMATORS[name](replace(sample, weight=sample.weight * factor)).estimate
    scale = factor if name == "total" else 1.0
    assert figures(second)[:4] == pytest.approx([scale * each for each in figures(first)[:4]], rel=1e-7, abs=1e-9)


@every_estimator
@often
@given(sample=samples())
def test_what_was_not_answered_has_no_say(name, sample):
    blank = replace(sample, y=np.where(sample.where, sample.y, np.nan), x=np.where(sample.where, sample.x, np.nan))
    assert figures(ESTIMATORS[name](blank).estimate) == figures(ESTIMATORS[name](sample).estimate)


@every_estimator
@often
@given(sample=samples())
def test_a_second_stratum_just_like_the_first_halves_the_variance(name, sample):
    twice = sample.of(np.tile(np.arange(sample.y.size), 2))
    twice = replace(twice, stratum=twice.stratum + np.repeat([0, 3], sample.y.size))
    first, second = ESTIMATORS[name](sample), ESTIMATORS[name](twice)
    scale = 2 if name == "total" else 1
    assert second.estimate.value == pytest.approx(scale * first.estimate.value)
    if "median" not in name:  # their slope is read from the interval, which is another one
        assert second.estimate.se**2 - second.unseen == pytest.approx(
            scale**2 * (first.estimate.se**2 - first.unseen) / 2, rel=1e-9, abs=1e-12
        )
    assert second.estimate.df == 2 * first.estimate.df


@every_estimator
@often
@given(sample=samples())
def test_estimates_lie_in_their_intervals_and_the_variance_is_that_of_the_linearised_values(name, sample):
    found = ESTIMATORS[name](sample)
    assert found.estimate.low <= found.estimate.value + 1e-12
    assert found.estimate.value <= found.estimate.high + 1e-12
    if name != "median":
        variance = float(sample.design().covariance(found.z[:, None])[0, 0]) + found.unseen
        assert found.estimate.se == pytest.approx(np.sqrt(variance))


@often
@given(sample=samples(), shift=st.floats(-50, 50), slope=st.floats(0.1, 20))
def test_means_and_quantiles_follow_a_change_of_unit(sample, shift, slope):
    for name in ("mean", "median"):
        first = ESTIMATORS[name](sample).estimate
        second = ESTIMATORS[name](replace(sample, y=shift + slope * sample.y)).estimate
        expected = [shift + slope * each for each in (first.value, first.low, first.high)]
        assert [second.value, second.low, second.high] == pytest.approx(expected, abs=1e-7)
        assert second.se == pytest.approx(slope * first.se, abs=1e-9)


@pytest.mark.parametrize("interval", ["wilson", "logit", "korn_graubard"])
@often
@given(sample=samples())
def test_the_share_of_no_is_one_less_the_share_of_yes(interval, sample):
    yes, no = (
        share(each, sample.design(), where=sample.where, interval=interval) for each in (sample.y > 7, sample.y <= 7)
    )
    found = [no.estimate.value, no.estimate.low, no.estimate.high, no.estimate.se]
    expected = [1 - yes.estimate.value, 1 - yes.estimate.high, 1 - yes.estimate.low, yes.estimate.se]
    assert found == pytest.approx(expected, abs=1e-7)


@often
@given(sample=samples())
def test_parts_add_up_to_the_whole(sample):
    parts = by(
        lambda one: total(sample.y, sample.design(), where=one), sample.x > 3, sample.design(), where=sample.where
    )
    whole = total(sample.y, sample.design(), where=sample.where).estimate
    added = contrast(parts, dict.fromkeys(parts.table.index, 1.0))
    assert [added.value, added.se] == pytest.approx([whole.value, whole.se])
    assert np.linalg.eigvalsh(parts.covariance.to_numpy()).min() >= -1e-9 * whole.se**2 - 1e-12


@pytest.mark.parametrize("name", TESTS)
@often
@given(sample=samples(), seed=st.integers(0, 1000), factor=st.floats(0.01, 100))
def test_tests_depend_on_neither_the_order_of_rows_nor_the_scale_of_weights(name, sample, seed, factor):
    order = np.random.default_rng(seed).permutation(sample.y.size)
    other = replace(sample, weight=sample.weight * factor).of(order)
    assert TESTS[name](other).p == pytest.approx(TESTS[name](sample).p, rel=1e-6, abs=1e-12)
    assert 0 <= TESTS[name](sample).p <= 1
