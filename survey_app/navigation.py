"""Which sections an account sees at the top of each page."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from flask import current_app, g, request, url_for
from flask_babel import lazy_gettext

from survey_app.access import allowed_to

#: By the endpoint of a section's first page: its name, and how the addresses of its pages begin.
_SECTIONS = {
    "association.firms": (lazy_gettext("Firms"), ("/hh/doanh-nghiep", "/hh/nhap")),
    "association.waves": (lazy_gettext("Fieldwork"), ("/hh/dot", "/hh/tep", "/hh/viec")),
    "association.notices": (lazy_gettext("Notices"), ("/hh/thong-bao",)),
    "staff.waves": (lazy_gettext("Waves"), ("/pt",)),
    "staff.keying_waves": (lazy_gettext("Paper forms"), ("/nhap-phieu",)),
    "staff.accounts": (lazy_gettext("Accounts"), ("/qt",)),
    "agency.home": (lazy_gettext("Results"), ("/cq",)),
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
        Link(str(label), url_for(endpoint), request.path.startswith(beginnings))
        for endpoint in sections({role.name for role in g.account.roles})
        for label, beginnings in [_SECTIONS[endpoint]]
    ]


def sections(roles: Collection[str]) -> list[str]:
    """Return the endpoints of the sections that are open to these roles; the first is where they start."""
    served = [endpoint for endpoint in _SECTIONS if endpoint in current_app.view_functions]
    return [endpoint for endpoint in served if allowed_to(current_app, endpoint) & set(roles)]


def account_name() -> str:
    """Return the name of the account that asks; empty on pages for everyone."""
    return str(g.account.name) if g.get("account") else ""
