import math

import numpy as np
import pandas as pd
import pytest

from analysis import columns
from analysis.index import default_design, hold, score, score_responses
from tests.analysis import tiny

T4 = 2.776445105
HELD = {"1.01": 9.0, "1.02": 0.3, "2.09": 3.0, "1.19": 4.0}
#: The six responses of test_estimators: shares, means and medians are worked there.
SIX = [
    tiny.answers(answer=answer, rating=rating, days=days)
    for answer, rating, days in [
        ("yes", "r1", 1),
        ("no", "r2", 5),
        ("yes", "r3", 3),
        ("yes", "r5", 2),
        ("no", "r4", 4),
        ("no", "r3", 6),
    ]
]
STRATA = {"weight": [2, 2, 2, 1, 1, 1], "stratum": ["a", "a", "a", "b", "b", "b"]}
METHOD = tiny.method(
    tiny.indicator("1.02", "entry", 3, tiny.SHARE),
    tiny.indicator("2.09", "entry", -0.5, tiny.MEAN, direction="lower"),
    tiny.indicator("1.19", "entry", 1, None),
    tiny.indicator("1.01", "land", 0.1, tiny.MEDIAN, direction="lower", unit="days (median)"),
)


def scored(answers=SIX, method=METHOD, **more):
    survey = tiny.survey()
    return score(columns.from_answers(answers, survey, **more), survey, method, HELD)


def test_a_sub_index_with_covariance_worked_by_hand():
    found = scored(**STRATA)
    # 2 + 3 x 5/9 - 0.5 x 24/9 + 1 x 4; variance 9 x 405/81^2 + 0.25 x 135/27^2 - 2 x 3 x 0.5 x 27 x 1.5 / (81 x 27)
    row = found.sub_indices.loc["entry"]
    assert row["value"] == pytest.approx(2 + 15 / 9 - 12 / 9 + 4)
    variance = 9 * 405 / 81**2 + 0.25 * 135 / 27**2 - 3 * 40.5 / (81 * 27)
    assert row["se"] == pytest.approx(math.sqrt(variance))
    assert (row["low"], row["high"]) == pytest.approx((row["value"] - T4 * row["se"], row["value"] + T4 * row["se"]))


def test_the_total_is_ten_times_the_weighted_sub_indices_with_their_covariance():
    found = scored(**STRATA)
    entry, land = found.sub_indices.loc["entry"], found.sub_indices.loc["land"]
    assert land["value"] == pytest.approx(2 + 0.1 * 3)
    total = found.sub_indices.loc["total"]
    assert total["value"] == pytest.approx(5 * entry["value"] + 5 * land["value"])
    covariance = found.covariance.at["entry", "land"]
    assert covariance != 0
    assert total["se"] ** 2 == pytest.approx(25 * (entry["se"] ** 2 + land["se"] ** 2 + 2 * covariance))


def test_the_linearised_variance_is_that_of_the_responses_own_contributions():
    frame = columns.from_answers(SIX, tiny.survey())
    found = score(frame, tiny.survey(), METHOD, HELD)
    own = score_responses(frame, tiny.survey(), METHOD, HELD)["entry_contribution"]
    # simple random sample, everybody in every base: S is the mean of the contributions
    assert found.sub_indices.at["entry", "value"] == pytest.approx(own.mean())
    assert found.sub_indices.at["entry", "se"] == pytest.approx(own.std(ddof=1) / math.sqrt(6))


def test_answers_are_counted_by_what_they_are():
    special = [{"answer": "dk"}, {"answer": "na"}, {"answer": "ref"}, {"answer": None}]
    more = [tiny.answers(**each) for each in special]
    for each in more:
        del each["rating"]
    found = scored(SIX + more).indicators
    assert found.loc["1.02", ["n_asked", "n", "dk", "na", "ref", "blank"]].tolist() == [10, 6, 1, 1, 1, 1]
    assert found.loc["2.09", ["n_asked", "n"]].tolist() == [6, 6]
    assert found.at["1.02", "value"] == 0.5


def test_a_response_that_ended_the_questionnaire_is_out_of_scope():
    closed = {"status": "closed", "size": "micro"}
    found = scored(SIX + [closed] * 3)
    assert (found.responses, found.in_scope) == (9, 6)
    assert found.indicators.loc["1.02", ["n_asked", "n"]].tolist() == [6, 6]
    assert found.sub_indices.at["entry", "value"] == pytest.approx(scored().sub_indices.at["entry", "value"])


def test_under_five_valid_answers_the_published_value_is_held():
    few = [tiny.answers(answer="yes", rating="r5")] * 4 + [tiny.answers(answer="no", rating=None)]
    found = scored(few)
    assert found.indicators.loc["2.09", ["n", "status", "used"]].tolist() == [4, "held", 3.0]
    assert found.indicators.loc["1.02", ["n", "status", "used"]].tolist() == [5, "measured", 0.8]
    assert found.sub_indices.at["entry", "value"] == pytest.approx(2 + 3 * 0.8 - 0.5 * 3 + 4)
    assert found.sub_indices.at["entry", "measured"] == 1


def test_a_held_indicator_has_no_sampling_error():
    kept = hold(scored(**STRATA), METHOD, HELD, ["1.02"])
    assert kept.sub_indices.at["entry", "se"] == pytest.approx(3 * math.sqrt(405) / 81)
    assert kept.sub_indices.at["entry", "value"] == pytest.approx(2 + 15 / 9 - 0.5 * 3 + 4)
    assert math.isnan(kept.sub_indices.at["land", "value"])  # nothing of it is measured


