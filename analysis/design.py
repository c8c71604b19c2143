"""The sampling design of a frame of responses: single-stage, stratified."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

Numbers = npt.NDArray[np.float64]


class LonelyStratum(ValueError):
    """A stratum holds one response, so its variance is unknown: merge it with a like one before looking at answers."""

    def __init__(self, labels: list[str]) -> None:
        self.labels = labels
        super().__init__(f"one response only in stratum {', '.join(labels)}: merge it with a like stratum first")


@dataclass(frozen=True)
class Calibration:
    """How weights were fitted to known totals, so that variances know it: made by `analysis.weights`.

    before: the weights before, shape (n,). auxiliaries: what was fitted, shape (n, p), 0/1 for post-strata and margins.
    """

    before: Numbers
    auxiliaries: Numbers

    def residual(self, linearised: Numbers, weight: Numbers) -> Numbers:
        """Return linearised values less what the auxiliaries explain of them, shape (n, k).

        z = w e, e the residual of z / w in a regression weighted by the weights before (Deville and Särndal 1992), as in
        R's `survey::calibrate`. R's `survey::rake` and svy weight it by nothing after raking, which overstates the error of
        a domain: by 10 % in a simulation in which this one is 3 % too small.
        """
        root = np.sqrt(self.before)[:, None]
        each = linearised / weight[:, None]
        slopes, *_ = np.linalg.lstsq(self.auxiliaries * root, each * root, rcond=None)
        return (each - self.auxiliaries @ slopes) * weight[:, None]


@dataclass(frozen=True)
class Design:
    """How the responses of a frame were drawn. Make it once for the whole frame; domains are `where=` of an estimator.

    weight: float > 0, shape (n,), firms of the frame that a response stands for; equal scaling changes nothing.
    stratum: label, shape (n,), or None for a simple random sample.
    fpc: firms of the frame in each response's stratum, shape (n,); None (the rule for scores, changes and anything set
    beside VCCI's figures) leaves the finite-population correction out.
    calibration: how `weight` was fitted to known totals, if it was.

    Raises ValueError for a weight that is not a positive number, LonelyStratum for a stratum with one response.
    """

    weight: Numbers
    stratum: npt.NDArray[np.int64] | None = None
    fpc: Numbers | None = None
    calibration: Calibration | None = None
    _codes: npt.NDArray[np.int64] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        weight = np.asarray(self.weight, dtype=float)
        if weight.size and not (np.isfinite(weight) & (weight > 0)).all():
            row = int(np.flatnonzero(~(np.isfinite(weight) & (weight > 0)))[0])
            raise ValueError(f"row {row}: a weight must be a number over 0, not {weight[row]}")
        codes, labels = (np.zeros(weight.size, dtype=np.int64), ["all"])
        if self.stratum is not None:
            codes, found = pd.factorize(np.asarray(self.stratum), sort=True)
            labels = [str(label) for label in found]
        sizes = np.bincount(codes, minlength=len(labels))
        if weight.size > 1 and (lonely := [labels[i] for i in np.flatnonzero(sizes == 1)]):
            raise LonelyStratum(lonely)
        object.__setattr__(self, "weight", weight)
        object.__setattr__(self, "_codes", codes)

    @property
    def n(self) -> int:
        """Return the number of responses."""
        return int(self.weight.size)

    @property
    def strata(self) -> int:
        """Return the number of strata."""
        return int(self._codes.max(initial=-1)) + 1

    def strata_of(self, where: npt.NDArray[np.bool_]) -> int:
        """Return the number of strata with a response in the domain."""
        return int(np.unique(self._codes[where]).size)

    def covariance(self, linearised: Numbers) -> Numbers:
        """Return the covariance of totals of linearised values, shape (k, k), for `linearised` of shape (n, k).

        V = sum over strata of (1 - f) n/(n-1) sum (z - mean z)(z - mean z)'.
        """
        if self.calibration is not None:
            linearised = self.calibration.residual(linearised, self.weight)
        sizes = np.bincount(self._codes, minlength=self.strata).astype(float)
        means = np.zeros((self.strata, linearised.shape[1]))
        np.add.at(means, self._codes, linearised)
        centred = linearised - (means / sizes[:, None])[self._codes]
        factor = sizes / np.maximum(sizes - 1, 1)
        if self.fpc is not None:
            firms = np.zeros(self.strata)
            firms[self._codes] = self.fpc
            factor = factor * (1 - sizes / firms)
        return (centred * factor[self._codes][:, None]).T @ centred
