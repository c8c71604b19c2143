"""Rules, attacks and hiding of cells, against published examples and against trying everything."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from analysis.disclosure.attack import attack, attacks_of_insiders
from analysis.disclosure.differences import differences, solved
from analysis.disclosure.hiding import CannotProtect, protect
from analysis.disclosure.rules import Rules, unsafe
from analysis.disclosure.tables import LARGEST, Contradictory, Table, joined, members, of_counts, tabulate

#: `microdata1` of the R package sdcTable (data-raw/microdata1.R): 100 persons by region and gender, with a value.
REGION = "CCAACDDAACABBBCDABCABDACDDABDCCBBBBDCDBCBADBBDBCCBACDBCBBACDBADDAADDDACBBDDBDDABBCABBBCACCCDBDBBDBAB"
GENDER = "mmmmmfffmmffmmffmmmmmmmffmmfmmfmfffmfmfmmmfffmfmffmfffmmfmfmmmffmmffmmfmfffffmmfffmmmmmmmfmmfffmmfmm"
VAL = [
    9, 11, 10, 11, 18, 10, 6, 9, 5, 12, 11, 10, 11, 5, 10, 11, 7, 7, 10, 13, 12, 280, 15, 12, 16, 9, 13, 16, 9, 6, 11, 14,
    12, 8, 18, 8, 7, 7, 11, 11, 15, 6, 14, 8, 12, 9, 14, 6, 12, 13, 9, 9, 9, 7, 6, 9, 9, 7, 9, 8, 10, 9, 7, 6, 8, 9, 14,
    10, 7, 10, 19, 10, 14, 11, 9, 5, 11, 8, 10, 13, 8, 9, 18, 7, 10, 8, 11, 6, 6, 8, 12, 11, 10, 18, 9, 8, 10, 7, 12, 14,
]  # fmt: skip


@pytest.fixture
def microdata() -> pd.DataFrame:
    return pd.DataFrame({"region": list(REGION), "gender": list(GENDER), "val": VAL})


def cell_of(*contributions: float, value: float | None = None) -> Table:
    """Return the table of one cell of an amount."""
    largest = [*sorted(contributions, reverse=True), *[0.0] * LARGEST][:LARGEST]
    cells = pd.DataFrame({"value": [value or sum(contributions)], "n": [len(contributions)]}, ["cell"])
    return Table(cells, (), pd.DataFrame([largest], ["cell"]))


def grid(rows: list[list[int]]) -> Table:
    """Return a table of counts with its margins; cells are r1c1, margins r1 and c1, the whole `all`."""
    inner = {f"r{i}c{j}": n for i, row in enumerate(rows, 1) for j, n in enumerate(row, 1)}
    lines = {f"r{i}": tuple(f"r{i}c{j}" for j in range(1, len(rows[0]) + 1)) for i in range(1, len(rows) + 1)}
    lines |= {f"c{j}": tuple(f"r{i}c{j}" for i in range(1, len(rows) + 1)) for j in range(1, len(rows[0]) + 1)}
    margins = {name: sum(inner[part] for part in parts) for name, parts in lines.items()}
    whole = [("all", tuple(name for name in lines if name[0] == kind)) for kind in "rc"]
    return of_counts(inner | margins | {"all": sum(inner.values())}, [*lines.items(), *whole])


def widths(found: pd.DataFrame) -> pd.Series:
    return found["high"] - found["low"]


def test_the_threshold_and_the_p_rule_find_the_cells_that_sdctable_finds(microdata):
    few = unsafe(tabulate(microdata, ["region", "gender"]), Rules(threshold=3))
    assert few["reason"].to_dict() == {"gender=f & region=A": "few"}
    amounts = unsafe(tabulate(microdata, ["region", "gender"], value="val"), Rules(threshold=1, p=30))
    assert amounts["reason"].to_dict() == {"gender=f & region=A": "close", "gender=m & region=D": "close"}


def test_the_p_rule_lets_pass_what_the_dominance_rule_overprotects():
    table = cell_of(52_000, 50_000, 8_000)  # Handbook on SDC, example 2 of 4.2.1
    assert unsafe(table, Rules(threshold=1, p=10)).empty
    found = unsafe(table, Rules(threshold=1, p=None, dominance=(2, 100 * 100 / 110)))
    assert found.at["cell", "reason"] == "dominated"


def test_the_protection_level_of_a_dominated_cell_is_that_of_the_handbook():
    found = unsafe(cell_of(300, 20, 10), Rules(threshold=1, p=None, dominance=(1, 85)))  # example 4 of 4.2.2: 352.94
    assert found.at["cell", "need"] == pytest.approx(330 * 0.2)  # a fifth is more than 22.94 here
    near = unsafe(cell_of(300, 20, 10), Rules(threshold=1, p=None, dominance=(1, 50)))
    assert near.at["cell", "need"] == pytest.approx(100 / 50 * 300 - 330)


def test_the_protection_level_of_the_p_rule_is_that_of_the_handbook():
    found = unsafe(cell_of(300, 20, 10), Rules(threshold=1, p=80))
    assert found.at["cell", "need"] == pytest.approx(80 / 100 * 300 - (330 - 300 - 20))


def test_weights_enter_the_total_and_not_the_contributions():
    frame = pd.DataFrame({"kind": ["a", "a"], "amount": [100, 10], "weight": [4, 7]})
    table = tabulate(frame, ["kind"], value="amount", weight="weight")  # Handbook, 4.2.1: 4 x 100 + 7 x 10 = 470
    assert table.cells.at["kind=a", "value"] == 470
    assert table.largest.loc["kind=a", :1].tolist() == [100, 10]


def test_rows_of_one_firm_are_one_contribution():
    frame = pd.DataFrame({"kind": list("aaaa"), "amount": [5, 5, 6, 1], "owner": list("xxyz")})
    table = tabulate(frame, ["kind"], value="amount", firm="owner")
    assert table.cells.loc["kind=a"].tolist() == [17, 3]
    assert table.largest.loc["kind=a", :2].tolist() == [10, 6, 1]


def test_the_attacker_finds_the_intervals_of_the_handbook():
    table = grid([[4, 3], [2, 1], [3, 3]])  # Geurts 1992, table 10: Handbook, example 3 of 4.2.2
    found = attack(table, ["r1c1", "r1c2", "r2c1", "r2c2"])
    assert found.loc["r1c1"].tolist() == [3, 6]
    assert found.loc["r2c2"].tolist() == [0, 3]


def test_two_hidden_cells_in_each_row_and_column_are_no_protection():
    table = grid([[20, 30, 40, 50], [25, 35, 4, 45], [30, 40, 50, 60], [35, 45, 55, 65]])
    hidden = ["r1c1", "r1c2", "r2c1", "r2c2", "r2c3", "r3c3", "r3c4", "r4c3", "r4c4"]
    lines = [{label for label in hidden if part in label} for part in ("r1", "r2", "r3", "r4", "c1", "c2", "c3", "c4")]
    assert min(len(line) for line in lines) == 2
    found = attack(table, hidden)  # rows 1 and 2 less columns 1 and 2 leave r2c3
    assert found.loc["r2c3"].tolist() == [4, 4]
    protected = protect(table, Rules(threshold=10))
    assert widths(protected)["r2c3"] >= 10
    assert protected.at["r2c3", "reason"] == "few"


def test_two_firms_alone_in_their_cells_do_not_protect_each_other():
    table = grid([[1, 1, 30], [30, 30, 30], [30, 30, 30]])
    hidden = ["r1c1", "r1c2", "r2c1", "r2c2"]
    assert widths(attack(table, hidden))["r1c1"] == 2
    found = attacks_of_insiders(table, hidden)
    assert found.loc["r1c1"].tolist() == [1, 1, "r1c2"]
    protected = protect(table, Rules(threshold=3))
    assert (widths(protected) >= protected["need"]).all()
    assert len(protected) > len(hidden)


def cheapest_by_trying(table: Table, rules: Rules) -> float:
    """Return the least cost of all sets of cells that withstand every attack."""
    primary, cost = unsafe(table, rules), 1 + table.cells["value"]
    loose = [label for label in table.cells.index if label not in primary.index and table.cells.at[label, "value"] > 0]
    sets = (set(more) | set(primary.index) for k in range(len(loose) + 1) for more in combinations(loose, k))
    for hidden in sorted(sets, key=lambda labels: (cost[list(labels)].sum(), sorted(labels))):
        if any(len(hidden & {total, *parts}) == 1 for total, parts in table.sums):
            continue
        found = attacks_of_insiders(table, hidden)
        if (widths(found).reindex(primary.index) >= primary["need"] - 1e-6).all():
            return float(cost[list(hidden)].sum())
    raise AssertionError("nothing protects the table")


@pytest.mark.parametrize("seed", range(4))
def test_what_is_hidden_is_the_cheapest_there_is(seed):
    rng = np.random.default_rng(seed)
    table = grid(rng.integers(1, 30, (2, 3)).tolist())
    rules = Rules(threshold=5 + seed)
    hidden = protect(table, rules)
    assert not hidden.empty
    assert (1 + table.cells["value"][hidden.index]).sum() == cheapest_by_trying(table, rules)


@pytest.mark.parametrize("seed", range(3))
def test_every_hidden_cell_of_a_larger_table_withstands_the_attack(seed):
    rng = np.random.default_rng(seed)
    chances = np.outer([0.5, 0.3, 0.15, 0.05], [0.4, 0.3, 0.2, 0.07, 0.03]).ravel()
    table = grid(rng.multinomial(400, chances).reshape(4, 5).tolist())
    hidden = protect(table)
    found = attacks_of_insiders(table, hidden.index)
    assert (hidden["reason"] == "few").sum() >= 3
    assert (widths(found) >= hidden["need"].reindex(found.index) - 1e-6).all()


def test_amounts_with_nested_areas_withstand_the_attack():
    rng = np.random.default_rng(5)
    frame = pd.DataFrame(
        {"commune": rng.choice(["a1", "a2", "a3", "b1", "b2"], 300), "sector": rng.choice(list("xyz"), 300)}
    )
    frame = frame.assign(district=frame["commune"].str[0], amount=rng.lognormal(3, 3, 300))
    table = tabulate(frame, [("district", "commune"), "sector"], value="amount")
    hidden = protect(table, Rules(threshold=10, p=15, dominance=(2, 85)))
    assert {"close", "dominated"} & set(hidden["reason"])
    assert (widths(hidden) >= hidden["need"] - 1e-4).all()
    kept = protect(table, Rules(threshold=10, p=15, dominance=(2, 85)), shown=["all", "district=a", "district=b"])
    assert not {"all", "district=a", "district=b"} & set(kept.index)


def test_tables_that_share_margins_are_protected_together(microdata):
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({name: rng.choice(list("pqr"), 200, p=[0.6, 0.37, 0.03]) for name in ("a", "b", "c")})
    tables = [tabulate(frame, ["a", "b"]), tabulate(frame, ["a", "c"])]
    together = protect(joined(tables))
    for table in tables:
        inside = [label for label in together.index if label in table.cells.index]
        found = attacks_of_insiders(table, inside)
        assert (widths(found) >= together["need"].reindex(found.index) - 1e-6).all()
    with pytest.raises(ValueError, match="not of the same firms"):
        joined([tabulate(frame, ["a"]), tabulate(frame[:100], ["a"])])


def test_nothing_is_hidden_where_nothing_is_unsafe():
    assert protect(grid([[20, 30], [40, 50]])).empty


def test_a_table_that_cannot_be_protected_is_named():
    with pytest.raises(CannotProtect, match="nothing protects r1c1") as caught:
        protect(grid([[2, 30], [40, 50]]), shown=["r1c2", "r1"])
    assert caught.value.labels == ["r1c1"]
    with pytest.raises(ValueError, match="r1c1 is unsafe"):
        protect(grid([[2, 30], [40, 50]]), shown=["r1c1"])


def test_a_table_whose_parts_do_not_add_up_is_refused():
    with pytest.raises(Contradictory, match="the parts of all make 5, not 6"):
        of_counts({"x": 2, "y": 3, "all": 6}, [("all", ("x", "y"))])


def test_amounts_under_zero_and_values_under_two_coarser_ones_are_refused():
    with pytest.raises(ValueError, match="0 or more only"):
        tabulate(pd.DataFrame({"a": ["x"], "v": [-1]}), ["a"], value="v")
    with pytest.raises(ValueError, match="commune is not nested in district"):
        tabulate(pd.DataFrame({"district": ["a", "b"], "commune": ["x", "x"]}), [("district", "commune")])


def test_populations_must_differ_by_nobody_or_by_many():
    whole, less = np.ones(50, dtype=bool), np.arange(50) < 47
    found = differences(
        {"first release": whole, "second release": less, "again": whole.copy(), "half": np.arange(50) < 25}
    )
    assert found.to_numpy().tolist() == [
        ["first release", "second release", 3, 0],
        ["second release", "again", 0, 3],
    ]


def test_the_rest_of_several_populations_is_found():
    firms = np.arange(60)
    released = {"all": firms >= 0, "trade": firms < 30, "industry": (firms >= 30) & (firms < 57)}
    assert differences(released).empty
    (rest,) = solved(released)
    assert firms[rest].tolist() == [57, 58, 59]
    del released["industry"]
    assert solved(released) == []


def test_the_populations_of_a_table_are_those_of_its_cells(microdata):
    table, masks = tabulate(microdata, ["region", "gender"]), members(microdata, ["region", "gender"])
    assert {label: mask.sum() for label, mask in masks.items()} == table.cells["n"].to_dict()
    (alone,) = solved({name: mask for name, mask in masks.items() if name != "gender=f & region=A"}, threshold=3)
    assert microdata[alone]["region"].tolist() == ["A", "A"]
