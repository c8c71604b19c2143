"""Pieces of a change: published decompositions, the published scores of provinces over a change of weights, and by hand.

Das Gupta (1993), examples 2.1 and 3.1, with the figures of R's DasGuptR; mean earnings are slope times indicator.
"""

import numpy as np
import pytest

from analysis import columns
from analysis.change import SCALE, WEIGHT, explain, pieces
from analysis.compare import waves
from analysis.index import hold, score
from analysis.pairs import paired
from questionnaires.framework import Framework
from questionnaires.reference import SUB_INDICES, indicator_values, scores
from tests.analysis import tiny

ROWS = {(row.province, row.year): row for row in scores()}
#: Provinces whose ten sub-indices and total are published for 2021 and 2022, between which the weights changed.
OVER_WEIGHTS = [
    province
    for province, year in ROWS
    if year == 2021
    and all(
        (province, each) in ROWS
        and ROWS[province, each].total is not None
        and None not in ROWS[province, each].sub_indices.values()
        for each in (2021, 2022)
    )
]
HELD = {"1.01": 9.0, "1.02": 0.3, "2.09": 3.0, "1.19": 4.0}


def changed(framework: Framework, **more) -> Framework:
    content = framework.model_dump()
    for indicator in content["indicators"]:
        indicator["slope"] = more.get("slopes", {}).get(indicator["code"], indicator["slope"])
    for sub_index in content["sub_indices"]:
        sub_index["intercept"] = more.get("intercepts", {}).get(sub_index["code"], sub_index["intercept"])
    content["weights"][0]["weights"] = more.get("weights", content["weights"][0]["weights"])
    content["indicators"] = [each for each in content["indicators"] if each["code"] not in more.get("without", [])]
    return Framework.model_validate(content)


def test_mean_earnings_of_two_groups_are_taken_apart_as_published():
    white = tiny.method(tiny.indicator("1.19", "entry", 0.825974, None), codes=["entry"])
    found = pieces({"1.19": 10930}, {"1.19": 16591}, white, changed(white, slopes={"1.19": 0.717892}))["points"]
    assert found[("entry", "1.19")] == pytest.approx(4369.913, abs=5e-4)
    assert found[("entry", SCALE)] == pytest.approx(1487.262, abs=5e-4)
    assert found.sum() == pytest.approx(5857.175, abs=5e-4)


def test_natural_increase_is_taken_apart_as_published():
    births_less_deaths = tiny.method(
        tiny.indicator("1.19", "entry", 1, None),
        tiny.indicator("1.20", "entry", -1, None, direction="lower"),
        codes=["entry"],
    )
    found = pieces({"1.19": 19.4, "1.20": 10.8}, {"1.19": 23.7, "1.20": 9.5}, births_less_deaths)
    assert found["points"].tolist() == pytest.approx([4.3, 1.3])


def test_published_totals_of_two_years_are_taken_apart_over_a_change_of_weights(pci_2023):
    """A sub-index stands for one indicator here, so that only published scores and weights are used."""
    codes = {name: f"{number}.01" for number, name in enumerate(SUB_INDICES, start=1)}
    now = tiny.method(*(tiny.indicator(code, name, 1, None) for name, code in codes.items()), codes=SUB_INDICES)
    new, old = (
        changed(now, weights=dict(pci_2023.weights_of(year)), intercepts=dict.fromkeys(SUB_INDICES, 0))
        for year in (2022, 2021)
    )
    assert len(OVER_WEIGHTS) == 7
    for province in OVER_WEIGHTS:
        before, after = (ROWS[province, year] for year in (2021, 2022))
        values = [{codes[name]: side.sub_indices[name] for name in SUB_INDICES} for side in (before, after)]
        found = pieces(values[0], values[1], new, old)
        assert found["total"].sum() == pytest.approx(after.total - before.total, abs=0.04)  # scores have two decimals
        of_weights = found.xs(WEIGHT, level="piece")["total"]
        assert of_weights["labour"] == pytest.approx(
            10 * (0.10 - 0.20) * (before.sub_indices["labour"] + after.sub_indices["labour"]) / 2
        )
        assert of_weights["entry"] == 0  # 0.05 in both years


def test_what_parts_two_provinces_adds_up_to_their_published_scores(pci_2023):
    values = indicator_values(2023)
    mine, theirs = (
        {code: value for (name, code), value in values.items() if name == province}
        for province in ("Lạng Sơn", "Quảng Ninh")
    )
    found = pieces(mine, theirs, pci_2023)
    by_sub_index = found.groupby(level="sub_index")["points"].sum()
    for name in SUB_INDICES:
        difference = ROWS["Quảng Ninh", 2023].sub_indices[name] - ROWS["Lạng Sơn", 2023].sub_indices[name]
        assert by_sub_index[name] == pytest.approx(difference, abs=0.33 if name == "labour" else 2e-4)
    assert found["total"].sum() == pytest.approx(ROWS["Quảng Ninh", 2023].total - ROWS["Lạng Sơn", 2023].total, abs=0.7)


