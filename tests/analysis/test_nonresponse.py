"""Non-response weights: by hand, against svy 0.35.0, and on samples where whoever does not answer differs."""

import numpy as np
import polars
import pytest
import svy

from analysis.merging import CannotMerge
from analysis.nonresponse import adjust


def test_factors_worked_by_hand():
    weight = np.array([2.0, 2, 4, 1, 1, 3])
    answered = np.array([True, False, True, True, False, False])
    scope = np.array([True, True, True, True, True, False])
    found = adjust(weight, answered, np.array(list("aaabbb")), in_scope=scope, least=1)
    assert found.weight.tolist() == pytest.approx([2 * 8 / 6, 0, 4 * 8 / 6, 2, 0, 0])
    assert found.cells.loc["a"].tolist() == pytest.approx([3, 2, 8 / 6])
    assert found.merged == {}


def test_weights_are_those_of_svy():
    rng = np.random.default_rng(2)
    cell, weight = rng.integers(0, 4, 400), rng.uniform(1, 9, 400)
    status = rng.choice(["rr", "nr", "in"], 400, p=[0.6, 0.3, 0.1])
    frame = polars.DataFrame({"row": np.arange(400), "cell": cell, "w": weight, "status": status})
    theirs = svy.Sample(frame, svy.Design(wgt="w")).weighting.adjust("status", cells="cell")
    kept = theirs.data.filter(polars.col("status") == "rr").sort("row")
    found = adjust(weight, status == "rr", cell, in_scope=status != "in")
    assert found.weight[status == "rr"] == pytest.approx(kept["nr_wgt"].to_numpy())


def test_small_cells_are_merged_inside_their_class():
    cell = np.repeat(["a1", "a2", "b1", "b2"], [30, 10, 60, 50])
    answered = np.ones(150, dtype=bool)
    found = adjust(np.ones(150), answered, cell, within=np.repeat(["a", "b"], [40, 110]))
    assert found.merged == {"a1": "a1 + a2", "a2": "a1 + a2"}
    assert found.cells["answered"].to_dict() == {"a1 + a2": 40, "b1": 60, "b2": 50}
    assert (found.cells["answered"] >= 20).all()
    with pytest.raises(CannotMerge, match="nothing like it to merge with: a2"):
        adjust(np.ones(150), answered, cell, within=np.repeat(["a", "c", "b"], [30, 10, 110]))


def test_a_cell_in_two_classes_and_an_answer_out_of_scope_are_refused():
    with pytest.raises(ValueError, match="two of the larger classes"):
        adjust(np.ones(4), np.ones(4, dtype=bool), np.array(list("aabb")), within=np.array(list("xyzz")), least=1)
    with pytest.raises(ValueError, match="row 3: answered, and out of scope"):
        adjust(np.ones(4), np.ones(4, dtype=bool), np.array(list("aabb")), in_scope=np.arange(4) < 3, least=1)


def test_what_differs_between_cells_no_longer_biases_the_mean():
    rng = np.random.default_rng(9)
    plain, weighted = [], []
    for _ in range(300):
        cell = rng.integers(0, 2, 300)
        y = 10 + 5 * cell + rng.normal(0, 2, 300)
        answered = rng.random(300) < np.where(cell == 0, 0.8, 0.3)
        found = adjust(np.ones(300), answered, cell)
        plain.append(y[answered].mean())
        weighted.append(np.average(y, weights=found.weight))
    assert np.mean(plain) < 12
    assert np.mean(weighted) == pytest.approx(12.5, abs=0.06)


def test_weights_stand_for_everybody_in_scope():
    rng = np.random.default_rng(10)
    weight, answered = rng.uniform(1, 5, 200), rng.random(200) < 0.5
    assert adjust(weight, answered, rng.integers(0, 3, 200)).weight.sum() == pytest.approx(weight.sum())
