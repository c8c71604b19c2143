"""Accounts: who has one, and what the administrator can do about it."""

from __future__ import annotations

from collections.abc import Callable

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from survey_app.access import allow
from survey_app.db import db, transaction
from survey_app.i18n import language
from survey_app.models.people import RoleName, User
from survey_app.services import people
from survey_app.staff.forms import ROLES, AccountForm
from survey_app.staff.views import bp


@bp.get("/qt/tai-khoan")
@allow(RoleName.ADMIN)
def accounts() -> ResponseReturnValue:
    """List the accounts."""
    return render_template("staff/accounts.html", accounts=people.accounts(db.session), roles=ROLES)


@bp.get("/qt/tai-khoan/<number:number>")
@allow(RoleName.ADMIN)
def account(number: int) -> ResponseReturnValue:
    """Show one account and what can be done about it."""
    return render_template("staff/account.html", account=people.account(db.session, number), roles=ROLES)


@bp.route("/qt/tai-khoan/moi", methods=["GET", "POST"])
@allow(RoleName.ADMIN)
def new_account() -> ResponseReturnValue:
    """Make an account and show its first password once."""
    form = AccountForm()
    if form.validate_on_submit():
        password = people.one_time_password()
        try:
            _create(form, password)
        except (people.AccountExists, people.BadEmail) as error:
            form.email.errors = (error.message(language()),)
        except (people.AgencyNeeded, people.AgencyUnknown) as error:
            form.agency_code.errors = (error.message(language()),)
        else:
            return render_template("staff/password.html", email=form.email.data, password=password)
    return render_template("staff/new_account.html", form=form)


@bp.post("/qt/tai-khoan/<number:number>/mat-khau")
@allow(RoleName.ADMIN)
def reset_password(number: int) -> ResponseReturnValue:
    """Give the account a new password and show it once."""
    password = people.one_time_password()
    with transaction() as session:
        user = people.account(session, number)
        people.set_password(session, user, password)
        email = user.email
    return render_template("staff/password.html", email=email, password=password)


@bp.post("/qt/tai-khoan/<number:number>/dang-xuat")
@allow(RoleName.ADMIN)
def sign_out_everywhere(number: int) -> ResponseReturnValue:
    """End every session of the account."""
    return _change(number, people.sign_out_everywhere)


@bp.post("/qt/tai-khoan/<number:number>/khoa")
@allow(RoleName.ADMIN)
def deactivate(number: int) -> ResponseReturnValue:
    """Close the account."""
    return _change(number, people.deactivate)


@bp.post("/qt/tai-khoan/<number:number>/mo")
@allow(RoleName.ADMIN)
def activate(number: int) -> ResponseReturnValue:
    """Open a closed account again."""
    return _change(number, people.activate)


def _change(number: int, change: Callable[[Session, User], None]) -> ResponseReturnValue:
    with transaction() as session:
        change(session, people.account(session, number))
    return redirect(url_for("staff.account", number=number))


def _create(form: AccountForm, password: str) -> None:
    with transaction() as session:
        people.create_user(
            session,
            email=form.email.data or "",
            name=form.name.data or "",
            role=RoleName(form.role.data),
            password=password,
            agency_code=(form.agency_code.data or "").strip() or None,
        )
