"""What an index consists of: indicators in groups, groups in groups, one index above them all."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
import pandas as pd

from analysis.design import Numbers


class BadStructure(ValueError):
    """The description of an index does not hold together; the message names the line."""


class BadTable(ValueError):
    """A table of indicators does not fit the structure of its index; the message names what is missing or no number."""


@dataclass(frozen=True)
class Node:
    """A line of the description: an indicator, a group, or the index, whose parent is None.

    weight: relative to the others of the same parent, >= 0. direction: 1 where more is better, -1 where less is; of
    indicators only.
    """

    code: str
    parent: str | None
    weight: float = 1.0
    direction: int = 1


@dataclass(frozen=True)
class Structure:
    """The whole description. Raises BadStructure unless it is one tree with usable weights and directions.

    Order: `indicators` as they were described, `groups` from the lowest level up, so that the index is the last.
    """

    nodes: tuple[Node, ...]
    children: Mapping[str, tuple[str, ...]] = field(init=False, compare=False, repr=False)
    groups: tuple[str, ...] = field(init=False, compare=False, repr=False)
    indicators: tuple[str, ...] = field(init=False, compare=False, repr=False)
    level: Mapping[str, int] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        _check_lines(self.nodes)
        children: dict[str, tuple[str, ...]] = {}
        for node in self.nodes:
            if node.parent is not None:
                children[node.parent] = (*children.get(node.parent, ()), node.code)
        level = _levels(self.nodes, children)
        groups = sorted(children, key=lambda code: level[code])
        object.__setattr__(self, "children", children)
        object.__setattr__(self, "level", level)
        object.__setattr__(self, "groups", tuple(groups))
        object.__setattr__(self, "indicators", tuple(n.code for n in self.nodes if n.code not in children))
        _check_weights(self)

    @classmethod
    def from_table(cls, table: pd.DataFrame) -> Self:
        """Return the structure of a table with columns code, parent (empty for the index), and maybe weight, direction."""
        if missing := {"code", "parent"} - set(table):
            raise BadStructure(f"the description of an index has no column {', '.join(sorted(missing))}")
        return cls(tuple(_node(row) for row in table.to_dict("records")))

    @classmethod
    def flat(
        cls,
        indicators: Sequence[str],
        *,
        weights: Mapping[str, float] | None = None,
        directions: Mapping[str, int] | None = None,
        index: str = "index",
    ) -> Self:
        """Return the structure of an index without groups."""
        weight, direction = weights or {}, directions or {}
        below = [Node(code, index, weight.get(code, 1.0), direction.get(code, 1)) for code in indicators]
        return cls((*below, Node(index, None)))

    @property
    def index(self) -> str:
        """The code of the index itself."""
        return self.groups[-1]

    @property
    def codes(self) -> tuple[str, ...]:
        """Indicators, then groups from the lowest level up: the columns of an aggregated table."""
        return self.indicators + self.groups

    @property
    def directions(self) -> Numbers:
        """1 or -1 for each indicator, shape (k,)."""
        of = {node.code: node.direction for node in self.nodes}
        return np.array([of[code] for code in self.indicators], dtype=float)

    @property
    def weights(self) -> Mapping[str, float]:
        """The weight of each code as described, relative to the others of its parent."""
        return {node.code: node.weight for node in self.nodes}

    def with_weights(self, weights: Mapping[str, float]) -> Self:
        """Return the same structure with other weights for the codes named; raise BadStructure for an unknown code."""
        if unknown := set(weights) - set(self.codes):
            raise BadStructure(f"no line {', '.join(sorted(unknown))} in the index, so it can have no weight")
        changed = (replace(node, weight=float(weights.get(node.code, node.weight))) for node in self.nodes)
        return type(self)(tuple(changed))


def values_of(table: pd.DataFrame, structure: Structure) -> Numbers:
    """Return the indicators of a table as numbers, shape (units, k), NaN where missing; raise BadTable if they are not there."""
    if missing := [code for code in structure.indicators if code not in table]:
        raise BadTable(f"the table has no column {', '.join(missing)}, which the index needs")
    if repeated := sorted(set(map(str, table.index[table.index.duplicated()]))):
        raise BadTable(f"{', '.join(repeated)}: a unit stands in the table twice")
    chosen = table[list(structure.indicators)]
    if texts := [code for code in chosen if not pd.api.types.is_numeric_dtype(chosen[code])]:
        raise BadTable(f"column {', '.join(map(str, texts))} holds something that is no number")
    values = chosen.to_numpy(dtype=float, na_value=np.nan)
    if np.isinf(values).any():
        unit, indicator = np.argwhere(np.isinf(values))[0]
        raise BadTable(f"{table.index[unit]}, {structure.indicators[indicator]}: an infinite value")
    return values


def _node(row: Mapping[Hashable, Any]) -> Node:
    parent = None if pd.isna(row["parent"]) or row["parent"] == "" else str(row["parent"])
    return Node(str(row["code"]), parent, _number(row, "weight"), _number(row, "direction"))


def _number(row: Mapping[Hashable, Any], what: str) -> Any:
    """Return the weight or direction of a row, 1 where it is empty; whole numbers as such, so that 1.0 is a direction."""
    value = row.get(what, 1)
    try:
        number = 1.0 if pd.isna(value) or value == "" else float(value)
    except (TypeError, ValueError):
        raise BadStructure(f"{row['code']}: {what} {value!r} is no number") from None
    return int(number) if number.is_integer() else number


def _check_lines(nodes: Sequence[Node]) -> None:
    codes = [node.code for node in nodes]
    if repeated := sorted({code for code in codes if codes.count(code) > 1}):
        raise BadStructure(f"{', '.join(repeated)}: a code stands twice")
    tops = [node.code for node in nodes if node.parent is None]
    if len(tops) != 1:
        raise BadStructure(f"one line has no parent, the index; here it is {', '.join(tops) or 'none'}")
    if orphans := [node.code for node in nodes if node.parent is not None and node.parent not in codes]:
        raise BadStructure(f"{', '.join(orphans)}: the parent is no line of the index")
    if odd := [node.code for node in nodes if node.direction not in (1, -1)]:
        raise BadStructure(f"{', '.join(odd)}: a direction is 1 or -1")
    if odd := [node.code for node in nodes if not (math.isfinite(node.weight) and node.weight >= 0)]:
        raise BadStructure(f"{', '.join(odd)}: a weight is a number of at least 0")


def _levels(nodes: Sequence[Node], children: Mapping[str, tuple[str, ...]]) -> dict[str, int]:
    """Return 1 for indicators, else 1 more than the highest child; raise BadStructure where lines go round in a ring."""
    level = {node.code: 1 for node in nodes if node.code not in children}
    waiting = [node.code for node in nodes if node.code in children]
    while waiting:
        ready = [code for code in waiting if all(child in level for child in children[code])]
        if not ready:
            raise BadStructure(f"{', '.join(waiting)}: each is above the other; no index stands on top")
        for code in ready:
            level[code] = 1 + max(level[child] for child in children[code])
        waiting = [code for code in waiting if code not in level]
    if not children:
        raise BadStructure(f"{nodes[0].code} stands alone: an index has indicators")
    return level


def _check_weights(structure: Structure) -> None:
    weights = structure.weights
    for group in structure.groups:
        if not sum(weights[child] for child in structure.children[group]) > 0:
            raise BadStructure(f"{group}: nothing in it has a weight")
