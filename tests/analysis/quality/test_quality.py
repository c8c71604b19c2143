"""Response rates worked by hand from the formulas of AAPOR, Standard Definitions (2023), section on outcome rates."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.quality import Dispositions, rates

#: 400 firms drawn: 40 are gone; of 100 nobody knows whether they still exist.
WAVE = Dispositions(complete=150, partial=20, refusal=30, non_contact=50, other=10, unknown=100, ineligible=40)


def test_the_rates_worked_by_hand():
    found = rates(WAVE)
    # 260 known to be eligible, e = 260 / 300, so 100 e = 86.67 of the unknown count
    assert found["e"] == pytest.approx(13 / 15)
    assert found["RR1"] == pytest.approx(150 / 360)
    assert found["RR2"] == pytest.approx(170 / 360)
    assert found["RR3"] == pytest.approx(150 / (260 + 100 * 13 / 15))
    assert found["RR4"] == pytest.approx(170 / (260 + 100 * 13 / 15))
    assert found["RR5"] == pytest.approx(150 / 260)
    assert found["RR6"] == pytest.approx(170 / 260)
    assert found["COOP1"] == pytest.approx(150 / 210)
    assert found["REF1"] == pytest.approx(30 / 360)
    assert found["CON1"] == pytest.approx(210 / 360)


def test_an_e_from_another_source_is_used_and_told():
    found = rates(WAVE, e=0.5)
    assert found["RR3"] == pytest.approx(150 / 310)
    assert found["e"] == 0.5


def test_firms_that_are_gone_lower_no_rate_but_through_e():
    without = Dispositions(complete=150, partial=20, refusal=30, non_contact=50, other=10, unknown=100)
    first, second = rates(WAVE), rates(without)
    assert all(first[name] == second[name] for name in ("RR1", "RR2", "RR5", "RR6", "COOP1", "REF1", "CON1"))
    assert first["RR3"] > second["RR3"]


def test_rates_of_base_weights_are_those_of_counts_where_weights_are_equal():
    weighted = Dispositions(*(2.5 * count for count in vars(WAVE).values()))
    assert rates(weighted) == pytest.approx(rates(WAVE))


def test_a_sample_of_nobody_has_no_rate():
    assert all(math.isnan(rate) for rate in rates(Dispositions(complete=0)).values())


def test_with_nothing_known_the_rates_that_need_e_are_empty():
    found = rates(Dispositions(complete=0, unknown=10))
    assert found["RR1"] == 0
    assert math.isnan(found["RR3"])


@pytest.mark.parametrize("wrong", [{"complete": -1}, {"complete": 5, "refusal": math.nan}])
def test_a_count_that_is_none_is_refused(wrong):
    with pytest.raises(ValueError, match="a count is 0 or more"):
        Dispositions(**wrong)


def test_an_e_outside_its_range_is_refused():
    with pytest.raises(ValueError, match="from 0 to 1"):
        rates(WAVE, e=1.2)


@given(st.lists(st.integers(0, 500), min_size=7, max_size=7))
def test_the_rates_stand_in_their_order(counts):
    found = rates(Dispositions(*counts))
    for low, middle, high in (("RR1", "RR3", "RR5"), ("RR2", "RR4", "RR6")):
        if not math.isnan(found[middle]):
            assert found[low] <= found[middle] + 1e-12
            assert found[middle] <= found[high] + 1e-12
    assert all(0 <= rate <= 1 for rate in found.values() if not math.isnan(rate))
