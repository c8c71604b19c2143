"""Changes and differences: SciPy's tests where samples are simple, svy's where they are not, and published p values."""

import math

import numpy as np
import pandas as pd
import polars
import pytest
import svy
from scipy import stats

from analysis import columns, compare
from analysis.compare import benjamini_hochberg, holm, waves
from analysis.design import Design
from analysis.index import hold, score
from analysis.pairs import Pair, paired
from tests.analysis import tiny

HELD = {"1.01": 9.0, "1.02": 0.3, "2.09": 3.0, "1.19": 4.0}
METHOD = tiny.method(
    tiny.indicator("1.02", "entry", 3, tiny.SHARE),
    tiny.indicator("2.09", "entry", -0.5, tiny.MEAN, direction="lower"),
    tiny.indicator("1.19", "entry", 1, None),
    tiny.indicator("1.01", "land", 0.1, tiny.MEDIAN, direction="lower", unit="days (median)"),
)
SURVEY = tiny.survey()
#: The first example of Benjamini and Hochberg (1995), table 1: three rejected by Bonferroni's and Holm's rule, four by theirs.
PUBLISHED = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0,
]  # fmt: skip


def drawn(seed: int, n: int, yes: float = 0.5) -> list[dict]:
    rng = np.random.default_rng(seed)
    return [
        tiny.answers(
            answer="yes" if rng.random() < yes else "no", rating=f"r{rng.integers(1, 6)}", days=int(rng.integers(0, 30))
        )
        for _ in range(n)
    ]


def ratings(answers: list[dict]) -> np.ndarray:
    return np.array([float(each["rating"][1]) for each in answers])


def frame_of(answers: list[dict], seed: int = 0, *, strata: bool = False) -> pd.DataFrame:
    if not strata:
        return columns.from_answers(answers, SURVEY)
    rng = np.random.default_rng(seed)
    weight, stratum = rng.uniform(1, 6, len(answers)), rng.choice(["a", "b", "c"], len(answers))
    return columns.from_answers(answers, SURVEY, weight=weight.tolist(), stratum=stratum.tolist())


def scored(frame: pd.DataFrame, **more):
    return score(frame, SURVEY, METHOD, HELD, **more)


def test_a_change_between_simple_samples_is_welchs_t_test():
    before, after = drawn(1, 40), drawn(2, 90)
    row = waves(scored(frame_of(before)), scored(frame_of(after)), METHOD, HELD).indicators.loc["2.09"]
    theirs = stats.ttest_ind(ratings(after), ratings(before), equal_var=False)
    interval = theirs.confidence_interval(0.95)
    assert row["change"] == pytest.approx(ratings(after).mean() - ratings(before).mean())
    assert [row["change"] / row["se"], row["df"], row["p"]] == pytest.approx(
        [theirs.statistic, theirs.df, theirs.pvalue]
    )
    assert [row["low"], row["high"]] == pytest.approx([interval.low, interval.high])


def test_firms_that_all_answered_twice_are_the_paired_t_test():
    before, after = drawn(3, 50), drawn(4, 50)
    order = np.random.default_rng(5).permutation(50)
    mixed = [after[at] for at in order]
    sides = scored(frame_of(before)), scored(frame_of(mixed))
    row = waves(*sides, METHOD, HELD, firms=(np.arange(50), order)).indicators.loc["2.09"]
    theirs = stats.ttest_rel(ratings(after), ratings(before))
    assert [row["change"] / row["se"], row["df"], row["p"]] == pytest.approx(
        [theirs.statistic, theirs.df, theirs.pvalue]
    )


def with_svy(before: pd.DataFrame, after: pd.DataFrame, answers: list[float], firms: list[str]) -> polars.DataFrame:
    """Return svy's t test of a mean between two stacked waves."""
    wave = ["1"] * len(before) + ["2"] * len(after)
    stratum = [*before["stratum"], *after["stratum"]]
    apart = len(set(firms)) == len(firms)
    rows = {
        "y": answers,
        "wave": wave,
        "firm": firms,
        "w": [*before["weight"], *after["weight"]],
        "stratum": [f"{w} {s}" for w, s in zip(wave, stratum, strict=True)] if apart else stratum,
    }
    sample = svy.Sample(polars.DataFrame(rows), svy.Design(stratum="stratum", psu="firm", wgt="w"))
    return sample.categorical.ttest("y", group="wave").to_polars()


@pytest.mark.parametrize("again", [0, 25])
def test_changes_of_stratified_weighted_waves_are_those_of_svy(again):
    old, new = drawn(6, 60), drawn(7, 80)
    before, after = frame_of(old, 6, strata=True), frame_of(new, 7, strata=True)
    after.loc[: again - 1, "stratum"] = before.loc[: again - 1, "stratum"]  # who answers again has its stratum
    first, second = [f"f{at}" for at in range(60)], [f"f{at if at < again else 100 + at}" for at in range(80)]
    theirs = with_svy(before, after, [*ratings(old), *ratings(new)], first + second)
    firms = (np.array(first), np.array(second)) if again else None
    row = waves(scored(before), scored(after), METHOD, HELD, firms=firms).indicators.loc["2.09"]
    assert row["change"] == pytest.approx(theirs["diff"][0], rel=1e-10)
    assert row["change"] / row["se"] == pytest.approx(theirs["t"][0], rel=1e-10)


