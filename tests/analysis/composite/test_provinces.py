"""The official scale as an index of this package: 142 indicators, ten sub-indices, 63 provinces of 2023."""

import numpy as np
import pytest

from analysis.composite.method import Method, compose
from analysis.composite.normalisation import as_is
from analysis.composite.provinces import official, published_indicators, published_scores, share_errors
from analysis.composite.structure import Structure
from analysis.composite.uncertainty import Alternatives, Study, simulate
from questionnaires.files import framework_path, load_framework
from questionnaires.reference import respondents

FRAMEWORK = load_framework(framework_path("pci_2023"))
WEIGHTS = FRAMEWORK.weights_of(2023)
OFFICIAL = published_scores()
INDICATORS = published_indicators()


def test_sub_indices_give_the_table_of_2023_for_all_63_provinces():
    structure = Structure.flat(list(WEIGHTS), weights=WEIGHTS)
    found = 10 * compose(OFFICIAL, structure, Method(as_is))["index"]
    assert len(found) == 63
    assert (found - OFFICIAL["total"]).abs().max() < 0.006
    assert found.rank(ascending=False).tolist() == OFFICIAL["rank"].tolist()


def test_indicators_give_the_sub_indices_of_2023_for_all_63_provinces():
    found = compose(INDICATORS, *official(FRAMEWORK)).reindex(OFFICIAL.index)
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


def test_errors_of_shares_worked_by_hand():
    errors = share_errors(FRAMEWORK)
    assert errors.shape == (63, 123)
    n = respondents()["An Giang"]
    p = INDICATORS.loc["An Giang", "1.02"]
    assert errors.loc["An Giang", "1.02"] == pytest.approx(np.sqrt(p * (1 - p) / n))
    none = INDICATORS[errors.columns].eq(0).stack()
    province, code = none[none].index[0]
    small = 2 / (respondents()[province] + 4)
    assert errors.loc[province, code] == pytest.approx(np.sqrt(small * (1 - small) / (respondents()[province] + 4)))


def test_errors_of_shares_reach_the_total_as_the_slopes_say():
    """On a linear scale the variance of the total is the sum of (10 W b)² se², independent between provinces."""
    structure, method = official(FRAMEWORK)
    errors = share_errors(FRAMEWORK)
    slope = {each.code: 10 * WEIGHTS[each.sub_index] * (each.slope or 0) for each in FRAMEWORK.indicators}
    by_hand = np.sqrt(errors**2 @ [slope[code] ** 2 for code in errors])
    study = Study(INDICATORS, structure, Alternatives({"official": method.normalisation}), 1, errors)
    drawn = 10 * simulate(study, 1000).scores.std()
    assert (drawn / by_hand).mean() == pytest.approx(1, abs=0.01)
    assert drawn["Lạng Sơn"] == pytest.approx(by_hand["Lạng Sơn"], rel=0.07)
