"""Weights for those who answered, so that they stand for all who were asked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.design import Labels, Numbers
from analysis.merging import merge_small

#: A cell has so many respondents, or is merged: a factor made from fewer is mostly noise.
LEAST = 20


@dataclass(frozen=True)
class Adjusted:
    """Weights adjusted for non-response.

    weight: shape (n,), of everybody asked; 0 for whoever did not answer or is out of scope. cells: index = cell after merging,
    columns asked (in scope), answered, factor. merged: by cell that was merged, the name of the merged one.
    """

    weight: Numbers
    cells: pd.DataFrame
    merged: dict[str, str]


def adjust(
    weight: Numbers,
    answered: npt.NDArray[np.bool_],
    cell: Labels,
    *,
    in_scope: npt.NDArray[np.bool_] | None = None,
    within: Labels | None = None,
    least: int = LEAST,
) -> Adjusted:
    """Return weights by which respondents stand for all firms in scope of their cell (Oh and Scheuren 1983).

    weight: base weight of everybody asked, shape (n,). answered, in_scope: shape (n,); a firm that is closed or was not meant is
    out of scope and neither stands for others nor is stood for. cell: label, shape (n,), known of everybody. within: label of the
    larger class cells may be merged inside of. least: respondents a cell needs; smaller ones are merged by `merging.merge_small`.
    Factor of a cell: sum of weights in scope by sum of weights that answered. The variance takes the factors as given.
    Raises ValueError where a firm answered out of scope, or something is missing or of another length, CannotMerge where a class
    has too few respondents.
    """
    weight, answered, labels = np.asarray(weight, dtype=float), np.asarray(answered), np.asarray(cell, dtype=object)
    scope = np.ones(weight.size, dtype=bool) if in_scope is None else np.asarray(in_scope)
    if not weight.shape == answered.shape == scope.shape == labels.shape or pd.isna(labels).any():
        raise ValueError("weight, answered, in_scope and cell need one value for everybody asked")
    if not (np.isfinite(weight) & (weight > 0)).all():
        raise ValueError("a weight must be a number over 0, of who did not answer too")
    if (wrong := answered & ~scope).any():
        raise ValueError(f"row {int(np.flatnonzero(wrong)[0])}: answered, and out of scope")
    rows = pd.DataFrame({"cell": labels, "asked": scope, "answered": answered})
    rows["cell"] = rows["cell"].astype(str)
    classes = None if within is None else _classes(rows["cell"], within)
    sizes = {str(name): int(size) for name, size in rows[scope].groupby("cell")["answered"].sum().items()}
    joined = merge_small(sizes, least, classes)
    rows["cell"] = rows["cell"].map(joined)
    rows["scope_weight"], rows["weight"] = np.where(scope, weight, 0.0), np.where(answered, weight, 0.0)
    cells = rows[scope].groupby("cell")[["asked", "answered", "scope_weight", "weight"]].sum()
    cells["factor"] = cells["scope_weight"] / cells["weight"]
    factors = np.where(answered, rows["cell"].map(cells["factor"]).to_numpy(dtype=float), 0.0)
    merged = {name: to for name, to in joined.items() if name != to}
    return Adjusted(weight * factors, cells[["asked", "answered", "factor"]], merged)


def _classes(cell: pd.Series, within: Labels) -> dict[str, str]:
    """Return the one class of each cell."""
    classes = pd.Series(np.asarray(within, dtype=object), cell.index).groupby(cell)
    if (classes.nunique() > 1).any():
        raise ValueError("a cell lies in two of the larger classes")
    return {str(name): str(label) for name, label in classes.first().items()}
