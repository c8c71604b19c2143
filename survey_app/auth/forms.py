"""The form with which staff sign in."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import EmailField, PasswordField
from wtforms.validators import InputRequired, Length


class SignInForm(FlaskForm):
    """E-mail address and password."""

    email = EmailField(_("E-mail"), [InputRequired(_("Enter your e-mail address")), Length(max=120)])
    password = PasswordField(_("Password"), [InputRequired(_("Enter your password")), Length(max=200)])


class NewPasswordForm(FlaskForm):
    """The password in use and the one to come."""

    current = PasswordField(_("Password in use"), [InputRequired(_("Enter the password in use")), Length(max=200)])
    new = PasswordField(_("New password"), [InputRequired(_("Enter a new password")), Length(max=200)])
