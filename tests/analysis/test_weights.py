"""Post-strata, raking and calibration against svy 0.35.0 on the sample `apistrat` (no fpc), and what no weights can meet."""

import numpy as np
import pandas as pd
import pytest

from analysis.design import Design
from analysis.estimators import mean, total
from analysis.fitting import ImpossibleMargins
from analysis.weights import calibrate, poststratify, rake, trim
from tests.analysis import api

SCHOOLS = api.schools()
SCORE = SCHOOLS["api00"].to_numpy()
AWARD = np.where(SCHOOLS["awards"], "y", "n")
HIGH = np.where(SCORE > 750, "high", "low")
ALL = np.ones(200, dtype=bool)
AWARDS = {"y": 3800.0, "n": 2394.0}
MARGINS = {"awards": (AWARD, AWARDS), "score": (HIGH, {"low": 4700.0, "high": 1494.0})}


@pytest.fixture(scope="module")
def design():
    return api.design(fpc=False)


def figures(found) -> list[float]:
    return [found.estimate.value, found.estimate.se, found.estimate.low, found.estimate.high]


def test_post_stratified_figures_are_those_of_svy(design):
    fitted = poststratify(design, AWARD, AWARDS)
    expected = [661.150552417818, 9.501845527937537, 642.4121620699703, 679.8889427656655]
    assert figures(mean(SCORE, fitted, where=ALL)) == pytest.approx(expected, rel=1e-10)
    expected = [4095166.5216759644, 58854.43120004509, 3979100.931861396, 4211232.111490533]
    assert figures(total(SCORE, fitted, where=ALL)) == pytest.approx(expected, rel=1e-10)
    expected = [605.8329976392007, 7.9546219659636055, 590.1162641194712, 621.5497311589302]
    assert figures(mean(SCORE, fitted, where=HIGH == "low")) == pytest.approx(expected, rel=1e-10)


def test_raked_weights_are_those_of_svy_and_so_are_the_errors_but_for_a_convention(design):
    fitted = rake(design, MARGINS)
    row = (SCHOOLS["stype"] == "E") & (AWARD == "n") & (HIGH == "low")
    assert fitted.weight[row] == pytest.approx(48.408432, abs=1e-6)
    # R's `rake` and svy take residuals without weights, ours are those of R's `calibrate`: the next test says why
    found, inside = (mean(SCORE, fitted, where=one) for one in (ALL, SCHOOLS["stype"].eq("E").to_numpy()))
    assert found.estimate.value == pytest.approx(656.6329572554382)
    assert found.estimate.se == pytest.approx(6.250091654264963, rel=1e-3)
    assert inside.estimate.value == pytest.approx(668.9097077313338)


def test_the_error_of_a_raked_domain_is_what_repeated_samples_show():
    rng = np.random.default_rng(8)
    size = np.repeat([0, 1], [3000, 600])
    first, second = rng.random(3600) < 0.3 + 0.4 * size, rng.random(3600) < 0.6
    y = rng.normal(5 * first + 3 * second - 4 * (first & second) + 2 * size, 1)
    names = np.where(first, "a", "b"), np.where(second, "p", "q")
    totals = [{label: float((each == label).sum()) for label in sorted(set(each))} for each in names]
    found = []
    for _ in range(400):
        drawn = np.concatenate([rng.choice(3000, 60, replace=False), 3000 + rng.choice(600, 60, replace=False)])
        plain = Design(np.where(size[drawn] == 0, 50.0, 10.0), size[drawn])
        fitted = rake(plain, {str(n): (names[n][drawn], totals[n]) for n in (0, 1)})
        found.append(mean(y[drawn], fitted, where=size[drawn] == 0).estimate)
    spread = np.std([each.value for each in found])
    assert np.mean([each.se for each in found]) == pytest.approx(spread, rel=0.08)


def test_calibrated_figures_are_those_of_svy(design):
    below = SCORE / 2 + np.where(AWARD == "y", 30.0, 0.0)
    known = np.column_stack([AWARD == "y", AWARD == "n", below]).astype(float)
    fitted = calibrate(design, known, np.array([3800.0, 2394.0, 2_200_000.0]))
    assert fitted.weight[:3] == pytest.approx([55.044042, 36.371357, 43.480152], abs=1e-6)
    expected = [687.0325588239264, 4.739631863906762, 677.6281009352834, 696.4370167125693]
    assert figures(mean(SCORE, fitted, where=SCHOOLS["stype"].eq("E").to_numpy())) == pytest.approx(expected, rel=1e-9)


def test_calibrating_to_post_strata_is_post_stratifying(design):
    fitted = calibrate(design, np.column_stack([AWARD == "y", AWARD == "n"]).astype(float), np.array([3800.0, 2394.0]))
    other = poststratify(design, AWARD, AWARDS)
    assert fitted.weight == pytest.approx(other.weight)
    assert figures(mean(SCORE, fitted, where=ALL)) == pytest.approx(figures(mean(SCORE, other, where=ALL)))


def test_totals_that_contradict_each_other_or_need_negative_weights_are_refused(design):
    twice = np.column_stack([AWARD == "y", AWARD == "y"]).astype(float)
    with pytest.raises(ImpossibleMargins, match=r"cannot be met together; the nearest weights miss total 1 by 2\.6%"):
        calibrate(design, twice, np.array([3800.0, 3900.0]))
    with pytest.raises(ImpossibleMargins, match="weights would not be over 0"):
        calibrate(design, np.column_stack([np.ones(200), SCORE]), np.array([6194.0, 6194.0 * 450]))


