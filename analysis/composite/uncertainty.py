"""How far the index depends on what was measured by sample and on what was chosen: many runs, each with its own.

A run draws the indicators anew within their sampling errors, where there are any, the weights around the given ones, and one of
the alternatives at each step (Saisana, Saltelli and Tarantola 2005). Everything follows from the seed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from analysis.composite.aggregation import Aggregation, arithmetic, climbed
from analysis.composite.errors import Drawing, Errors, drawing
from analysis.composite.method import Method, compose
from analysis.composite.normalisation import Normalisation, applied, min_max
from analysis.composite.ranks import ranked
from analysis.composite.screening import LEAST
from analysis.composite.structure import Structure, values_of
from analysis.composite.treatment import Limits, Transformation, logarithm, treated_values
from analysis.design import Numbers

RUNS = 10_000


@dataclass(frozen=True)
class Alternatives:
    """What might have been chosen at each step, by name; the first of each is what was chosen.

    concentration: c of the Dirichlet distribution of the weights in a group, whose mean is those given and whose variance is
    w (1 - w) / (c + 1); None keeps them. With ten equal weights c = 35 makes them vary by half their size.
    """

    normalisation: Mapping[str, Normalisation | Mapping[str, Normalisation]] = field(
        default_factory=lambda: {"min-max": min_max}
    )
    aggregation: Mapping[str, Aggregation | Sequence[Aggregation]] = field(
        default_factory=lambda: {"arithmetic": arithmetic}
    )
    outliers: Mapping[str, Limits | None] = field(default_factory=lambda: {"left": None})
    concentration: float | None = None
    transform: Transformation | None = logarithm
    least: float = LEAST


@dataclass(frozen=True)
class Study:
    """An index whose uncertainty is asked for. Raises BadTable for errors of unknown units or indicators, or that are none.

    factors: what varies, of `errors`, `outliers`, `normalisation`, `weights`, `aggregation`.
    """

    table: pd.DataFrame
    structure: Structure
    alternatives: Alternatives
    seed: int
    errors: Errors | None = None

    def __post_init__(self) -> None:
        values_of(self.table, self.structure)
        _ = self.draw_errors

    @property
    def factors(self) -> tuple[str, ...]:
        """What varies, in the order in which it happens."""
        several = self.alternatives
        varies = {
            "errors": self.errors is not None,
            "outliers": len(several.outliers) > 1,
            "normalisation": len(several.normalisation) > 1,
            "weights": several.concentration is not None,
            "aggregation": len(several.aggregation) > 1,
        }
        return tuple(name for name, yes in varies.items() if yes)

    @cached_property
    def draw_errors(self) -> Drawing | None:
        """What draws the errors of the indicators, shape (units, k); None without errors."""
        return None if self.errors is None else drawing(self.errors, self.table.index, self.structure.indicators)

    def methods(self) -> Mapping[tuple[str, str, str], Method]:
        """Return every combination of outliers, normalisation and aggregation by name; the first is the one chosen."""
        several = self.alternatives
        return {
            (first, second, third): Method(how, mean, limits, several.transform, several.least)
            for first, limits in several.outliers.items()
            for second, how in several.normalisation.items()
            for third, mean in several.aggregation.items()
        }


@dataclass(frozen=True)
class Runs:
    """Scores of the index by run, runs by units; what each run chose; the scores as chosen and given; the seed.

    Scores of different normalisations are not on one scale: compare `ranks`.
    """

    scores: pd.DataFrame
    choices: pd.DataFrame
    nominal: pd.Series
    seed: int

    @cached_property
    def ranks(self) -> pd.DataFrame:
        """1 for the best unit of a run; runs by units."""
        return self.scores.rank(axis=1, ascending=False, method="min")

    @property
    def covariance(self) -> pd.DataFrame:
        """The covariance of the units' scores, for `ranks.marginal`: meaningful where only `errors` vary."""
        return self.scores.cov()

    def summary(self, level: float = 0.9) -> pd.DataFrame:
        """Return by unit: score and rank as chosen, then median, mean, low and high of its ranks; `level` of runs between.

        What the choices make of a rank. Of sampling error alone `ranks.marginal` says more: drawn ranks lean to the middle.
        """
        tail = (1 - level) / 2
        return pd.DataFrame(
            {
                "score": self.nominal,
                "rank": ranked(self.nominal),
                "median": self.ranks.median(),
                "mean": self.ranks.mean(),
                "low": self.ranks.quantile(tail, interpolation="lower"),
                "high": self.ranks.quantile(1 - tail, interpolation="higher"),
            }
        )


