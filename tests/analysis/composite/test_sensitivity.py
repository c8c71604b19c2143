"""Sobol' indices against what they must be: exact variances over all combinations, and a sum of independent parts."""

from functools import partial
from itertools import product

import numpy as np
import pandas as pd
import pytest

from analysis.composite.aggregation import arithmetic, geometric, harmonic
from analysis.composite.normalisation import as_is, borda, min_max, z_score
from analysis.composite.sensitivity import NothingVaries, mean_shift, rank_of, score_of, sobol
from analysis.composite.structure import Structure
from analysis.composite.uncertainty import Alternatives, Study, run
from tests.analysis.composite import published

TABLE = published.arrests().head(12)
STRUCTURE = Structure.flat(list(TABLE), directions={"Murder": -1, "Assault": -1, "Rape": -1})
SEVERAL = Alternatives(
    {
        "min-max": partial(min_max, low=1, high=100),
        "z": partial(z_score, mean=50, sd=10),
        "ranks": partial(min_max, low=50),
    },
    {"arithmetic": arithmetic, "geometric": geometric, "harmonic": harmonic},
)


def exact(study: Study, output) -> dict[str, list[float]]:
    """Return first and total indices from all combinations of alternatives: variances of conditional means."""
    sizes = [len(getattr(study.alternatives, name)) for name in study.factors]
    middles = [[(i + 0.5) / size for i in range(size)] for size in sizes]
    y = output(run(study, np.array(list(product(*middles))))).reshape(sizes)
    first, total = [], []
    for axis in range(len(sizes)):
        others = tuple(a for a in range(len(sizes)) if a != axis)
        first.append(y.mean(axis=others).var() / y.var())
        total.append(1 - y.mean(axis=axis).var() / y.var())
    return {"first": first, "total": total}


@pytest.mark.parametrize("output", [mean_shift, partial(rank_of, unit=0), partial(score_of, unit=0)])
def test_indices_are_the_exact_shares_of_variance(output):
    study = Study(TABLE, STRUCTURE, SEVERAL, 1)
    found, expected = sobol(study, output, size=1024), exact(study, output)
    assert list(found.table.index) == ["normalisation", "aggregation"]
    assert found.table["first"].tolist() == pytest.approx(expected["first"], abs=0.04)
    assert found.table["total"].tolist() == pytest.approx(expected["total"], abs=0.04)
    assert found.runs == 4096


def test_parts_that_only_add_up_account_for_themselves():
    """The score of a unit is a sampling error with variance v plus 0 or c: shares v and c² / 4 of both, no more together."""
    raised = Alternatives({"as it is": as_is, "raised": lambda x, direction: as_is(x, direction) + 0.8})
    errors = pd.DataFrame(0.6, index=TABLE.index, columns=list(TABLE))
    found = sobol(Study(TABLE, STRUCTURE, raised, 2, errors), partial(score_of, unit=3), size=1024).table
    sampling, choice = 0.6**2 / 4, 0.8**2 / 4
    share = sampling / (sampling + choice)
    assert found["first"].tolist() == pytest.approx([share, 1 - share], abs=0.04)
    assert found["total"].tolist() == pytest.approx([share, 1 - share], abs=0.04)
    assert (found["first_low"] <= found["first"]).all()
    assert (found["total"] <= found["total_high"]).all()


def test_what_changes_nothing_accounts_for_nothing():
    same = Alternatives({"one": borda, "again": borda}, concentration=20)
    found = sobol(Study(TABLE, STRUCTURE, same, 1), size=1024).table
    assert found.loc["normalisation", ["first", "total"]].tolist() == pytest.approx([0, 0], abs=1e-9)
    assert found.loc["weights", "total"] == pytest.approx(1, abs=0.1)


def test_the_same_seed_gives_the_same_indices_and_intervals():
    study = Study(TABLE, STRUCTURE, SEVERAL, 7)
    assert sobol(study, size=64).table.equals(sobol(study, size=64).table)


def test_where_nothing_can_be_compared_it_says_so():
    with pytest.raises(NothingVaries, match="two factors at least must vary to be compared, not weights"):
        sobol(Study(TABLE, STRUCTURE, Alternatives(concentration=5), 1))
    same = Alternatives({"one": borda, "again": borda}, {"one": arithmetic, "again": arithmetic})
    with pytest.raises(NothingVaries, match="the same in all runs"):
        sobol(Study(TABLE, STRUCTURE, same, 1), size=16)
    with pytest.raises(ValueError, match="power of 2"):
        sobol(Study(TABLE, STRUCTURE, SEVERAL, 1), size=100)
