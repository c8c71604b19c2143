"""What an analyst may hand over: lists, columns of a table in any order of index, missing values, one number for all."""

import inspect

import numpy as np
import pandas as pd
import pytest

from analysis import estimators
from analysis.balance import kish, largest_share
from analysis.compare import benjamini_hochberg, holm
from analysis.design import Design, LonelyStratum
from analysis.estimators import chisq, contrast, grouped_median, mean, quantile, ranktest, ratio, share, total, ttest
from analysis.intervals import wilson
from analysis.nonresponse import adjust
from analysis.replicates import estimate, given
from analysis.weights import ImpossibleMargins, calibrate, poststratify, rake

RNG = np.random.default_rng(6)
Y = RNG.normal(10, 2, 24)
X = RNG.uniform(1, 3, 24)
HIT = Y > 10
WEIGHT = np.tile([1.0, 2, 4], 8)
STRATUM = np.repeat(["small", "large"], 12)
GROUP = np.tile(["a", "b"], 12)
DESIGN = Design(WEIGHT, STRATUM)
WHERE = X > 1.3
BACKWARDS = np.arange(24)[::-1]  # an index whose labels, if anybody looked at them, would turn the column around

CALLS = {
    "mean": lambda s: mean(s["y"], DESIGN, where=s["where"]).estimate,
    "total": lambda s: total(s["y"], DESIGN, where=s["where"]).estimate,
    "ratio": lambda s: ratio(s["y"], s["x"], DESIGN, where=s["where"]).estimate,
    "share": lambda s: share(s["hit"], DESIGN, where=s["where"]).estimate,
    "quantile": lambda s: quantile(s["y"], 0.25, DESIGN, where=s["where"]).estimate,
    "grouped": lambda s: grouped_median(s["y"], [0, 8, 10, 12, 30], DESIGN, where=s["where"]).estimate,
    "ttest": lambda s: ttest(s["y"], DESIGN, group=s["group"], where=s["where"]),
    "ranktest": lambda s: ranktest(s["y"], s["group"], DESIGN, where=s["where"]),
    "chisq": lambda s: chisq(s["hit"], s["group"], DESIGN, where=s["where"]),
    "by": lambda s: mean(s["y"], DESIGN, by=s["group"], where=s["where"]).table.to_dict(),
}
FORMS = {
    "lists": list,
    "columns": lambda values: pd.Series(values, index=BACKWARDS),
    "nullable columns": lambda values: pd.Series(values, index=BACKWARDS).convert_dtypes(),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", CALLS)
def test_lists_and_columns_of_a_table_give_the_figures_of_arrays(name, form):
    arrays = {"y": Y, "x": X, "hit": HIT, "group": GROUP, "where": WHERE}
    assert CALLS[name]({key: FORMS[form](array) for key, array in arrays.items()}) == CALLS[name](arrays)


@pytest.mark.parametrize("form", FORMS)
def test_a_design_is_made_of_lists_and_columns_too(form):
    sizes, made = np.where(STRATUM == "small", 300.0, 40.0), FORMS[form]
    cluster = np.arange(24) // 3
    for more in ({}, {"fpc": sizes}, {"cluster": cluster}, {"collapse": STRATUM}):
        expected = Design(WEIGHT, STRATUM, **more)
        found = Design(made(WEIGHT), made(STRATUM), **{name: made(value) for name, value in more.items()})
        assert mean(Y, found).estimate == mean(Y, expected).estimate


def test_the_arguments_of_a_design_stand_in_this_order():
    assert list(inspect.signature(Design).parameters)[:4] == ["weight", "stratum", "cluster", "fpc"]
    cluster = np.arange(24) // 3
    assert mean(Y, Design(WEIGHT, STRATUM, cluster, 50.0)).estimate == (
        mean(Y, Design(weight=WEIGHT, stratum=STRATUM, cluster=cluster, fpc=np.full(24, 50.0))).estimate
    )


def test_estimators_are_imported_from_one_place_and_say_that_they_take_by():
    for name in ("mean", "total", "share", "ratio", "quantile", "grouped_median"):
        function = getattr(estimators, name)
        assert {"where", "by", "level"} <= set(inspect.signature(function).parameters)
        assert function.__doc__
    assert {"contrast", "ttest", "chisq", "ranktest"} <= set(estimators.__all__)


def test_by_is_an_estimate_of_each_domain():
    found = share(HIT, DESIGN, by=GROUP, where=WHERE, interval="logit", level=0.9)
    for label in ("a", "b"):
        alone = share(HIT, DESIGN, where=WHERE & (label == GROUP), interval="logit", level=0.9).estimate
        assert found.table.loc[label].to_dict() == pytest.approx(vars(alone))
    narrow, wide = (contrast(found, {"a": 1, "b": -1}, level=level) for level in (0.8, 0.95))
    assert wide.low < narrow.low < narrow.value < narrow.high < wide.high
    assert ratio(y=Y, x=X, design=DESIGN, by=GROUP).table.loc["a", "value"] == pytest.approx(
        np.average(Y, weights=WEIGHT * (GROUP == "a")) / np.average(X, weights=WEIGHT * (GROUP == "a"))
    )


def test_a_label_with_nobody_in_the_domain_stays_in_the_table_without_a_figure():
    found = mean(Y, DESIGN, by=GROUP, where=GROUP == "a").table
    assert found.loc["b", "n"] == 0
    assert np.isnan(found.loc["b", "value"])
    assert found.loc["a", "value"] == mean(Y, DESIGN, where=GROUP == "a").estimate.value


def test_the_correction_may_be_given_as_the_share_that_was_drawn_or_as_one_number():
    sizes = np.where(STRATUM == "small", 48.0, 15.0)
    expected = mean(Y, Design(WEIGHT, STRATUM, fpc=sizes)).estimate
    assert vars(mean(Y, Design(WEIGHT, STRATUM, fpc=12 / sizes)).estimate) == pytest.approx(vars(expected))
    assert mean(Y, Design(WEIGHT, STRATUM, fpc=100)).estimate == (
        mean(Y, Design(WEIGHT, STRATUM, fpc=np.full(24, 100.0))).estimate
    )
    assert mean(Y, Design(WEIGHT, STRATUM, fpc=1.0)).estimate.se == 0  # all were asked


@pytest.mark.parametrize("missing", [np.nan, None, pd.NA])
def test_a_missing_answer_is_no_answer_whatever_it_is_called(missing):
    hit = pd.Series([True, missing, *HIT[2:]], dtype=object)
    known = np.arange(24) != 1
    with pytest.raises(ValueError, match="row 1: no value; leave the row out of `where`"):
        share(hit, DESIGN)
    assert share(hit, DESIGN, where=known).estimate == share([True, False, *HIT[2:]], DESIGN, where=known).estimate


def test_a_missing_answer_in_a_nullable_column_is_not_yes():
    hit = pd.Series([True, None, *map(bool, HIT[2:])], dtype="boolean")
    with pytest.raises(ValueError, match="row 1: no value"):
        share(hit, DESIGN)


REFUSED = {
    "no interval wald": lambda: share(HIT, DESIGN, interval="wald"),
    "row 0: a share counts what is true": lambda: share(np.full(24, 2), DESIGN),
    "a quantile is one number between 0 and 1, the median 0.5, not 50": lambda: quantile(Y, 50, DESIGN),
    "the median 0.5, not 0": lambda: quantile(Y, 0, DESIGN),
    "the median 0.5, not \\[": lambda: quantile(Y, [0.25, 0.5], DESIGN),
    "level of an interval lies between 0 and 1, such as 0.95, not 95": lambda: mean(Y, DESIGN, level=95),
    "between 0 and 1, such as 0.95, not 1": lambda: wilson(0.5, 20, 1),
    "could not convert string to float": lambda: mean(GROUP, DESIGN),
    "24 responses are in the design, \\(3,\\)": lambda: mean(Y, DESIGN, by=GROUP[:3]),
    "24 responses are in the design, \\(24, 1\\)": lambda: mean(Y[:, None], DESIGN),
    "true or false for each response, not object": lambda: mean(Y, DESIGN, where=[True, None] * 12),
    "24 responses have a weight, \\(5,\\) is the shape of the stratum": lambda: Design(WEIGHT, STRATUM[:5]),
    "24 responses have a weight, \\(5,\\) is the shape of the cluster": lambda: Design(WEIGHT, cluster=STRATUM[:5]),
    "24 responses have a weight, \\(5,\\) is the shape of `fpc`": lambda: Design(WEIGHT, fpc=np.full(5, 90.0)),
    "weights have shape \\(n,\\)": lambda: Design(np.ones((12, 2))),
    "row 3: a weight must be a number over 0, not 0.0": lambda: Design(np.where(np.arange(24) == 3, 0, WEIGHT)),
    "`fpc` gives it two sizes or none": lambda: Design(WEIGHT, fpc=np.full(24, np.nan)),
    "the share that was drawn, 0-1, not both": lambda: Design(WEIGHT, STRATUM, fpc=np.repeat([0.2, 40.0], 12)),
    "not both": lambda: Design(WEIGHT, fpc=-3),
    "more units answered than it holds": lambda: Design(WEIGHT, fpc=23),
    "totals of one, z beside columns one, y": lambda: calibrate(DESIGN, TABLE, {"one": 60.0, "z": 600.0}),
    "24 responses and 1 totals": lambda: calibrate(DESIGN, TABLE, np.array([60.0])),
    "without a missing value": lambda: calibrate(DESIGN, TABLE.replace(1.0, np.nan), np.array([60.0, 600.0])),
    "no method JK9": lambda: given(WEIGHT, np.ones((24, 3)), "JK9"),
    "a replicate weight is missing": lambda: given(WEIGHT, np.full((24, 3), np.nan), "BRR"),
    "one value for everybody asked": lambda: adjust(WEIGHT, HIT, GROUP[:5]),
    "of who did not answer too": lambda: adjust(np.where(HIT, WEIGHT, np.nan), HIT, GROUP),
}
TABLE = pd.DataFrame({"one": 1.0, "y": Y})


@pytest.mark.parametrize("told", REFUSED)
def test_what_makes_no_sense_is_refused_in_words(told):
    with pytest.raises(ValueError, match=told):
        REFUSED[told]()


def test_one_cluster_tells_nothing_of_the_error():
    with pytest.raises(LonelyStratum, match="one response or cluster only in stratum all"):
        Design(WEIGHT, cluster=np.zeros(24))


def test_totals_may_be_a_column_of_a_table():
    sizes = {"small": 70.0, "large": 30.0}
    assert poststratify(DESIGN, STRATUM, pd.Series(sizes)).weight.tolist() == (
        poststratify(DESIGN, STRATUM, sizes).weight.tolist()
    )
    groups = {"a": 45.0, "b": 55.0}
    first, second = (
        rake(DESIGN, {"size": (STRATUM, kind(sizes)), "group": (GROUP, kind(groups))}).weight
        for kind in (pd.Series, dict)
    )
    assert first.tolist() == second.tolist()
    with pytest.raises(ImpossibleMargins, match="cells: the total of 2 must be a number over 0"):
        poststratify(DESIGN, np.tile([1, 2], 12), pd.Series({1: 30.0, 2: 0.0}))


def test_totals_with_names_are_taken_by_their_names():
    wanted = {"y": 24 * 10.0, "one": 24.0}
    for totals in (wanted, pd.Series(wanted), np.array([24.0, 240.0])):
        found = calibrate(DESIGN, TABLE, totals, distance="raking").weight
        assert (found.sum(), found @ Y) == pytest.approx((24, 240))


def test_replicate_weights_may_be_a_table():
    columns = pd.DataFrame(RNG.uniform(0.5, 1.5, (24, 5)) * WEIGHT[:, None])
    first, second = (
        estimate(lambda w: np.average(Y, weights=w), given(weight, table, "bootstrap")).se[0]
        for weight, table in ((WEIGHT, columns.to_numpy()), (pd.Series(WEIGHT, BACKWARDS), columns))
    )
    assert first == second > 0


def test_weights_of_who_answered_may_come_as_columns():
    index = BACKWARDS
    found = adjust(pd.Series(WEIGHT, index), pd.Series(HIT, index), pd.Series(GROUP, index), least=1)
    assert found.weight.tolist() == adjust(WEIGHT, HIT, GROUP, least=1).weight.tolist()
    assert kish(list(WEIGHT)) == kish(WEIGHT) == pytest.approx(24 * 168 / 56**2)
    assert largest_share(pd.Series(WEIGHT, index)) == 4 / 56


def test_p_values_may_be_a_list():
    assert holm([0.01, 0.04, 0.03]).tolist() == pytest.approx([0.03, 0.06, 0.06])
    assert benjamini_hochberg([0.01, 0.04, 0.03]).tolist() == pytest.approx([0.03, 0.04, 0.04])
