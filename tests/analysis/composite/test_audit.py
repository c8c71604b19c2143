"""Audit. pingouin 0.7.0: its `cronbach_alpha` of R's data `attitude`, run once. R 4: `prcomp(USArrests, scale. = TRUE)`."""

import numpy as np
import pandas as pd
import pytest

from analysis.composite.aggregation import aggregate
from analysis.composite.audit import correlations, cronbach, influence
from analysis.composite.components import principal_components
from analysis.composite.normalisation import normalise, z_score
from analysis.composite.structure import Node, Structure
from tests.analysis.composite import published


def test_cronbachs_alpha_as_pingouin_finds_it():
    found = cronbach(published.attitude())
    assert found.alpha == pytest.approx(0.8431427695647599, rel=1e-12)
    assert found.standardised == pytest.approx(0.8390838030295106, rel=1e-12)
    assert found.items["alpha_without"].to_dict() == pytest.approx(
        {
            "rating": 0.8097602063089214,
            "complaints": 0.7969174572741397,
            "privileges": 0.8278477659386588,
            "learning": 0.8030309750225744,
            "raises": 0.7953865741982049,
            "critical": 0.8638723114464368,
            "advance": 0.8404648682654573,
        }
    )
    # R's psych::alpha(attitude), two decimals
    assert found.items["item_rest"].round(2).tolist() == [0.67, 0.74, 0.56, 0.71, 0.79, 0.27, 0.46]


def test_principal_components_as_r_publishes_them():
    found = principal_components(published.arrests())
    assert found.variance["eigenvalue"].tolist() == pytest.approx(
        [2.4802416, 0.9897652, 0.3565632, 0.1734301], abs=5e-8
    )
    assert found.variance["share"].tolist() == pytest.approx([0.62006039, 0.24744129, 0.08914080, 0.04335752], abs=5e-9)
    second = [-0.4181809, -0.1879856, 0.8728062, 0.1673186]
    assert found.loadings["2"].tolist() == pytest.approx(second, abs=5e-8)
    assert (found.kept, found.n) == (1, 50)


def test_components_and_alpha_say_what_they_lack():
    with pytest.raises(ValueError, match="2 units have every value"):
        principal_components(published.arrests().head(2))
    with pytest.raises(ValueError, match="Rape: all units are alike"):
        principal_components(published.arrests().assign(Rape=1.0))
    with pytest.raises(ValueError, match="not 1 and 50"):
        cronbach(published.arrests()[["Rape"]])


def test_influence_worked_by_hand():
    """Two uncorrelated indicators of equal spread, weights 3 and 1: the index is (3 a + b) / 4, its variance 10/16 of theirs."""
    table = pd.DataFrame({"a": [1.0, 1, -1, -1], "b": [1.0, -1, 1, -1]})
    structure = Structure.flat(["a", "b"], weights={"a": 3, "b": 1})
    found = influence(aggregate(table, structure), structure)
    assert found["with_index"].tolist() == pytest.approx([3 / np.sqrt(10), 1 / np.sqrt(10)])
    assert found["nominal"].tolist() == [0.75, 0.25]
    assert found["explains"].tolist() == pytest.approx([0.9, 0.1])
    assert found["carries"].tolist() == pytest.approx([0.9, 0.1])
    assert not found["against"].any()


def test_what_is_carried_adds_up_in_every_level_and_what_runs_against_is_marked():
    table = normalise(published.attitude(), Structure.flat(list(published.attitude())), z_score)
    table["critical"] = -table["critical"] - 0.5 * table["advance"]
    nodes = [
        Node(code, "staff" if code in {"raises", "advance", "critical"} else "work", 1 + i)
        for i, code in enumerate(table)
    ]
    structure = Structure((*nodes, Node("staff", "index", 1), Node("work", "index", 2), Node("index", None)))
    found = influence(aggregate(table, structure), structure)
    levels = pd.Series(structure.level).reindex(found.index)
    assert found["carries"].groupby(levels).sum().tolist() == pytest.approx([1, 1])
    assert found["nominal"].groupby(levels).sum().tolist() == pytest.approx([1, 1])
    expected = table["critical"].corr(aggregate(table, structure)["staff"])
    assert found.loc["critical", "with_parent"] == pytest.approx(expected)
    assert bool(found.loc["critical", "against"]) == (expected <= 0)


def test_correlations_stay_inside_the_group():
    structure = Structure.flat(list(published.arrests()))
    found = correlations(published.arrests(), structure, "index")
    assert found.loc["Murder", "Assault"] == pytest.approx(0.8018733, abs=5e-8)  # R: cor(USArrests)
