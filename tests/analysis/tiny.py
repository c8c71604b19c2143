"""A small instrument and framework whose scores can be worked by hand; indicator codes are those of PCI 2023."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from questionnaires.framework import Framework
from questionnaires.instrument import Instrument
from tests.factories import instrument, item, option, text

RATINGS = [option(code) for code in ("r1", "r2", "r3", "r4", "r5")]
DAYS = {"min": 0, "max": 100}


def survey(**more: Any) -> Instrument:
    """Return an instrument with one item of each kind: status, size, answer, rating, days, topics, paid."""
    return instrument(
        item("status", "choice", options=[option("open"), option("closed")], end_if=["closed"]),
        item(
            "size",
            "choice",
            options=[option("micro"), option("small"), option("large")],
            ladder=[[{"code": "any", "of": ["micro", "small", "large"], "text": text("any")}]],
        ),
        item("answer", "yesno", dk=True, na=True, ref=True),
        item("rating", "choice", options=RATINGS, ask_if={"item": "answer", "in": ["yes", "no"]}),
        item("days", "number", range=DAYS, unit="days", dk=True),
        item(
            "topics",
            "multi",
            options=[
                option("tax"),
                option("land", ask_if={"item": "answer", "in": ["yes"]}),
                option("none", exclusive=True),
            ],
            ref=True,
        ),
        item("paid", "yesno", sensitive="high", ref=True),
        key_variables=["size"],
        **more,
    )


def indicator(
    code: str, sub_index: str, slope: float | None, rule: Mapping[str, Any] | None, **more: Any
) -> dict[str, Any]:
    """Return an indicator; without a rule a published one."""
    source = {"source": "survey", "rule": rule} if rule else {"source": "published", "source_detail": "a ministry"}
    content = {"code": code, "sub_index": sub_index, "slope": slope, "unit": "share (0-1)", "direction": "higher"}
    return {**content, "name": text(f"Indicator {code}"), **source, **more}


def method(*indicators: Mapping[str, Any], codes: Sequence[str] = ("entry", "land")) -> Framework:
    """Return a framework with these indicators; each sub-index has the intercept 2 and an equal weight."""
    content = {
        "code": "tiny_method",
        "title": text("Tiny method"),
        "edition": "1",
        "source": "made for tests",
        "reference_year": 2023,
        "sub_indices": [
            {"code": code, "number": number, "name": text(code), "intercept": 2}
            for number, code in enumerate(codes, start=1)
        ],
        "indicators": list(indicators),
        "weights": [
            {
                "from_year": 2023,
                "to_year": 2023,
                "weights": {code: 1 / len(codes) for code in codes},
                "evidence": "made",
            }
        ],
    }
    return Framework.model_validate(content)


SHARE = {"item": "answer", "stat": "share", "numerator": ["yes"]}
MEAN = {"item": "rating", "stat": "mean", "values": {"r1": 1, "r2": 2, "r3": 3, "r4": 4, "r5": 5}}
MEDIAN = {"item": "days", "stat": "median"}


def answers(**given: Any) -> dict[str, Any]:
    """Return a whole set of answers, with some of them as given."""
    usual = {
        "status": "open",
        "size": "micro",
        "answer": "yes",
        "rating": "r3",
        "days": 5,
        "topics": ["tax"],
        "paid": "no",
    }
    return {**usual, **given}
