"""Many runs: what is drawn has the distribution that was asked for, worked by hand."""

from functools import partial

import numpy as np
import pandas as pd
import pytest

from analysis.composite.aggregation import NotPositive, arithmetic, geometric
from analysis.composite.normalisation import as_is, min_max, z_score
from analysis.composite.ranks import independent, marginal
from analysis.composite.structure import BadTable, Node, Structure
from analysis.composite.treatment import Limits
from analysis.composite.uncertainty import Alternatives, Study, simulate
from tests.analysis.composite import published

STRUCTURE = Structure(
    (
        Node("a", "first", 1),
        Node("b", "first", 3),
        Node("c", "index", 2, -1),
        Node("first", "index", 6),
        Node("index", None),
    )
)
WEIGHT = np.array([0.1875, 0.5625, -0.25])  # of a, b, c in the index, signed
TABLE = pd.DataFrame({"a": [4.0, 5, 6], "b": [5.0, 5, 2], "c": [3.0, 1, 2]}, index=["p", "q", "r"])
ERRORS = pd.DataFrame({"a": [0.4, 0.2, 0.0], "c": [0.1, 0.2, 0.0]}, index=["p", "q", "r"])
PLAIN = Alternatives({"as it is": as_is})
ATTITUDE = Structure.flat(list(published.attitude()))


def test_sampling_errors_reach_the_index_as_worked_by_hand():
    runs = simulate(Study(TABLE, STRUCTURE, PLAIN, 1, ERRORS), 20_000)
    assert runs.nominal.tolist() == pytest.approx((TABLE.to_numpy() @ WEIGHT).tolist())
    assert runs.scores.mean().to_numpy() == pytest.approx(runs.nominal.to_numpy(), abs=0.003)
    expected = (WEIGHT[0] * ERRORS["a"]) ** 2 + (WEIGHT[2] * ERRORS["c"]) ** 2
    assert np.diag(runs.covariance) == pytest.approx(expected.to_numpy(), rel=0.04)
    assert abs(runs.scores["p"].corr(runs.scores["q"])) < 0.03


def test_indicators_of_one_sample_err_together():
    joint = pd.DataFrame([[0.16, 0.06], [0.06, 0.04]], ["a", "c"], ["a", "c"])
    runs = simulate(Study(TABLE, STRUCTURE, PLAIN, 1, {"q": joint}), 20_000)
    expected = WEIGHT[[0, 2]] @ joint.to_numpy() @ WEIGHT[[0, 2]]
    assert runs.scores["q"].var() == pytest.approx(expected, rel=0.04)
    assert runs.scores["p"].nunique() == 1


def test_units_of_one_sample_err_together():
    pairs = pd.MultiIndex.from_tuples([("q", "a"), ("r", "a")])
    joint = pd.DataFrame([[0.16, 0.12], [0.12, 0.16]], pairs, pairs)
    runs = simulate(Study(TABLE, STRUCTURE, PLAIN, 1, joint), 20_000)
    assert runs.covariance.loc["q", "r"] == pytest.approx(WEIGHT[0] ** 2 * 0.12, rel=0.05)
    assert runs.scores["r"].var() == pytest.approx(WEIGHT[0] ** 2 * 0.16, rel=0.04)
    assert runs.scores["p"].nunique() == 1


def test_from_sampling_errors_to_ranks():
    """The scores' covariance from runs gives the rank sets that the covariance worked by hand gives."""
    table = TABLE.assign(a=[4.0, 4.1, 1.0])
    runs = simulate(Study(table, STRUCTURE, PLAIN, 1, ERRORS), 20_000)
    by_hand = independent(np.sqrt((WEIGHT[0] * ERRORS["a"]) ** 2 + (WEIGHT[2] * ERRORS["c"]) ** 2))
    sets = marginal(runs.nominal, runs.covariance, seed=1)
    assert sets.equals(marginal(runs.nominal, by_hand, seed=1))
    assert sets.loc["r", ["low", "high"]].tolist() == [3, 3]


def test_weights_vary_as_a_dirichlet_distribution():
    table = pd.DataFrame({"a": [1.0, 0], "b": [0.0, 1], "c": [0.0, 0]}, index=["p", "q"])
    structure = Structure.flat(["a", "b", "c"], weights={"a": 2, "b": 6, "c": 2})
    runs = simulate(Study(table, structure, Alternatives({"as it is": as_is}, concentration=19), 5), 20_000)
    assert runs.scores.mean().tolist() == pytest.approx([0.2, 0.6], abs=0.003)
    assert runs.scores.var().tolist() == pytest.approx([0.2 * 0.8 / 20, 0.6 * 0.4 / 20], rel=0.04)
    assert runs.scores["p"].cov(runs.scores["q"]) == pytest.approx(-0.2 * 0.6 / 20, rel=0.06)