def test_errors_of_scores_are_those_of_their_contributions():
    sides = [scored(frame_of(drawn(seed, 70))) for seed in (8, 9)]
    found = waves(*sides, METHOD, HELD).sub_indices
    for name in ("entry", "land", "total"):
        assert found.at[name, "se"] ** 2 == pytest.approx(sum(side.sub_indices.at[name, "se"] ** 2 for side in sides))
        assert found.at[name, "change"] == pytest.approx(
            sides[1].sub_indices.at[name, "value"] - sides[0].sub_indices.at[name, "value"]
        )


def test_two_waves_of_the_same_firms_with_the_same_answers_did_not_change():
    side = scored(frame_of(drawn(10, 60), 10, strata=True))
    firms = np.arange(60)
    found = waves(
        side, score(frame_of(drawn(10, 60), 10, strata=True), SURVEY, METHOD, HELD), METHOD, HELD, firms=(firms, firms)
    )
    assert found.sub_indices["change"].to_numpy() == pytest.approx(0, abs=1e-12)
    assert found.sub_indices["se"].to_numpy() == pytest.approx(0, abs=1e-9)


def test_a_question_that_was_asked_once_changes_no_score():
    before, after = drawn(11, 60), drawn(12, 60)
    for each in after:
        each["rating"] = None
    found = waves(scored(frame_of(before)), scored(frame_of(after)), METHOD, HELD)
    assert list(found.indicators.index) == ["1.02", "1.01"]
    share = found.indicators.loc["1.02"]
    assert found.sub_indices.at["entry", "change"] == pytest.approx(3 * share["change"])
    assert found.sub_indices.at["entry", "se"] == pytest.approx(3 * share["se"])


def test_published_figures_of_two_years_move_the_score_without_error():
    before, after = (scored(frame_of(drawn(seed, 60))) for seed in (13, 14))
    same = waves(before, after, METHOD, HELD).sub_indices
    found = waves(before, after, METHOD, HELD, published_before=HELD | {"1.19": 3.5}).sub_indices
    assert found.at["entry", "change"] - same.at["entry", "change"] == pytest.approx(0.5)
    assert found.at["entry", "se"] == pytest.approx(same.at["entry", "se"])


def test_the_smallest_change_that_shows_stands_beside_every_change():
    before, after = (scored(frame_of(drawn(seed, 60))) for seed in (15, 16))
    changes = waves(before, after, METHOD, HELD)
    for table in (changes.sub_indices, changes.indicators):
        t = stats.t.ppf(0.975, table["df"])
        assert table["detectable"].to_numpy() == pytest.approx((t * table["se"]).to_numpy())
        assert (table["detectable_80"] > table["detectable"]).all()
        assert ((table["change"].abs() > table["detectable"]) == (table["p"] < 0.05)).all()


def test_a_true_change_of_the_size_stated_is_found_four_times_of_five():
    yes, found, stated = 0.35, [], []
    for seed in range(200):
        sides = [scored(frame_of(drawn(2 * seed + at, 120, share))) for at, share in ((5000, yes), (5001, yes + 0.178))]
        row = waves(*sides, METHOD, HELD).indicators.loc["1.02"]
        found.append(row["p"] < 0.05)
        stated.append(row["detectable_80"])
    assert np.mean(stated) == pytest.approx(0.178, abs=0.005)
    assert np.mean(found) == pytest.approx(0.8, abs=0.085)


def test_under_thirty_on_one_side_there_is_no_test():
    before, after = scored(frame_of(drawn(17, 29))), scored(frame_of(drawn(18, 200)))
    changes = waves(before, after, METHOD, HELD)
    assert changes.sub_indices["p"].isna().all()
    assert changes.indicators[["p", "p_adjusted"]].isna().all(axis=None)
    assert changes.sub_indices[["change", "low", "detectable"]].notna().all(axis=None)


def test_p_values_are_adjusted_as_benjamini_and_hochberg_published():
    p = pd.Series(PUBLISHED).sample(frac=1, random_state=1)
    assert (holm(p) <= 0.05).sum() == 3
    assert (benjamini_hochberg(p) <= 0.05).sum() == 4
    assert benjamini_hochberg(p).loc[3] == pytest.approx(0.0095 * 15 / 4)
    # p.adjust(c(0.01, 0.02, 0.03, 0.04, 0.05)) of R
    assert holm(pd.Series([0.01, 0.02, 0.03, 0.04, 0.05])).tolist() == pytest.approx([0.05, 0.08, 0.09, 0.09, 0.09])
    assert holm(pd.Series([0.5, math.nan, 0.03])).tolist() == pytest.approx([0.5, math.nan, 0.06], nan_ok=True)
    assert benjamini_hochberg(pd.Series([math.nan])).isna().all()


