"""Who may see which route: closed unless the view names it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from flask import Flask, abort, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_security import current_user

from survey_app.models.people import RoleName

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])

#: The mark of a page that needs no account.
EVERYONE = "everyone"


def allow(*who: RoleName | str) -> Callable[[View], View]:
    """Open a view to these roles, or to EVERYONE."""

    def mark(view: View) -> View:
        view.allowed = frozenset(str(name) for name in who)  # type: ignore[attr-defined]
        return view

    return mark


def allowed_to(app: Flask, endpoint: str) -> frozenset[str]:
    """Return who may see an endpoint; nobody if its view does not say."""
    return getattr(app.view_functions[endpoint], "allowed", frozenset())


def close_by_default(app: Flask) -> None:
    """Refuse every request whose view does not admit the person who makes it."""
    app.before_request(_check)


def _check() -> ResponseReturnValue | None:
    if request.endpoint is None or request.endpoint == "static":
        return None
    who = allowed_to(current_app, request.endpoint)
    if EVERYONE in who:
        return None
    if not current_user.is_authenticated:
        return redirect(url_for("auth.sign_in"))
    if not who & {role.name for role in current_user.roles}:
        abort(403)
    return None
