"""What coarsening must leave behind, whatever firms answer."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from questionnaires.files import instrument_path, load_instrument
from survey_app.services.coarsening import (
    MAX_SHARE_SMALL,
    MERGED_ALL,
    MIN_ALIKE,
    MIN_LABEL,
    NOT_STATED,
    Coarsened,
    UnknownStratum,
    coarsen,
    enough_apart,
    merge_labels,
)

PCI = load_instrument(instrument_path("pci_domestic"))
LADDER = [["large", "medium"], ["medium", "small"]]
LABELS = ("small", "medium", "large")


def _key_answer(code: str) -> st.SearchStrategy[Any]:
    options = PCI.item(code).option_codes
    # skewed towards the first options, as real firms are
    return st.sampled_from([*options[:2] * 3, *options, "dk", "ref", None])


firms = st.fixed_dictionaries({}, optional={code: _key_answer(code) for code in PCI.key_variables})
waves = st.lists(st.tuples(firms, st.sampled_from(LABELS)), max_size=120)
frames = st.fixed_dictionaries({label: st.integers(1, 5000) for label in LABELS})


def _run(wave: list[tuple[dict[str, Any], str]], frame: dict[str, int]) -> Coarsened:
    answers = [answer for answer, _ in wave]
    labels = [label for _, label in wave]
    return coarsen(answers, labels, PCI, stratum_ladder=LADDER, frame_counts=frame)


def _combinations(result: Coarsened) -> list[tuple[str, ...]]:
    together = zip(result.labels, result.answers, strict=True)
    return [(label, *(answer[code] for code in PCI.key_variables)) for label, answer in together]


@settings(max_examples=150, deadline=None)
@given(waves, frames)
def test_nobody_is_left_among_fewer_than_five_alike(wave, frame):
    sizes = Counter(_combinations(_run(wave, frame)))
    assert all(size >= min(MIN_ALIKE, len(wave)) for size in sizes.values())


@settings(max_examples=150, deadline=None)
@given(waves, frames)
def test_no_label_is_left_with_fewer_than_ten_answers(wave, frame):
    labels = Counter(_run(wave, frame).labels)
    assert all(size >= min(MIN_LABEL, len(wave)) for size in labels.values())


@settings(max_examples=100, deadline=None)
@given(waves, frames)
def test_finer_values_than_the_step_used_never_appear(wave, frame):
    result = _run(wave, frame)
    for code, step in result.record["steps"].items():
        allowed = {rung.code for rung in PCI.item(code).ladder[step]} | {NOT_STATED}
        assert {answer[code] for answer in result.answers} <= allowed


@settings(max_examples=100, deadline=None)
@given(waves.filter(bool), frames)
def test_weights_sum_to_the_firms_of_the_frame(wave, frame):
    assert sum(_run(wave, frame).weights) == pytest.approx(sum(frame.values()))


@settings(max_examples=100, deadline=None)
@given(waves, frames, st.randoms(use_true_random=False))
def test_the_order_of_ballots_changes_nothing_but_the_order(wave, frame, random):
    numbered = [(answer | {"t01": str(number)}, label) for number, (answer, label) in enumerate(wave)]
    shuffled = random.sample(numbered, len(numbered))

    def by_firm(result: Coarsened) -> dict[str, Any]:
        rows = zip(result.answers, result.labels, result.weights, strict=True)
        return {answer["t01"]: (answer, label, weight) for answer, label, weight in rows}

    first, second = _run(numbered, frame), _run(shuffled, frame)
    assert by_firm(first) == by_firm(second)
    assert first.record == second.record


@settings(max_examples=60, deadline=None)
@given(waves, frames)
def test_other_answers_are_left_alone_and_the_input_too(wave, frame):
    before = [(dict(answer) | {"t01": "easy"}, label) for answer, label in wave]
    given_ = [(dict(answer), label) for answer, label in before]
    assert all(answer["t01"] == "easy" for answer in _run(given_, frame).answers)
    assert given_ == before


def test_the_finest_step_stands_when_enough_are_alike():
    wave = [({"p03": "n1_4", "p04": "trade", "p06": "y10"}, "small")] * 20
    result = _run(wave, {"small": 100, "medium": 0, "large": 0})
    assert result.record["steps"] == {"p03": 0, "p04": 0, "p06": 0}
    assert result.answers[0] == {"p03": "n1_9", "p04": "trade_log", "p06": "y5"}
    assert result.weights == [5.0] * 20


def test_the_last_named_key_variable_loses_detail_first():
    # age has one step before "not stated", so sector is raised, and then suffices
    alike = [({"p03": "n1_4", "p04": "trade", "p06": "y10"}, "small")] * 30
    few = [({"p03": "n1_4", "p04": "hospitality", "p06": "y10"}, "small")] * 4
    assert len(few) > MAX_SHARE_SMALL * len(alike + few)
    result = _run(alike + few, {"small": 340})
    assert result.record["steps"] == {"p03": 0, "p04": 1, "p06": 0}
    assert {answer["p04"] for answer in result.answers} == {"tserve"}


def test_a_lone_firm_states_less_and_less_until_it_has_company():
    alike = [({"p03": "n1_4", "p04": "trade", "p06": "y10"}, "small")] * 40
    lone = ({"p03": "n200", "p04": "agri", "p06": "y0_1"}, "small")
    result = _run([*alike, lone], {"small": 410})
    assert result.answers[-1] == {"p03": NOT_STATED, "p04": NOT_STATED, "p06": NOT_STATED}
    # one firm that states nothing would stand alone: the smallest other combination joins it
    assert set(_combinations(result)) == {("small", NOT_STATED, NOT_STATED, NOT_STATED)}


def test_a_short_label_joins_the_next_and_keeps_its_firms():
    became = merge_labels({"small": 50, "medium": 30, "large": 9}, dict.fromkeys(LABELS, 100), LADDER)
    assert became == {"small": "small", "medium": "medium", "large": "medium"}


def test_a_label_nobody_answered_from_is_merged_too():
    wave = [({}, "small")] * 12 + [({}, "medium")] * 12
    result = _run(wave, {"small": 60, "medium": 36, "large": 12})
    assert sorted(set(zip(result.labels, result.weights, strict=True))) == [("medium", 4.0), ("small", 5.0)]


def test_labels_the_ladder_leaves_short_become_one():
    became = merge_labels({"north": 12, "south": 3}, {"north": 50, "south": 50}, LADDER)
    assert became == {"north": MERGED_ALL, "south": MERGED_ALL}


def test_a_stratum_that_the_frame_does_not_count_is_named():
    with pytest.raises(UnknownStratum, match="elsewhere"):
        _run([({}, "elsewhere")] * 20, {"small": 10})


ways = st.lists(st.tuples(firms, st.sampled_from(LABELS), st.booleans()), max_size=120)
few_ways = st.lists(st.tuples(firms, st.sampled_from(LABELS), st.sampled_from([False] * 6 + [True])), max_size=120)


@settings(max_examples=300, deadline=None)
@given(ways | few_ways, frames)
def test_answers_that_show_how_they_came_stand_among_five_that_came_so_and_are_alike(wave, frame):
    labels, apart = [label for _, label, _ in wave], [shows for _, _, shows in wave]
    rules = {"stratum_ladder": LADDER, "frame_counts": frame}
    kept = enough_apart(labels, apart, **rules)
    assert [each for each, shows in enumerate(apart) if not shows] == [each for each in kept if not apart[each]]
    chosen = [wave[each] for each in kept]
    shows = [way for _, _, way in chosen]
    done = coarsen([answer for answer, _, _ in chosen], [label for _, label, _ in chosen], PCI, **rules, apart=shows)
    sizes = Counter(zip(_combinations(done), shows, strict=True))
    assert all(size >= MIN_ALIKE for size in sizes.values()) or (len(kept) < MIN_ALIKE and not any(shows))


def test_a_label_called_like_another_with_a_mark_is_no_company_for_its_telephone_answers():
    sizes = ["n1_4"] * 5 + ["n200"] + ["n1_4"] * 5 + ["n200"] * 10
    labels, shows = ["a"] * 11 + ["a+"] * 10, [True] * 6 + [False] * 15
    rules = {"stratum_ladder": [], "frame_counts": {"a": 100, "a+": 100}}
    done = coarsen([{"p03": size} for size in sizes], labels, PCI, **rules, apart=shows)
    assert min(Counter(zip(_combinations(done), shows, strict=True)).values()) >= MIN_ALIKE


def test_telephone_answers_are_left_out_of_a_label_that_has_four_and_kept_where_it_has_five():
    rules = {"stratum_ladder": [], "frame_counts": {"small": 100, "large": 100}}
    labels, apart = ["small"] * 20 + ["large"] * 20, [True] * 4 + [False] * 16 + [True] * 5 + [False] * 15
    assert enough_apart(labels, apart, **rules) == list(range(4, 40))
    assert enough_apart(["small"] * 12, [True] * 8 + [False] * 4, **rules) == list(range(8, 12))
    assert enough_apart(["small"] * 12, [True] * 12, **rules) == list(range(12))
