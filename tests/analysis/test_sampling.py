"""Allocations by hand and from the textbook, draws that anybody can repeat, precision against simulation."""

from __future__ import annotations

import hashlib
import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.sampling import (
    METHODS,
    ImpossibleAllocation,
    allocate,
    draw,
    half_width_of_score,
    half_width_of_share,
    kish_deff,
)

FRAME = {"n1_9": 2400, "n10_49": 500, "n50": 100}


def test_allocations_by_hand():
    assert allocate(FRAME, 300) == {"n1_9": 240, "n10_49": 50, "n50": 10}
    assert allocate(FRAME, 300, "equal") == {"n1_9": 100, "n10_49": 100, "n50": 100}
    # roots 48.99, 22.36, 10 of 81.35: 180.66, 82.46, 36.88
    assert allocate(FRAME, 300, "square_root") == {"n1_9": 181, "n10_49": 82, "n50": 37}


def test_the_allocation_of_neyman_is_the_textbooks():
    # Cochran 1977, table 5.1, cities 1930: N_h S_h = 16 * 232.04 and 48 * 74.71; n = 24 gives 12.2 -> 12 and 12
    found = allocate({"large": 16, "small": 48}, 24, "neyman", spread={"large": 232.04, "small": 74.71})
    assert found == {"large": 12, "small": 12}


def test_a_stratum_gives_no_more_than_it_has_and_the_others_make_up_for_it():
    assert allocate(FRAME, 600, "equal") == {"n1_9": 250, "n10_49": 250, "n50": 100}
    assert allocate(FRAME, 3000, "square_root") == FRAME


def test_each_stratum_gets_its_minimum_or_all_it_has():
    found = allocate({"a": 5000, "b": 30, "c": 4}, 100, minimum=10)
    assert found == {"a": 86, "b": 10, "c": 4}


def test_an_impossible_sample_is_refused():
    for size, minimum in ((3001, 0), (20, 10)):
        with pytest.raises(ImpossibleAllocation):
            allocate(FRAME, size, minimum=minimum)


@given(
    counts=st.lists(st.integers(0, 400), min_size=1, max_size=8),
    part=st.floats(0, 1),
    method=st.sampled_from(METHODS),
    minimum=st.integers(0, 12),
)
def test_every_allocation_adds_up_within_its_bounds(counts, part, method, minimum):
    frame = {str(n): count for n, count in enumerate(counts)}
    least = sum(min(minimum, count) for count in counts)
    size = least + round(part * (sum(counts) - least))
    found = allocate(frame, size, method, minimum=minimum)
    assert sum(found.values()) == size
    assert all(min(minimum, frame[s]) <= n <= frame[s] for s, n in found.items())


def test_a_draw_is_repeated_from_the_seed_whatever_the_order_of_the_list():
    units = {f"unit{n}": "a" if n % 3 else "b" for n in range(300)}
    shuffled = list(units.items())
    random.Random(1).shuffle(shuffled)
    first = draw(units, {"a": 20, "b": 10}, "2027")
    assert draw(dict(shuffled), {"a": 20, "b": 10}, "2027") == first
    assert draw(units, {"a": 20, "b": 10}, "2028") != first
    by_hand = sorted(
        (u for u in units if units[u] == "a"), key=lambda u: hashlib.sha256(f"2027\0{u}".encode()).hexdigest()
    )
    assert first["a"] == by_hand


def test_who_leaves_the_list_changes_nobody_elses_place():
    units = dict.fromkeys((f"unit{n}" for n in range(50)), "a")
    before = draw(units, {"a": 10}, "s")["a"]
    gone = before[3]
    after = draw({unit: stratum for unit, stratum in units.items() if unit != gone}, {"a": 10}, "s")["a"]
    assert after == [unit for unit in before if unit != gone]


def test_each_firm_is_drawn_as_often_as_any_other():
    units = dict.fromkeys((f"unit{n}" for n in range(40)), "a")
    times = Counter(unit for seed in range(2000) for unit in draw(units, {"a": 10}, str(seed))["a"][:10])
    expected, sd = 500, (2000 * 0.25 * 0.75) ** 0.5
    assert all(abs(times[unit] - expected) < 4.5 * sd for unit in units)


def test_too_few_units_are_refused():
    with pytest.raises(ImpossibleAllocation):
        draw({"x": "a"}, {"a": 2}, "s")


def test_precision_by_hand():
    assert half_width_of_share(385) == pytest.approx(0.0497, abs=0.0002)  # 385 answers give five points
    assert half_width_of_share(385, deff=2) == half_width_of_share(192.5)
    assert half_width_of_score(880, 0.15, 220) == pytest.approx(0.15 / 2 * 1.959964, abs=1e-7)


def test_unequal_weights_cost_what_kish_says():
    assert kish_deff(FRAME, allocate(FRAME, 300)) == pytest.approx(1.0)
    # equal allocation: weights 24, 5, 1 of 100 firms each: 3 * (576 + 25 + 1) / 900
    assert kish_deff(FRAME, allocate(FRAME, 300, "equal")) == pytest.approx(3 * 602 / 900)
