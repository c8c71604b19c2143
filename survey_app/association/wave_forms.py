"""The forms of a wave: made, drawn, extended."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Any

from flask_babel import lazy_gettext as _
from flask_babel.speaklater import LazyString
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    IntegerField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional, Regexp
from wtforms.widgets import CheckboxInput, ListWidget, TextInput

#: Questionnaire files a wave can be made with, and the method each is scored by.
FRAMEWORKS = {
    "pci_domestic": "pci_2023",
    "pci_pulse": "pci_2023",
    "satisfaction": "satisfaction",
    "consultation": "consultation",
}
INSTRUMENTS = {
    "pci_domestic": _("Full PCI questionnaire"),
    "pci_pulse": _("Short PCI questionnaire"),
    "satisfaction": _("Satisfaction with public services"),
    "consultation": _("Consultation on a draft policy"),
}
METHODS = {
    "proportional": _("In proportion to the number of firms"),
    "square_root": _("By the square root: small strata get somewhat more"),
    "equal": _("The same number from each stratum"),
}
VARIABLES = {
    "size": _("Size (workers)"),
    "vsic": _("Line of business"),
    "area": _("Commune or ward"),
}
_A_DATE = _("Enter a date, such as 15/04/2027")
_A_NUMBER = _("Enter a whole number, 1 or more")


def choices(words: dict[str, LazyString]) -> list[SelectChoice]:
    return [SelectChoice(code, label) for code, label in words.items()]  # type: ignore[arg-type]  # lazy words


class DayField(DateField):
    """A day, typed as people here write it."""

    widget = TextInput()  # type: ignore[assignment]

    def __init__(self, label: LazyString, **more: Any) -> None:
        super().__init__(label, [InputRequired(_A_DATE)], format=["%d/%m/%Y", "%Y-%m-%d"], **more)

    def process_formdata(self, valuelist: Iterable[str]) -> None:
        """Take what was typed; raise ValueError in the person's words."""
        try:
            super().process_formdata(list(valuelist))
        except ValueError as error:
            raise ValueError(_A_DATE) from error


class CountField(IntegerField):
    """A whole number, which may be left out."""

    widget = TextInput()  # type: ignore[assignment]

    def __init__(self, label: LazyString, least: int = 1, **more: Any) -> None:
        limits = NumberRange(least, 1_000_000, _("Enter a whole number from %(min)s to %(max)s"))
        super().__init__(label, [Optional(), limits], **more)

    def process_formdata(self, valuelist: Iterable[str]) -> None:
        """Take what was typed; raise ValueError in the person's words."""
        try:
            super().process_formdata(list(valuelist))
        except ValueError as error:
            raise ValueError(_A_NUMBER) from error


class WaveForm(FlaskForm):
    """A new wave."""

    code = StringField(_("Code"), [InputRequired(_("Enter a code, such as 2027-1")), Length(max=40)])
    title_vi = StringField(_("Name in Vietnamese"), [InputRequired(_("Enter the name in Vietnamese")), Length(max=200)])
    title_en = StringField(_("Name in English"), [InputRequired(_("Enter the name in English")), Length(max=200)])
    instrument = SelectField(_("Questionnaire"), choices=choices(INSTRUMENTS))
    opens_on = DayField(_("First day"))
    closes_on = DayField(_("Last day, until 17:00"))
    target = CountField(_("Answers hoped for"))
    document = StringField(
        _("Address of the draft"),
        [
            Optional(),
            Length(max=500),
            # no @ and no \ before the path: what looks like the province's address would lead elsewhere
            Regexp(r"https://[^\s/@\\]+\.[^\s/@\\]+(/\S*)?\Z", message=_("Enter an address that begins with https://")),
        ],
    )
    by_open_link = BooleanField(_("Anybody with an open link may answer; no firms are drawn"))


class ExtendForm(FlaskForm):
    """A later last day."""

    closes_on = DayField(_("New last day, until 17:00"))


def new_seed() -> str:
    """Return a word to draw by, which nobody chose."""
    return secrets.token_hex(4)


class SampleForm(FlaskForm):
    """How the firms of a wave are drawn."""

    size = CountField(_("Firms to draw"))
    by = SelectMultipleField(
        _("Strata by"),
        choices=choices(VARIABLES),
        default=["size"],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    method = SelectField(_("Shares of the strata"), choices=choices(METHODS))
    minimum = CountField(_("At least so many from each stratum"), least=0)
    rested_months = CountField(_("Leave out firms asked in the last so many months"), least=0)
    seed = StringField(_("Seed"), [InputRequired(_("Enter a word to draw by")), Length(max=40)], default=new_seed)


HANDOUTS = {
    "cards": _("Cards, 8 on a sheet (PDF)"),
    "letters": _("Letters, one a page (PDF)"),
    "xlsx": _("Table for message tools (XLSX)"),
    "csv": _("Table for message tools (CSV)"),
}
WHOM = {
    "waiting": _("Firms that have not answered"),
    "all": _("All firms without an outcome"),
}
OUTCOMES = {
    "refused": _("Refused"),
    "no_contact": _("No contact"),
    "wrong_firm": _("Wrong firm"),
    "closed_firm": _("Firm has closed"),
    "duplicate": _("Twice in the list"),
    "paper": _("Answered on paper or by telephone"),
}
SHOWN = {
    "all": _("All"),
    "waiting": _("Not answered"),
    "answered": _("Answered"),
    "no_contact": _("No contact"),
    "with_outcome": _("With an outcome"),
}


class HandoutForm(FlaskForm):
    """What the links are given out on, and for whom."""

    kind = SelectField(_("On what"), choices=choices(HANDOUTS))
    whom = SelectField(_("For whom"), choices=choices(WHOM))


CHANNELS = {
    "email": _("E-mail"),
    "sms": _("Text message (SMS)"),
    "zalo": _("Zalo"),
}


class StepForm(FlaskForm):
    """One step of the contact plan."""

    send_on = DayField(_("Day"))
    channel = SelectField(_("Channel"), choices=choices(CHANNELS))
    subject_vi = StringField(_("Subject in Vietnamese"), [Length(max=200)])
    text_vi = TextAreaField(_("Text in Vietnamese"), [InputRequired(_("Enter the text")), Length(max=4000)])
    subject_en = StringField(_("Subject in English"), [Length(max=200)])
    text_en = TextAreaField(_("Text in English"), [InputRequired(_("Enter the text")), Length(max=4000)])