def test_a_fitted_total_has_no_sampling_error_left(design):
    for fitted in (poststratify(design, AWARD, AWARDS), rake(design, MARGINS)):
        found = total((AWARD == "y").astype(float), fitted, where=ALL).estimate
        assert found.value == pytest.approx(3800)
        assert found.se == pytest.approx(0, abs=1e-6)


def test_raking_meets_every_margin(design):
    weight = pd.Series(rake(design, MARGINS).weight)
    for labels, totals in MARGINS.values():
        assert weight.groupby(labels).sum().to_dict() == pytest.approx(totals)


def test_raking_one_margin_is_post_stratifying(design):
    one, other = rake(design, {"awards": (AWARD, AWARDS)}), poststratify(design, AWARD, AWARDS)
    assert one.weight == pytest.approx(other.weight)


def test_trimmed_weights_are_those_of_r(design):
    # R's survey 4.5, `trimWeights(dstrat, upper = 40)`: test/r_reference/trimweights_mean.csv of xKDR/Survey.jl
    found = mean(SCORE, trim(design, 40)).estimate
    assert [found.value, found.se] == pytest.approx([659.349743500561, 9.06119336956428], rel=1e-8)


def test_trimming_keeps_the_sum_and_every_limit():
    weight = np.random.default_rng(1).pareto(1.5, 300) + 0.1
    found = trim(Design(weight), 4, 0.5).weight
    assert found.sum() == pytest.approx(weight.sum())
    assert found.min() >= 0.5
    assert found.max() <= 4
    untouched = Design(np.array([1.0, 2.0, 3.0]))
    assert trim(untouched, 5).weight.tolist() == [1, 2, 3]


def test_limits_without_room_and_fitted_weights_are_not_trimmed(design):
    with pytest.raises(ImpossibleMargins, match=r"weights of 0 to 1\.5 cannot add up to 6"):
        trim(Design(np.array([1.0, 2.0, 3.0])), 1.5)
    with pytest.raises(ImpossibleMargins, match="nobody is left"):
        trim(Design(np.array([0.1, 10.0])), 6, 0.5)
    with pytest.raises(ImpossibleMargins, match="trim before that"):
        trim(poststratify(design, AWARD, AWARDS), 40)


def test_post_strata_that_are_the_strata_change_nothing(design):
    fitted = poststratify(design, SCHOOLS["stype"], api.SIZES)
    assert fitted.weight == pytest.approx(design.weight)
    assert figures(mean(SCORE, fitted, where=ALL)) == pytest.approx(figures(mean(SCORE, design, where=ALL)))


@pytest.mark.parametrize(
    ("totals", "said"),
    [
        ({"y": 3800.0}, "no total for n: give one"),
        ({"y": 3800.0, "n": 2000.0, "maybe": 394.0}, "nobody answered with maybe: merge"),
        ({"y": 3800.0, "n": 0.0}, "the total of n must be a number over 0"),
        ({"y": 3800.0, "n": float("nan")}, "the total of n must be a number over 0"),
    ],
)
def test_totals_that_no_weights_can_meet_are_named(design, totals, said):
    with pytest.raises(ImpossibleMargins, match=said):
        poststratify(design, AWARD, totals)


def test_margins_of_different_sums_are_refused(design):
    with pytest.raises(ImpossibleMargins, match="awards 6194, score 6000"):
        rake(design, {**MARGINS, "score": (HIGH, {"low": 4700.0, "high": 1300.0})})
    with pytest.raises(ImpossibleMargins, match="no margin"):
        rake(design, {})


def test_margins_that_contradict_each_other_end_in_a_sentence_and_not_in_a_loop():
    # whoever is `a` is `p`, so 30 of `a` cannot stand beside 20 of `p`
    first, second = np.array(["a"] * 10 + ["b"] * 10), np.array(["p"] * 10 + ["q"] * 10)
    margins = {"first": (first, {"a": 30.0, "b": 70.0}), "second": (second, {"p": 20.0, "q": 80.0})}
    with pytest.raises(
        ImpossibleMargins,
        match=r"together with weights over 0; the nearest weights miss first a by 33.3%, second q by 12.5%",
    ):
        rake(Design(np.ones(20)), margins)


def test_weights_are_fitted_once(design):
    with pytest.raises(ImpossibleMargins, match="fitted already"):
        poststratify(poststratify(design, AWARD, AWARDS), AWARD, AWARDS)


def test_fitting_to_what_explains_the_answers_narrows_intervals_that_still_hold():
    rng = np.random.default_rng(5)
    group = rng.random(2000) < 0.4
    y = rng.normal(10 + 6 * group, 2)
    totals = {"yes": float(group.sum()), "no": float((~group).sum())}
    inside, narrower = [], []
    for _ in range(400):
        drawn = rng.choice(2000, 120, replace=False)
        plain = Design(np.full(120, 2000 / 120), fpc=np.full(120, 2000.0))
        fitted = poststratify(plain, np.where(group[drawn], "yes", "no"), totals)
        first, second = (mean(y[drawn], each, where=np.ones(120, dtype=bool)).estimate for each in (plain, fitted))
        inside.append(second.low <= y.mean() <= second.high)
        narrower.append(second.se < first.se)
    assert 0.92 < np.mean(inside) < 0.975
    assert all(narrower)