def drawn(seed: int, n: int = 60):
    rng = np.random.default_rng(seed)
    answers = [tiny.answers(answer=rng.choice(["yes", "no"]), rating=f"r{rng.integers(1, 6)}") for _ in range(n)]
    return columns.from_answers(answers, tiny.survey())


def scored(seed: int, method: Framework, **more):
    return score(drawn(seed), tiny.survey(**more), method, HELD)


NOW = tiny.method(
    tiny.indicator("1.02", "entry", 3, tiny.SHARE),
    tiny.indicator("2.09", "land", -0.5, tiny.MEAN, direction="lower"),
    tiny.indicator("1.19", "entry", 1, None),
)


def test_the_pieces_of_two_waves_add_up_to_their_change_and_carry_its_error():
    before, after = scored(1, NOW), scored(2, NOW)
    found = explain(paired(before, after, NOW, HELD), NOW)
    changes = waves(before, after, NOW, HELD)
    for name in ("entry", "land"):
        assert found.loc[name, "points"].sum() == pytest.approx(changes.sub_indices.at[name, "change"])
    assert found["total"].sum() == pytest.approx(changes.sub_indices.at["total", "change"])
    share = changes.indicators.loc["1.02"]
    row = found.loc[("entry", "1.02")]
    assert row[["points", "se", "total", "total_se"]].tolist() == pytest.approx(
        [3 * share["change"], 3 * share["se"], 15 * share["change"], 15 * share["se"]]
    )
    assert found.loc[("entry", "1.19"), ["status", "change", "points", "se"]].tolist() == ["published", 0, 0, 0]


def test_a_new_scale_and_new_weights_are_pieces_with_errors_of_their_own():
    old = changed(NOW, slopes={"1.02": 2, "1.19": 1.5}, intercepts={"entry": 1}, weights={"entry": 0.8, "land": 0.2})
    before, after = scored(3, old), scored(4, NOW)
    found = explain(paired(before, after, NOW, HELD, former=old), NOW, old)
    x0, x1 = (side.indicators.loc["1.02", ["value", "se"]].astype(float) for side in (before, after))
    assert found.at[("entry", "1.02"), "points"] == pytest.approx(2.5 * (x1["value"] - x0["value"]))
    scale = found.loc[("entry", SCALE)]
    assert scale["points"] == pytest.approx((3 - 2) * (x0["value"] + x1["value"]) / 2 + (1 - 1.5) * 4.0 + (2 - 1))
    errors = np.hypot(x0["se"], x1["se"])
    assert [scale["se"], scale["total_se"]] == pytest.approx([errors / 2, 10 * 0.65 * errors / 2])
    weight = found.loc[("entry", WEIGHT)]
    s0, s1 = before.sub_indices.at["entry", "value"], after.sub_indices.at["entry", "value"]
    assert weight["total"] == pytest.approx(10 * (0.5 - 0.8) * (s0 + s1) / 2)
    assert weight["total_se"] == pytest.approx(10 * 0.3 / 2 * np.hypot(2 * x0["se"], 3 * x1["se"]))
    assert np.isnan(weight["points"])
    assert found.loc["entry", "points"].sum() == pytest.approx(s1 - s0)
    assert found["total"].sum() == pytest.approx(
        after.sub_indices.at["total", "value"] - before.sub_indices.at["total", "value"]
    )
    assert scale["status"] == weight["status"] == ""


def test_an_indicator_that_is_new_does_not_move():
    old = changed(NOW, without=["1.19"])
    found = pieces({"1.02": 0.5, "2.09": 3}, {"1.02": 0.6, "2.09": 3, "1.19": 4}, NOW, old)
    assert found.loc[[("entry", "1.19"), ("entry", SCALE)], "points"].tolist() == pytest.approx([0, 4])
    assert found["points"].sum() == pytest.approx(4 + 3 * 0.1)


def test_a_sub_index_without_a_score_has_no_pieces():
    before, after = scored(5, NOW), hold(scored(6, NOW), NOW, HELD, ["1.02"])
    found = explain(paired(before, after, NOW, HELD), NOW)
    assert found.loc["land", ["points", "se"]].isna().all(axis=None)
    assert found.loc["entry", "points"].notna().all()


def test_an_indicator_whose_points_are_not_known_has_no_piece_of_nothing():
    found = pieces(
        {"1.02": 0.5, "2.09": 3, "1.19": 4}, {"1.02": 0.6, "2.09": 3, "1.19": 4}, changed(NOW, slopes={"1.02": None})
    )
    assert found["points"].isna().tolist() == [True, False, False]


def test_frameworks_of_other_sub_indices_are_refused():
    other = tiny.method(tiny.indicator("1.02", "entry", 3, tiny.SHARE), codes=["entry"])
    with pytest.raises(ValueError, match="other sub-indices"):
        pieces({"1.02": 0.5}, {"1.02": 0.6}, NOW, other)
