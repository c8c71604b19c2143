"""Weights: equal, given, from a principal component; and what each comes to in the index."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from analysis.composite.components import principal_components
from analysis.composite.structure import Structure


class NegativeLoading(ValueError):
    """An indicator runs against its group, so a principal component gives it no usable weight; the message names it."""


def equal(structure: Structure) -> Structure:
    """Return the structure with equal weights inside each group."""
    return structure.with_weights(dict.fromkeys(structure.codes, 1.0))


def effective_weights(structure: Structure) -> Mapping[str, float]:
    """Return what each code weighs in the index by the weights alone; they add up to 1 in each level of an even tree.

    The weight inside its group times that of the group, up to the index. R: `COINr::get_eff_weights`. How much an indicator
    moves the index is another matter: `audit.influence`.
    """
    weights, found = structure.weights, {structure.index: 1.0}
    for group in reversed(structure.groups):
        total = sum(weights[child] for child in structure.children[group])
        for child in structure.children[group]:
            found[child] = found[group] * weights[child] / total
    return found


def from_principal_component(scores: pd.DataFrame, structure: Structure, group: str) -> Structure:
    """Return the structure with the first component's loadings as weights inside one group.

    scores: normalised or aggregated values, more is better, units by at least the children of the group. The weights make the
    group carry as much of the children's variance as one sum of squares 1 can, so they favour what correlates, which need
    not be what matters. Source: COINr's `get_PCA`. Raises NegativeLoading where a child runs against the others.
    """
    loadings = principal_components(scores[list(structure.children[group])]).loadings["1"]
    if against := [str(code) for code in loadings.index if loadings[code] < 0]:
        raise NegativeLoading(
            f"{group}: {', '.join(against)} runs against the other indicators; look at its direction, or give weights"
        )
    return structure.with_weights({str(code): float(loadings[code]) for code in loadings.index})
