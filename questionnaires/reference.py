"""Published PCI figures: typed rows of the CSV files in `reference/`, whose sources its README names."""

from __future__ import annotations

import csv
import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from questionnaires.files import FOLDER

REFERENCE = FOLDER / "reference"
SUB_INDICES = (
    "entry", "land", "transparency", "time", "informal", "competition", "proactivity", "support", "labour", "legal",
)  # fmt: skip


@dataclass(frozen=True)
class ProvinceScore:
    """A province in a year: sub-indices 1-10, total out of 100, rank; None where none was found."""

    province: str
    year: int
    sub_indices: Mapping[str, float | None]
    total: float | None
    rank: int | None
    note: str


@dataclass(frozen=True)
class National:
    """An indicator over the 63 provinces of a year, in its raw unit."""

    low: float
    median: float
    high: float
    sd: float


@cache
def indicator_values(year: int = 2023) -> Mapping[tuple[str, str], float]:
    """Return the published value of each (province, indicator), in the raw unit."""
    rows = _rows(f"indicator_values_{year}.csv")
    return {(row["province"], row["indicator_id"]): float(row["value"]) for row in rows if row["value"]}


@cache
def province_values(province: str, year: int = 2023) -> Mapping[str, float]:
    """Return a province's published indicators by code; raise KeyError if the province is unknown."""
    values = {code: value for (name, code), value in indicator_values(year).items() if name == province}
    if not values:
        raise KeyError(f"no published values for {province} in {year}")
    return values


@cache
def national(year: int = 2023) -> Mapping[str, National]:
    """Return each indicator's minimum, median, maximum and standard deviation over the provinces."""
    values: dict[str, list[float]] = {}
    for (_, code), value in indicator_values(year).items():
        values.setdefault(code, []).append(value)
    return {
        code: National(min(column), statistics.median(column), max(column), statistics.stdev(column))
        for code, column in values.items()
    }


@cache
def scores() -> tuple[ProvinceScore, ...]:
    """Return every published province and year."""
    return tuple(
        ProvinceScore(
            province=row["province"],
            year=int(row["year"]),
            sub_indices={code: _number(row[code]) for code in SUB_INDICES},
            total=_number(row["total"]),
            rank=int(row["rank"]) if row["rank"] else None,
            note=row["note"],
        )
        for row in _rows("pci_scores.csv")
    )


@cache
def respondents(year: int = 2023) -> Mapping[str, int]:
    """Return the firms that answered VCCI's survey, but for newly registered ones, by province."""
    return {row["province"]: int(row["existing_firms"]) for row in _rows(f"respondents_{year}.csv")}


@cache
def official_directions() -> Mapping[str, str]:
    """Return `higher` or `lower` for each official indicator of 2021-2024."""
    return {row["indicator_id"]: row["direction"].split()[0] for row in _rows("indicators_2021_2024.csv")}


def _rows(name: str) -> list[dict[str, str]]:
    with (REFERENCE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _number(text: str) -> float | None:
    return float(text) if text else None
