"""Weights and means. COINr: vignettes "Aggregation" and "Weights" of bluefoxr/COINr (ASEM sustainable connectivity, 2018)."""

from functools import partial
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.composite.aggregation import (
    NotPositive,
    aggregate,
    arithmetic,
    copeland,
    geometric,
    harmonic,
    outranking,
    outranking_sum,
    power,
)
from analysis.composite.method import Method, compose
from analysis.composite.normalisation import as_is, goalposts
from analysis.composite.structure import BadStructure, Node, Structure
from analysis.composite.treatment import Limits
from analysis.composite.weights import NegativeLoading, effective_weights, equal, from_principal_component
from tests.analysis.composite import published

#: Level 2, then Conn, Sust and Index, of five countries, to three digits, as the vignette prints them.
PILLARS = ["ConEcFin", "Environ", "Instit", "P2P", "Physical", "Political", "Social", "SusEcFin"]
ASEM = """
12.6,31.9,52.4,39.50,34.8,52.5,71.9,55.7,38.4,53.2,45.8
26.2,69.5,77.5,54.10,41.1,78.2,72.8,62.9,55.4,68.4,61.9
48.2,53.0,75.6,43.30,72.0,80.8,86.2,50.1,64.0,63.1,63.5
13.3,81.7,26.5,5.85,22.9,32.4,27.5,64.6,20.2,57.9,39.0
24.6,55.7,75.9,27.10,28.4,67.5,53.3,61.7,44.7,56.9,50.8
"""
SUSTAINABLE = {"Environ", "Social", "SusEcFin"}
ASEM_STRUCTURE = Structure(
    tuple(
        [Node(code, "Sust" if code in SUSTAINABLE else "Conn") for code in PILLARS]
        + [Node("Conn", "Index"), Node("Sust", "Index"), Node("Index", None)]
    )
)
POSITIVE = st.lists(st.tuples(st.floats(0.1, 100), st.floats(0.1, 5)), min_size=1, max_size=6)


def test_asem_countries_as_coinr_publishes_them():
    rows = pd.DataFrame([[float(n) for n in word.split(",")] for word in ASEM.split()])
    rows.columns = [*PILLARS, "Conn", "Sust", "Index"]
    found = aggregate(rows[PILLARS], ASEM_STRUCTURE)
    for code in ("Conn", "Sust", "Index"):
        assert found[code].to_numpy() == pytest.approx(rows[code].to_numpy(), abs=0.101)  # what was printed is rounded


def test_the_technology_achievement_index_as_the_un_publish_it():
    countries = published.tai()
    structure = Structure(
        (
            *(Node(code, "creation") for code in ("patents", "royalties")),
            *(Node(code, "recent") for code in ("internet", "exports")),
            *(Node(code, "old") for code in ("telephones", "electricity")),
            *(Node(code, "skills") for code in ("schooling", "science")),
            *(Node(code, "tai") for code in ("creation", "recent", "old", "skills")),
            Node("tai", None),
        )
    )
    table = countries.assign(**{code: np.log(countries[code]) for code in ("telephones", "electricity")})
    lower = np.array([0, 0, 0, 0, np.log(1), np.log(22), 0.8, 0.1])
    upper = np.array([994, 272.6, 232.4, 80.8, np.log(901), np.log(6969), 12.0, 27.4])
    found = compose(table, structure, Method(partial(goalposts, lower=lower, upper=upper)))
    assert found["tai"].to_numpy() == pytest.approx(countries["published"].to_numpy(), abs=0.001)


def test_effective_weights_as_coinr_publishes_them():
    indicators = [Node(code, "ConEcFin") for code in ("Goods", "Services", "FDI", "PRemit", "ForPort")]
    indicators += [Node(code, "Environ") for code in ("Renew", "PrimEner", "CO2", "MatCon", "Forest")]
    structure = Structure((*indicators, *ASEM_STRUCTURE.nodes))
    found = effective_weights(structure)
    assert found["Goods"] == pytest.approx(0.02)
    assert found["Renew"] == pytest.approx(0.03333333, abs=5e-9)
    assert sum(found[code] for code in PILLARS) == pytest.approx(1)
    assert effective_weights(equal(structure.with_weights({"Goods": 9, "Conn": 4}))) == pytest.approx(found)