def test_a_sub_index_measured_on_under_half_of_its_scale_has_no_score():
    found = hold(scored(**STRATA), METHOD, HELD, ["2.09", "1.01"])
    assert found.sub_indices.at["entry", "coverage"] < 0.5
    assert math.isnan(found.sub_indices.at["entry", "value"])
    assert found.sub_indices.at["land", "coverage"] == 1


def test_the_total_goes_by_its_own_coverage():
    slight = tiny.indicator("1.01", "land", 0.02, tiny.MEDIAN, direction="lower", unit="days (median)")
    method = tiny.method(
        *(tiny.indicator(*each) for each in (("1.02", "entry", 3, tiny.SHARE), ("1.19", "entry", 1, None))), slight
    )
    only_land = hold(scored(method=method), method, HELD, ["1.01"]).sub_indices
    only_entry = hold(scored(method=method), method, HELD, ["1.02"]).sub_indices
    assert only_land.at["total", "coverage"] < 0.5 < only_entry.at["total", "coverage"]
    assert math.isnan(only_land.at["total", "value"])
    assert math.isnan(only_entry.at["land", "value"])
    land_held = 2 + 0.02 * HELD["1.01"]
    assert only_entry.at["total", "value"] == pytest.approx(5 * only_entry.at["entry", "value"] + 5 * land_held)


def test_coverage_is_the_share_of_slope_times_spread(pci_2023, lang_son, wave, pci):
    found = score(wave, pci, pci_2023, lang_son).sub_indices["coverage"]
    assert (found.drop("total") > 0.5).all()
    assert (found <= 1).all()
    assert found["competition"] == pytest.approx(1)  # every indicator of it is a survey indicator


def test_an_empty_frame_measures_nothing(pci, pci_2023, lang_son):
    found = score(columns.from_answers([], pci), pci, pci_2023, lang_son)
    assert found.sub_indices["value"].isna().all()
    assert (found.indicators["n"] == 0).all()


def test_scoring_again_gives_identical_numbers(wave, pci, pci_2023, lang_son):
    first, second = (score(wave, pci, pci_2023, lang_son) for _ in range(2))
    pd.testing.assert_frame_equal(first.sub_indices, second.sub_indices, check_exact=True)


def test_the_order_of_the_responses_changes_nothing_that_is_shown(wave, pci, pci_2023, lang_son):
    other = wave.sample(frac=1, random_state=1)
    first, second = (score(frame, pci, pci_2023, lang_son) for frame in (wave, other))
    pd.testing.assert_frame_equal(first.sub_indices, second.sub_indices, rtol=1e-12)


def test_without_scale_and_weights_there_are_indicators_but_no_scores():
    bare = METHOD.model_copy(update={"reference_year": None, "weights": ()})
    bare = bare.model_copy(update={"indicators": tuple(i.model_copy(update={"slope": None}) for i in bare.indicators)})
    found = scored(method=bare)
    assert found.indicators.at["1.02", "value"] == 0.5
    assert found.sub_indices["value"].isna().all()


def test_contributions_average_to_the_score_where_no_median_is_measured(wave, pci, pci_2023, lang_son):
    rng = np.random.default_rng(3)
    frame = wave.assign(weight=rng.uniform(1, 4, len(wave)))
    design = default_design(frame)
    scores = score(frame, pci, pci_2023, lang_son).sub_indices["value"]
    own = score_responses(frame, pci, pci_2023, lang_son)
    medians = {i.sub_index for i in pci_2023.indicators if i.rule and i.rule.stat == "median"}
    linear = [s.code for s in pci_2023.sub_indices if s.code not in medians]
    assert set(linear) == {"informal", "competition", "proactivity", "support", "labour", "legal"}
    for code in linear:
        assert np.average(own[f"{code}_contribution"], weights=design.weight) == pytest.approx(scores[code], abs=1e-9)


def test_a_median_misses_its_average_contribution_by_what_the_docstring_says():
    frame = columns.from_answers(SIX, tiny.survey(), **STRATA)
    scores = score(frame, tiny.survey(), METHOD, HELD).sub_indices
    own = score_responses(frame, tiny.survey(), METHOD, HELD)["land_contribution"]
    slope = 5 / (2 * T4 * math.sqrt(405) / 81)  # 1/f, worked in test_estimators
    missed = scores.at["land", "value"] - np.average(own, weights=STRATA["weight"])
    assert missed == pytest.approx(0.1 * (5 / 9 - 0.5) * slope)


def test_a_response_scores_between_worst_and_best_over_the_indicators_that_hold_it():
    own = score_responses(columns.from_answers(SIX, tiny.survey()), tiny.survey(), METHOD, HELD)
    # share: slope 3, yes is best; rating: slope 0.5, lower is better: r1 = 1, r5 = 0
    assert own.at[0, "entry_score"] == pytest.approx(10)
    assert own.at[1, "entry_score"] == pytest.approx(1 + 9 * (0.5 * 0.75) / 3.5)
    assert own.at[3, "entry_score"] == pytest.approx(1 + 9 * 3 / 3.5)


def test_a_response_that_no_base_holds_has_no_score_but_the_waves_contribution():
    silent = {**tiny.answers(answer="dk", days="dk")}
    del silent["rating"]
    frame = columns.from_answers([*SIX, silent], tiny.survey())
    own = score_responses(frame, tiny.survey(), METHOD, HELD)
    assert math.isnan(own.at[6, "entry_score"])
    found = score(frame, tiny.survey(), METHOD, HELD).sub_indices.at["entry", "value"]
    assert own.at[6, "entry_contribution"] == pytest.approx(found)


def test_scores_of_responses_stay_between_one_and_ten(wave, pci, pci_2023, lang_son):
    own = score_responses(wave, pci, pci_2023, lang_son).filter(like="_score")
    assert own.shape == (len(wave), 10)
    assert own.min().min() >= 1
    assert own.max().max() <= 10
