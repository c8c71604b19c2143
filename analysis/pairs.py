"""Two scored waves, or two groups of one, side by side: what both measured, and the covariance of what is made of both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.columns import Numbers
from analysis.design import Design, Labels
from analysis.index import Scores, hold
from questionnaires.framework import Framework


@dataclass(frozen=True)
class Pair:
    """What is compared, with the same indicators measured on both sides.

    Two groups of one wave share its design, whose strata join their errors. Two waves are taken as drawn apart, unless
    `firms`, a label of each response, shapes (n before,) and (n after,), says which firm answered in both: then the firm
    is the unit, and what it answers twice does not count twice. A firm whose stratum changed counts as two.
    """

    before: Scores
    after: Scores
    firms: tuple[Labels, Labels] | None = None

    @property
    def measured(self) -> list[str]:
        """Return the indicators that both sides measured."""
        return measured_in(self.before, self.after)

    def covariance(self, before: pd.DataFrame, after: pd.DataFrame) -> Numbers:
        """Return the covariance, shape (k, k), of k figures that are linear in the indicators of both sides.

        before, after: what one raw unit of an indicator adds to each figure, index = indicator, the same k columns;
        indicators that are not measured have no error. Raises ValueError for `firms` beside clusters or an fpc.
        """
        sides = [_side(self.before, before), _side(self.after, after)]
        unseen = sum(_unseen(scores, slopes) for scores, slopes in ((self.before, before), (self.after, after)))
        if self.before.design is self.after.design:
            return np.asarray(self.before.design.covariance(sides[0] + sides[1]) + unseen)
        if self.firms is None:
            apart = [one.design.covariance(z) for one, z in zip((self.before, self.after), sides, strict=True)]
            return np.asarray(apart[0] + apart[1] + unseen)
        designs = [self.before.design, self.after.design]
        return np.asarray(
            _stacked(designs, self.firms).covariance(np.vstack(list(map(_residual, designs, sides)))) + unseen
        )

    def df(self, before: pd.DataFrame, after: pd.DataFrame) -> pd.Series:
        """Return the degrees of freedom of differences of rows with `se` and `df`.

        Welch and Satterthwaite's; where firms answered twice, those of the side with more, as if all had.
        """
        if self.firms is not None:
            return pd.concat([before["df"], after["df"]], axis=1).max(axis=1).astype(float)
        one, other = (side["se"].astype(float) ** 2 for side in (before, after))
        shares = one**2 / before["df"].clip(lower=1) + other**2 / after["df"].clip(lower=1)
        return ((one + other) ** 2 / shares.where(shares > 0)).astype(float)


def paired(
    before: Scores,
    after: Scores,
    framework: Framework,
    published: Mapping[str, float],
    *,
    former: Framework | None = None,
    published_before: Mapping[str, float] | None = None,
    firms: tuple[Labels, Labels] | None = None,
) -> Pair:
    """Return two scored waves with only the indicators measured that both measured.

    The others are held at the published values: at `published` on both sides, or before at `published_before`, so that no
    score changes because a question came or went. former: the framework of the wave before, if it was another one
    (`analysis.change`). Raises ValueError for labels of another length than a wave.
    """
    kept = measured_in(before, after)
    for side, labels in zip((before, after), firms or (), strict=False):
        if len(labels) != side.design.n:
            raise ValueError(f"{side.design.n} responses are in a wave, {len(labels)} firms beside it")
    held = hold(before, former or framework, published_before or published, kept)
    return Pair(held, hold(after, framework, published, kept), firms)


def measured_in(*scored: Scores) -> list[str]:
    """Return the indicators that are measured in each of the scores."""
    tables = [scores.indicators["status"] for scores in scored]
    return [str(code) for code in tables[0].index if all(table.get(code) == "measured" for table in tables)]


def _side(scores: Scores, slopes: pd.DataFrame) -> Numbers:
    codes = [code for code in slopes.index if code in scores.linearised]
    return np.asarray(scores.linearised[codes].to_numpy(dtype=float) @ slopes.loc[codes].to_numpy(dtype=float))


def _unseen(scores: Scores, slopes: pd.DataFrame) -> Numbers:
    unseen = scores.indicators["unseen"].reindex(slopes.index).fillna(0).to_numpy(dtype=float)
    by_figure = slopes.to_numpy(dtype=float)
    return np.asarray((by_figure.T * unseen) @ by_figure)


def _residual(design: Design, z: Numbers) -> Numbers:
    return z if design.calibration is None else design.calibration.residual(z, design.weight)


def _stacked(designs: list[Design], firms: tuple[Labels, Labels]) -> Design:
    if any(design.cluster is not None or (design.units.missed < 1).any() for design in designs):
        raise ValueError("firms that answered twice are the units: leave clusters and fpc out of the designs")
    return Design(
        np.concatenate([design.weight for design in designs]),
        np.concatenate([_strata(design) for design in designs]),
        cluster=np.concatenate([np.asarray(labels, dtype=object) for labels in firms]),
    )


def _strata(design: Design) -> npt.NDArray[Any]:
    labels = np.full(design.n, "all") if design.stratum is None else np.asarray(design.stratum, dtype=object)
    return np.array([design.collapsed.get(str(label), str(label)) for label in labels], dtype=object)
