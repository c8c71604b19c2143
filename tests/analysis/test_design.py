"""Designs: clusters against svy 0.35.0, certainty strata, labels that are missing.

The clusters are made for the test: four schools of a stratum in the order of `apistrat`; of 100, 26 and 20 clusters.
"""

import numpy as np
import pytest

from analysis.design import Design, LonelyStratum
from analysis.domains import by
from analysis.estimators import mean, share, total
from tests.analysis import api

SCHOOLS = api.schools()
SCORE = SCHOOLS["api00"].to_numpy()
STRATUM = SCHOOLS["stype"].to_numpy()
CLUSTER = (SCHOOLS.groupby("stype").cumcount() // 4).to_numpy()
ALL = np.ones(200, dtype=bool)


def clustered(*, fpc: bool = False) -> Design:
    drawn_from = SCHOOLS["stype"].map({"E": 100.0, "M": 26.0, "H": 20.0}).to_numpy()
    return Design(api.design(fpc=False).weight, STRATUM, drawn_from if fpc else None, cluster=CLUSTER)


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
    found = total(y, Design(weight, stratum, firms), where=np.ones(4, dtype=bool)).estimate
    assert found.value == 900 + 70
    assert found.se == pytest.approx(30 * np.sqrt(0.9 * np.var([1, 2, 4], ddof=1) / 3))
    with pytest.raises(LonelyStratum, match="all of it"):
        Design(weight, stratum)


def test_a_stratum_cannot_hold_fewer_firms_than_answered():
    with pytest.raises(ValueError, match="stratum b: more units answered than it holds"):
        Design(np.ones(4), np.array(["a", "a", "b", "b"]), np.array([5.0, 5.0, 1.0, 1.0]))


@pytest.mark.parametrize("kind", ["stratum", "cluster"])
def test_a_missing_label_is_named(kind):
    with pytest.raises(ValueError, match=f"row 1: the {kind} is missing"):
        Design(np.ones(3), **{kind: np.array(["a", None, "a"], dtype=object)})
