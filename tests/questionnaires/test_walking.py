"""The path walker: what is reached, what never is, where it ends early, how long it gets."""

from __future__ import annotations

import pytest

from questionnaires.walking import walk
from tests.factories import instrument, item, option

YES, NO = {"item": "open", "in": ["yes"]}, {"item": "open", "in": ["no"]}


def test_every_page_item_and_option_of_a_sound_instrument_is_reached():
    choices = [option("a"), option("b", ask_if=YES), option("c", ask_if=NO)]
    met = walk(instrument(item("open"), item("kind", "choice", options=choices), item("why", ask_if=YES)), {}, walks=60)
    assert met.dead_ends == ()
    assert met.walks == met.pages["page1"] == met.items["kind"] == 60
    assert 0 < met.items["why"] == met.pages["page3"] < 60


def test_contradictory_conditions_are_dead_ends():
    never = {"all": [YES, NO]}
    options = [option("a"), option("b"), option("c", ask_if=never)]
    met = walk(
        instrument(item("open"), item("lost", ask_if=never), item("kind", "choice", options=options)), {}, walks=60
    )
    assert met.dead_ends == ("page2", "lost", "kind.c")


def test_early_ends_are_counted_and_hide_nothing_from_the_walker():
    stop = [option(f"stop{n}") for n in range(9)]
    first = item("first", "choice", options=[*stop, option("go")], end_if=[each["code"] for each in stop])
    met = walk(instrument(first, item("later")), {}, walks=400)
    assert met.dead_ends == ()
    assert 150 < met.ends["first"] < 200  # nine in ten of the half that may end
    assert met.items["later"] == 400 - met.ends["first"]


def test_an_item_that_always_ends_leaves_the_rest_unreached():
    met = walk(instrument(item("open", end_if=["yes", "no"]), item("later")), {}, walks=20)
    assert met.dead_ends == ("page2", "later")
    assert met.ends == {"open": 20}


def test_the_longest_path_is_longer_than_the_median():
    source = instrument(item("open"), item("a", ask_if=YES), item("b", "text", max_length=9, ask_if=YES))
    met = walk(source, {"open": {"p": {"yes": 0.01, "no": 0.99}}}, walks=60)
    assert (met.typical.items, met.typical.pages) == (1, 1)
    assert met.typical.minutes == pytest.approx((8 + 3) / 60)
    assert (met.longest.items, met.longest.pages) == (3, 3)
    assert met.longest.seconds == 8 + 8 + 40 + 3 * 3
