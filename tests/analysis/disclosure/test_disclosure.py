import math
import re
from pathlib import Path

import pandas as pd
import pytest

from analysis import columns
from analysis.disclosure import Released, publish
from analysis.index import score
from analysis.rounding import decimals, rounded
from tests.analysis import tiny

PAID = {"item": "paid", "stat": "share", "numerator": ["yes"]}
HELD = {"1.02": 0.3, "1.05": 0.3, "1.06": 0.3, "2.09": 3.0, "1.01": 9.0, "5.01": 0.4}
METHOD = tiny.method(
    tiny.indicator("1.02", "entry", 3, tiny.SHARE),
    tiny.indicator("2.09", "entry", -0.5, tiny.MEAN, direction="lower"),
    tiny.indicator("5.01", "land", -1, PAID, direction="lower"),
    tiny.indicator("1.01", "land", 0.1, tiny.MEDIAN, direction="lower"),
)


def published(answers, method=METHOD) -> Released:
    survey = tiny.survey()
    return publish(score(columns.from_answers(answers, survey), survey, method, HELD), survey, method, HELD)


def wave(yes: int, no: int, **more):
    return [tiny.answers(answer=answer, **more) for answer, count in (("yes", yes), ("no", no)) for _ in range(count)]


def outcome(yes: int, no: int) -> tuple[str, str | None]:
    row = published(wave(yes, no)).indicators.loc["1.02"]
    return row["status"], row["reason"]


def test_nothing_is_shown_under_ten_valid_answers():
    assert outcome(4, 5) == ("hidden", "few_answers")
    assert outcome(5, 5) == ("shown", None)


@pytest.mark.parametrize(("paid", "not_paid", "status"), [(14, 15, "hidden"), (15, 15, "shown")])
def test_a_sensitive_item_needs_thirty(paid, not_paid, status):
    answers = [tiny.answers(paid="yes")] * paid + [tiny.answers(paid="no")] * not_paid
    row = published(answers).indicators.loc["5.01"]
    assert row["status"] == status
    assert row["reason"] == ("sensitive_few_answers" if status == "hidden" else None)


@pytest.mark.parametrize(("yes", "no", "band"), [(2, 23, "below_10"), (0, 12, "below_10"), (27, 2, "above_90")])
def test_an_extreme_on_under_thirty_answers_is_a_band_without_figures(yes, no, band):
    row = published(wave(yes, no)).indicators.loc["1.02"]
    assert (row["status"], row["reason"], row["band"]) == ("band", "extreme_few_answers", band)
    assert row[["value", "low", "high"]].isna().all()


@pytest.mark.parametrize(
    ("yes", "no", "expected"),
    [
        (2, 28, ("hidden", "few_answers")),
        (97, 2, ("hidden", "few_answers")),
        (3, 30, ("shown", None)),
        (2, 100, ("hidden", "few_answers")),
        (2, 101, ("shown", None)),
    ],
)
def test_up_to_a_hundred_answers_a_share_has_three_firms_on_each_side(yes, no, expected):
    assert outcome(yes, no) == expected


def test_a_share_hidden_for_being_one_sided_looks_like_one_hidden_for_few_answers():
    one_sided, few = published(wave(2, 48)).indicators.loc["1.02"], published(wave(4, 5)).indicators.loc["1.02"]
    assert one_sided.equals(few)


def test_a_mean_that_says_every_firm_answered_alike_is_hidden():
    row = published(wave(10, 10)).indicators.loc["2.09"]  # all twenty rate r3
    assert (row["status"], row["reason"]) == ("hidden", "few_answers")
    mixed = wave(10, 10)
    mixed[0]["rating"] = "r4"
    assert published(mixed).indicators.at["2.09", "status"] == "shown"


def test_an_item_that_was_not_asked_is_not_measured():
    method = tiny.method(tiny.indicator("1.02", "entry", 3, {**tiny.SHARE, "item": "nowhere"}), codes=["entry"])
    row = published(wave(20, 20), method).indicators.loc["1.02"]
    assert (row["status"], row["reason"]) == ("not_measured", "not_asked")


@pytest.mark.parametrize(("n", "shown"), [(10, 10), (12, 10), (13, 15), (218, 220)])
def test_counts_are_rounded_to_five(n, shown):
    assert rounded(n) == shown


def test_a_share_of_few_firms_is_shown_in_whole_per_cent_so_that_it_gives_no_count_back():
    row = published(wave(13, 10)).indicators.loc["1.02"]
    assert (row["value"], row["n"]) == (0.57, 25)
    assert all(round(row[name], 2) == row[name] for name in ("low", "high"))


@pytest.mark.parametrize(("yes", "n", "places"), [(33, 97, 2), (33, 98, 2), (34, 101, 2), (34, 102, 2), (34, 103, 3)])
def test_decimals_tell_no_more_of_the_number_of_answers_than_the_rounded_count(yes, n, places):
    row = published(wave(yes, n - yes)).indicators.loc["1.02"]
    assert row["value"] == round(yes / n, places)
    assert decimals(row["n"]) == places - 2


def test_a_second_share_is_hidden_where_the_rest_would_give_a_hidden_one_back():
    def share(code, *numerator):
        rule = {"item": "size", "stat": "share", "numerator": list(numerator)}
        return tiny.indicator(code, "entry", 1, rule)

    method = tiny.method(share("1.02", "micro"), share("1.05", "small"), share("1.06", "large"), codes=["entry"])
    sizes = ["micro"] * 30 + ["small"] * 20 + ["large"] * 2
    found = published([tiny.answers(size=size) for size in sizes], method).indicators
    assert found.loc["1.06", ["status", "reason"]].tolist() == ["hidden", "few_answers"]
    assert found.loc["1.05", ["status", "reason"]].tolist() == ["hidden", "few_answers"]
    assert found.at["1.02", "status"] == "shown"