def test_means_worked_by_hand():
    x, weight = np.array([[1.0, 4.0, np.nan], [2.0, 2.0, 8.0]]), np.array([1.0, 1.0, 2.0])
    assert arithmetic(x, weight).tolist() == pytest.approx([2.5, 5])
    assert geometric(x, weight).tolist() == pytest.approx([2, 4])
    assert harmonic(x, weight).tolist() == pytest.approx([1.6, 3.2])
    assert power(x, weight, exponent=2).tolist() == pytest.approx([np.sqrt(8.5), np.sqrt(34)])


@given(POSITIVE)
def test_means_are_those_of_scipy_and_in_their_order(pairs):
    x, weight = np.array([pair[0] for pair in pairs]), np.array([pair[1] for pair in pairs])
    row = x[None, :]
    assert geometric(row, weight)[0] == pytest.approx(stats.gmean(x, weights=weight))
    assert harmonic(row, weight)[0] == pytest.approx(stats.hmean(x, weights=weight))
    assert power(row, weight, exponent=0.5)[0] == pytest.approx(stats.pmean(x, 0.5, weights=weight))
    assert power(row, weight, exponent=0)[0] == pytest.approx(geometric(row, weight)[0])
    means = [x.min(), *(mean(row, weight)[0] for mean in (harmonic, geometric, arithmetic)), x.max()]
    assert all(low <= high * (1 + 1e-9) for low, high in pairwise(means))


@pytest.mark.parametrize("mean", [geometric, harmonic, partial(power, exponent=0.5)])
def test_a_mean_that_needs_positive_values_names_the_one_that_is_not(mean):
    table = pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 0.0]}, index=["Huế", "Lạng Sơn"])
    with pytest.raises(NotPositive, match="Lạng Sơn, b: a value is not above 0"):
        aggregate(table, Structure.flat(["a", "b"]), mean)


def test_outranking_and_copeland_worked_by_hand():
    x, weight = np.array([[3.0, 1.0, 5.0], [2.0, 2.0, 5.0], [1.0, 3.0, np.nan]]), np.array([3.0, 2.0, 1.0])
    assert outranking(x, weight).tolist() == pytest.approx(
        np.array([[0, 3.5 / 6, 0.6], [2.5 / 6, 0, 0.6], [0.4, 0.4, 0]])
    )
    assert outranking_sum(x, weight).tolist() == pytest.approx([3.5 / 6 + 0.6, 2.5 / 6 + 0.6, 0.8])
    assert copeland(x, weight).tolist() == [2, 0, -2]


def test_half_of_the_weight_is_a_draw_however_its_sum_is_rounded():
    weight = np.array([0.1, 0.2, 0.3, 0.6])
    assert copeland(np.array([[1.0, 1, 1, 0], [0, 0, 0, 1]]), weight).tolist() == [0, 0]


@given(st.lists(st.lists(st.integers(0, 3), min_size=3, max_size=3), min_size=2, max_size=8))
def test_pairs_share_all_weight_between_them(rows):
    x, weight = np.array(rows, dtype=float), np.array([1.0, 2.0, 4.0])
    share = outranking(x, weight)
    assert share + share.T + np.eye(len(x)) == pytest.approx(np.ones_like(share))
    assert copeland(x, weight).sum() == 0
    assert copeland(np.exp(x), weight).tolist() == copeland(x, weight).tolist()  # only the order counts


