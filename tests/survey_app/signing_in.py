"""Staff accounts and signed-in browsers, for the tests of staff pages."""

from __future__ import annotations

from flask import Flask

from survey_app.db import transaction
from survey_app.models.people import RoleName
from survey_app.services import people
from tests.checked_client import CheckedClient, hidden_fields

PASSWORD = "mười lăm ký tự là đủ"


def make_account(app: Flask, role: RoleName, **more: str) -> str:
    """Return the e-mail address of a new account with this role."""
    own = {
        "email": f"{role.value}@example.vn",
        **({"agency_code": "STC_2025"} if role is RoleName.AGENCY else {}),
        **more,
    }
    with app.app_context(), transaction() as session:
        people.create_user(session, name=f"Người {role.value}", role=role, password=PASSWORD, **own)
    return own["email"]


def signed_in(app: Flask, role: RoleName) -> CheckedClient:
    """Return a browser signed in with a new account of this role."""
    client: CheckedClient = app.test_client()  # type: ignore[assignment]
    answer = sign_in(client, make_account(app, role))
    assert answer.status_code == 302, "not signed in"
    return client


def sign_in(client: CheckedClient, email: str, password: str = PASSWORD):
    """Send the sign-in form and return the answer."""
    return client.post_form("/dang-nhap", {"email": email, "password": password})


def token(client: CheckedClient, path: str = "/tai-khoan") -> dict[str, str]:
    """Return the form token of this browser, as a page gives it."""
    return {"csrf_token": hidden_fields(client.get(path).text)["csrf_token"]}
