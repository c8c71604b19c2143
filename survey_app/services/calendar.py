"""When waves are fielded in a year, as a template for new ones: dates that an association can change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Season:
    """A wave that comes every year. The main one is released before plans are due (15 July), the pulse before reports
    are (10 December); neither meets VCCI's own fieldwork about mid-year.
    """

    name: str
    instrument: str
    first: tuple[int, int]  # month, day
    last: tuple[int, int]
    title_vi: str
    title_en: str


SEASONS = (
    Season("chinh", "pci_domestic", (4, 15), (5, 10), "Khảo sát doanh nghiệp {year}", "Survey of firms {year}"),
    Season("nhanh", "pci_pulse", (10, 10), (10, 25), "Khảo sát nhanh {year}", "Short survey {year}"),
)


@dataclass(frozen=True)
class Proposal:
    """A wave as the calendar proposes it."""

    code: str
    instrument: str
    title_vi: str
    title_en: str
    opens_on: date
    closes_on: date


def proposals(today: date) -> list[Proposal]:
    """Return the next wave of each season that has not begun, the sooner one first."""
    return sorted((_next(season, today) for season in SEASONS), key=lambda proposal: proposal.opens_on)


def _next(season: Season, today: date) -> Proposal:
    year = today.year if date(today.year, *season.first) >= today else today.year + 1
    return Proposal(
        code=f"{year}-{season.name}",
        instrument=season.instrument,
        title_vi=season.title_vi.format(year=year),
        title_en=season.title_en.format(year=year),
        opens_on=date(year, *season.first),
        closes_on=date(year, *season.last),
    )
