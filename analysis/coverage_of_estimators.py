"""Do the intervals of the estimators keep their promise? Samples of an invented population whose every figure is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.design import Codes, Design, Numbers
from analysis.domains import by, contrast
from analysis.linearised import Estimate, Mask
from analysis.means import mean, ratio, share, total
from analysis.quantiles import grouped_median, quantile
from analysis.weights import poststratify

#: Firms of the population, and where answers in days heap, with the classes of their grouped median.
FIRMS = 60_000
HEAPS = np.array([1.0, 3, 7, 10, 15, 30, 60, 90])
CLASSES = np.array([0.0, 2, 5, 8.5, 12.5, 22.5, 45, 75, 105])


@dataclass(frozen=True)
class Firms:
    """Firms of the population or of a sample, all of shape (n,).

    size: stratum 0, 1, 2. place: cluster. sector: 0 or 1, known of all firms. turnover: skewed, above 0. days: waited, heaped.
    rare, common: yes or no, said by about 4 % and half of the firms.
    """

    size: Codes
    place: Codes
    sector: Codes
    turnover: Numbers
    days: Numbers
    rare: Mask
    common: Mask

    def of(self, rows: Codes) -> Firms:
        """Return the firms of these rows."""
        return Firms(*(getattr(self, name)[rows] for name in Firms.__dataclass_fields__))


Figure = Callable[[Firms, Design], Estimate]
FIGURES: dict[str, Figure] = {
    "mean of days": lambda firms, design: mean(firms.days, design).estimate,
    "mean of turnover, very skewed": lambda firms, design: mean(firms.turnover, design).estimate,
    "total of days": lambda firms, design: total(firms.days, design).estimate,
    "ratio": lambda firms, design: ratio(firms.days, firms.turnover, design).estimate,
    "difference of two means": lambda firms, design: contrast(
        by(lambda one: mean(firms.days, design, where=one), firms.sector, design), {0: -1.0, 1: 1.0}
    ),
    "share of a half": lambda firms, design: share(firms.common, design).estimate,
    "share of 4 %": lambda firms, design: share(firms.rare, design).estimate,
    "share of 4 %, logit": lambda firms, design: share(firms.rare, design, interval="logit").estimate,
    "share of 4 %, Korn-Graubard": lambda firms, design: share(firms.rare, design, interval="korn_graubard").estimate,
    "median": lambda firms, design: quantile(firms.turnover, 0.5, design).estimate,
    "upper quartile": lambda firms, design: quantile(firms.turnover, 0.75, design).estimate,
    "median of heaped days": lambda firms, design: quantile(firms.days, 0.5, design).estimate,
    "grouped median of heaped days": lambda firms, design: grouped_median(firms.days, CLASSES, design).estimate,
}


def cover(runs: int, *, answers: int = 160, seed: int = 2023) -> pd.DataFrame:
    """Return how often the 95 % intervals of samples of a known population hold its figure, without fpc.

    runs: samples of each design. answers: responses of a sample. Index: design and figure. Columns: truth; covered (share);
    over, under (share of intervals wholly over and under the truth); mean_error; mean_se; spread (standard deviation of the
    estimates, which mean_se should equal).
    """
    rng = np.random.default_rng(seed)
    firms = _population(rng)
    everybody = Design(np.ones(FIRMS))
    truth = {name: figure(firms, everybody).value for name, figure in FIGURES.items()}
    rows = []
    for design, draw in DRAWS.items():
        for _ in range(runs):
            sample, drawn = draw(firms, answers, rng)
            rows += [(design, name, figure(sample, drawn)) for name, figure in FIGURES.items()]
    return _counted(rows, truth)


def _counted(rows: list[tuple[str, str, Estimate]], truth: dict[str, float]) -> pd.DataFrame:
    found = pd.DataFrame(
        [(design, name, each.value, each.se, each.low, each.high) for design, name, each in rows],
        columns=["design", "figure", "value", "se", "low", "high"],
    )
    found["truth"] = found["figure"].map(truth)
    found["over"] = (found["low"] > found["truth"]).astype(float)
    found["under"] = (found["high"] < found["truth"]).astype(float)
    found["mean_error"] = found["value"] - found["truth"]
    groups = found.groupby(["design", "figure"], sort=False)
    table = groups[["truth", "over", "under", "mean_error"]].mean()
    table.insert(1, "covered", 1 - table["over"] - table["under"])
    return table.assign(mean_se=groups["se"].mean(), spread=groups["value"].std())


def _population(rng: np.random.Generator) -> Firms:
    size = rng.choice(3, FIRMS, p=[0.7, 0.22, 0.08])
    place = rng.integers(0, 600, FIRMS)
    of_place = rng.normal(0, 0.35, 600)[place]
    sector = (rng.random(FIRMS) < 0.35 + 0.1 * size).astype(np.int64)
    turnover = np.exp(1 + 0.6 * size + 0.5 * sector + of_place + rng.normal(0, 0.8, FIRMS))
    waited = np.exp(2.3 + 0.25 * sector + of_place + rng.normal(0, 0.8, FIRMS))
    days = HEAPS[np.abs(np.log(waited)[:, None] - np.log(HEAPS)).argmin(axis=1)]
    pull = 0.4 * sector + of_place
    rare = rng.random(FIRMS) < 1 / (1 + np.exp(3.4 - pull))
    common = rng.random(FIRMS) < 1 / (1 + np.exp(0.2 - pull))
    return Firms(size, place, sector, turnover, days, rare, common)


Draw = Callable[[Firms, int, np.random.Generator], tuple[Firms, Design]]


def _simple(firms: Firms, answers: int, rng: np.random.Generator) -> tuple[Firms, Design]:
    return firms.of(rng.choice(FIRMS, answers, replace=False)), Design(np.full(answers, FIRMS / answers))


def _stratified(firms: Firms, answers: int, rng: np.random.Generator) -> tuple[Firms, Design]:
    """Draw a quarter, a quarter and half from the strata: large firms are drawn more often."""
    numbers = np.array([answers - answers // 4 - answers // 4, answers // 4, answers // 4])
    of_stratum = [np.flatnonzero(firms.size == each) for each in range(3)]
    rows = np.concatenate([rng.choice(of, n, replace=False) for of, n in zip(of_stratum, numbers, strict=True)])
    weight = np.concatenate([np.full(n, of.size / n) for of, n in zip(of_stratum, numbers, strict=True)])
    return firms.of(rows), Design(weight, firms.size[rows])


def _clustered(firms: Firms, answers: int, rng: np.random.Generator) -> tuple[Firms, Design]:
    """Draw places, then four firms of each; the weight knows how many firms a place has."""
    places = rng.choice(600, answers // 4, replace=False)
    of_place = [np.flatnonzero(firms.place == place) for place in places]
    rows = np.concatenate([rng.choice(of, 4, replace=False) for of in of_place])
    weight = np.repeat([600 / places.size * of.size / 4 for of in of_place], 4)
    return firms.of(rows), Design(weight, cluster=firms.place[rows])


def _fitted(firms: Firms, answers: int, rng: np.random.Generator) -> tuple[Firms, Design]:
    """Draw as `_stratified`, and fit the weights to the firms of each sector."""
    sample, design = _stratified(firms, answers, rng)
    sectors = np.where(sample.sector == 0, "0", "1")
    return sample, poststratify(design, sectors, {str(each): float((firms.sector == each).sum()) for each in (0, 1)})


DRAWS: dict[str, Draw] = {"simple": _simple, "stratified": _stratified, "clustered": _clustered, "fitted": _fitted}
