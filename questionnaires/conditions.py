"""Conditions over answers: structured data, never an expression that is evaluated.

An answer is a code, a list of codes (several choices), a number, a text, or one of SPECIAL. An item that was not asked
or was left blank has no answer. Where the trigger has no valid answer `in`, `has` and `gte` are false, and `not_in` and
`lacks` are true. Each kind says whether it `holds` of answers, and which `triggers` it looks at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Discriminator, Field, Tag

from questionnaires.base import Code, Document

#: don't know, does not apply, prefer not to answer
SPECIAL = ("dk", "na", "ref")

Answers = Mapping[str, Any]


class Trigger(NamedTuple):
    """An item that a condition looks at, and the codes it looks for (none for a number)."""

    item: str
    codes: tuple[str, ...]
    reads: Literal["one choice", "several choices", "number"]


Triggers = Iterator[Trigger]


def ticked(answer: Any) -> tuple[str, ...]:
    """Return the codes ticked in an item with several choices; a special code or no answer ticks nothing."""
    return tuple(answer) if isinstance(answer, list | tuple) else ()


class AnyOf(Document):
    """True when one of the conditions is."""

    any: Annotated[tuple[Condition, ...], Field(min_length=1)]

    def holds(self, answers: Answers) -> bool:
        return any(part.holds(answers) for part in self.any)

    def triggers(self) -> Triggers:
        return (trigger for part in self.any for trigger in part.triggers())


class AllOf(Document):
    """True when all of the conditions are."""

    all: Annotated[tuple[Condition, ...], Field(min_length=1)]

    def holds(self, answers: Answers) -> bool:
        return all(part.holds(answers) for part in self.all)

    def triggers(self) -> Triggers:
        return (trigger for part in self.all for trigger in part.triggers())


class Not(Document):
    """True when the condition is false."""

    not_: Condition = Field(alias="not")

    def holds(self, answers: Answers) -> bool:
        return not self.not_.holds(answers)

    def triggers(self) -> Triggers:
        return self.not_.triggers()


class In(Document):
    """The single answer is one of these codes."""

    item: Code
    in_: Annotated[tuple[str, ...], Field(min_length=1, alias="in")]

    def holds(self, answers: Answers) -> bool:
        return answers.get(self.item) in self.in_

    def triggers(self) -> Triggers:
        yield Trigger(self.item, self.in_, "one choice")


class NotIn(Document):
    """The single answer is none of these codes, or there is none."""

    item: Code
    not_in: Annotated[tuple[str, ...], Field(min_length=1)]

    def holds(self, answers: Answers) -> bool:
        return answers.get(self.item) not in self.not_in

    def triggers(self) -> Triggers:
        yield Trigger(self.item, self.not_in, "one choice")


class Has(Document):
    """The code is ticked among several choices."""

    item: Code
    has: str

    def holds(self, answers: Answers) -> bool:
        return self.has in ticked(answers.get(self.item))

    def triggers(self) -> Triggers:
        yield Trigger(self.item, (self.has,), "several choices")


class Lacks(Document):
    """The code is not ticked among several choices, or nothing was answered."""

    item: Code
    lacks: str

    def holds(self, answers: Answers) -> bool:
        return self.lacks not in ticked(answers.get(self.item))

    def triggers(self) -> Triggers:
        yield Trigger(self.item, (self.lacks,), "several choices")


class AtLeast(Document):
    """The number is at least this."""

    item: Code
    gte: float

    def holds(self, answers: Answers) -> bool:
        number = answers.get(self.item)
        return isinstance(number, int | float) and number >= self.gte

    def triggers(self) -> Triggers:
        yield Trigger(self.item, (), "number")


def _kind(value: Any) -> str | None:
    keys = set(value) if isinstance(value, Mapping) else set(getattr(type(value), "model_fields", ()))
    for key in ("any", "all", "not", "not_", "in", "in_", "not_in", "has", "lacks", "gte"):
        if key in keys:
            return key.rstrip("_")
    return None


Condition = Annotated[
    Annotated[AnyOf, Tag("any")]
    | Annotated[AllOf, Tag("all")]
    | Annotated[Not, Tag("not")]
    | Annotated[In, Tag("in")]
    | Annotated[NotIn, Tag("not_in")]
    | Annotated[Has, Tag("has")]
    | Annotated[Lacks, Tag("lacks")]
    | Annotated[AtLeast, Tag("gte")],
    Discriminator(_kind),
]

for _model in (AnyOf, AllOf, Not):
    _model.model_rebuild()
