"""Tests against R's survey 4.5, against svy 0.35.0, against SciPy where the sample is simple, and on samples of a null.

R's figures of `svyttest(api00 ~ comp.imp)` and `svychisq(~stype + awards)` are those of `test/r_reference/ttest.csv` and
`chisq.csv` in xKDR/Survey.jl.
"""

import numpy as np
import polars
import pytest
import svy
from scipy import stats

from analysis.design import Design
from analysis.significance import NothingToCompare, chisq, ranktest, ttest
from tests.analysis import api, api_clusters

SCHOOLS = api.schools()
DISTRICTS = api_clusters.schools()
SCORE, AWARD = SCHOOLS["api00"].to_numpy(), np.where(SCHOOLS["awards"], "y", "n")
HIGH = SCORE > 500


def svy_sample() -> svy.Sample:
    rows = {"y": SCORE, "award": AWARD, "stratum": SCHOOLS["stype"].to_list(), "w": api.design(fpc=False).weight}
    return svy.Sample(polars.DataFrame(rows), svy.Design(stratum="stratum", wgt="w"))


def svy_districts() -> svy.Sample:
    rows = {name: DISTRICTS[name].to_list() for name in DISTRICTS}
    return svy.Sample(
        polars.DataFrame(rows | {"w": np.full(183, api_clusters.WEIGHT)}), svy.Design(psu="dnum", wgt="w")
    )


def test_a_t_test_of_two_groups_is_that_of_r():
    found = ttest(DISTRICTS["api00"].to_numpy(), api_clusters.design(fpc=False), group=DISTRICTS["comp_imp"])
    assert found.difference is not None
    assert [found.difference.value, found.statistic, found.df, found.p] == pytest.approx(
        [15.506015037594, 0.915856254417054, 13, 0.376418852012408], rel=1e-11
    )
    assert [found.difference.low, found.difference.high] == pytest.approx([-21.0703676778145, 52.0823977530025])


def test_t_tests_are_those_of_svy():
    theirs = svy_sample().categorical.ttest("y", group="award").to_polars()
    found = ttest(SCORE, api.design(fpc=False), group=AWARD)
    assert [found.statistic, found.df, found.p] == pytest.approx(theirs[["t", "df", "p_value"]].row(0), rel=1e-10)
    theirs = svy_sample().categorical.ttest("y", mean_h0=650, where=polars.col("y") > 500).to_polars()
    found = ttest(SCORE, api.design(fpc=False), against=650, where=HIGH)
    assert [found.statistic, found.df, found.p] == pytest.approx(theirs[["t", "df", "p_value"]].row(0), rel=1e-10)


@pytest.mark.parametrize(
    ("frame", "design", "expected"),
    [
        (SCHOOLS, api.design(fpc=True), [14.1694082305841, 1.88513588010282, 371.371768380256, 2.08210852324867e-06]),
        (
            DISTRICTS,
            api_clusters.design(fpc=False),
            [4.92628761345023, 1.71200283432057, 23.9680396804879, 0.0200399451888242],
        ),
    ],
)
def test_rao_scott_tests_are_those_of_r(frame, design, expected):
    found = chisq(frame["stype"], frame["awards"], design)
    assert [found.statistic, found.df_above, found.df, found.p] == pytest.approx(expected, rel=1e-7)


def test_the_rao_scott_test_of_a_domain_is_that_of_svy():
    theirs = svy_sample().categorical.tabulate("stratum", "award", where=polars.col("y") > 500).stats.f
    found = chisq(SCHOOLS["stype"], AWARD, api.design(fpc=False), where=HIGH)
    assert [found.statistic, found.df_above, found.df, found.p] == pytest.approx(
        [theirs.value, theirs.df_num, theirs.df_den, theirs.p_value], rel=1e-9
    )


def test_on_a_simple_sample_rao_scott_is_nearly_pearson():
    rng = np.random.default_rng(3)
    first, second = rng.integers(0, 3, 4000), rng.integers(0, 4, 4000)
    table = np.array([[((first == i) & (second == j)).sum() for j in range(4)] for i in range(3)])
    found = chisq(first, second, Design(np.ones(4000)))
    pearson = stats.chi2_contingency(table, correction=False)
    assert found.df_above == pytest.approx(6, rel=0.01)
    assert found.p == pytest.approx(pearson.pvalue, abs=0.01)


def test_a_wilcoxon_test_is_that_of_svy():
    theirs = svy_sample().categorical.ranktest("y", group="award").to_polars()
    found = ranktest(SCORE, AWARD, api.design(fpc=False))
    assert found.difference is not None
    assert found.df == theirs["df"][0]
    # equal scores of unequal weight: ranks differ by what the order of the rows does to theirs
    assert [found.difference.value, found.statistic, found.p] == pytest.approx(
        theirs[["diff", "t", "p_value"]].row(0), rel=5e-3
    )


