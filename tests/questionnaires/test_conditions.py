"""When a condition holds: for each kind, with the answer, with another one, without a valid one."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from questionnaires.conditions import Condition

CONDITIONS = TypeAdapter(Condition)


@pytest.mark.parametrize(
    ("condition", "holds_for", "fails_for"),
    [
        ({"item": "a", "in": ["x", "y"]}, ["x", "y"], ["z", "dk", None, ["x"]]),
        ({"item": "a", "not_in": ["x", "y"]}, ["z", "dk", None], ["x", "y"]),
        ({"item": "a", "has": "x"}, [["x"], ["y", "x"]], [["y"], [], "x", "ref", None]),
        ({"item": "a", "lacks": "x"}, [["y"], [], "dk", None], [["x"], ["y", "x"]]),
        ({"item": "a", "gte": 3}, [3, 3.0, 17], [2, 2.99, "dk", "17", None]),
        ({"not": {"item": "a", "in": ["x"]}}, ["y", None], ["x"]),
        ({"any": [{"item": "a", "in": ["x"]}, {"item": "a", "gte": 3}]}, ["x", 3], ["y", 2, None]),
        ({"all": [{"item": "a", "has": "x"}, {"item": "a", "lacks": "y"}]}, [["x"]], [["x", "y"], ["y"], None]),
    ],
)
def test_a_condition_holds_for_these_answers_and_no_others(condition, holds_for, fails_for):
    built = CONDITIONS.validate_python(condition)
    assert [answer for answer in holds_for if not built.holds({"a": answer})] == []
    assert [answer for answer in fails_for if built.holds({"a": answer})] == []


def test_an_item_that_was_not_asked_counts_as_no_answer():
    assert not CONDITIONS.validate_python({"item": "a", "in": ["x"]}).holds({})
    assert CONDITIONS.validate_python({"item": "a", "not_in": ["x"]}).holds({})


def test_triggers_are_found_however_deep():
    nested = {
        "any": [{"all": [{"item": "a", "has": "x"}, {"not": {"item": "b", "gte": 3}}]}, {"item": "c", "in": ["y"]}]
    }
    assert list(CONDITIONS.validate_python(nested).triggers()) == [
        ("a", ("x",), "several choices"),
        ("b", (), "number"),
        ("c", ("y",), "one choice"),
    ]


@pytest.mark.parametrize(
    "condition",
    [{}, "a == 1", {"item": "a"}, {"any": []}, {"item": "a", "in": []}, {"item": "a", "in": ["x"], "has": "y"}],
)
def test_anything_else_is_no_condition(condition):
    with pytest.raises(ValidationError):
        CONDITIONS.validate_python(condition)
