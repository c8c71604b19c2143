"""Fitting weights to known totals of the population, with variances that know it, and how uneven weights are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.design import Calibration, Design, Numbers

Labels = npt.NDArray[np.object_] | pd.Series
Totals = Mapping[str, float]
#: Raking stops when every margin is met to this share of its total, and gives up after so many rounds.
TOLERANCE, ROUNDS = 1e-10, 1000


class ImpossibleMargins(ValueError):
    """No weights meet the totals, or none were found; the message says which totals and what to do."""


def poststratify(design: Design, cell: Labels, totals: Totals) -> Design:
    """Return the design with weights that add up to the total of each cell.

    cell: label of each response, shape (n,). totals: firms of the population in each cell. R: `survey::postStratify`.
    Raises ImpossibleMargins where labels and totals do not match.
    """
    columns = _columns("cells", cell, totals)
    factors = np.array(list(totals.values())) / (design.weight @ columns)
    return _calibrated(design, design.weight * (columns @ factors), columns)


def rake(design: Design, margins: Mapping[str, tuple[Labels, Totals]]) -> Design:
    """Return the design with weights that meet every margin, by iterative proportional fitting (Deming and Stephan 1940).

    margins: by name, the label of each response, shape (n,), and the firms of the population with each label. All
    margins must add up to the same number of firms. Weights change by one factor for each label of each margin.
    Raises ImpossibleMargins where labels and totals do not match, sums differ, or the margins cannot be met together.
    """
    _require_one_sum(margins)
    blocks = {name: (_columns(name, *each), np.array(list(each[1].values()))) for name, each in margins.items()}
    weight = design.weight
    for _ in range(ROUNDS):
        for columns, wanted in blocks.values():
            weight = weight * (columns @ (wanted / (weight @ columns)))
        if all(np.allclose(weight @ columns, wanted, rtol=TOLERANCE, atol=0) for columns, wanted in blocks.values()):
            return _calibrated(design, weight, np.hstack([columns for columns, _ in blocks.values()]))
    far = max(blocks, key=lambda name: _distance(weight, *blocks[name]))
    raise ImpossibleMargins(
        f"the margins {', '.join(blocks)} cannot be met together; {far} is missed by "
        f"{_distance(weight, *blocks[far]):.1%}: merge its rare labels, or leave a margin out"
    )


def calibrate(design: Design, auxiliaries: Numbers, totals: Numbers) -> Design:
    """Return the design with weights whose totals of the auxiliaries are known, by the linear distance (GREG).

    auxiliaries: shape (n, p), such as a 0/1 column for each size class and the turnover. totals: of the population,
    shape (p,). Deville and Särndal (1992); R: `survey::calibrate(calfun = "linear")`.
    Raises ImpossibleMargins where the totals contradict each other, or a weight would not be over 0.
    """
    slack = totals - design.weight @ auxiliaries
    factors, *_ = np.linalg.lstsq((auxiliaries * design.weight[:, None]).T @ auxiliaries, slack, rcond=None)
    weight = design.weight * (1 + auxiliaries @ factors)
    if not np.allclose(weight @ auxiliaries, totals, rtol=1e-8):
        raise ImpossibleMargins("the totals contradict each other: no weights meet them all; leave one out")
    if (below := int((weight <= 0).sum())) > 0:
        raise ImpossibleMargins(f"{below} weights would not be over 0: rake instead, or leave a total out")
    return _calibrated(design, weight, auxiliaries)


def kish(weight: Numbers) -> float:
    """Return Kish's design effect of uneven weights, 1 + CV² (Kish 1965): n over it is the effective sample size."""
    return float(weight.size * (weight**2).sum() / weight.sum() ** 2)


def largest_share(weight: Numbers) -> float:
    """Return the share (0-1) of all weight that one response carries at most; over 0.05 it deserves a look."""
    return float(weight.max() / weight.sum())


def _columns(name: str, labels: Labels, totals: Totals) -> Numbers:
    """Return a 0/1 column for each label of `totals`, shape (n, labels)."""
    given = np.asarray(labels, dtype=object)
    unknown = sorted({str(label) for label in given} - {str(label) for label in totals})
    empty = [label for label in totals if not (given == label).any()]
    if unknown:
        raise ImpossibleMargins(f"{name}: no total for {', '.join(unknown)}: give one, or merge the label with another")
    if empty:
        raise ImpossibleMargins(f"{name}: nobody answered with {', '.join(empty)}: merge the label with another")
    if wrong := [label for label, total in totals.items() if not 0 < total < np.inf]:
        raise ImpossibleMargins(f"{name}: the total of {', '.join(wrong)} must be a number over 0")
    return np.column_stack([given == label for label in totals]).astype(float)


def _require_one_sum(margins: Mapping[str, tuple[Labels, Totals]]) -> None:
    sums = {name: sum(totals.values()) for name, (_, totals) in margins.items()}
    if not sums:
        raise ImpossibleMargins("there is no margin: name at least one")
    if max(sums.values()) - min(sums.values()) > 1e-6 * max(sums.values()):
        listed = ", ".join(f"{name} {value:g}" for name, value in sums.items())
        raise ImpossibleMargins(f"the margins add up to different numbers of firms ({listed}): mend the totals")


def _distance(weight: Numbers, columns: Numbers, wanted: Numbers) -> float:
    return float(np.abs(weight @ columns / wanted - 1).max())


def _calibrated(design: Design, weight: Numbers, columns: Numbers) -> Design:
    if design.calibration is not None:
        raise ImpossibleMargins("the weights are fitted already: fit all margins at once, from the design weights")
    return replace(design, weight=weight, calibration=Calibration(design.weight, columns))
