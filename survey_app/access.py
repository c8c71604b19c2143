"""Who may see which route: closed unless the view names it. Who is asking: only looked up where a page needs to know."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from flask import Flask, Request, abort, current_app, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_security import FSQLALiteUserDatastore, Security, current_user

from survey_app.db import db, reading, transaction
from survey_app.models.people import Role, RoleName, User
from survey_app.services import people

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])

#: The mark of a page that needs no account.
EVERYONE = "everyone"
#: Where the cookie session keeps the secret of a signed-in browser.
SIGNED_IN = "staff"


def allow(*who: RoleName | str) -> Callable[[View], View]:
    """Open a view to these roles, or to EVERYONE."""

    def mark(view: View) -> View:
        view.allowed = frozenset(str(name) for name in who)  # type: ignore[attr-defined]
        return view

    return mark


def allowed_to(app: Flask, endpoint: str) -> frozenset[str]:
    """Return who may see an endpoint; nobody if its view does not say."""
    return getattr(app.view_functions[endpoint], "allowed", frozenset())


def init_app(app: Flask) -> None:
    """Refuse every request whose view does not admit the person who makes it."""
    # Flask-Security hashes passwords and knows who is signed in; its own pages stay off (docs/adr/0004).
    security = Security(app, FSQLALiteUserDatastore(db, User, Role), register_blueprint=False)
    security.login_manager.request_loader(_who_asks)
    app.before_request(_check)


def _check() -> ResponseReturnValue | None:
    if request.endpoint is None:
        return None
    who = allowed_to(current_app, request.endpoint)
    if EVERYONE in who:
        return None
    if not current_user.is_authenticated:
        return redirect(url_for("auth.sign_in"))
    if not who & {role.name for role in current_user.roles}:
        abort(403)
    g.account = current_user
    return None


def _who_asks(_request: Request) -> User | None:
    """Return the account signed in here, if the page needs one: pages for everyone never touch accounts."""
    token = session.get(SIGNED_IN)
    endpoint = request.endpoint
    if token is None or endpoint is None or EVERYONE in allowed_to(current_app, endpoint):
        return None
    now = datetime.now(UTC)
    with transaction() as own:  # ends before anything else is read, so that the note below waits for nobody
        seen = people.resume_session(own, token, now=now)
    if seen is None:
        return None
    if seen.is_stale:
        _note_seen(token, now)
    user = db.session.get(User, seen.user_id)
    return user if user and user.active else None


def _note_seen(token: str, now: datetime) -> None:
    """Write that the session is in use; a page that only reads may write this and nothing else."""
    only_reads = reading.get()
    reading.set(False)
    try:
        with transaction() as own:
            people.note_seen(own, token, now=now)
    finally:
        reading.set(only_reads)
