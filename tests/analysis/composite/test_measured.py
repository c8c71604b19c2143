"""From answers to ranks: the covariance of a table of estimates, and what it does to the index."""

import numpy as np
import pandas as pd
import pytest

from analysis.composite.measured import measured
from analysis.composite.method import Method, compose
from analysis.composite.normalisation import goalposts
from analysis.composite.ranks import marginal, simultaneous
from analysis.composite.structure import Structure
from analysis.composite.uncertainty import Alternatives, Study, simulate
from analysis.design import Design
from analysis.domains import by
from analysis.estimators import mean, share

DEPARTMENTS = ["tax", "land", "works"]
STRUCTURE = Structure.flat(["satisfied", "days"], weights={"satisfied": 3, "days": 1}, directions={"days": -1})
BOUNDS = np.array([0.0, 0.0]), np.array([1.0, 40.0])
N, SIZES = 6000, {"small": 4500, "large": 1500}


def scale(x, direction):
    return goalposts(x, direction, *BOUNDS, low=1, high=10, clip=False)


def population(rng):
    """Firms that each rate three departments: a firm that is content with one is content with the others."""
    mood = rng.normal(size=N)
    firms = pd.DataFrame({"size": np.repeat(list(SIZES), list(SIZES.values()))})
    for shift, department in zip((0.5, 0.35, -0.4), DEPARTMENTS, strict=True):
        firms[f"{department} satisfied"] = mood + shift + rng.normal(scale=0.7, size=N) > 0
        firms[f"{department} days"] = np.exp(2.5 - 0.3 * mood - 0.2 * shift + 0.4 * rng.normal(size=N))
        firms[f"{department} met"] = rng.random(N) < 0.8
    return firms


def estimated(sample, design):
    cells = {}
    for department in DEPARTMENTS:
        met = sample[f"{department} met"].to_numpy()
        cells[department, "satisfied"] = share(sample[f"{department} satisfied"].to_numpy(), design, where=met)
        cells[department, "days"] = mean(sample[f"{department} days"].to_numpy(), design, where=met)
    return measured(cells, design)


def drawn(firms, rng):
    """A stratified sample of 120 small and 80 large firms, and its design."""
    strata = (("small", 120), ("large", 80))
    chosen = [rng.choice(firms.index[firms["size"] == size], n, replace=False) for size, n in strata]
    sample = firms.loc[np.concatenate(chosen)]
    weight = np.where(sample["size"] == "small", 4500 / 120, 1500 / 80)
    return sample, Design(weight, sample["size"].to_numpy())


def test_units_that_the_same_firms_rate_err_together():
    rng = np.random.default_rng(1)
    sample, design = drawn(population(rng), rng)
    found = estimated(sample, design)
    assert list(found.table.index) == DEPARTMENTS
    assert list(found.table.columns) == ["satisfied", "days"]
    assert found.n.loc["tax", "days"] == sample["tax met"].sum()
    joint = found.covariance
    correlation = joint.loc[("tax", "satisfied"), ("land", "satisfied")] / np.sqrt(
        joint.loc[("tax", "satisfied"), ("tax", "satisfied")] * joint.loc[("land", "satisfied"), ("land", "satisfied")]
    )
    assert correlation > 0.3
    assert joint.loc[("tax", "satisfied"), ("tax", "days")] < 0


def test_domains_give_the_same_covariance():
    rng = np.random.default_rng(2)
    sample, design = drawn(population(rng), rng)
    days, place = sample["tax days"].to_numpy(), np.resize(["north", "south", "west"], len(sample))
    domains = by(lambda one: mean(days, design, where=one), place, design)
    found = measured({(p, "days"): mean(days, design, where=place == p) for p in ("north", "south", "west")}, design)
    assert found.covariance.to_numpy() == pytest.approx(domains.covariance.to_numpy())
    assert found.table["days"].to_numpy() == pytest.approx(domains.table["value"].to_numpy())


def test_answers_that_are_all_alike_still_err():
    """As `share` says: the error of 12 of 14, Agresti and Coull's (x + 2, n + 4)."""
    design = Design(np.ones(10))
    found = measured({("tax", "satisfied"): share(np.ones(10, dtype=bool), design)}, design)
    assert found.covariance.to_numpy() == pytest.approx(np.array([[(12 / 14) * (2 / 14) / 14]]))


def test_what_was_not_estimated_is_missing():
    rng = np.random.default_rng(3)
    sample, design = drawn(population(rng), rng)
    days = sample["tax days"].to_numpy()
    nobody = np.zeros(len(sample), dtype=bool)
    found = measured({("tax", "days"): mean(days, design), ("land", "wait"): mean(days, design, where=nobody)}, design)
    assert found.table.isna().to_numpy().tolist() == [[False, True], [True, True]]
    assert found.n.to_numpy().tolist() == [[200, 0], [0, 0]]
    with pytest.raises(ValueError, match="nothing was estimated"):
        measured({}, design)


def test_from_the_questionnaire_to_the_rank():
    """200 samples: runs of one sample tell the errors of the scores over all, and the sets hold the true ranks."""
    rng = np.random.default_rng(4)
    firms = population(rng)
    truth = pd.DataFrame(
        {
            "satisfied": [firms.loc[firms[f"{d} met"], f"{d} satisfied"].mean() for d in DEPARTMENTS],
            "days": [firms.loc[firms[f"{d} met"], f"{d} days"].mean() for d in DEPARTMENTS],
        },
        index=DEPARTMENTS,
    )
    method = Method(scale)
    ranks = compose(truth, STRUCTURE, method)["index"].rank(ascending=False)
    scores, covariances, alone, together = [], [], np.zeros(3), 0
    for sample_number in range(200):
        found = estimated(*drawn(firms, rng))
        study = Study(found.table, STRUCTURE, Alternatives({"own": scale}), sample_number, found.covariance)
        runs = simulate(study, 150)
        scores.append(runs.nominal)
        covariances.append(runs.covariance.to_numpy())
        sets = marginal(runs.nominal, runs.covariance, seed=sample_number, draws=1000)
        alone += (sets["low"] <= ranks) & (ranks <= sets["high"])
        sets = simultaneous(runs.nominal, runs.covariance, seed=sample_number, draws=1000)
        together += bool(((sets["low"] <= ranks) & (ranks <= sets["high"])).all())
    spread = pd.DataFrame(scores).cov().to_numpy()
    assert np.mean(covariances, axis=0) == pytest.approx(spread, rel=0.25)
    assert spread[0, 1] > 0.25 * spread[0, 0]  # departments go together, which standard errors alone would not know
    assert (alone / 200).min() > 0.93
    assert together / 200 > 0.93
