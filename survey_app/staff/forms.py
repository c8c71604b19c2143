"""The form that makes an account."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import EmailField, SelectChoice, SelectField, StringField
from wtforms.validators import Email, InputRequired, Length, Optional

from survey_app.models.people import RoleName

ROLES = {
    RoleName.ADMIN: _("Administrator"),
    RoleName.COORDINATOR: _("Coordinator"),
    RoleName.ASSOCIATION: _("Association"),
    RoleName.ANALYST: _("Analyst"),
    RoleName.AGENCY: _("Agency"),
    RoleName.TRIAGE: _("Petition triage"),
    RoleName.LEADER: _("Provincial leader"),
    RoleName.KEYER: _("Keyer of paper forms"),
}


class AccountForm(FlaskForm):
    """Who gets an account, and what it may do."""

    name = StringField(_("Name"), [InputRequired(_("Enter the name")), Length(max=120)])
    email = EmailField(
        _("E-mail"),
        [InputRequired(_("Enter the e-mail address")), Email(_("Enter an e-mail address, such as lan@example.vn"))],
    )
    role = SelectField(
        _("Role"),
        choices=[SelectChoice(role.value, label) for role, label in ROLES.items()],  # type: ignore[arg-type]  # lazy words
    )
    agency_code = StringField(_("Agency code"), [Optional(), Length(max=20)])
