"""The forms of the association."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import SelectChoice, SelectField

from survey_app.services.frame_columns import Column

COLUMNS = {
    Column.TAX_CODE: _("Tax code"),
    Column.NAME: _("Name of the firm"),
    Column.AREA: _("Commune or ward"),
    Column.VSIC: _("Line of business (VSIC letter)"),
    Column.SIZE: _("Workers"),
    Column.OWNERSHIP: _("Legal form"),
    Column.FOUNDED: _("Year founded"),
    Column.CONTACT: _("Person to contact"),
    Column.PHONE: _("Telephone"),
    Column.EMAIL: _("E-mail"),
    Column.LANGUAGE: _("Language"),
    Column.OPTED_OUT: _("Wants no messages"),
}


class UploadForm(FlaskForm):
    """A list of firms."""

    file = FileField(_("List of firms, .xlsx or .csv"), [FileRequired(_("Choose a file"))])


def columns_form(header: Sequence[str], columns: dict[str, int]) -> FlaskForm:
    """Return a form that says which column of the file holds what."""
    places = [SelectChoice("", "–")] + [SelectChoice(str(n), text or f"({n + 1})") for n, text in enumerate(header)]
    fields = {
        column.value: SelectField(label, choices=places, default=str(columns.get(column.value, "")))
        for column, label in COLUMNS.items()
    }
    form: FlaskForm = type("ColumnsForm", (FlaskForm,), fields)()
    return form


def chosen(form: FlaskForm) -> dict[str, int]:
    """Return the place of each column that was chosen."""
    return {column.value: int(form[column.value].data) for column in Column if form[column.value].data}
