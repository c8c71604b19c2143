"""Forms of the respondent: a page of the instrument becomes a form, one item one field, named by its code."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    HiddenField,
    RadioField,
    SelectChoice,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.i18n import DummyTranslations

from questionnaires.base import Language
from questionnaires.conditions import SPECIAL, Answers
from questionnaires.instrument import Instrument, Item, Option
from survey_app.envelopes import is_code
from survey_app.i18n import language, whole_number

_SPECIAL_FIELD, _QUOTE_FIELD = "__special", "__quote"
_NO_MESSAGES = DummyTranslations()
#: Making a class takes longer than all the rest of a form. What is offered depends on answers, so there is a limit.
_MOST_CLASSES = 1000
_CLASSES: dict[tuple[Any, ...], type[PageForm]] = {}


class PlainForm(FlaskForm):
    """A form with a token only: a button that does something."""

    class Meta(FlaskForm.Meta):
        """Fields that a browser types in: neither files nor JSON, and no message of WTForms is ever shown."""

        def wrap_formdata(self, _form: Any, formdata: Any) -> Any:
            typed = formdata is not None and request.method == "POST"
            return (request.form or None) if typed else None

        def get_translations(self, _form: Any) -> DummyTranslations:
            return _NO_MESSAGES


class StartForm(PlainForm):
    """The personal link or its code, and what to do with it."""

    code = StringField()
    action = HiddenField(default="start")
    replace = HiddenField()


class OpenForm(PlainForm):
    """Beginning by an open link: the number that the browser found."""

    work = HiddenField()


class CodesForm(PlainForm):
    """Both codes, typed."""

    code = StringField()
    resume = StringField()


def code_faults(form: CodesForm) -> dict[str, str]:
    """Return what is wrong with the codes that were typed, by field."""
    message = _("Each code has 16 characters in 4 groups. Check them against your photo of the screen.")
    return {field.name: message for field in (form.code, form.resume) if not is_code(field.data or "")}


@dataclass(frozen=True)
class Shown:
    """An item as a page shows it."""

    item: Item
    options: tuple[Option, ...]


class PageForm(PlainForm):
    """The items of one page. `skip` is set where the firm has been asked once about blanks and odd numbers."""

    shown: tuple[Shown, ...] = ()
    instrument: Instrument | None = None  # kept here, since its class is found again by the instrument's identity
    seen = HiddenField()
    skip = HiddenField()

    def answers(self) -> dict[str, Any]:
        """Return the answer of each item, None where it was left blank."""
        return {shown.item.code: self._answer(shown) for shown in self.shown}

    def _answer(self, shown: Shown) -> Any:
        item, data = shown.item, self[shown.item.code].data
        special = self[item.code + _SPECIAL_FIELD].data if item.code + _SPECIAL_FIELD in self else None
        if special:
            return special
        if item.type == "multi":
            codes = data or []
            return next((code for code in codes if code in SPECIAL), codes or None)
        if item.type == "number":
            return whole_number((data or "").strip())
        return (data or "").strip() or None

    def quoted(self) -> bool | None:
        """Say whether the firm agrees that its comment is quoted; None where the page does not ask."""
        for shown in self.shown:
            if shown.item.code + _QUOTE_FIELD in self:
                return bool(self[shown.item.code + _QUOTE_FIELD].data)
        return None

    def faults(self) -> dict[str, str]:
        """Return what must be mended before the page can be saved, by item code."""
        found = {shown.item.code: _fault(self, shown) for shown in self.shown}
        return {code: fault for code, fault in found.items() if fault}

    def doubts(self) -> list[str]:
        """Return what the firm is asked about once: items left blank, numbers that are unusual."""
        answers = self.answers()
        wanted = [shown.item for shown in self.shown if shown.item.type != "text"]
        blank = sum(answers[item.code] is None for item in wanted)
        odd = [_odd(item, answers[item.code]) for item in wanted]
        message = ngettext(
            "%(num)d question is not answered. Go on answering, or press ‘Save and continue’ again to skip it.",
            "%(num)d questions are not answered. Go on answering, or press ‘Save and continue’ again to skip them.",
            blank,
        )
        return ([message] if blank else []) + [each for each in odd if each]


def page_form(instrument: Instrument, items: Iterable[Item], answers: Answers) -> PageForm:
    """Return the form of a page, filled with the saved answers."""
    shown = tuple(Shown(item, instrument.options_offered(item, answers)) for item in items)
    form: PageForm = _form_class(instrument, shown)(data=_data(shown, answers))
    return form


def _form_class(instrument: Instrument, shown: tuple[Shown, ...]) -> type[PageForm]:
    """Return the class of the page's form, made once in each language for the items and options that are shown."""
    offered = tuple((each.item.code, *(option.code for option in each.options)) for each in shown)
    key = (id(instrument), language(), offered)
    if (found := _CLASSES.get(key)) is None:
        fields: dict[str, Any] = {"shown": shown, "instrument": instrument}
        for each in shown:
            fields |= _fields(each, instrument)
        if len(_CLASSES) >= _MOST_CLASSES:
            _CLASSES.clear()
        found = _CLASSES[key] = type("PageForm", (PageForm,), fields)
    return found


