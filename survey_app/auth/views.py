"""Signing in and out; the second factor will stand between the password and `_start`."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, current_app, g, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from survey_app.access import EVERYONE, SIGNED_IN, allow
from survey_app.auth.forms import NewPasswordForm, SignInForm
from survey_app.db import transaction
from survey_app.i18n import language
from survey_app.models.people import RoleName
from survey_app.navigation import sections
from survey_app.services import people

bp = Blueprint("auth", __name__)


@bp.route("/dang-nhap", methods=["GET", "POST"])
@allow(EVERYONE)
def sign_in() -> ResponseReturnValue:
    """Take e-mail and password; a wrong password, an unknown and a blocked account get the same answer."""
    form = SignInForm()
    if form.validate_on_submit():
        home = _try(form.email.data, form.password.data)
        if home:
            return redirect(url_for(home))
        form.form_errors.append(
            _("Not signed in: check e-mail and password. After 10 wrong tries an account is blocked for 15 minutes.")
        )
    return render_template("auth/sign_in.html", form=form)


@bp.post("/dang-xuat")
@allow(EVERYONE)
def sign_out() -> ResponseReturnValue:
    """Sign this browser out, whether or not it was signed in."""
    token = session.get(SIGNED_IN)
    if token:
        with transaction() as own:
            people.end_session(own, token)
    session.clear()
    return redirect(url_for("public.home"))


@bp.get("/tai-khoan")
@allow(*RoleName)
def own_account() -> ResponseReturnValue:
    """Say who is signed in; the home of roles that have no pages yet."""
    return render_template("auth/own_account.html", account=g.account)


@bp.route("/mat-khau", methods=["GET", "POST"])
@allow(*RoleName)
def new_password() -> ResponseReturnValue:
    """Let people choose another password; every browser of theirs, this one too, signs in again."""
    form = NewPasswordForm()
    if form.validate_on_submit():
        try:
            _change_password(form.current.data, form.new.data)
        except people.WrongPassword as error:
            form.current.errors = (error.message(language()),)
        except people.PasswordTooShort as error:
            form.new.errors = (error.message(language()),)
        else:
            session.clear()
            return redirect(url_for("auth.sign_in"))
    return render_template("auth/new_password.html", form=form, length=people.PASSWORD_LENGTH)


def _change_password(current: str, new: str) -> None:
    with transaction() as own:
        people.change_password(own, people.account(own, g.account.id), current=current, new=new)


def _try(email: str, password: str) -> str | None:
    """Sign in and return the endpoint to go to, or None. No transaction is open while the password is checked."""
    pepper = current_app.extensions["keys"].password
    with transaction() as own:
        may_try = people.count_attempt(own, email, pepper=pepper, now=datetime.now(UTC))
        user = people.find(own, email)
        user_id, known = (user.id, user.password) if user and user.active and may_try else (None, None)
        homes = sections([role.name for role in user.roles]) if user else []
    if not people.password_matches(password, known) or user_id is None:
        return None
    with transaction() as own:
        people.forget_attempts(own, email, pepper=pepper)
        token = people.start_session(own, user_id, now=datetime.now(UTC))
    session.clear()
    session[SIGNED_IN] = token
    return homes[0] if homes else "auth.own_account"