def test_nested_shares_that_give_nothing_back_are_both_shown():
    def share(code, *numerator):
        return tiny.indicator(code, "entry", 1, {"item": "size", "stat": "share", "numerator": list(numerator)})

    method = tiny.method(share("1.02", "micro"), share("1.05", "micro", "small"), codes=["entry"])
    sizes = ["micro"] * 30 + ["small"] * 20 + ["large"] * 10
    found = published([tiny.answers(size=size) for size in sizes], method).indicators
    assert found["status"].tolist() == ["shown", "shown"]


def test_under_a_hundred_responses_in_scope_there_is_no_score():
    closed = [{"status": "closed", "size": "micro"}] * 20
    few = published(wave(50, 49) + closed).sub_indices
    assert few[["value", "low", "high"]].isna().all(axis=None)
    assert (few["reason"] == "few_responses").all()
    assert not math.isnan(published(wave(50, 50) + closed).sub_indices.at["entry", "value"])


def test_a_hidden_answer_changes_nothing_that_is_released(wave, pci, pci_2023, lang_son):
    before = publish(score(wave, pci, pci_2023, lang_son), pci, pci_2023, lang_son)
    hidden = before.indicators.query("status == 'hidden' and reason == 'sensitive_few_answers'")
    assert "5.09" in hidden.index
    flipped = wave.copy()
    column = flipped["i07__env"]
    inside = flipped["c09__env"].eq("1") & column.isin(["0", "1"])
    flipped.loc[inside, "i07__env"] = column[inside].map({"0": "1", "1": "0"})
    after = publish(score(flipped, pci, pci_2023, lang_son), pci, pci_2023, lang_son)
    changed = score(flipped, pci, pci_2023, lang_son).sub_indices.at["informal", "value"]
    assert changed != score(wave, pci, pci_2023, lang_son).sub_indices.at["informal", "value"]
    pd.testing.assert_frame_equal(before.indicators, after.indicators, check_exact=True)
    pd.testing.assert_frame_equal(before.sub_indices, after.sub_indices, check_exact=True)


def test_solving_a_released_score_for_a_hidden_indicator_gives_the_published_value_back(wave, pci, pci_2023, lang_son):
    scores = score(wave, pci, pci_2023, lang_son)
    released = publish(scores, pci, pci_2023, lang_son)
    shown = released.indicators["status"] == "shown"
    assert released.indicators["status"].isin(["hidden", "band"]).sum() >= 5
    for sub_index in pci_2023.sub_indices:
        score_shown = released.sub_indices.at[sub_index.code, "value"]
        if math.isnan(score_shown):
            continue
        members = pci_2023.indicators_of(sub_index.code)
        for target in (
            member for member in members if released.indicators.at[member.code, "status"] in ("hidden", "band")
        ):
            others = sum(
                i.slope * (scores.indicators.at[i.code, "value"] if shown[i.code] else lang_son[i.code])
                for i in members
                if i.code != target.code
            )
            solved = (score_shown - sub_index.intercept - others) / target.slope
            assert solved == pytest.approx(lang_son[target.code], abs=0.0051 / abs(target.slope))


def test_a_short_questionnaire_shows_no_score_on_under_half_of_the_scale(pci_2023, lang_son, wave, pci):
    short = wave.copy()
    short[[name for name in short if name.startswith(("b", "e0"))]] = columns.NOT_ASKED
    found = publish(score(short, pci, pci_2023, lang_son), pci, pci_2023, lang_son).sub_indices
    assert found.loc["entry", ["measured", "reason"]].tolist() == [0, "little_coverage"]
    assert math.isnan(found.at["entry", "value"])


def test_a_method_without_a_scale_shows_indicators_and_says_why_there_is_no_score():
    bare = METHOD.model_copy(update={"reference_year": None, "weights": ()})
    bare = bare.model_copy(update={"indicators": tuple(i.model_copy(update={"slope": None}) for i in bare.indicators)})
    released = published(wave(60, 60), bare)
    assert released.indicators.at["1.02", "status"] == "shown"
    assert (released.sub_indices["reason"] == "no_scale").all()


def test_the_methodology_page_explains_every_reason_code():
    root = Path(__file__).resolve().parents[3]
    given = set(re.findall(r'"([a-z]+(?:_[a-z]+)+)"', (root / "analysis" / "disclosure" / "__init__.py").read_text()))
    reasons = {
        "few_answers",
        "sensitive_few_answers",
        "extreme_few_answers",
        "few_responses",
        "little_coverage",
        "no_scale",
    }
    assert reasons <= given
    page = (root / "docs" / "methodology.md").read_text()
    assert [reason for reason in sorted(reasons) if f"`{reason}`" not in page] == []


def test_what_is_released_says_only_what_everybody_may_see(wave, pci, pci_2023, lang_son):
    released = publish(score(wave, pci, pci_2023, lang_son), pci, pci_2023, lang_son)
    assert list(released.indicators) == [
        "sub_index", "status", "reason", "band", "n", "value", "low", "high", "match",
    ]  # fmt: skip
    not_shown = released.indicators[released.indicators["status"] != "shown"]
    assert not_shown[["value", "low", "high"]].isna().all(axis=None)
    assert not_shown.loc[not_shown["status"] != "band", "n"].isna().all()
    assert (
        released.indicators["reason"]
        .notna()
        .equals(released.indicators["status"].isin(["hidden", "band", "not_measured"]))
    )
