"""When firms may be written to: working days, in the morning and the afternoon."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time

_HOURS = ((time(8), time(11, 30)), (time(13, 30), time(18)))
#: Public holidays with a date of their own (month, day); those by the moon are a setting, since they are decided yearly.
FIXED_HOLIDAYS = frozenset({(1, 1), (4, 30), (5, 1), (9, 2)})
_SATURDAY = 5


def is_working_day(day: date, days_off: Collection[date]) -> bool:
    """Say whether a day is a working day."""
    return day.weekday() < _SATURDAY and (day.month, day.day) not in FIXED_HOLIDAYS and day not in days_off


def is_working_time(now: datetime, days_off: Collection[date]) -> bool:
    """Say whether firms may be written to now; `now` is the province's time."""
    return is_working_day(now.date(), days_off) and any(start <= now.time() < end for start, end in _HOURS)