def test_levels_may_be_aggregated_differently():
    table = pd.DataFrame(dict.fromkeys(PILLARS, 1.0) | {"ConEcFin": [6.0], "Environ": [4.0]})
    found = aggregate(table, ASEM_STRUCTURE, [arithmetic, geometric])
    assert found.loc[0, ["Conn", "Sust", "Index"]].tolist() == pytest.approx([2, 2, 2])
    found = aggregate(table, ASEM_STRUCTURE, [geometric, arithmetic])
    assert found.loc[0, "Index"] == pytest.approx((6**0.2 + 4 ** (1 / 3)) / 2)
    with pytest.raises(ValueError, match="2 levels are aggregated, and 1 functions"):
        aggregate(table, ASEM_STRUCTURE, [arithmetic])


def test_a_group_with_too_little_under_it_has_no_score_and_the_rest_goes_on():
    table = pd.DataFrame(dict.fromkeys(PILLARS, 1.0), index=["p", "q"])
    table.loc["p", ["ConEcFin", "Instit"]] = np.nan
    found = aggregate(table, ASEM_STRUCTURE)
    assert np.isnan(found.loc["p", "Conn"])
    assert np.isnan(found.loc["p", "Index"])  # half the weight is under two thirds
    assert found.loc["p", "Sust"] == 1
    assert aggregate(table, ASEM_STRUCTURE, least=0.5).loc["p", "Index"] == 1


def test_eight_of_twelve_equal_weights_are_two_thirds_however_their_sum_is_rounded():
    codes = list("abcdefghijkl")
    table = pd.DataFrame({code: [5.0 if code < "i" else np.nan] for code in codes})
    structure = Structure.flat(codes, weights=dict.fromkeys(codes, 0.1))
    assert aggregate(table, structure).loc[0, "index"] == pytest.approx(5)
    assert np.isnan(aggregate(table.assign(a=np.nan), structure).loc[0, "index"])


@given(st.permutations(range(5)), st.floats(0.1, 10))
def test_order_of_units_and_scale_of_weights_change_nothing(order, scale):
    table = published.tai().drop(columns="published")
    structure = Structure.flat(list(table), weights={"patents": 3})
    scaled = structure.with_weights({code: structure.weights[code] * scale for code in table})
    first = compose(table, structure, Method())["index"]
    again = compose(table.iloc[list(order)], scaled, Method())["index"]
    assert again.reindex(first.index).to_numpy() == pytest.approx(first.to_numpy())


def test_an_indicator_without_weight_changes_nothing():
    table = published.tai().drop(columns="published")
    without = compose(table, Structure.flat(list(table)[:-1]), Method())["index"]
    zero = compose(table, Structure.flat(list(table), weights={"science": 0}), Method())["index"]
    assert zero.to_numpy() == pytest.approx(without.to_numpy())


def test_treatment_comes_before_the_scale():
    table = pd.DataFrame({"x": [*range(1, 11), 100.0]})
    structure = Structure.flat(["x"])
    assert compose(table, structure, Method())["index"].iloc[9] == pytest.approx(100 * 9 / 99)
    assert compose(table, structure, Method(limits=Limits()))["index"].iloc[9] == 100


def test_weights_from_a_principal_component_as_r_publishes_the_loadings():
    structure = from_principal_component(published.arrests(), Structure.flat(list(published.arrests())), "index")
    loadings = [0.5358995, 0.5831836, 0.2781909, 0.5434321]  # R 4: prcomp(USArrests, scale. = TRUE)
    assert [structure.weights[code] for code in structure.indicators] == pytest.approx(loadings, abs=5e-8)


def test_an_indicator_against_its_group_gets_no_weight_from_a_component():
    turned = published.arrests().assign(UrbanPop=lambda states: -states["UrbanPop"])
    with pytest.raises(NegativeLoading, match="index: UrbanPop runs against"):
        from_principal_component(turned, Structure.flat(list(turned)), "index")


def test_values_already_on_a_scale_are_only_turned():
    assert as_is(np.array([[2.0, 3.0]]), np.array([1.0, -1.0])).tolist() == [[2, -3]]


def test_a_structure_cannot_lose_all_weight():
    with pytest.raises(BadStructure, match="index: nothing in it has a weight"):
        Structure.flat(["a"]).with_weights({"a": 0})
