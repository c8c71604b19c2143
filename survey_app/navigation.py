"""Which sections an account sees at the top of each page."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from flask import current_app, g, request, url_for
from flask_babel import lazy_gettext

from survey_app.access import allowed_to

_SECTIONS = {
    "association.firms": lazy_gettext("Firms"),
    "staff.waves": lazy_gettext("Waves"),
    "staff.accounts": lazy_gettext("Accounts"),
    "agency.home": lazy_gettext("Results"),
}


@dataclass(frozen=True)
class Link:
    """A section's name and address, and whether this page belongs to it."""

    label: str
    address: str
    is_here: bool


def navigation() -> list[Link]:
    """Return the sections open to the account that asks; none on pages for everyone."""
    if g.get("account") is None:
        return []
    return [
        Link(str(_SECTIONS[endpoint]), url_for(endpoint), _area(request.path) == _area(url_for(endpoint)))
        for endpoint in sections({role.name for role in g.account.roles})
    ]


def _area(path: str) -> str:
    """Return the first part of an address: each section has one of its own."""
    return path.split("/")[1]


def sections(roles: Collection[str]) -> list[str]:
    """Return the endpoints of the sections that are open to these roles; the first is where they start."""
    served = [endpoint for endpoint in _SECTIONS if endpoint in current_app.view_functions]
    return [endpoint for endpoint in served if allowed_to(current_app, endpoint) & set(roles)]


def account_name() -> str:
    """Return the name of the account that asks; empty on pages for everyone."""
    return str(g.account.name) if g.get("account") else ""
