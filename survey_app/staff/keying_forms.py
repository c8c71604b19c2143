"""Typing answers from paper or telephone: one box for each item, a number for each answer, letters for special ones."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import HiddenField, SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired

from questionnaires.conditions import SPECIAL
from questionnaires.instrument import Instrument, Item
from survey_app.i18n import language, whole_number
from survey_app.services.keying import STRATUM, Typed

#: Set once the person has been asked about what is odd.
SURE = "form.sure"
#: Drawn when a page is shown, so that pressing twice keeps or seals one form.
ONCE = "form.once"
#: Named once for each difference that the second person has seen.
DECIDED = "form.decided"


class _Fault(Exception):
    """What was typed is no answer to the item; the message is for the person."""


@dataclass(frozen=True, repr=False)
class Reading:
    """What the boxes say: answers by item, what must be mended, and what to look at once more."""

    answers: dict[str, Any] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    doubts: list[str] = field(default_factory=list)


class KeyingForm(FlaskForm):
    """Items of an instrument, and the group the form belongs to."""

    instrument: Instrument
    boxes_of: tuple[Item, ...]

    def read_boxes(self) -> Reading:
        """Return what was typed, read by the instrument."""
        found = Reading()
        for item in self.boxes_of:
            try:
                found.answers[item.code] = answer_in(item, self[item.code].data or "")
            except _Fault as fault:
                found.faults[item.code] = str(fault)
        if self[STRATUM].errors:
            found.faults[STRATUM] = str(self[STRATUM].errors[0])
        if not found.faults:
            found.faults.update(_not_offered(self.instrument, found.answers))
            found.doubts.extend(_doubts(self.instrument, found.answers))
        return found

    def as_typed(self, reading: Reading) -> Typed:
        """Return the form as it is kept and compared."""
        return Typed(stratum=self[STRATUM].data, answers=reading.answers)

    def keys_for(self, item: Item) -> list[tuple[str, str]]:
        """Return what can be typed for an item, with its words."""
        return [(key, self._words(item, code)) for key, code in item.keys.items()]

    def words_for(self, item: Item, answer: Any) -> str:
        """Return an answer as a person compares it with the paper: what is typed for it, and its words."""
        if answer is None:
            return _("empty")
        keys = {code: key for key, code in item.keys.items()}
        codes = answer if isinstance(answer, list) else [answer]
        return "; ".join(f"{keys[code]} – {self._words(item, code)}" if code in keys else str(code) for code in codes)

    def _words(self, item: Item, code: str) -> str:
        special = self.instrument.special
        return special[code][language()] if code in special else item.option_text(code, language())  # type: ignore[index]


def keying_form(instrument: Instrument, items: Sequence[Item], strata: Iterable[str]) -> KeyingForm:
    """Return the form in which these items of an instrument are typed."""
    choices = [SelectChoice(name, name) for name in strata]
    if len(choices) > 1:
        choices.insert(0, SelectChoice("", ""))
    fields: dict[str, Any] = {item.code: TextAreaField() if item.type == "text" else StringField() for item in items}
    fields[STRATUM] = SelectField(
        choices=choices, validators=[InputRequired(lazy_gettext("Choose the group of firms"))]
    )
    fields[SURE] = HiddenField()
    fields[ONCE] = HiddenField(default=lambda: secrets.token_hex(16))
    form: KeyingForm = type(
        "KeyingForm", (KeyingForm,), {"instrument": instrument, "boxes_of": tuple(items), **fields}
    )()
    return form


def answer_in(item: Item, text: str) -> Any:
    """Return the answer that was typed, None for an empty box; raise _Fault."""
    text = text.strip()
    if item.type == "text":
        return _text(item, text)
    if not text:
        return None
    if (special := item.keys.get(text.lower())) in SPECIAL:
        return special
    if item.type == "number":
        return _number(item, text)
    chosen = [_option(item, each) for each in re.split(r"[\s,.;]+", text.lower()) if each]
    return _several(item, chosen) if item.type == "multi" else _one(chosen)


def _text(item: Item, text: str) -> str | None:
    # two people break lines differently; control characters say nothing, and JSON would blow them up beyond a ballot's size
    words = " ".join(re.sub(r"[\x00-\x1f\x7f]", " ", text).split())
    longest = item.max_length or 0
    if len(words) > longest:
        raise _Fault(_("Write at most %(longest)s characters; there are %(count)s", longest=longest, count=len(words)))
    return words or None


def _number(item: Item, text: str) -> int:
    number = whole_number(text)
    if number is None:
        raise _Fault(_("‘%(typed)s’ is no number", typed=text))
    if item.range and not item.range.min <= number <= item.range.max:
        limits = {"low": f"{item.range.min:g}", "high": f"{item.range.max:g}"}
        raise _Fault(_("The number must be from %(low)s to %(high)s", **limits))
    return number


def _option(item: Item, key: str) -> str:
    if key not in item.keys:
        raise _Fault(
            _("‘%(typed)s’ is no answer of this question: type %(keys)s", typed=key, keys=", ".join(item.keys))
        )
    return item.keys[key]


def _one(chosen: list[str]) -> str | None:
    if len(chosen) > 1:
        raise _Fault(_("One answer only; if the paper has more, leave it empty"))
    return chosen[0] if chosen else None


def _several(item: Item, chosen: list[str]) -> list[str] | str | None:
    alone = {option.code for option in item.options if option.exclusive} | set(item.specials)
    if len(set(chosen)) > 1 and alone & set(chosen):
        raise _Fault(_("An answer that stands alone goes with no other; if the paper has both, leave it empty"))
    if chosen and chosen[0] in item.specials:
        return chosen[0]
    return [code for code in item.option_codes if code in chosen] or None


def _not_offered(instrument: Instrument, answers: dict[str, Any]) -> dict[str, str]:
    """Return the items whose one answer is open only after other answers than these."""
    message = _(
        "This answer is open only after another answer than was typed before; if the paper says so, leave it empty"
    )
    reached = instrument.answers_asked(answers)
    return {
        item.code: message
        for item in instrument.items
        if item.type != "number" and (answer := reached.get(item.code)) in item.option_codes
        if answer not in {option.code for option in instrument.options_offered(item, reached)}
    }


def _doubts(instrument: Instrument, answers: dict[str, Any]) -> list[str]:
    asked = instrument.answers_asked(answers)
    empty = [code for code, answer in asked.items() if answer is None and code in answers]
    blank = [code for code in empty if instrument.item(code).type != "text"]
    skipped = [code for code, answer in answers.items() if answer is not None and code not in asked]
    odd = [code for code, answer in asked.items() if _is_odd(instrument.item(code), answer)]
    found = [
        (blank, _("Left empty: %(codes)s.", codes=", ".join(blank))),
        (skipped, _("Not asked after the answers before, so it will not count: %(codes)s.", codes=", ".join(skipped))),
        (odd, _("More than usual: %(codes)s.", codes=", ".join(odd))),
    ]
    return [words for codes, words in found if codes]


def _is_odd(item: Item, answer: Any) -> bool:
    limit = item.range.soft_max if item.range else None
    return isinstance(answer, int) and limit is not None and answer > limit
