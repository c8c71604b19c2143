"""How long an instrument takes, and the invented answers that this is worked out from."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from questionnaires.demonstration import draw_answers, with_even_chances
from questionnaires.timing import length
from tests.factories import instrument, item, option

REASONS = [option("a"), option("b"), option("none", exclusive=True)]
FOLLOWED = instrument(
    item("open"),
    item("why", "multi", options=REASONS, ask_if={"item": "open", "in": ["yes"]}),
    item("days", "number", range={"min": 0, "max": 10}),
)
ALWAYS = {"open": {"p": {"yes": 1.0}}, "why": {"p": {"a": 1.0}}, "days": {"median": 5, "sigma": 0, "round": 1}}
NEVER = {**ALWAYS, "open": {"p": {"no": 1.0}}}


def test_seconds_add_up_over_items_and_pages():
    took = length(FOLLOWED, ALWAYS, runs=3)
    assert (took.items, took.pages) == (3, 3)
    assert took.minutes == took.minutes_p95 == pytest.approx((8 + 15 + 15 + 3 * 3) / 60)


def test_what_is_not_asked_takes_no_time():
    took = length(FOLLOWED, NEVER, runs=3)
    assert (took.items, took.pages) == (2, 2)
    assert took.minutes == pytest.approx((8 + 15 + 2 * 3) / 60)


def test_the_same_seed_gives_the_same_length():
    half = {**ALWAYS, "open": {"p": {"yes": 0.5, "no": 0.5}}}
    assert length(FOLLOWED, half, runs=50, seed=1) == length(FOLLOWED, half, runs=50, seed=1)


def test_answers_are_drawn_as_often_as_the_distribution_says():
    rng = random.Random(5)
    mostly = {**ALWAYS, "open": {"p": {"yes": 0.8, "no": 0.2}}}
    drawn = Counter(draw_answers(FOLLOWED, mostly, rng)["open"] for _ in range(4000))
    assert drawn["yes"] / 4000 == pytest.approx(0.8, abs=0.025)  # 4 standard errors


def test_an_answer_given_beforehand_stands():
    answers = draw_answers(FOLLOWED, NEVER, random.Random(1), fixed={"open": "yes"})
    assert answers["open"] == "yes"
    assert answers["why"] == ["a"]


def test_when_nothing_is_ticked_it_is_the_exclusive_answer():
    untouched = {**ALWAYS, "why": {"p": {"a": 0.0, "b": 0.0}}}
    assert draw_answers(FOLLOWED, untouched, random.Random(1))["why"] == ["none"]


def test_where_the_distribution_is_silent_there_is_no_answer():
    assert draw_answers(FOLLOWED, {}, random.Random(1)) == {"open": None, "days": None}


def test_a_number_stays_in_its_range():
    wild = {**ALWAYS, "days": {"median": 8, "sigma": 3, "round": 1}}
    drawn = [draw_answers(FOLLOWED, wild, random.Random(seed))["days"] for seed in range(200)]
    assert max(drawn) == 10
    assert min(drawn) >= 0


def test_an_unknown_file_is_answered_with_even_chances():
    whole = with_even_chances({"open": {"p": {"other": 1.0}}, "days": {"p": {"x": 1}}}, FOLLOWED)
    drawn = [draw_answers(FOLLOWED, whole, random.Random(seed)) for seed in range(400)]
    yes = sum(answers["open"] == "yes" for answers in drawn)
    assert 160 < yes < 240
    assert {type(answers["days"]) for answers in drawn} == {int}
    assert {tuple(answers["why"]) for answers in drawn if "why" in answers} == {("a",), ("b",), ("a", "b"), ("none",)}


def test_even_chances_leave_a_fitting_distribution_alone():
    assert with_even_chances(ALWAYS, FOLLOWED) == ALWAYS


def test_a_polite_end_ends_the_questionnaire():
    ended = instrument(item("open", end_if=["no"]), item("more"))
    assert draw_answers(ended, {"open": {"p": {"no": 1}}, "more": {"p": {"yes": 1}}}, random.Random(1)) == {
        "open": "no"
    }
