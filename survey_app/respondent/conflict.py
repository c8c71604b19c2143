"""Two devices saved the same page: both sets of answers side by side, and what the firm keeps of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from questionnaires.conditions import SPECIAL
from questionnaires.instrument import Instrument, Item
from survey_app.i18n import language
from survey_app.respondent.forms import PageForm, unit_name
from survey_app.services.responses import DraftContent

#: What the chooser sends: the answer typed on this device, or the one that another device saved.
MINE, THEIRS = "mine", "theirs"


@dataclass(frozen=True)
class Difference:
    """An item with two answers, in words. `kept` is MINE or THEIRS, empty while nothing is chosen."""

    item: Item
    mine: str
    theirs: str
    kept: str

    @property
    def name(self) -> str:
        """Return the name of the field that chooses."""
        return f"{self.item.code}__keep"


def differences(
    form: PageForm, draft: DraftContent, instrument: Instrument, chosen: Mapping[str, str]
) -> list[Difference]:
    """Return the items of the page whose typed answer is not the saved one, with what was chosen of them so far."""
    found = []
    for code, mine in form.answers().items():
        theirs, item = draft.answers.get(code), instrument.item(code)
        asks_quote = code == instrument.comment_item
        if mine == theirs and not (asks_quote and mine and form.quoted() != draft.quoted):
            continue
        kept = chosen.get(f"{code}__keep", "")
        kept = kept if kept in (MINE, THEIRS) else _obvious(mine, theirs)
        words = _words(instrument, item, mine, form.quoted()), _words(instrument, item, theirs, draft.quoted)
        found.append(Difference(item, *words, kept))
    return found


def _obvious(mine: Any, theirs: Any) -> str:
    """Where one of the two is blank, the other is kept unless the firm says otherwise."""
    if theirs is None:
        return MINE
    return THEIRS if mine is None else ""


def chosen_answers(
    form: PageForm, draft: DraftContent, found: Iterable[Difference], comment_item: str | None
) -> tuple[dict[str, Any], bool | None]:
    """Return the answers of the page as the firm chose them, and whether its comment is quoted."""
    theirs = {each.item.code for each in found if each.kept == THEIRS}
    answers = {code: draft.answers.get(code) if code in theirs else mine for code, mine in form.answers().items()}
    return answers, draft.quoted if comment_item in theirs else form.quoted()


def _words(instrument: Instrument, item: Item, answer: Any, quoted: bool | None) -> str:
    """Return an answer as the page writes it."""
    if answer is None:
        return _("Not answered")
    if item.type == "text":
        agreed = _("may be quoted") if quoted else _("is not sent")
        return f"{answer} ({agreed})" if item.code == instrument.comment_item else str(answer)
    if isinstance(answer, int):
        return f"{answer} {unit_name(item)}".strip()
    codes = answer if isinstance(answer, list) else [answer]
    return "; ".join(_label(instrument, item, code) for code in codes)


def _label(instrument: Instrument, item: Item, code: str) -> str:
    if code in SPECIAL:
        return instrument.special[code][language()]  # type: ignore[index]
    return item.option_text(code, language())
