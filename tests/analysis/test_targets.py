"""Ways to a target are recomputed by the published method, and their number is that of SciPy's integer programme (HiGHS)."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import LinearConstraint, milp

from analysis.coverage import truth
from analysis.targets import OutOfReach, reach
from questionnaires.files import load_plan, plan_path
from questionnaires.reference import national
from tests.analysis import tiny


def fewest(gains: np.ndarray, gap: float) -> int:
    """Return the least number of indicators, each moving up to its whole way, that add up to the gap."""
    n = len(gains)
    enough = LinearConstraint(np.hstack([gains, np.zeros(n)])[None], lb=gap)
    only_if_chosen = LinearConstraint(np.hstack([np.eye(n), -np.eye(n)]), ub=0)
    found = milp(
        np.hstack([np.zeros(n), np.ones(n)]),
        constraints=[enough, only_if_chosen],
        integrality=[0] * n + [1] * n,
        bounds=(0, 1),
    )
    return round(found.fun)


@pytest.mark.parametrize(("of", "target"), [("total", 70), ("total", 80), ("land", 7), ("legal", 8.6), ("labour", 6.9)])
def test_a_way_reaches_its_target_with_the_fewest_indicators(pci_2023, lang_son, of, target):
    way = reach(lang_son, pci_2023, target, of=of)
    assert way.score == pytest.approx(truth(pci_2023, lang_son)[of])
    there = truth(pci_2023, lang_son | way.table["needed"].to_dict())
    assert there[of] == pytest.approx(target, abs=1e-9)
    everything = reach(lang_son, pci_2023, target, of=of, every=True).table
    gains = everything["points"] / everything["way"]
    assert len(way.table) == fewest(gains.to_numpy(), target - way.score)
    assert way.table["points"].sum() == pytest.approx(target - way.score)


def test_no_indicator_must_be_better_than_in_the_best_province(pci_2023, lang_son):
    table = reach(lang_son, pci_2023, 85, every=True).table
    for code, row in table.iterrows():
        spread, indicator = national(2023)[code], pci_2023.by_code[code]
        assert row["best"] == (spread.high if indicator.direction == "higher" else spread.low)
        assert min(row["now"], row["best"]) < row["needed"] < max(row["now"], row["best"])
    assert table["way"].nunique() == 1
    assert not {"5.02", "5.04"} & set(table.index)  # never to be praised


def test_every_target_of_the_plan_is_reached_or_said_to_be_out_of_reach(pci_2023, lang_son):
    plan = load_plan(plan_path("lang_son_2024"))
    for each in plan.targets:
        way = reach(lang_son, pci_2023, each.target, of=each.sub_index)
        there = truth(pci_2023, lang_son | way.table["needed"].to_dict())
        assert there[each.sub_index] == pytest.approx(each.target, abs=1e-9)


def test_only_what_may_move_moves(pci_2023, lang_son):
    free = reach(lang_son, pci_2023, 7, of="land").table
    way = reach(lang_son, pci_2023, 7, of="land", movable={"2.01", "2.02", "2.03"})
    assert set(way.table.index) <= {"2.01", "2.02", "2.03"} != set(free.index)
    best = {
        code: national(2023)[code].low if code == "2.01" else national(2023)[code].high
        for code in ("2.01", "2.02", "2.03")
    }
    with pytest.raises(OutOfReach, match=r"9\.50 is out of reach") as caught:
        reach(lang_son, pci_2023, 9.5, of="land", movable={"2.01"})
    assert caught.value.reachable == pytest.approx(truth(pci_2023, lang_son | {"2.01": best["2.01"]})["land"])
    assert "Không đạt được 9,50" in caught.value.sentence("vi")


def test_a_target_already_met_needs_nothing(pci_2023, lang_son):
    way = reach(lang_son, pci_2023, 6, of="land")
    assert way.table.empty
    assert list(way.table) == ["sub_index", "now", "needed", "best", "way", "points"]


def test_what_is_not_known_is_said(pci_2023, lang_son):
    with pytest.raises(KeyError, match="no sub-index landing"):
        reach(lang_son, pci_2023, 7, of="landing")
    with pytest.raises(KeyError, match=r"no indicator 2\.99"):
        reach(lang_son, pci_2023, 7, of="land", movable={"2.99"})
    with pytest.raises(ValueError, match=r"no value of 2\.01, 2\.02"):
        reach({code: value for code, value in lang_son.items() if code not in ("2.01", "2.02")}, pci_2023, 7, of="land")
    without = tiny.method(tiny.indicator("1.02", "entry", None, tiny.SHARE), codes=["entry"])
    with pytest.raises(ValueError, match="what adds points is not known"):
        reach({"1.02": 0.5}, without, 7)


def test_an_indicator_that_is_best_already_adds_nothing(pci_2023, lang_son):
    best = pd.Series({code: national(2023)[code].high for code in ("2.02", "2.11")})
    table = reach(lang_son | best.to_dict(), pci_2023, 7.5, of="land", every=True).table
    assert not {"2.02", "2.11"} & set(table.index)
