"""Totals, ratios, domains and contrasts: the figures of svy 0.35.0 on the sample `apistrat`, without fpc, to all its digits."""

import numpy as np
import pytest

from analysis.design import Design
from analysis.domains import by, contrast
from analysis.estimators import mean, ratio, share, total
from analysis.quantiles import quantile
from tests.analysis import api

SCHOOLS = api.schools()
SCORE = SCHOOLS["api00"].to_numpy()
AWARD = SCHOOLS["awards"].to_numpy(dtype=bool)
#: A made-up denominator, in step with the score but for schools with an award.
BELOW = SCORE / 2 + np.where(AWARD, 30.0, 0.0)
ALL = np.ones(200, dtype=bool)


@pytest.fixture(scope="module")
def design():
    return api.design(fpc=False)


def figures(found) -> list[float]:
    return [found.value, found.se, found.low, found.high]


def by_award(design):
    return by(lambda one: mean(SCORE, design, where=one), np.where(AWARD, "y", "n"), design)


def test_totals_are_those_of_svy(design):
    found = total(AWARD.astype(float), design, where=ALL).estimate
    assert figures(found) == pytest.approx([3957.57, 216.155226346, 3531.294810082, 4383.845189918], abs=1e-8)
    inside = total(SCORE, design, where=AWARD).estimate
    assert figures(inside) == pytest.approx([2684904.16, 154184.019787159, 2379347.622526198, 2990460.697473802])
    assert (inside.n, inside.df) == (113, 110)


def test_ratios_are_those_of_svy(design):
    found = ratio(SCORE, BELOW, design, where=ALL).estimate
    assert figures(found) == pytest.approx([1.890565582, 0.005691546, 1.879341403, 1.901789761], abs=1e-9)
    assert found.deff == pytest.approx(1.093604, abs=1e-6)  # `deff="wr"`
    inside = ratio(SCORE, BELOW, design, where=AWARD).estimate
    assert figures(inside) == pytest.approx([1.837491388, 0.002642775, 1.832254029, 1.842728747], abs=1e-9)


def test_a_ratio_to_ones_is_the_mean(design):
    expected, found = mean(SCORE, design, where=AWARD), ratio(SCORE, np.ones(200), design, where=AWARD)
    assert figures(found.estimate) == pytest.approx(figures(expected.estimate))


def test_means_of_domains_are_those_of_svy(design):
    table = by_award(design).table
    assert figures(table.loc["n"]) == pytest.approx(
        [633.734912338, 15.556996105, 602.798119494, 664.671705182], abs=1e-8
    )
    assert figures(table.loc["y"]) == pytest.approx(
        [678.422405668, 12.008495623, 654.624385951, 702.220425385], abs=1e-8
    )
    assert table["n"].tolist() == [87, 113]


def test_domains_that_share_strata_are_not_independent(design):
    found = by_award(design)
    assert found.covariance.at["y", "y"] == pytest.approx(found.table.at["y", "se"] ** 2)
    assert found.covariance.at["y", "n"] == pytest.approx(found.covariance.at["n", "y"])
    assert found.covariance.at["y", "n"] < -0.3
    schools = by(lambda one: mean(SCORE, design, where=one), SCHOOLS["stype"], design)
    off = schools.covariance.to_numpy()[~np.eye(3, dtype=bool)]
    assert off == pytest.approx(np.zeros(6), abs=1e-12)  # strata are drawn apart


def test_a_contrast_is_that_of_svy(design):
    found = contrast(by_award(design), {"y": 1, "n": -1})
    assert figures(found) == pytest.approx([44.68749333, 19.66806038, 5.90052383, 83.47446283], abs=1e-8)
    assert found.df == 197


def test_a_contrast_of_a_domain_with_itself_is_nothing(design):
    found = contrast(by_award(design), {"y": 0})
    assert (found.value, found.se) == (0, 0)
    with pytest.raises(KeyError, match="no domain z"):
        contrast(by_award(design), {"z": 1})


def test_labels_can_be_yes_and_no(design):
    domains = by(lambda one: mean(SCORE, design, where=one), AWARD, design)
    found = contrast(domains, {True: 1, False: -1})
    assert figures(found) == figures(contrast(by_award(design), {"y": 1, "n": -1}))


def test_shares_of_the_parts_add_up_to_the_share_of_the_whole(design):
    high = SCORE > 750
    parts = by(lambda one: total(high.astype(float), design, where=one), SCHOOLS["stype"], design)
    whole = total(high.astype(float), design, where=ALL).estimate
    added = contrast(parts, {"E": 1, "M": 1, "H": 1})
    assert (added.value, added.se) == pytest.approx((whole.value, whole.se))


def test_a_response_without_a_label_is_in_no_domain_but_in_the_design(design):
    labels = SCHOOLS["stype"].where(SCHOOLS["stype"] != "H", None)
    found = by(lambda one: share(AWARD, design, where=one), labels, design)
    assert found.table.index.tolist() == ["E", "M"]
    whole = share(AWARD, design, where=SCHOOLS["stype"].eq("E").to_numpy()).estimate
    assert figures(found.table.loc["E"]) == pytest.approx(figures(whole))


def test_domains_can_be_looked_at_inside_a_domain(design):
    found = by(lambda one: mean(SCORE, design, where=one), SCHOOLS["stype"], design, where=AWARD)
    assert found.table["n"].sum() == AWARD.sum()
    alone = mean(SCORE, design, where=AWARD & SCHOOLS["stype"].eq("M").to_numpy()).estimate
    assert figures(found.table.loc["M"]) == pytest.approx(figures(alone))


def test_medians_of_domains_have_a_covariance(design):
    found = by(lambda one: quantile(SCORE, 0.5, design, where=one), np.where(AWARD, "y", "n"), design)
    assert found.covariance.shape == (2, 2)
    # the linearised variance and the interval tell the same error, each in its own way
    assert np.sqrt(np.diag(found.covariance)) == pytest.approx(found.table["se"].to_numpy(), rel=0.15)


def test_scaling_the_weights_scales_totals_and_nothing_else(design):
    scaled = Design(design.weight * 10, design.stratum)
    first, second = (total(SCORE, each, where=AWARD).estimate for each in (design, scaled))
    assert figures(second) == pytest.approx([10 * each for each in figures(first)])
    first, second = (ratio(SCORE, BELOW, each, where=AWARD).estimate for each in (design, scaled))
    assert figures(second) == pytest.approx(figures(first))


def test_nobody_gives_no_figure_rather_than_zero(design):
    nobody = np.zeros(200, dtype=bool)
    for found in (total(SCORE, design, where=nobody), ratio(SCORE, BELOW, design, where=nobody)):
        assert np.isnan(found.estimate.value)
        assert found.estimate.n == 0
