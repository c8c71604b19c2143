import numpy as np
import pandas as pd
import pytest

from analysis.composite.screening import availability, describe, fill, screen
from analysis.composite.structure import BadTable, Node, Structure

STRUCTURE = Structure(
    (
        Node("a", "first", 1),
        Node("b", "first", 3),
        Node("c", "second"),
        Node("first", "index"),
        Node("second", "index"),
        Node("index", None),
    )
)
TABLE = pd.DataFrame(
    {"a": [1.0, np.nan, 0.0, 2.0], "b": [4.0, 4.0, np.nan, 8.0], "c": [1.0, np.nan, 3.0, 6.0]},
    index=["p", "q", "r", "s"],
)


def test_availability_counts_weights_worked_by_hand():
    found = availability(TABLE, STRUCTURE)
    assert found["first"].tolist() == pytest.approx([1, 0.75, 0.25, 1])
    assert found["second"].tolist() == [1, 0, 1, 1]
    assert found["index"].tolist() == pytest.approx([1, 0.375, 0.625, 1])


def test_a_unit_needs_two_thirds_of_the_weight_and_is_named_if_left_out():
    found = screen(TABLE, STRUCTURE)
    assert list(found.kept.index) == ["p", "s"]
    assert list(found.left_out.index) == ["q", "r"]
    assert list(screen(TABLE, STRUCTURE, least=0.625).kept.index) == ["p", "r", "s"]


def test_two_of_three_equal_indicators_are_two_thirds():
    table = pd.DataFrame({"a": [1.0], "b": [1.0], "c": [np.nan]})
    assert len(screen(table, Structure.flat(["a", "b", "c"])).kept) == 1


def test_gaps_are_filled_with_the_middle_of_all_or_of_the_group():
    assert fill(TABLE, STRUCTURE).table["b"].tolist() == pytest.approx([4, 4, 16 / 3, 8])
    assert fill(TABLE, STRUCTURE, "median").table["c"].tolist() == [1, 3, 3, 6]
    groups = pd.Series({"s": "north", "r": "north", "q": "south", "p": "south"})
    found = fill(TABLE, STRUCTURE, groups=groups)
    assert found.table["b"].tolist() == [4, 4, 8, 8]
    assert found.table["a"].tolist() == [1, 1, 0, 2]
    assert found.filled.sum().to_dict() == {"a": 1, "b": 1, "c": 1}


def test_a_gap_nobody_can_fill_is_named():
    with pytest.raises(BadTable, match="q, a: no unit like it has a value"):
        fill(TABLE, STRUCTURE, groups=pd.Series({"p": 1, "q": 2, "r": 1, "s": 1}))


def test_description_worked_by_hand():
    line = describe(TABLE, STRUCTURE).loc["b"]
    assert line["available"] == 0.75
    assert line["unique"] == pytest.approx(2 / 3)
    assert line["sd"] == pytest.approx(np.sqrt(16 / 3))
    assert np.isnan(line["kurtosis"])  # three values have none
    assert describe(TABLE, STRUCTURE).loc["a", "zeros"] == pytest.approx(1 / 3)