def _fields(shown: Shown, instrument: Instrument) -> dict[str, Any]:
    item = shown.item
    fields = {item.code: FIELDS[item.type](shown, instrument, language())}
    if item.type == "number" and item.specials:
        fields[item.code + _SPECIAL_FIELD] = RadioField(
            choices=_specials(item, instrument, language()), validate_choice=False
        )
    if item.code == instrument.comment_item:
        fields[item.code + _QUOTE_FIELD] = BooleanField()
    return fields


def _single(shown: Shown, instrument: Instrument, language: Language) -> Any:
    return RadioField(choices=_choices(shown, instrument, language), validate_choice=False)


def _several(shown: Shown, instrument: Instrument, language: Language) -> Any:
    return SelectMultipleField(choices=_choices(shown, instrument, language), validate_choice=False)


def _number(_shown: Shown, _instrument: Instrument, _language: Language) -> Any:
    return StringField()


def _text(_shown: Shown, _instrument: Instrument, _language: Language) -> Any:
    return TextAreaField(filters=[_clean])


FIELDS: dict[str, Callable[[Shown, Instrument, Language], Any]] = {
    "choice": _single,
    "yesno": _single,
    "agree": _single,
    "scale": _single,
    "multi": _several,
    "number": _number,
    "text": _text,
}


def _choices(shown: Shown, instrument: Instrument, language: Language) -> list[SelectChoice]:
    options = [SelectChoice(option.code, option.text[language]) for option in shown.options]
    return options + _specials(shown.item, instrument, language)


def _specials(item: Item, instrument: Instrument, language: Language) -> list[SelectChoice]:
    return [SelectChoice(code, instrument.special[code][language]) for code in item.specials]  # type: ignore[index]


def _data(shown: Iterable[Shown], answers: Answers) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for each in shown:
        code, answer = each.item.code, answers.get(each.item.code)
        if each.item.type == "number" and answer in SPECIAL:
            data[code + _SPECIAL_FIELD] = answer
        elif each.item.type == "multi":
            data[code] = [answer] if isinstance(answer, str) else list(answer or ())
        else:
            data[code] = "" if answer is None else str(answer)
    return data


def _clean(text: str | None) -> str | None:
    # control characters say nothing, and JSON would blow them up beyond the size of a draft
    return re.sub(r"[^\S\n]|[\x00-\x09\x0b-\x1f\x7f]", " ", text.replace("\r\n", "\n")) if text else text


def _fault(form: PageForm, shown: Shown) -> str | None:
    item = shown.item
    if item.type == "number":
        return _number_fault(form, item)
    if item.type == "multi":
        return _multi_fault(shown, form[item.code].data or [])
    if item.type == "text":
        return _text_fault(item, form[item.code].data or "")
    known = {*(option.code for option in shown.options), *item.specials, ""}
    return None if (form[item.code].data or "") in known else _("Choose one of the answers shown")


def _number_fault(form: PageForm, item: Item) -> str | None:
    typed = (form[item.code].data or "").strip()
    special = form[item.code + _SPECIAL_FIELD].data if item.specials else None
    if special and special not in item.specials:
        return _("Choose one of the answers shown")
    if typed and special:
        return _("Give a number or choose the answer below it, not both")
    unit = unit_name(item)
    number = whole_number(typed)
    if typed and number is None:
        return _("The number of %(unit)s must be a number, such as 5", unit=unit)
    if number is not None and item.range and not item.range.min <= number <= item.range.max:
        limits = {"low": f"{item.range.min:g}", "high": f"{item.range.max:g}"}
        return _("The number of %(unit)s must be from %(low)s to %(high)s", unit=unit, **limits)
    return None


def _multi_fault(shown: Shown, codes: list[str]) -> str | None:
    alone = {option.code for option in shown.options if option.exclusive} | set(shown.item.specials)
    if not set(codes) <= {option.code for option in shown.options} | alone:
        return _("Choose one of the answers shown")
    if len(codes) > 1 and (both := [code for code in codes if code in alone]):
        texts: Mapping[str, str] = {option.code: option.text[language()] for option in shown.options}
        name = texts.get(both[0]) or special_name(both[0])
        return _("Choose ‘%(name)s’ or the other answers, not both", name=name)
    return None


def _text_fault(item: Item, text: str) -> str | None:
    longest = item.max_length or 0
    if len(text) > longest:
        return _("Write at most %(longest)s characters; there are %(count)s", longest=longest, count=len(text))
    return None


def _odd(item: Item, answer: Any) -> str | None:
    if item.type != "number" or not isinstance(answer, int) or not item.range or item.range.soft_max is None:
        return None
    if answer <= item.range.soft_max:
        return None
    unit = unit_name(item)
    return _(
        "%(number)s %(unit)s is more than usual. Check it, or press ‘Save and continue’ if it is right.",
        number=answer,
        unit=unit,
    )


def unit_name(item: Item) -> str:
    """Return the unit of a number in words."""
    names = {"days": _("days"), "hours": _("hours"), "people": _("people"), "percent": _("per cent")}
    return names.get(item.unit or "", "")


def special_name(code: str) -> str:
    """Return the words of a special answer where no instrument is at hand."""
    return {"dk": _("Don't know"), "na": _("Does not apply"), "ref": _("Prefer not to answer")}[code]
