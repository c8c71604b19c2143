"""The official scale as an index of this package: 142 indicators, ten sub-indices, 63 provinces of 2023."""

from functools import partial

import numpy as np
import pandas as pd
import pytest

from analysis.composite.method import Method, compose
from analysis.composite.normalisation import as_is, goalposts
from analysis.composite.structure import Node, Structure
from questionnaires.files import framework_path, load_framework
from questionnaires.reference import indicator_values, scores

FRAMEWORK = load_framework(framework_path("pci_2023"))
WEIGHTS = FRAMEWORK.weights_of(2023)
OFFICIAL = pd.DataFrame(
    {row.province: {**row.sub_indices, "total": row.total, "rank": row.rank} for row in scores() if row.year == 2023}
).T.astype(float)


def test_sub_indices_give_the_table_of_2023_for_all_63_provinces():
    structure = Structure.flat(list(WEIGHTS), weights=WEIGHTS)
    found = 10 * compose(OFFICIAL, structure, Method(as_is))["index"]
    assert len(found) == 63
    assert (found - OFFICIAL["total"]).abs().max() < 0.006
    assert found.rank(ascending=False).tolist() == OFFICIAL["rank"].tolist()


def test_indicators_give_the_sub_indices_of_2023_for_all_63_provinces():
    """S = a + sum of b x is a weighted mean of scaled indicators: weight |b|, a at x = 0, a + sum of |b| one unit better."""
    nodes, low, high = [], [], []
    for sub_index in FRAMEWORK.sub_indices:
        used = [i for i in FRAMEWORK.indicators_of(sub_index.code) if i.slope]
        nodes += [Node(i.code, sub_index.code, abs(i.slope), 1 if i.slope > 0 else -1) for i in used]
        low += [sub_index.intercept] * len(used)
        high += [sub_index.intercept + sum(abs(i.slope) for i in used)] * len(used)
    groups = [Node(code, "index", weight) for code, weight in WEIGHTS.items()]
    structure = Structure((*nodes, *groups, Node("index", None)))
    zero = np.where(structure.directions > 0, 0.0, -1.0)
    scale = partial(goalposts, lower=zero, upper=zero + 1, low=np.array(low), high=np.array(high), clip=False)
    table = pd.Series(indicator_values(2023)).unstack()
    found = compose(table, structure, Method(scale, least=0)).reindex(OFFICIAL.index)
    for code in WEIGHTS:
        largest = (found[code] - OFFICIAL[code]).abs().max()
        assert largest < (0.17 if code == "labour" else 6e-5), (
            code
        )  # the published table leaves out part of labour's input
    assert (10 * found["index"] - OFFICIAL["total"]).abs().max() < 0.17


@pytest.mark.parametrize("province", ["Lạng Sơn", "Quảng Ninh"])
def test_a_province_stands_where_the_table_has_it(province):
    structure = Structure.flat(list(WEIGHTS), weights=WEIGHTS)
    found = compose(OFFICIAL, structure, Method(as_is))["index"].rank(ascending=False)
    assert found[province] == OFFICIAL.loc[province, "rank"]
