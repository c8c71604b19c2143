"""The fast way gives the digits of the plain one, and databases give those of both."""

import duckdb
import numpy as np
import pandas as pd
import psycopg
import pytest

from analysis import columnar, columnar_sql
from analysis.columnar import BLOCK, Columns, Linear, cells
from analysis.columnar_reading import LINEARISED, PACKED, groups
from analysis.columns import in_scope
from analysis.design import Design, LonelyStratum
from analysis.estimators import mean, share
from analysis.index import score as score_wave
from analysis.indicators import base_of, measurable

NAMES = ["a", "b", "c", "d"]
LINEAR = Linear(
    ["one", "two"],
    np.array([2.0, -1.0]),
    np.array([[3.0, 0], [-0.5, 0], [0, 4], [0.25, 1]]),
    {"total": np.array([4.0, 6.0])},
)


@pytest.fixture(scope="module")
def held() -> Columns:
    rng = np.random.default_rng(11)
    n = 2 * BLOCK + 77
    answered = rng.random((4, n)) < [[0.9], [0.3], [1.0], [0.7]]
    y = np.vstack([rng.random((3, n)) < 0.4, rng.integers(1, 6, (1, n))]).astype(np.float32) * answered
    return Columns(y, answered, rng.uniform(0.3, 9, n), rng.integers(0, 5, n))


@pytest.fixture(scope="module")
def plain(held) -> tuple[pd.Series, pd.Series]:
    """Scores and errors from the estimators, one indicator at a time."""
    return by_estimators(held, np.ones(held.n, dtype=bool))


def by_estimators(held: Columns, where: np.ndarray) -> tuple[pd.Series, pd.Series]:
    design = Design(held.weight, held.stratum)
    found = [
        share(y > 0, design, where=answered & where)
        if y.max() <= 1
        else mean(y.astype(float), design, where=answered & where)
        for y, answered in zip(held.y, held.answered, strict=True)
    ]
    to = np.vstack([np.eye(2), LINEAR.totals["total"]])
    value = to @ (LINEAR.constants + LINEAR.slopes.T @ [each.estimate.value for each in found])
    z = np.column_stack([each.z for each in found]) @ LINEAR.slopes @ to.T
    names = [*LINEAR.names, *LINEAR.totals]
    return pd.Series(value, names), pd.Series(np.sqrt(np.diag(design.covariance(z))), names)


def assert_same(table: pd.DataFrame, plain: tuple[pd.Series, pd.Series], digits: float = 1e-12) -> None:
    for name, expected in zip(("value", "se"), plain, strict=True):
        assert table[name].to_numpy() == pytest.approx(expected.to_numpy(), rel=digits)


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_scores_are_those_of_the_estimators(held, plain, workers):
    assert_same(columnar.score(held, LINEAR, workers=workers).table, plain)


@pytest.fixture(scope="module")
def small_numbers() -> Columns:
    rng = np.random.default_rng(12)
    n = PACKED + LINEARISED + 77
    answered = rng.random((4, n)) < [[0.9], [0.3], [1.0], [0.7]]
    y = np.vstack([rng.random((3, n)) < 0.4, rng.integers(1, 6, (1, n))]).astype(np.uint8) * answered
    return Columns(y, answered, rng.uniform(0.3, 9, n), rng.integers(0, 5, n))


@pytest.mark.parametrize("workers", [1, 2])
def test_packed_answers_give_the_scores_of_the_estimators(small_numbers, workers):
    together = [each.indicators for each in groups(small_numbers, LINEAR.slopes, 5)]
    assert sorted(together) == [[0, 1], [2], [3]]  # by the scores that use them: the first, the second, both
    found = columnar.score(small_numbers, LINEAR, workers=workers)
    assert_same(found.table, by_estimators(small_numbers, np.ones(small_numbers.n, dtype=bool)))
    plain = Columns(small_numbers.y.astype(float), small_numbers.answered, small_numbers.weight, small_numbers.stratum)
    assert not groups(plain, LINEAR.slopes, 5)
    pd.testing.assert_frame_equal(found.covariance, columnar.score(plain, LINEAR).covariance, rtol=1e-12)


@pytest.mark.parametrize(
    ("largest", "strata", "packed"),
    [
        (1, 5, [[0, 1, 2, 3, 4]]),
        (1, 200, [[0, 1, 2, 3], [4]]),
        (254, 5, [[0], [1], [2], [3], [4]]),
        (255, 5, []),
        (1, 6000, []),
    ],
)
def test_answers_are_packed_as_far_as_tables_stay_small(largest, strata, packed):
    rng = np.random.default_rng(13)
    answered = rng.random((5, 12_000)) < 0.8
    y = np.where(answered, rng.integers(0, largest, answered.shape, endpoint=True), 0)
    y[:, 0], answered[:, 0] = largest, True
    held = Columns(y.astype(np.uint8), answered, rng.uniform(1, 2, 12_000), np.arange(12_000) % strata)
    linear = Linear(["one"], np.zeros(1), rng.uniform(-1, 1, (5, 1)))
    assert [each.indicators for each in groups(held, linear.slopes, strata)] == packed
    plain = columnar.score(Columns(y.astype(float), answered, held.weight, held.stratum), linear)
    pd.testing.assert_frame_equal(columnar.score(held, linear).table, plain.table, rtol=1e-12)


