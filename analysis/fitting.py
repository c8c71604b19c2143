"""Weights as near as possible to those before, whose totals are known: the equations of Deville and Särndal (1992)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
from scipy.optimize import linprog

from analysis.design import Numbers

Distance = Literal["linear", "raking", "logit"]
Bounds = tuple[float, float]
#: What the logit distance keeps factors between unless told otherwise.
LOGIT_BOUNDS = (0.4, 2.5)
#: A total is met if it is missed by at most this share of what it is made of; so many steps are taken.
TOLERANCE, STEPS = 1e-10, 60
#: A factor under this takes its response out of the sample.
NOTHING = 1e-6

Curve = Callable[[Numbers], tuple[Numbers, Numbers]]  # the factor F(u) and its slope


class ImpossibleMargins(ValueError):
    """No weights meet the totals, or none were found; the message says which totals and what to do."""


def fitted(
    weight: Numbers,
    auxiliaries: Numbers,
    totals: Numbers,
    *,
    names: Sequence[str],
    distance: Distance = "linear",
    bounds: Bounds | None = None,
) -> Numbers:
    """Return the weights nearest to `weight`, shape (n,), with `weight @ auxiliaries == totals`.

    auxiliaries: shape (n, p). totals: shape (p,). names: of the totals, for the message. distance: `linear` (GREG),
    `raking` (factors over 0) or `logit` (factors inside `bounds`). bounds: least and most that a weight may be multiplied by;
    linear and raking factors are cut off there. Auxiliaries that follow from others are fine if their totals do.
    Raises ImpossibleMargins where no weights meet the totals, naming those that are missed and by how much.
    """
    if bounds is not None and not 0 <= bounds[0] < 1 < bounds[1]:
        raise ValueError(f"bounds of factors hold 1 and start at 0 or over, not {bounds[0]:g} to {bounds[1]:g}")
    size = np.maximum(np.abs(totals), weight @ np.abs(auxiliaries))
    x, wanted = auxiliaries / np.where(size > 0, size, 1), totals / np.where(size > 0, size, 1)
    factors = _newton(weight, x, wanted, _curve(distance, bounds))
    if factors is None:
        low, high = bounds or {"linear": (-np.inf, np.inf), "raking": (0.0, np.inf), "logit": LOGIT_BOUNDS}[distance]
        raise ImpossibleMargins(_why(weight, x, wanted, names, (low, high)))
    if (below := int((factors < NOTHING).sum())) > 0:
        instead = "rake instead" if distance == "linear" else "merge rare labels"
        raise ImpossibleMargins(f"{below} weights would not be over 0: {instead}, or leave a total out")
    return weight * factors


def _curve(distance: Distance, bounds: Bounds | None) -> Curve:
    if distance == "logit":
        low, high = bounds or LOGIT_BOUNDS
        steep = (high - low) / ((1 - low) * (high - 1))

        def logit(u: Numbers) -> tuple[Numbers, Numbers]:
            part = 1 / (1 + (high - 1) / (1 - low) * np.exp(-steep * u))
            return low + (high - low) * part, (high - low) * steep * part * (1 - part)

        return logit

    def free(u: Numbers) -> tuple[Numbers, Numbers]:
        return (1 + u, np.ones_like(u)) if distance == "linear" else (np.exp(u), np.exp(u))

    def cut(u: Numbers) -> tuple[Numbers, Numbers]:
        low, high = bounds or (-np.inf, np.inf)
        factor, slope = free(u)
        return np.clip(factor, low, high), np.where((low < factor) & (factor < high), slope, 0.0)

    return free if bounds is None else cut


def _newton(weight: Numbers, x: Numbers, wanted: Numbers, curve: Curve) -> Numbers | None:
    """Return the factors that meet the totals, or None if none were found; steps are halved while they make it worse."""
    at = np.zeros(x.shape[1])
    with np.errstate(over="ignore", invalid="ignore"):
        factor, slope = curve(x @ at)
        missed = (weight * factor) @ x - wanted
        for _ in range(STEPS):
            if np.abs(missed).max(initial=0.0) <= TOLERANCE:
                return factor
            step, *_ = np.linalg.lstsq((x * (weight * slope)[:, None]).T @ x, -missed, rcond=None)
            for part in 0.5 ** np.arange(30):
                factor, slope = curve(x @ (at + part * step))
                now = (weight * factor) @ x - wanted
                if np.isfinite(now).all() and np.abs(now).max() < np.abs(missed).max():
                    break
            else:
                return None
            at, missed = at + part * step, now
    return None


def _why(weight: Numbers, x: Numbers, wanted: Numbers, names: Sequence[str], bounds: Bounds) -> str:
    """Return which totals the best weights inside the bounds still miss: a linear programme with the least missed in all."""
    n, p = x.shape
    eye = np.eye(p)
    found = linprog(
        np.concatenate([np.zeros(n), np.ones(2 * p)]),
        A_eq=np.hstack([(x * weight[:, None]).T, eye, -eye]),
        b_eq=wanted,
        bounds=[bounds] * n + [(0, None)] * (2 * p),
    )
    solved = np.asarray(found.x)
    off = (solved[n : n + p] - solved[n + p :]) / np.where(wanted != 0, wanted, 1)
    told = [f"{name} by {abs(each):.1%}" for name, each in zip(names, off, strict=True) if abs(each) > 1e-6]
    within = {(-np.inf, np.inf): "", (0.0, np.inf): " with weights over 0"}
    limits = within.get(bounds, f" with factors from {bounds[0]:g} to {bounds[1]:g}")
    if not told:
        return f"the totals can only just be met{limits}: widen the bounds, merge rare labels, or leave a total out"
    missed = f"the totals cannot be met together{limits}; the nearest weights miss {', '.join(told)}"
    return f"{missed}: merge rare labels, or leave a total out"