@pytest.mark.parametrize("scores", [DISTRICTS["api00"], DISTRICTS["enroll"]], ids=["api00", "enroll"])
def test_rank_tests_of_equal_weights_are_those_of_svy_to_all_digits(scores):
    column = str(scores.name)
    theirs = svy_districts().categorical.ranktest(column, group="awards").to_polars()
    found = ranktest(scores.to_numpy(), DISTRICTS["awards"], api_clusters.design(fpc=False))
    assert [found.statistic, found.df, found.p] == pytest.approx(theirs[["t", "df", "p_value"]].row(0), rel=1e-9)
    theirs = svy_districts().categorical.ranktest(column, group="stype").to_polars()
    found = ranktest(scores.to_numpy(), DISTRICTS["stype"], api_clusters.design(fpc=False))
    assert [found.statistic, found.df_above, found.df, found.p] == pytest.approx(
        theirs[["f_stat", "ndf", "ddf", "p_value"]].row(0), rel=1e-9
    )


def test_ranks_of_equal_answers_do_not_depend_on_the_order_of_rows():
    rng = np.random.default_rng(4)
    y, group, weight = rng.integers(1, 6, 200).astype(float), rng.integers(0, 2, 200), rng.uniform(1, 5, 200)
    order = rng.permutation(200)
    first = ranktest(y, group, Design(weight))
    second = ranktest(y[order], group[order], Design(weight[order]))
    assert first.p == pytest.approx(second.p, rel=1e-9)


def test_on_a_simple_sample_rank_tests_are_nearly_those_of_scipy():
    rng = np.random.default_rng(5)
    group = np.repeat([0, 1, 2], 300)
    y = rng.normal(0.12 * group, 1)
    found = ranktest(y, group, Design(np.ones(900)))
    # theirs takes the spread of all ranks, ours that inside each group
    assert 2 * found.statistic == pytest.approx(stats.kruskal(*(y[group == g] for g in range(3))).statistic, rel=0.03)
    found = ranktest(y, group, Design(np.ones(900)), where=group < 2)
    p = stats.mannwhitneyu(y[group == 0], y[group == 1], method="asymptotic", use_continuity=False).pvalue
    assert stats.t.isf(found.p / 2, found.df) == pytest.approx(stats.norm.isf(p / 2), rel=0.02)


def test_under_the_null_tests_reject_one_time_in_twenty_on_a_clustered_sample():
    rng = np.random.default_rng(6)
    rejected = []
    for _ in range(600):
        cluster = np.repeat(np.arange(40), 6)
        y = rng.normal(0, 1, 40)[cluster] + rng.normal(0, 1, 240)
        group = rng.integers(0, 2, 240)
        design = Design(rng.uniform(1, 3, 240), np.repeat([0, 1], 120), cluster=cluster)
        rejected.append(
            [
                ttest(y, design, group=group).p < 0.05,
                ranktest(y, group, design).p < 0.05,
                chisq(group, y > 0, design).p < 0.05,
            ]
        )
    assert (np.abs(np.mean(rejected, axis=0) - 0.05) < 0.027).all()


def test_groups_that_are_not_there_are_said():
    design = Design(np.ones(6))
    with pytest.raises(NothingToCompare, match="two groups, not a, b, c"):
        ttest(np.arange(6.0), design, group=np.array(list("aabbcc")))
    with pytest.raises(NothingToCompare, match="there is a"):
        ranktest(np.arange(6.0), np.array(list("aabbcc")), design, where=np.array([True] * 2 + [False] * 4))
    with pytest.raises(NothingToCompare, match="single category"):
        chisq(np.array(list("aabbcc")), np.array(list("xxxxxx")), design)


def test_answers_that_are_all_alike_have_no_p():
    assert np.isnan(ttest(np.ones(6), Design(np.ones(6)), group=np.array(list("aaabbb"))).p)


def test_a_response_without_a_label_is_in_the_design_only():
    group = np.array([*AWARD[:190], *[None] * 10], dtype=object)
    known = np.arange(200) < 190
    for found, other in (
        (
            chisq(SCHOOLS["stype"], group, api.design(fpc=False)),
            chisq(SCHOOLS["stype"], AWARD, api.design(fpc=False), where=known),
        ),
        (ranktest(SCORE, group, api.design(fpc=False)), ranktest(SCORE, AWARD, api.design(fpc=False), where=known)),
    ):
        assert found.p == pytest.approx(other.p)
