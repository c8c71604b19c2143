"""Conditions over answers: structured data, never an expression that is evaluated.

An answer is a code, a list of codes (several choices), a number, a text, or one of SPECIAL. An item that was not asked
or was left blank has no answer. Where the trigger has no valid answer `in`, `has` and `gte` are false, and `not_in` and
`lacks` are true.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag

from questionnaires.base import Code, Document

#: don't know, does not apply, prefer not to answer
SPECIAL = ("dk", "na", "ref")

Answers = Mapping[str, Any]


class AnyOf(Document):
    """True when one of the conditions is."""

    any: Annotated[tuple[Condition, ...], Field(min_length=1)]


class AllOf(Document):
    """True when all of the conditions are."""

    all: Annotated[tuple[Condition, ...], Field(min_length=1)]


class Not(Document):
    """True when the condition is false."""

    not_: Condition = Field(alias="not")


class In(Document):
    """The single answer is one of these codes."""

    item: Code
    in_: Annotated[tuple[str, ...], Field(min_length=1, alias="in")]


class NotIn(Document):
    """The single answer is none of these codes, or there is none."""

    item: Code
    not_in: Annotated[tuple[str, ...], Field(min_length=1)]


class Has(Document):
    """The code is ticked among several choices."""

    item: Code
    has: str


class Lacks(Document):
    """The code is not ticked among several choices, or nothing was answered."""

    item: Code
    lacks: str


class AtLeast(Document):
    """The number is at least this."""

    item: Code
    gte: float


def _kind(value: Any) -> str | None:
    keys = set(value) if isinstance(value, Mapping) else {name for name in type(value).model_fields}
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


def holds(condition: Condition, answers: Answers) -> bool:
    """Say whether `condition` is true of `answers`."""
    match condition:
        case AnyOf():
            return any(holds(part, answers) for part in condition.any)
        case AllOf():
            return all(holds(part, answers) for part in condition.all)
        case Not():
            return not holds(condition.not_, answers)
        case In():
            return answers.get(condition.item) in condition.in_
        case NotIn():
            return answers.get(condition.item) not in condition.not_in
        case Has():
            return condition.has in ticked(answers.get(condition.item))
        case Lacks():
            return condition.lacks not in ticked(answers.get(condition.item))
        case AtLeast():
            number = answers.get(condition.item)
            return isinstance(number, int | float) and number >= condition.gte


def ticked(answer: Any) -> tuple[str, ...]:
    """Return the codes ticked in an item with several choices; a special code or no answer ticks nothing."""
    return tuple(answer) if isinstance(answer, list | tuple) else ()


def triggers(condition: Condition) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each item a condition looks at, with the codes it looks for (none for a number)."""
    match condition:
        case AnyOf() | AllOf():
            for part in condition.any if isinstance(condition, AnyOf) else condition.all:
                yield from triggers(part)
        case Not():
            yield from triggers(condition.not_)
        case In():
            yield condition.item, condition.in_
        case NotIn():
            yield condition.item, condition.not_in
        case Has():
            yield condition.item, (condition.has,)
        case Lacks():
            yield condition.item, (condition.lacks,)
        case AtLeast():
            yield condition.item, ()
