import pytest

from analysis.backtest import COLUMNS, backtest, reasons, summary
from questionnaires.files import load_plan, plan_path

#: Years whose published totals do not follow from the published sub-indices, with the largest difference known.
LOOSE = {2011: 0.56, 2017: 0.026, 2021: 0.031}


@pytest.fixture(scope="module")
def table(pci_2023):
    return backtest(pci_2023).assign(size=lambda rows: rows["error"].abs())


def test_the_columns_are_those_promised(table):
    assert list(table)[: len(COLUMNS)] == ["year", "province", "sub_index", "official", "computed", "error", "note"]


def test_nine_sub_indices_of_2023_are_exact_for_all_63_provinces(table):
    rows = table[(table["year"] == 2023) & ~table["sub_index"].isin(["labour", "total", "total_of_official"])]
    assert rows.groupby("sub_index").size().to_dict() == dict.fromkeys(rows["sub_index"].unique(), 63)
    assert rows["sub_index"].nunique() == 9
    assert rows["size"].max() < 0.005


def test_labour_is_within_017_because_the_published_table_leaves_some_input_out(table):
    rows = table[(table["year"] == 2023) & (table["sub_index"] == "labour")]
    assert len(rows) == 63
    assert rows["size"].max() < 0.17
    assert rows["note"].str.startswith("approximate").all()


def test_totals_of_2023_are_within_017_and_from_official_sub_indices_within_002(table):
    rows = table[table["year"] == 2023].set_index("sub_index")
    assert len(rows.loc["total"]) == 63
    assert rows.loc["total", "size"].max() < 0.17
    assert rows.loc["total_of_official", "size"].max() < 0.02


def test_a_total_of_another_year_that_misses_by_002_says_why(table):
    rows = table[(table["sub_index"] == "total") & (table["year"] != 2023)].set_index(["year", "province"])
    assert (rows.loc[rows["note"] == "", "size"] < 0.02 - 1e-9).all()
    # ten figures with two decimals: 10 x 0.005, and half a hundredth for the total itself
    assert rows.at[(2021, "Bình Phước"), "note"] == "rounding of the published figures explains up to 0.055"
    unexplained = rows[rows["note"].str.startswith("more than rounding explains")]
    assert set(unexplained.index.get_level_values("year")) == {2011}
    assert len(unexplained) == 62  # of 63: Đồng Tháp is within 0.0024


def test_the_summary_has_the_reason_of_the_largest_error(table):
    assert reasons(table)[(2011, "total")].startswith("more than rounding explains")
    assert reasons(table)[(2017, "total")] == "rounding of the published figures explains up to 0.055"
    assert reasons(table)[(2012, "total")] == ""
    assert reasons(table).index.equals(summary(table).index)


def test_the_total_that_the_plan_quotes_from_vcci_follows_from_the_official_sub_indices(table):
    rows = table.set_index(["year", "province", "sub_index"])
    assert "PCI 2023: 69.05 points" in load_plan(plan_path("lang_son_2024")).headline.en
    assert round(rows.at[(2023, "Lạng Sơn", "total_of_official"), "computed"], 2) == pytest.approx(69.05)


def test_totals_of_2023_that_vcci_did_not_publish_are_marked(table):
    totals = table[(table["year"] == 2023) & (table["sub_index"] == "total")].set_index("province")
    unpublished = totals["note"].str.contains("published none of this province")
    assert unpublished.sum() == 33
    assert not unpublished["Quảng Ninh"]  # the first of the thirty that VCCI published
    assert totals["note"].str.startswith("official total computed from the official sub-indices").all()


def test_totals_of_other_years_follow_from_the_weights_of_the_year(table):
    rows = table[(table["sub_index"] == "total") & (table["year"] != 2023)]
    largest = rows.groupby("year")["size"].max()
    assert set(largest.index) == set(range(2006, 2025)) - {2023}
    for year, size in largest.items():
        assert size <= LOOSE.get(year, 0.0201), year
