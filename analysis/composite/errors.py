"""Sampling errors of a table of indicators: said in one of three ways, drawn in one."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence

import numpy as np
import pandas as pd

from analysis.composite.structure import BadTable
from analysis.design import Numbers

#: Standard errors, units by indicators, where all are independent; for each unit the covariance of those of its indicators that
#: have an error, where units are independent; or the covariance of all, (unit, indicator) by the same, as `measured` gives it.
Errors = pd.DataFrame | Mapping[Hashable, pd.DataFrame]
Drawing = Callable[[np.random.Generator], Numbers]


def drawing(errors: Errors, units: pd.Index, indicators: Sequence[str]) -> Drawing:
    """Return what draws errors, shape (units, k), normal and 0 where none is given.

    Raises BadTable for a unit or indicator that is not there, a standard error below 0, a covariance that is none.
    """
    if isinstance(errors, Mapping):
        return _unit_by_unit(errors, units, indicators)
    if isinstance(errors.index, pd.MultiIndex):
        return _together(errors, units, indicators)
    return _independent(errors, units, indicators)


def _independent(errors: pd.DataFrame, units: pd.Index, indicators: Sequence[str]) -> Drawing:
    _refuse([*errors.index.difference(units), *errors.columns.difference(list(indicators))])
    full = errors.reindex(index=units, columns=list(indicators)).fillna(0.0).to_numpy(dtype=float)
    if (full < 0).any() or not np.isfinite(full).all():
        unit, indicator = np.argwhere((full < 0) | ~np.isfinite(full))[0]
        raise BadTable(f"{units[unit]}, {indicators[indicator]}: a standard error is at least 0")
    return lambda rng: full * rng.standard_normal(full.shape)


def _unit_by_unit(errors: Mapping[Hashable, pd.DataFrame], units: pd.Index, indicators: Sequence[str]) -> Drawing:
    _refuse([unit for unit in errors if unit not in units])
    nothing = pd.DataFrame(dtype=float)
    roots = np.stack([_root(errors.get(unit, nothing), pd.Index(indicators), f"{unit}: ") for unit in units])
    return lambda rng: np.einsum("ujk,uk->uj", roots, rng.standard_normal(roots.shape[:2]))


def _together(errors: pd.DataFrame, units: pd.Index, indicators: Sequence[str]) -> Drawing:
    root = _root(errors, pd.MultiIndex.from_product([units, list(indicators)]), "")
    return lambda rng: (root @ rng.standard_normal(len(root))).reshape(len(units), -1)


def _root(covariance: pd.DataFrame, labels: pd.Index, whose: str) -> Numbers:
    """Return a root of the covariance over all labels, 0 for those without error."""
    _refuse(list(covariance.index.union(covariance.columns).difference(labels)), whose)
    full = covariance.reindex(index=labels, columns=labels).fillna(0.0).to_numpy(dtype=float)
    values, vectors = np.linalg.eigh(full)
    if not np.allclose(full, full.T) or values.min() < -1e-9 * np.abs(values).max():
        raise BadTable(
            f"{whose}the errors have no covariance: it differs across its diagonal, or a variance is below 0"
        )
    return vectors * np.sqrt(values.clip(min=0))


def _refuse(unknown: Sequence[object], whose: str = "") -> None:
    if unknown:
        raise BadTable(f"{whose}an error is given for {', '.join(map(str, unknown))}, which the index does not have")
