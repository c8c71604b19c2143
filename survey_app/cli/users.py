"""`flask users`: staff accounts."""

from __future__ import annotations

import click

from survey_app.cli.subject import Subject, say
from survey_app.db import db, transaction
from survey_app.models.people import RoleName
from survey_app.services import people

group = Subject("users", help="Staff accounts.")


@group.command("create")
@click.argument("email")
@click.option("--name", required=True)
@click.option("--role", type=click.Choice([role.value for role in RoleName]), required=True)
@click.option("--agency", help="Its code, for the role agency.")
def create(email: str, name: str, role: str, agency: str | None) -> None:
    """Make an account for EMAIL and print its password, once."""
    password = people.one_time_password()
    with transaction() as session:
        people.create_user(session, email=email, name=name, role=RoleName(role), password=password, agency_code=agency)
    say(vi=f"Mật khẩu của {email}: {password}", en=f"Password of {email}: {password}")


@group.command("reset-password")
@click.argument("email")
def reset_password(email: str) -> None:
    """Give the account EMAIL a new password, print it once, and sign the account out everywhere."""
    password = people.one_time_password()
    with transaction() as session:
        user = people.find(session, email)
        if user is None:
            raise people.AccountUnknown
        people.set_password(session, user, password)
    say(vi=f"Mật khẩu mới của {email}: {password}", en=f"New password of {email}: {password}")


@group.command("list")
def list_() -> None:
    """List the accounts with their roles."""
    for user in people.accounts(db.session):
        roles = ", ".join(role.name for role in user.roles)
        closed = "" if user.active else " (-)"
        click.echo(f"{user.email:<30} {roles:<12} {user.agency_code or '-':<12} {user.name}{closed}")
