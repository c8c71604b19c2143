"""What every estimator returns, and is built of: an estimate beside the linearised values that carry its error."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.design import Design

Numbers = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Estimate:
    """A value with its sampling error. Without any valid answer every number is NaN and `n` is 0."""

    value: float
    se: float
    low: float
    high: float
    df: float
    n: int  # responses in the domain
    n_effective: float
    deff: float


@dataclass(frozen=True)
class Linearised:
    """An estimate and its linearised values, shape (n,), whose design covariance is that of the estimate.

    unseen: variance that `z` cannot carry, because all answers are alike.
    """

    estimate: Estimate
    z: Numbers
    unseen: float = 0.0


def as_numbers(values: npt.ArrayLike | pd.Series) -> Numbers:
    """Return answers (an array, a list, a column of a table) as numbers, shape (n,), in their order, what is missing as NaN.

    A table's index counts for nothing. Raises ValueError for text.
    """
    if isinstance(values, np.ndarray) and values.dtype == np.float64:
        return values
    return pd.Series(values).to_numpy(dtype=float, na_value=np.nan)


def inside(design: Design, where: Mask | None, *values: npt.NDArray[Any]) -> Mask:
    """Return the domain as a mask; raise ValueError for arrays of another length, or a value in it that is missing."""
    mask = np.ones(design.n, dtype=bool) if where is None else np.asarray(where)
    if mask.dtype == object and pd.api.types.infer_dtype(mask, skipna=False) == "boolean":
        mask = mask.astype(bool)
    if mask.dtype != bool:
        raise ValueError(f"`where` must be true or false for each response, not {mask.dtype}")
    for each in (mask, *values):
        if np.shape(each) != (design.n,):
            raise ValueError(
                f"{design.n} responses are in the design, {np.shape(each)} is the shape of an array beside it"
            )
    for each in values:
        if not (known := np.isfinite(each) | ~mask).all():
            raise ValueError(f"row {int(np.flatnonzero(~known)[0])}: no value; leave the row out of `where`")
    return mask


def hajek(y: Numbers, design: Design, where: Mask) -> tuple[float, Numbers, float]:
    """Return sum w y / sum w over the domain, its linearised values, shape (n,), and its degrees of freedom."""
    z = np.zeros(design.n)
    total = design.weight[where].sum()
    if total == 0:
        return math.nan, z, math.nan
    df = design.df(where)
    if y[where].min() == y[where].max():  # exactly, whatever the weights: sums of floats would miss it by a hair
        return float(y[where][0]), z, df
    value = float(np.dot(design.weight[where], y[where]) / total)
    z[where] = design.weight[where] * (y[where] - value) / total
    return value, z, df


def variance_of(z: Numbers, design: Design) -> float:
    """Return the variance of the total of linearised values, shape (n,)."""
    return float(design.covariance(z[:, None])[0, 0])


def nothing() -> Estimate:
    """Return the estimate of a domain without a valid answer."""
    return Estimate(*(math.nan,) * 5, 0, math.nan, math.nan)
