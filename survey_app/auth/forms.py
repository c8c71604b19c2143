"""The form with which staff sign in."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import EmailField, PasswordField
from wtforms.validators import InputRequired, Length


class SignInForm(FlaskForm):  # type: ignore[misc]
    """E-mail address and password."""

    email = EmailField(_("E-mail"), [InputRequired(_("Enter your e-mail address")), Length(max=120)])
    password = PasswordField(_("Password"), [InputRequired(_("Enter your password")), Length(max=200)])
