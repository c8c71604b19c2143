import numpy as np
import pandas as pd
import pytest

from analysis.composite.structure import BadStructure, BadTable, Node, Structure, values_of

UNEVEN = Structure(
    (
        Node("days", "entry", 2, -1),
        Node("online", "entry"),
        Node("trust", "index", 3),
        Node("entry", "index", 1),
        Node("index", None),
    )
)


def test_codes_stand_from_the_indicators_up_to_the_index():
    assert UNEVEN.codes == ("days", "online", "trust", "entry", "index")
    assert UNEVEN.level == {"days": 1, "online": 1, "trust": 1, "entry": 2, "index": 3}
    assert UNEVEN.directions.tolist() == [-1, 1, 1]


def test_a_table_describes_the_same_index():
    table = pd.DataFrame(
        {
            "code": ["days", "online", "trust", "entry", "index"],
            "parent": ["entry", "entry", "index", "index", None],
            "weight": [2, None, 3, 1, None],
            "direction": [-1, 1, None, None, None],
        }
    )
    assert Structure.from_table(table) == UNEVEN


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        ([Node("a", "top"), Node("a", "top"), Node("top", None)], "a: a code stands twice"),
        ([Node("a", None), Node("b", None)], "here it is a, b"),
        ([Node("a", "elsewhere"), Node("top", None)], "a: the parent is no line"),
        ([Node("a", "top", direction=0), Node("top", None)], "a: a direction is 1 or -1"),
        ([Node("a", "top", weight=-1), Node("top", None)], "a: a weight is a number"),
        ([Node("a", "top", weight=0), Node("top", None)], "top: nothing in it has a weight"),
        ([Node("a", "b"), Node("b", "a"), Node("c", "top"), Node("top", None)], "a, b: each is above the other"),
        ([Node("top", None)], "top stands alone"),
    ],
)
def test_what_is_no_tree_is_refused_by_name(nodes, message):
    with pytest.raises(BadStructure, match=message):
        Structure(tuple(nodes))


def test_a_description_without_parents_is_refused():
    with pytest.raises(BadStructure, match="no column parent"):
        Structure.from_table(pd.DataFrame({"code": ["a"]}))


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("direction", 1.5, "a: a direction is 1 or -1"),
        ("direction", "up", "a: direction 'up' is no number"),
        ("weight", "much", "a: weight 'much' is no number"),
        ("weight", float("inf"), "a: a weight is a number"),
    ],
)
def test_a_weight_or_direction_that_is_none_is_refused_by_name(column, value, message):
    table = pd.DataFrame({"code": ["a", "b", "top"], "parent": ["top", "top", None]})
    with pytest.raises(BadStructure, match=message):
        Structure.from_table(table.assign(**{column: [value, 1, 1]}))


def test_weight_for_a_line_that_is_not_there_is_refused():
    with pytest.raises(BadStructure, match="no line speed"):
        UNEVEN.with_weights({"speed": 1})
    assert UNEVEN.with_weights({"days": 5}).weights["days"] == 5


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (pd.DataFrame({"a": [1.0]}), "no column b"),
        (pd.DataFrame({"a": [1.0], "b": ["x"]}), "column b holds something that is no number"),
        (pd.DataFrame({"a": [1.0, 2.0], "b": 1.0}, index=["Huế", "Huế"]), "Huế: a unit stands in the table twice"),
        (pd.DataFrame({"a": [1.0], "b": [np.inf]}, index=["Huế"]), "Huế, b: an infinite value"),
    ],
)
def test_a_table_that_does_not_fit_is_refused_by_name(table, message):
    with pytest.raises(BadTable, match=message):
        values_of(table, Structure.flat(["a", "b"]))
