import pytest

from analysis.coverage import simulate, truth
from questionnaires.demonstration import distribution

APART = ["labour", "total"]


@pytest.fixture(scope="module")
def found(pci, pci_2023, lang_son):
    """20 waves; `python -m analysis audit` runs 200, with the limits of the methodology page."""
    return simulate(pci, pci_2023, distribution(), lang_son, seeds=range(20))


def test_the_truth_is_the_score_of_the_published_indicators(pci_2023, lang_son):
    from questionnaires.reference import scores

    official = next(row for row in scores() if (row.province, row.year) == ("Lạng Sơn", 2023)).sub_indices
    computed = truth(pci_2023, lang_son)
    for code, value in official.items():
        assert computed[code] == pytest.approx(value, abs=0.17 if code == "labour" else 0.005)


def test_intervals_of_nine_sub_indices_hold_the_truth_about_nineteen_times_in_twenty(found):
    nine = found.sub_indices.drop(index=APART)
    assert len(nine) == 9
    assert 0.9 <= nine["covered"].mean() <= 0.99
    assert (nine["covered"] >= 0.75).all()


def test_estimates_scatter_about_the_truth_as_their_standard_errors_say(found):
    nine = found.sub_indices.drop(index=APART)
    assert (nine["mean_error"].abs() < 4 * nine["mean_se"] / 20**0.5).all()


def test_indicators_on_very_few_firms_are_hidden_nearly_always(found):
    assert (found.hidden.loc[["5.09", "10.17"], "shown"] <= 0.05).all()
    assert (found.hidden.drop(columns="published").sum(axis=1) + found.hidden["published"]).round(9).eq(1).all()


def test_intervals_of_changes_hold_nothing_about_nineteen_times_in_twenty(found):
    assert len(found.changes) == 11
    assert 0.9 <= found.changes["covered"].mean() <= 0.99
    assert (found.changes["detectable"] / found.changes["mean_se"]).between(1.96, 1.98).all()
