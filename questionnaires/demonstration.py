"""Invented answers for demonstrations and simulations, drawn from a distribution file."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from questionnaires.conditions import Answers
from questionnaires.files import FOLDER
from questionnaires.instrument import Instrument, Item
from questionnaires.reading import read

Distribution = Mapping[str, Mapping[str, Any]]


@cache
def distribution(path: Path = FOLDER / "reference" / "demonstration_distribution.yaml") -> Distribution:
    """Return the answer distribution of each item, by item code."""
    data, _ = read(path)
    return data


def draw_answers(
    instrument: Instrument, distribution: Distribution, rng: random.Random, fixed: Answers | None = None
) -> dict[str, object]:
    """Return one invented respondent's answers: what the route asks, None where the distribution is silent.

    `fixed` answers are taken as they are. An option is drawn among the firms it is offered to, so the expected share in
    each indicator's base is the distribution's.
    """
    answers: dict[str, object] = {}
    for page in instrument.pages:
        for item in instrument.items_asked(page, answers):
            given = (fixed or {}).get(item.code)
            answers[item.code] = draw(instrument, item, distribution, rng, answers) if given is None else given
        if any(answers.get(code) in instrument.item(code).end_if for code in page.items):
            break
    return answers


def draw(
    instrument: Instrument, item: Item, distribution: Distribution, rng: random.Random, answers: Answers
) -> object:
    """Return one invented answer to an item, or None if the distribution has none for it."""
    shape = distribution.get(item.code)
    if shape is None or item.type == "text":
        return None
    if item.type == "number":
        return _number(item, shape, rng)
    if item.type == "multi":
        return _ticks(instrument, item, shape["p"], rng, answers)
    return rng.choices(list(shape["p"]), weights=list(shape["p"].values()))[0]


def with_even_chances(distribution: Distribution, instrument: Instrument) -> Distribution:
    """Return the distribution made whole for an instrument: all answers alike where it is silent or speaks of others.

    For a file from elsewhere, whose codes the distribution does not know or means something else by.
    """
    made = {item.code: _even(item) for item in instrument.items if not _fits(item, distribution.get(item.code))}
    return {**distribution, **made}


def _fits(item: Item, shape: Mapping[str, Any] | None) -> bool:
    if shape is None or ("median" in shape) != (item.type == "number"):
        return False
    return set(shape.get("p", ())) <= set(item.option_codes)


def _even(item: Item) -> Mapping[str, Any]:
    if item.type == "number":
        middle = (item.range.min + item.range.max) / 2 if item.range else 1
        return {"median": middle, "sigma": 0.6, "round": 1}
    chance = 0.5 if item.type == "multi" else 1
    return {"p": {option.code: chance for option in item.options if not (option.exclusive and item.type == "multi")}}


def _number(item: Item, shape: Mapping[str, float], rng: random.Random) -> int:
    drawn = shape["median"] * math.exp(rng.gauss(0, shape["sigma"]))
    step = int(shape["round"])
    top = item.range.max if item.range else math.inf
    return int(min(step * round(drawn / step), top))


def _ticks(
    instrument: Instrument, item: Item, chances: Mapping[str, float], rng: random.Random, answers: Answers
) -> list[str]:
    offered = instrument.options_offered(item, answers)
    ticked = [option.code for option in offered if rng.random() < chances.get(option.code, 0)]
    return ticked or [option.code for option in item.options if option.exclusive]