def test_sub_indices_are_adjusted_together_and_the_total_stands_alone():
    found = waves(*(scored(frame_of(drawn(seed, 80))) for seed in (19, 20)), METHOD, HELD).sub_indices
    assert found.at["total", "p_adjusted"] == found.at["total", "p"]
    two = found["p"].drop("total")
    assert found["p_adjusted"].drop("total").tolist() == pytest.approx(holm(two).tolist())
    assert found["p_adjusted"].drop("total").min() == pytest.approx(min(2 * two.min(), 1))


def groups_of(frame: pd.DataFrame, labels, **more):
    return compare.groups(frame, SURVEY, METHOD, HELD, labels, **more)


def test_groups_of_a_stratified_wave_differ_as_svy_says():
    answers = drawn(21, 150)
    frame = frame_of(answers, 21, strata=True)
    labels = np.random.default_rng(22).choice(["north", "south"], 150)
    found = groups_of(frame, labels)
    rows = {
        "y": ratings(answers),
        "group": labels,
        "stratum": frame["stratum"].to_list(),
        "w": frame["weight"].to_list(),
    }
    theirs = svy.Sample(polars.DataFrame(rows), svy.Design(stratum="stratum", wgt="w")).categorical.ttest(
        "y", group="group"
    )
    pair = Pair(found.scores["north"], found.scores["south"])
    own = pd.DataFrame(np.eye(1), ["2.09"], ["2.09"])
    change = pair.after.indicators.at["2.09", "value"] - pair.before.indicators.at["2.09", "value"]
    assert change / math.sqrt(pair.covariance(-own, own)[0, 0]) == pytest.approx(theirs.to_polars()["t"][0], rel=1e-10)


def test_groups_stand_on_what_all_measured_and_small_ones_are_named():
    answers = drawn(24, 120)
    for each in answers[:40]:
        each["rating"] = None
    labels = np.array(["a"] * 40 + ["b"] * 40 + ["c"] * 29 + ["d"] * 11, dtype=object)
    labels[119] = None
    found = groups_of(frame_of(answers), labels)
    assert (list(found.scores), found.left_out) == (["a", "b"], {"c": 29, "d": 10})
    assert found.scores["b"].indicators.at["2.09", "status"] == "held"
    assert list(found.differences.index) == [(name, "a", "b") for name in ("entry", "land", "total")]
    alone = groups_of(frame_of(answers), np.full(120, "all"))
    assert alone.differences.empty


def test_a_group_is_a_domain_of_the_design_of_all():
    frame = frame_of(drawn(25, 90), 25, strata=True)
    where = np.arange(90) % 3 == 0
    group, whole = scored(frame, where=where), scored(frame)
    alone = score(frame[where].reset_index(drop=True), SURVEY, METHOD, HELD)
    assert group.sub_indices["value"].tolist() == pytest.approx(alone.sub_indices["value"].tolist())
    assert (group.responses, group.in_scope, group.df) == (30, 30, 27)
    assert group.sub_indices["df"].eq(27).all()
    assert (whole.responses, whole.df) == (90, 87)


def test_groups_and_firms_of_another_length_are_refused():
    side = scored(frame_of(drawn(26, 40)))
    with pytest.raises(ValueError, match="40 responses are in a wave, 39 firms"):
        waves(side, side, METHOD, HELD, firms=(np.arange(40), np.arange(39)))
    with pytest.raises(ValueError, match="40 responses are in the design, 3 labels"):
        groups_of(frame_of(drawn(26, 40)), ["a", "b", "c"])


def test_firms_are_the_units_so_clusters_and_an_fpc_are_refused():
    frame, firms = frame_of(drawn(27, 40)), (np.arange(40), np.arange(40))
    plain = scored(frame)
    for more in ({"fpc": np.full(40, 100.0)}, {"cluster": np.arange(40) // 2}):
        other = scored(frame, design=Design(np.ones(40), **more))
        with pytest.raises(ValueError, match="firms that answered twice are the units"):
            waves(plain, other, METHOD, HELD, firms=firms)


def test_waves_hold_what_only_one_measured():
    before = scored(frame_of(drawn(28, 60)))
    after = hold(scored(frame_of(drawn(29, 60))), METHOD, HELD, ["1.02"])
    pair = paired(before, after, METHOD, HELD)
    assert pair.measured == ["1.02"]
    assert pair.before.indicators.at["1.01", "used"] == HELD["1.01"]
    assert math.isnan(waves(before, after, METHOD, HELD).sub_indices.at["land", "change"])