def test_scores_and_intervals_are_those_of_a_wave(wave, pci, pci_2023, lang_son):
    frame = wave.assign(stratum=["even", "odd"] * 110, weight=np.linspace(1, 3, 220))
    scores = score_wave(frame, pci, pci_2023, lang_son)
    rules = [(i, rule, item) for i, rule, item in measurable(pci_2023, pci) if rule.stat != "median" and i.slope]
    spread = scores.linearised[[i.code for i, *_ in rules]]
    rules = [
        each for each in rules if scores.indicators.at[each[0].code, "n"] > 0 and spread[each[0].code].abs().max() > 0
    ]
    bases = [base_of(frame, rule, item, in_scope(frame, pci)) for _, rule, item in rules]
    answered = np.array([base.base for base in bases])
    y = np.array([base.y for base in bases]) * answered
    codes = [code.code for code in pci_2023.sub_indices]
    slopes = np.array([[i.slope if i.sub_index == code else 0.0 for code in codes] for i, *_ in rules])
    held = Columns(y, answered, frame["weight"].to_numpy(), (frame["stratum"] == "odd").to_numpy().astype(int))
    found = columnar.score(held, Linear(codes, np.zeros(len(codes)), slopes))
    z = scores.linearised[[i.code for i, *_ in rules]].to_numpy() @ slopes
    assert found.covariance.to_numpy() == pytest.approx(scores.design.covariance(z), rel=1e-9, abs=1e-15)
    value = scores.indicators.loc[[i.code for i, *_ in rules], "value"].to_numpy(dtype=float) @ slopes
    assert found.table["value"].to_numpy() == pytest.approx(value, rel=1e-12)
    assert (found.table["df"] == scores.sub_indices["df"].iloc[0]).all()


def test_domains_from_cells_are_those_of_the_estimators(held):
    domain = np.random.default_rng(3).integers(0, 6, held.n)
    made = cells(held, domain)
    table = made.score(LINEAR)
    for each in (0, 5):
        assert_same(table.loc[each], by_estimators(held, domain == each), 1e-9)
    joined = made.joined([1, 3]).score(LINEAR).loc[0]
    assert_same(joined, by_estimators(held, np.isin(domain, [1, 3])), 1e-9)
    assert_same(made.joined(range(6)).score(LINEAR).loc[0], by_estimators(held, domain >= 0), 1e-9)
    assert table.loc[(2, "one"), "df"] == (domain == 2).sum() - 5


def test_a_score_without_any_answer_is_empty_and_the_others_stand(held):
    nobody = held.answered.copy()
    nobody[1] = False
    found = columnar.score(Columns(held.y * nobody, nobody, held.weight, held.stratum), LINEAR).table
    assert found["value"].isna().tolist() == found["se"].isna().tolist() == [True, False, True]


def test_a_stratum_of_one_response_is_refused(held):
    stratum = held.stratum.copy()
    stratum[0] = 5
    with pytest.raises(LonelyStratum, match="5"):
        columnar.score(Columns(held.y, held.answered, held.weight, stratum), LINEAR)


def test_nobody_has_no_scores(held):
    nobody = Columns(held.y[:, :0], held.answered[:, :0], held.weight[:0], held.stratum[:0])
    with pytest.raises(ValueError, match="no responses"):
        columnar.score(nobody, LINEAR)
    with duckdb.connect() as connection:
        connection.register("nobody", as_table(held)[:0])
        with pytest.raises(ValueError, match="no responses"):
            columnar_sql.score(lambda statement: connection.execute(statement).fetchall(), "nobody", NAMES, LINEAR)


def as_table(held: Columns) -> pd.DataFrame:
    values = np.where(held.answered, held.y.astype(float), np.nan)
    return pd.DataFrame(dict(zip(NAMES, values, strict=True)) | {"weight": held.weight, "stratum": held.stratum})


def test_duckdb_over_parquet_gives_the_same_scores(held, plain, tmp_path):
    as_table(held).to_parquet(tmp_path / "responses.parquet")
    with duckdb.connect() as connection:
        found = columnar_sql.score(
            lambda statement: connection.execute(statement).fetchall(),
            f"read_parquet('{tmp_path}/responses.parquet')",
            NAMES,
            LINEAR,
        )
    assert_same(found.table, plain, 1e-9)
    fast = columnar.score(held, LINEAR)
    pd.testing.assert_frame_equal(found.table, fast.table, rtol=1e-9)
    pd.testing.assert_frame_equal(found.covariance, fast.covariance, rtol=1e-9)


def test_a_database_names_the_stratum_of_one_response():
    rows = pd.DataFrame({"a": [1.0, 0, 1], "weight": [1.0, 2, 3], "stratum": ["north", "south", "north"]})
    linear = Linear(["one"], np.zeros(1), np.ones((1, 1)))
    with duckdb.connect() as connection:
        connection.register("answers", rows)
        with pytest.raises(LonelyStratum, match="south"):
            columnar_sql.score(lambda statement: connection.execute(statement).fetchall(), "answers", ["a"], linear)


def test_postgresql_gives_the_same_scores(held, plain, postgres):
    rows = as_table(held).astype(object).where(lambda table: table.notna(), None)
    with psycopg.connect(postgres.admin_url) as connection, connection.cursor() as cursor:
        columns = ", ".join(f"{name} double precision" for name in [*NAMES, "weight"])
        cursor.execute(f"CREATE TEMPORARY TABLE responses ({columns}, stratum integer)")
        with cursor.copy("COPY responses FROM STDIN") as copy:
            for row in rows.itertuples(index=False):
                copy.write_row(row)
        found = columnar_sql.score(lambda statement: cursor.execute(statement).fetchall(), "responses", NAMES, LINEAR)
    assert_same(found.table, plain, 1e-9)
