"""What every template can use: addresses of files, the installation's words, dates and numbers as people write them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal, format_percent
from flask import Flask, request
from flask_babel import gettext as _
from jinja2 import StrictUndefined

from survey_app.config import Config
from survey_app.i18n import HERE, language
from survey_app.navigation import account_name, navigation

_STATIC = Path(__file__).resolve().parent / "static"


def init_app(app: Flask, config: Config) -> None:
    """Make templates strict, and give them the words and formats below."""
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.autoescape = True
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        asset=asset,
        installation=config,
        other_language=other_language,
        navigation=navigation,
        account_name=account_name,
    )
    app.jinja_env.filters.update(day=day, moment=moment, number=number, share=share, figure=figure)


@cache
def asset(path: str) -> str:
    """Return the address of a static file; it changes with the content, so browsers may keep the file for a year."""
    content = (_STATIC / path).read_bytes()
    return f"/static/{path}?v={sha256(content).hexdigest()[:12]}"


def other_language() -> str:
    """Return the address of this page in the other language."""
    wanted = "en" if language() == "vi" else "vi"
    return f"{request.path}?lang={wanted}"


def day(value: date) -> str:
    """Return a date as people write it here: 24/11/2026, or 24 November 2026."""
    return format_date(value, format="dd/MM/yyyy" if language() == "vi" else "d MMMM yyyy", locale=language())


def moment(value: datetime) -> str:
    """Return a date and time of day in the province; a time without a zone is UTC, as stored."""
    aware = value if value.tzinfo else value.replace(tzinfo=UTC)
    pattern = "HH:mm dd/MM/yyyy" if language() == "vi" else "d MMM yyyy, HH:mm"
    return format_datetime(aware.astimezone(HERE), pattern, locale=language())


def number(value: float | None, decimals: int = 0) -> str:
    """Return a number in the page's language (1.234,56 or 1,234.56); a dash where there is none."""
    if value is None:
        return "–"
    places = f".{'0' * decimals}" if decimals else ""
    return str(format_decimal(value, format=f"#,##0{places}", locale=language()))


def share(value: float | None, decimals: int = 0) -> str:
    """Return a share of 1 in per cent; a dash where there is none."""
    if value is None:
        return "–"
    places = f".{'0' * decimals}" if decimals else ""
    return str(format_percent(value, format=f"#,##0{places}%", locale=language()))


def figure(value: float | None, unit: str, decimals: int = 1) -> str:
    """Return a figure in its unit as the method names it: shares in per cent, days and hours named, the rest as numbers."""
    if unit.startswith("share"):
        return share(value, decimals)
    if unit.startswith("percent"):
        return share(None if value is None else value / 100, decimals)
    if value is not None and unit.startswith(("days", "hours")):
        text = number(value, 0 if value == int(value) else decimals)
        return f"{text} {_('days') if unit.startswith('days') else _('hours')}"
    return number(value, max(decimals, 1))
