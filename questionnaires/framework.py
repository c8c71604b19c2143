"""The framework (phương pháp): how answers become indicators, sub-indices and the index."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from questionnaires.base import Code, Document, Text
from questionnaires.conditions import Condition

IndicatorCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9.]{0,9}$")]


class Rule(Document):
    """How an indicator is computed from one item.

    stat: `share` of valid answers in `numerator` (one choice) or with `option` ticked (several choices; `absent` counts
    those without the tick); `mean` or `percent` of the number each code stands for in `values`; `median` of a number.
    where: further condition on the base; the base is always the valid answers of those asked.
    match: `close` measures the same construct and unit as the official indicator, `proxy` the same construct only.
    """

    item: Code
    stat: Literal["share", "mean", "percent", "median"]
    numerator: tuple[str, ...] = ()
    option: str | None = None
    absent: bool = False
    values: Mapping[str, float] | None = None
    where: Condition | None = None
    match: Literal["close", "proxy"] = "close"
    note: str | None = None


class Indicator(Document):
    """One figure: from the survey by a rule, or published by someone else."""

    code: IndicatorCode
    sub_index: Code
    name: Text
    unit: str  # the unit of the published figures and of `slope`: share (0-1), days (median), % ...
    direction: Literal["higher", "lower", "none"]
    source: Literal["survey", "published"]
    source_detail: str | None = None
    slope: float | None = None  # points of the sub-index for one raw unit
    rule: Rule | None = None
    never_praise: bool = False  # counted as good officially, never to be shown as an achievement


class SubIndex(Document):
    """A sub-index: intercept + sum of slope x indicator."""

    code: Code
    number: int
    name: Text
    intercept: float | None = None
    fit: Literal["exact", "approximate"] | None = None
    max_residual: float | None = None


class Weights(Document):
    """Weights of the sub-indices in the index for a run of years; they sum to 1."""

    from_year: int
    to_year: int
    weights: Mapping[Code, float]
    evidence: str


class Framework(Document):
    """The method of one edition, whole."""

    code: Code
    title: Text
    edition: str
    source: str
    reference_year: int | None = None  # the year whose published values stand for what is not measured
    sub_indices: Annotated[tuple[SubIndex, ...], Field(min_length=1)]
    indicators: Annotated[tuple[Indicator, ...], Field(min_length=1)]
    weights: tuple[Weights, ...] = ()

    @cached_property
    def by_code(self) -> Mapping[str, Indicator]:
        """Return the indicators by their code."""
        return {indicator.code: indicator for indicator in self.indicators}

    def indicators_of(self, sub_index: str) -> tuple[Indicator, ...]:
        """Return the indicators of a sub-index in the official order."""
        return tuple(indicator for indicator in self.indicators if indicator.sub_index == sub_index)

    def sub_index(self, code: str) -> SubIndex:
        """Return the sub-index with this code; raise KeyError if there is none."""
        for sub_index in self.sub_indices:
            if sub_index.code == code:
                return sub_index
        raise KeyError(f"{self.code} has no sub-index {code}")

    def weights_of(self, year: int) -> Mapping[str, float]:
        """Return the weights in force in a year; raise KeyError if none are known."""
        for period in self.weights:
            if period.from_year <= year <= period.to_year:
                return period.weights
        raise KeyError(f"{self.code} has no weights for {year}")