def simulate(study: Study, runs: int = RUNS) -> Runs:
    """Run the index with everything that varies drawn independently; raise as `compose` does where a method cannot be used."""
    return run(study, np.random.default_rng(study.seed).random((runs, len(study.factors))))


def run(study: Study, positions: Numbers) -> Runs:
    """Run the index once for each row of positions, shape (runs, factors), 0-1: which alternative, or which draw.

    Alternatives are equally likely. For errors and weights the position names a draw, the same one each time.
    """
    # every combination must be possible before any is drawn
    made = [compose(study.table, study.structure, method) for method in study.methods().values()]
    maker = _Maker(study)
    rows, choices = [], []
    for row in positions:
        score, choice = maker.make(dict(zip(study.factors, row, strict=True)))
        rows.append(score)
        choices.append(choice)
    scores = pd.DataFrame(np.array(rows).reshape(len(rows), len(study.table)), columns=study.table.index)
    nominal = made[0][study.structure.index]
    return Runs(scores, pd.DataFrame(choices, columns=list(study.factors)), nominal, study.seed)


class _Maker:
    """Makes single runs; keeps what runs have in common."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self.values = values_of(study.table, study.structure)
        structure, given = study.structure, study.structure.weights
        sums = {group: sum(given[child] for child in structure.children[group]) for group in structure.groups}
        parent = {child: group for group in structure.groups for child in structure.children[group]}
        self.codes = list(parent)
        self.shares = np.array([given[code] / sums[parent[code]] for code in self.codes])
        self.calm: dict[str, Numbers] = {}

    def make(self, positions: Mapping[str, float]) -> tuple[Numbers, dict[str, Any]]:
        """Return the scores of the index, shape (units,), and what was chosen."""
        several, structure = self.study.alternatives, self.study.structure
        chosen = {
            name: _at(list(options), positions.get(name, 0.0))
            for name, options in (
                ("outliers", several.outliers),
                ("normalisation", several.normalisation),
                ("aggregation", several.aggregation),
            )
        }
        values = self._treated(chosen["outliers"], positions.get("errors"))
        scaled = applied(values, structure, several.normalisation[chosen["normalisation"]])
        mean = several.aggregation[chosen["aggregation"]]
        weights = self._weights(positions.get("weights"))
        scores = climbed(scaled, structure, weights, mean, least=several.least, units=self.study.table.index)
        return scores[:, -1], chosen | {name: positions[name] for name in ("errors", "weights") if name in positions}

    def _treated(self, outliers: str, position: float | None) -> Numbers:
        limits, transform = self.study.alternatives.outliers[outliers], self.study.alternatives.transform
        if position is None and outliers in self.calm:
            return self.calm[outliers]
        values, errors = self.values, self.study.draw_errors
        if errors is not None and position is not None:
            values = values + errors(_draw(self.study.seed, 1, position))
        treated = values if limits is None else treated_values(values, limits, transform)[0]
        if position is None:
            self.calm[outliers] = treated
        return treated

    def _weights(self, position: float | None) -> Mapping[str, float]:
        concentration = self.study.alternatives.concentration
        if position is None or concentration is None:
            return self.study.structure.weights
        drawn = _draw(self.study.seed, 2, position).standard_gamma(concentration * self.shares)
        return dict(zip(self.codes, drawn.tolist(), strict=True))


def _at(options: list[str], position: float) -> str:
    return options[min(int(position * len(options)), len(options) - 1)]


def _draw(seed: int, purpose: int, position: float) -> np.random.Generator:
    return np.random.default_rng([seed, purpose, int(position * 2**48)])
