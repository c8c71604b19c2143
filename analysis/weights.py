"""Weights that meet known totals of the population, with variances that know it, and weights that are cut off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.design import Calibration, Design, Labels, Numbers
from analysis.fitting import Bounds, Distance, ImpossibleMargins, fitted

Totals = Mapping[str, float] | pd.Series  # by label


def poststratify(design: Design, cell: Labels, totals: Totals) -> Design:
    """Return the design with weights that add up to the total of each cell.

    cell: label of each response, shape (n,). totals: firms of the population in each cell. R: `survey::postStratify`.
    Raises ImpossibleMargins where labels and totals do not match.
    """
    wanted = dict(totals)
    columns = _columns("cells", cell, wanted)
    factors = np.array(list(wanted.values())) / (design.weight @ columns)
    return _calibrated(design, design.weight * (columns @ factors), columns)


def rake(design: Design, margins: Mapping[str, tuple[Labels, Totals]]) -> Design:
    """Return the design with weights that meet every margin (Deming and Stephan 1940), by the raking distance.

    margins: by name, the label of each response, shape (n,), and the firms of the population with each label. All
    margins must add up to the same number of firms. Weights change by one factor for each label of each margin.
    Raises ImpossibleMargins where labels and totals do not match, sums differ, or the margins cannot be met together.
    """
    known = {name: dict(totals) for name, (_, totals) in margins.items()}
    _require_one_sum(known)
    columns = np.hstack([_columns(name, labels, known[name]) for name, (labels, _) in margins.items()])
    wanted = np.array([total for totals in known.values() for total in totals.values()], dtype=float)
    names = [f"{name} {label}" for name, totals in known.items() for label in totals]
    return _calibrated(design, fitted(design.weight, columns, wanted, names=names, distance="raking"), columns)


def calibrate(
    design: Design,
    auxiliaries: Numbers | pd.DataFrame,
    totals: Numbers | Totals,
    *,
    distance: Distance = "linear",
    bounds: Bounds | None = None,
) -> Design:
    """Return the design with weights whose totals of the auxiliaries are known (Deville and Särndal 1992).

    auxiliaries: shape (n, p), such as a 0/1 column for each size class and the turnover; a table's columns are named in messages.
    totals: of the population, shape (p,), in the order of the columns, or by their names. distance: `linear` (GREG), `raking`, or
    `logit` with factors inside `bounds`, 0.4 to 2.5 unless told. R: `survey::calibrate(calfun=, bounds=)`.
    Raises ImpossibleMargins where the totals cannot be met, or a weight would not be over 0, ValueError for auxiliaries or totals
    of another shape, missing or without a name in common.
    """
    table = pd.DataFrame(auxiliaries)
    columns, wanted = table.to_numpy(dtype=float, na_value=np.nan), _in_order(totals, list(table))
    if columns.shape != (design.n, wanted.size) or not (np.isfinite(columns).all() and np.isfinite(wanted).all()):
        raise ValueError(
            f"{design.n} responses and {wanted.size} totals need auxiliaries of shape ({design.n}, {wanted.size}) without"
            f" a missing value, not of {columns.shape}"
        )
    named = isinstance(auxiliaries, pd.DataFrame)
    told = [f"total {name if named else position}" for position, name in enumerate(table, start=1)]
    weight = fitted(design.weight, columns, wanted, names=told, distance=distance, bounds=bounds)
    return _calibrated(design, weight, columns)


def trim(design: Design, upper: float, lower: float = 0.0) -> Design:
    """Return the design with weights inside `lower` to `upper`, and the same sum; what is cut off the others share equally.

    R: `survey::trimWeights(strict = TRUE)`. Trim only where one firm carries over 5 % of a domain (`balance.largest_share`): it
    trades bias for variance, and the standard errors do not know of the bias. Trim before fitting to totals, not after.
    Raises ImpossibleMargins where the weights are fitted already, or limits leave no room for the sum.
    """
    if design.calibration is not None:
        raise ImpossibleMargins("the weights are fitted to totals: trim before that, or calibrate with bounds")
    if not lower * design.n <= design.weight.sum() <= upper * design.n:
        raise ImpossibleMargins(f"weights of {lower:g} to {upper:g} cannot add up to {design.weight.sum():g}")
    weight = design.weight
    outside = np.zeros(design.n, dtype=bool)
    while ((weight > upper) | (weight < lower)).any():
        outside |= (weight > upper) | (weight < lower)
        cut = np.clip(weight, lower, upper)
        if outside.all():
            raise ImpossibleMargins(
                "every weight lies at a limit, and nobody is left to take what is cut off: widen the limits"
            )
        weight = np.where(outside, cut, cut + (weight - cut).sum() / (~outside).sum())
    return replace(design, weight=weight)


def _in_order(totals: Numbers | Totals, names: list[object]) -> Numbers:
    """Return the totals, shape (p,), in the order of the columns; raise ValueError for names that are not those."""
    if isinstance(totals, Mapping | pd.Series):
        known: dict[object, float] = {name: total for name, total in totals.items()}
        if set(known) != set(names):
            raise ValueError(f"totals of {', '.join(map(str, known))} beside columns {', '.join(map(str, names))}")
        totals = np.array([known[name] for name in names])
    return np.atleast_1d(np.asarray(totals, dtype=float))


def _columns(name: str, labels: Labels, totals: Mapping[str, float]) -> Numbers:
    """Return a 0/1 column for each label of `totals`, shape (n, labels)."""
    given = np.asarray(labels, dtype=object)
    if wrong := [label for label, total in totals.items() if not 0 < total < np.inf]:
        raise ImpossibleMargins(f"{name}: the total of {', '.join(map(str, wrong))} must be a number over 0")
    unknown = sorted({str(label) for label in given} - {str(label) for label in totals})
    empty = [str(label) for label in totals if not (given == label).any()]
    if unknown:
        raise ImpossibleMargins(f"{name}: no total for {', '.join(unknown)}: give one, or merge the label with another")
    if empty:
        raise ImpossibleMargins(f"{name}: nobody answered with {', '.join(empty)}: merge the label with another")
    return np.column_stack([given == label for label in totals]).astype(float)


def _require_one_sum(margins: Mapping[str, Mapping[str, float]]) -> None:
    sums = {name: sum(totals.values()) for name, totals in margins.items()}
    if not sums:
        raise ImpossibleMargins("there is no margin: name at least one")
    if max(sums.values()) - min(sums.values()) > 1e-6 * max(sums.values()):
        listed = ", ".join(f"{name} {value:g}" for name, value in sums.items())
        raise ImpossibleMargins(f"the margins add up to different numbers of firms ({listed}): mend the totals")


def _calibrated(design: Design, weight: Numbers, columns: Numbers) -> Design:
    if design.calibration is not None:
        raise ImpossibleMargins("the weights are fitted already: fit all margins at once, from the design weights")
    return replace(design, weight=weight, calibration=Calibration(design.weight, columns))