def test_a_weight_of_nothing_stays_nothing():
    structure = STRUCTURE.with_weights({"a": 0})
    runs = simulate(Study(TABLE, structure, Alternatives({"as it is": as_is}, concentration=5), 1), 200)
    other = simulate(Study(TABLE.assign(a=99.0), structure, Alternatives({"as it is": as_is}, concentration=5), 1), 200)
    assert runs.scores.equals(other.scores)


def test_alternatives_are_equally_likely_and_do_what_they_say():
    several = Alternatives({"low": partial(min_max, low=1, high=10), "z": partial(z_score, mean=5)}, {"a": arithmetic})
    runs = simulate(Study(TABLE, STRUCTURE, several, 1), 4000)
    assert runs.choices["normalisation"].value_counts(normalize=True).tolist() == pytest.approx([0.5, 0.5], abs=0.03)
    one = simulate(Study(TABLE, STRUCTURE, Alternatives({"z": several.normalisation["z"]}), 1), 1)
    same = runs.scores[runs.choices["normalisation"] == "z"]
    assert (same - one.nominal).abs().max(axis=None) < 1e-12


def test_outliers_are_treated_where_the_run_says_so():
    table = published.attitude()
    table.loc[4, "advance"] = 900.0
    several = Alternatives({"min-max": min_max}, outliers={"left": None, "drawn in": Limits()})
    runs = simulate(Study(table, ATTITUDE, several, 1), 50)
    plain = simulate(Study(table, ATTITUDE, Alternatives(outliers={"drawn in": Limits()}), 1), 1).nominal
    drawn = runs.scores[runs.choices["outliers"] == "drawn in"]
    assert (drawn - plain).abs().max(axis=None) < 1e-12
    assert (runs.scores[runs.choices["outliers"] == "left"] - runs.nominal).abs().max(axis=None) < 1e-12
    assert (runs.nominal - plain).abs().max() > 1


def test_everything_follows_from_the_seed():
    study = Study(TABLE, STRUCTURE, Alternatives({"as it is": as_is}, concentration=10), 4, ERRORS)
    assert simulate(study, 20).scores.equals(simulate(study, 20).scores)
    other = Study(TABLE, STRUCTURE, study.alternatives, 5, ERRORS)
    assert not simulate(study, 20).scores.equals(simulate(other, 20).scores)
    assert simulate(study, 20).seed == 4


def test_ranks_of_runs_are_summed_up_by_unit():
    study = Study(TABLE, STRUCTURE, PLAIN, 1, ERRORS.assign(a=[2.0, 2.0, 0.0]))
    found = simulate(study, 2000).summary(0.9)
    assert found["rank"].tolist() == [2, 1, 3]
    assert ((found["low"] <= found["median"]) & (found["median"] <= found["high"])).all()
    assert found[["low", "high"]].to_numpy().tolist() == [[1, 2], [1, 2], [3, 3]]


def test_a_unit_without_score_has_no_rank_and_hinders_nobody():
    table = TABLE.assign(b=[5.0, np.nan, 2.0])
    runs = simulate(Study(table, STRUCTURE, PLAIN, 1, ERRORS), 50)
    assert runs.ranks["q"].isna().all()
    assert runs.summary()["rank"].tolist() == pytest.approx([1, np.nan, 2], nan_ok=True)


@pytest.mark.parametrize(
    ("errors", "message"),
    [
        (pd.DataFrame({"a": [0.1]}, index=["nowhere"]), "an error is given for nowhere"),
        (pd.DataFrame({"z": [0.1]}, index=["p"]), "an error is given for z"),
        (pd.DataFrame({"a": [-0.1]}, index=["p"]), "p, a: a standard error is at least 0"),
        ({"p": pd.DataFrame([[1.0]], ["z"], ["z"])}, "p: an error is given for z"),
        ({"nowhere": pd.DataFrame([[1.0]], ["a"], ["a"])}, "an error is given for nowhere"),
        (
            pd.DataFrame([[1.0]], *2 * [pd.MultiIndex.from_tuples([("p", "z")])]),
            r"an error is given for \('p', 'z'\)",
        ),
        ({"p": pd.DataFrame([[1.0, 0.5], [0, 1]], ["a", "b"], ["a", "b"])}, "p: the errors have no covariance"),
        ({"p": pd.DataFrame([[1.0, 2], [2, 1]], ["a", "b"], ["a", "b"])}, "p: the errors have no covariance"),
    ],
)
def test_errors_that_are_none_are_refused_by_name(errors, message):
    with pytest.raises(BadTable, match=message):
        Study(TABLE, STRUCTURE, PLAIN, 1, errors)


def test_a_combination_that_cannot_be_is_refused_before_anything_is_drawn():
    several = Alternatives(aggregation={"arithmetic": arithmetic, "geometric": geometric})  # min-max begins at 0
    with pytest.raises(NotPositive):
        simulate(Study(TABLE, STRUCTURE, several, 1), 1)
