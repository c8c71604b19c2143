"""Designs: clusters against svy 0.35.0 and R's survey 4.5, certainty strata, merged strata, labels that are missing.

The clusters of `apistrat` are made for the test: four schools of a stratum in its order; of 100, 26 and 20 clusters. Those of
`apiclus1` are its districts; R's figures are those of `test/r_reference/est_basic.csv` and `proportions.csv` in xKDR/Survey.jl.
"""

import numpy as np
import pytest

from analysis.design import Design, LonelyStratum
from analysis.domains import by
from analysis.estimators import mean, ratio, share, total
from analysis.merging import CannotMerge, merge_small
from tests.analysis import api, api_clusters, api_two_stages

SCHOOLS = api.schools()
SCORE = SCHOOLS["api00"].to_numpy()
STRATUM = SCHOOLS["stype"].to_numpy()
CLUSTER = (SCHOOLS.groupby("stype").cumcount() // 4).to_numpy()
ALL = np.ones(200, dtype=bool)


def clustered(*, fpc: bool = False) -> Design:
    drawn_from = SCHOOLS["stype"].map({"E": 100.0, "M": 26.0, "H": 20.0}).to_numpy()
    return Design(api.design(fpc=False).weight, STRATUM, CLUSTER, drawn_from if fpc else None)


def figures(found) -> list[float]:
    return [found.value, found.se, found.low, found.high, found.df]


def test_figures_of_clusters_are_those_of_svy():
    found = mean(SCORE, clustered(), where=ALL).estimate
    assert figures(found) == pytest.approx([662.2873635777, 8.0036989408, 646.1948482976, 678.3798788577, 48])
    found = total(SCORE, clustered(), where=ALL).estimate
    assert figures(found)[1:4] == pytest.approx([57157.2060213225, 3987285.6649248, 4217130.1950752])


def test_domains_of_clusters_are_those_of_svy():
    found = by(
        lambda one: mean(SCORE, clustered(), where=one), SCHOOLS["awards"].map({True: "y", False: "n"}), clustered()
    )
    assert figures(found.table.loc["n"]) == pytest.approx([633.7349123, 13.3945030, 606.6841647, 660.7856600, 41])
    assert figures(found.table.loc["y"]) == pytest.approx([678.4224057, 11.6526560, 654.9225833, 701.9222260, 43])


def test_korn_graubard_of_clusters_is_that_of_svy():
    found = share(SCORE > 750, clustered(), where=ALL, interval="korn_graubard").estimate
    assert figures(found)[:4] == pytest.approx([0.2654746529, 0.0332149416, 0.2007909599, 0.3385275710], abs=1e-9)


def test_the_correction_counts_clusters():
    assert mean(SCORE, clustered(fpc=True), where=ALL).estimate.se == pytest.approx(6.639935385028205)


def test_clusters_of_one_response_are_no_clusters():
    alone = Design(api.design(fpc=False).weight, STRATUM, cluster=np.arange(200))
    expected = mean(SCORE, api.design(fpc=False), where=ALL).estimate
    assert figures(mean(SCORE, alone, where=ALL).estimate) == pytest.approx(figures(expected))


def test_the_same_label_in_two_strata_is_two_clusters():
    renamed = np.array([f"{s}{c}" for s, c in zip(STRATUM, CLUSTER, strict=True)])
    other = Design(api.design(fpc=False).weight, STRATUM, cluster=renamed)
    expected = mean(SCORE, clustered(), where=ALL).estimate
    assert figures(mean(SCORE, other, where=ALL).estimate) == pytest.approx(figures(expected))


def test_a_stratum_of_one_cluster_is_lonely_however_many_answered():
    with pytest.raises(LonelyStratum, match="one response or cluster only in stratum b"):
        Design(np.ones(6), np.array(["a"] * 3 + ["b"] * 3), cluster=np.array([1, 2, 3, 9, 9, 9]))


def test_a_certainty_stratum_may_hold_one_firm_and_adds_no_variance():
    stratum, firms = np.array(["all of it", "b", "b", "b"]), np.array([1.0, 30.0, 30.0, 30.0])
    weight, y = np.array([1.0, 10.0, 10.0, 10.0]), np.array([900.0, 1.0, 2.0, 4.0])
    found = total(y, Design(weight, stratum, fpc=firms), where=np.ones(4, dtype=bool)).estimate
    assert found.value == 900 + 70
    assert found.se == pytest.approx(30 * np.sqrt(0.9 * np.var([1, 2, 4], ddof=1) / 3))
    with pytest.raises(LonelyStratum, match="all of it"):
        Design(weight, stratum)


def test_the_error_with_a_certainty_stratum_is_that_of_r():
    # tests/lonely.psu.Rout.save of cran/survey: districts as strata, the one of a single school taken with certainty
    schools = api_clusters.schools()
    held = np.where(schools["dnum"] == "413", 1.0, 1000.0)
    found = mean(schools["api00"].to_numpy(), Design(np.ones(183), schools["dnum"], fpc=held)).estimate
    assert found.se == pytest.approx(5.7344, abs=5e-5)


def test_a_stratum_cannot_hold_fewer_firms_than_answered():
    with pytest.raises(ValueError, match="stratum b: more units answered than it holds"):
        Design(np.ones(4), np.array(["a", "a", "b", "b"]), fpc=np.array([5.0, 5.0, 1.0, 1.0]))


@pytest.mark.parametrize("kind", ["stratum", "cluster"])
def test_a_missing_label_is_named(kind):
    with pytest.raises(ValueError, match=f"row 1: the {kind} is missing"):
        Design(np.ones(3), **{kind: np.array(["a", None, "a"], dtype=object)})


@pytest.mark.parametrize(
    ("fpc", "expected"),
    [
        (False, [23.7790107208869, 907398.705597438, 45.6458729407598, 0.127544610789565, 0.0333503726041141]),
        (True, [23.5422406937812, 1339481.29924731, 45.1913723435604, 0.126274636133836, 0.0330182995537189]),
    ],
)
def test_errors_of_districts_are_those_of_r(fpc, expected):
    schools, design, everybody = api_clusters.schools(), api_clusters.design(fpc=fpc), np.ones(183, dtype=bool)
    score, pupils = schools["api00"].to_numpy(), schools["enroll"].to_numpy()
    found = [
        mean(score, design, where=everybody),
        total(score, design, where=everybody),
        mean(pupils, design, where=everybody),
        ratio(score, pupils, design, where=everybody),
        share((schools["awards"] == "y").to_numpy(), design, where=everybody),
    ]
    assert [each.estimate.se for each in found] == pytest.approx(expected, rel=1e-11)
    assert [each.estimate.df for each in found] == [14] * 5


def test_errors_of_districts_of_which_a_part_was_drawn_are_those_of_r():
    # `dclus2wr` in tests/api.Rout.save of cran/survey; the digits shown there
    schools, design = api_two_stages.schools(), api_two_stages.design()
    found = mean(schools["api00"].to_numpy(), design).estimate
    assert [found.value, found.se] == pytest.approx([670.81, 30.712], abs=5e-3)
    assert found.se == pytest.approx(30.712, abs=5e-4)
    found = total(schools["enroll"].to_numpy(), design, where=schools["enroll"].notna().to_numpy()).estimate
    assert [found.value, found.se] == pytest.approx([2639273, 820261], abs=0.5)


def lonely(collapse=None, fpc=None) -> Design:
    """Two regions: a1 and a2 of the first, b1, b2 and b3 of the second; a2 and b3 have one response."""
    stratum = np.array(["a1"] * 3 + ["a2"] + ["b1"] * 4 + ["b2"] * 2 + ["b3"])
    return Design(np.ones(11), stratum, fpc=fpc, collapse=collapse)


def test_strata_of_one_are_merged_by_the_stated_rule_if_asked():
    with pytest.raises(LonelyStratum, match="a2, b3"):
        lonely()
    region = np.array(["first"] * 4 + ["second"] * 7)
    found = lonely(region)
    assert found.collapsed == {"a1": "a1 + a2", "a2": "a1 + a2", "b2": "b2 + b3", "b3": "b2 + b3"}
    assert found.df() == 11 - 3
    assert lonely(collapse=True).collapsed == {"a2": "a2 + b3", "b3": "a2 + b3"}


def test_a_merged_design_is_the_design_of_the_merged_strata():
    y, everybody = np.array([3.0, 5, 8, 1, 2, 2, 9, 4, 6, 7, 1]), np.ones(11, dtype=bool)
    by_hand = Design(
        np.ones(11), np.array(["a"] * 4 + ["b1"] * 4 + ["b2"] * 3), fpc=np.array([20.0] * 4 + [30.0] * 4 + [27.0] * 3)
    )
    region = np.array(["first"] * 4 + ["second"] * 7)
    merged = lonely(region, np.array([12.0] * 3 + [8.0] + [30.0] * 4 + [20.0] * 2 + [7.0]))
    assert figures(mean(y, merged, where=everybody).estimate) == pytest.approx(
        figures(mean(y, by_hand, where=everybody).estimate)
    )


def test_a_certainty_stratum_is_not_merged():
    fpc = np.array([12.0] * 3 + [1.0] + [30.0] * 4 + [20.0] * 2 + [7.0])
    assert lonely(np.array(["first"] * 4 + ["second"] * 7), fpc).collapsed == {"b2": "b2 + b3", "b3": "b2 + b3"}


def test_a_stratum_of_one_with_nothing_like_it_is_still_refused():
    with pytest.raises(LonelyStratum, match="stratum a2"):
        lonely(np.array(["first"] * 3 + ["alone"] + ["second"] * 7))


def test_one_stratum_has_one_size_and_one_label_for_merging():
    with pytest.raises(ValueError, match="stratum a1: `fpc` gives it two sizes"):
        lonely(fpc=np.array([12.0, 13.0, 12.0, 1.0] + [30.0] * 4 + [20.0] * 2 + [1.0]))
    with pytest.raises(ValueError, match="stratum b1: `collapse` gives it two labels"):
        lonely(np.array(["first"] * 5 + ["second"] * 6))


def test_groups_are_merged_until_each_is_large_enough():
    assert merge_small({"a": 5, "b": 9, "c": 30, "d": 25}, 20) == {
        "a": "a + b + d",
        "b": "a + b + d",
        "d": "a + b + d",
        "c": "c",
    }
    with pytest.raises(CannotMerge, match="nothing like it to merge with: a"):
        merge_small({"a": 5, "b": 40}, 20, {"a": "x", "b": "y"})


def test_labels_that_only_look_alike_are_two_strata():
    assert Design(np.ones(6), np.array([1, 1, 1, "1", "1", "1"], dtype=object)).df() == 4
