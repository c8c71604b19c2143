"""The instrument (bộ phiếu): pages of items, when each is asked, and which answers it takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Annotated, Literal

from pydantic import StringConstraints

from questionnaires.base import Code, Document, Language, Text
from questionnaires.conditions import SPECIAL, Answers, Condition

ItemType = Literal["choice", "multi", "yesno", "agree", "scale", "number", "text"]
#: Item types whose answer is one code of a list.
SINGLE: tuple[ItemType, ...] = ("choice", "yesno", "agree", "scale")
#: What is typed for a special answer when a paper form is keyed; options have numbers.
SPECIAL_KEYS = {"dk": "k", "na": "a", "ref": "t"}
Sensitivity = Literal["none", "medium", "high"]
OptionCode = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,19}$")]


class Option(Document):
    """One answer that can be chosen."""

    code: OptionCode
    text: Text
    exclusive: bool = False  # ticking it unticks all others of the item
    ask_if: Condition | None = None  # offered only where this holds


class Range(Document):
    """The numbers an item takes; above `soft_max` the firm is asked to check once."""

    min: float
    max: float
    soft_max: float | None = None
    decimals: int = 0


class Rung(Document):
    """One coarser answer of a key variable and the finer codes it stands for."""

    code: OptionCode
    of: tuple[str, ...]
    text: Text


class Item(Document):
    """One question. Its code is the name of its form field, its data column and its place in every export."""

    code: Code
    type: ItemType
    text: Text
    hint: Text | None = None
    options: tuple[Option, ...] = ()
    code_list: Code | None = None  # where the options came from, if shared
    unit: Literal["days", "hours", "people", "percent"] | None = None
    range: Range | None = None
    max_length: int | None = None
    dk: bool = False
    na: bool = False
    ref: bool = False
    sensitive: Sensitivity = "none"
    core: bool = False
    ask_if: Condition | None = None
    end_if: tuple[str, ...] = ()  # these answers end the questionnaire politely
    ladder: tuple[tuple[Rung, ...], ...] = ()  # coarser code lists for a key variable, finest first
    duties: tuple[str, ...] = ()
    note: str | None = None

    @property
    def specials(self) -> tuple[str, ...]:
        """Return the special answers this item offers, in the order they are shown."""
        return tuple(code for code in SPECIAL if getattr(self, code))

    @property
    def option_codes(self) -> tuple[str, ...]:
        """Return the codes of the options in order."""
        return tuple(option.code for option in self.options)

    @property
    def keys(self) -> dict[str, str]:
        """Return the code of each answer by what is typed for it from paper: a number for an option, else a letter."""
        numbers = {str(number): code for number, code in enumerate(self.option_codes, start=1)}
        return numbers | {SPECIAL_KEYS[code]: code for code in self.specials}

    def option_text(self, code: str, language: Language) -> str:
        """Return the words of an option or of a rung; raise KeyError if the item has no such code."""
        texts = {rung.code: rung.text for rungs in self.ladder for rung in rungs}
        texts |= {option.code: option.text for option in self.options}
        if code not in texts:
            raise KeyError(f"{self.code} has no answer {code}")
        return texts[code][language]


class Page(Document):
    """One screen: a few items on one topic, or only words."""

    code: Code
    section: Code
    title: Text
    items: tuple[Code, ...] = ()
    body: Text | None = None


class Section(Document):
    """A part of the instrument that a reader would name."""

    code: Code
    title: Text


class Timing(Document):
    """Seconds on a phone by type of item, for the promise of minutes (a guess until the pilot)."""

    agree: float
    scale: float
    choice: float
    multi: float
    number: float
    yesno: float
    text: float
    page: float = 3


class Instrument(Document):
    """A questionnaire, whole. Frozen by its hash once a wave has opened with it."""

    code: Code
    version: str
    title: Text
    population: Text
    recall: Text
    special: Mapping[Literal["dk", "na", "ref"], Text]
    seconds: Timing
    minutes: int  # promised to the firm; the checker compares it with the timing model
    key_variables: tuple[Code, ...] = ()  # what a sampling frame holds; coarsened before a response is written
    comment_item: Code | None = None  # free text with its own consent, kept apart from the response
    sections: tuple[Section, ...]
    pages: tuple[Page, ...]
    items: tuple[Item, ...]

    @cached_property
    def by_code(self) -> Mapping[str, Item]:
        """Return the items by their code."""
        return {item.code: item for item in self.items}

    def item(self, code: str) -> Item:
        """Return the item with this code; raise KeyError if there is none."""
        return self.by_code[code]

    def page(self, code: str) -> Page:
        """Return the page with this code; raise KeyError if there is none."""
        for page in self.pages:
            if page.code == code:
                return page
        raise KeyError(f"{self.code} has no page {code}")

    def section(self, code: str) -> Section:
        """Return the section with this code; raise KeyError if there is none."""
        for section in self.sections:
            if section.code == code:
                return section
        raise KeyError(f"{self.code} has no section {code}")

    def options_offered(self, item: Item, answers: Answers) -> tuple[Option, ...]:
        """Return the options of an item that these answers call for."""
        return tuple(option for option in item.options if option.ask_if is None or option.ask_if.holds(answers))

    def items_asked(self, page: Page, answers: Answers) -> tuple[Item, ...]:
        """Return the items of a page that these answers call for."""
        items = (self.by_code[code] for code in page.items)
        return tuple(item for item in items if item.ask_if is None or item.ask_if.holds(answers))

    def route(self, answers: Answers) -> Iterator[Page]:
        """Yield the pages these answers lead through, in order.

        A page whose items are all skipped is left out; an answer in `end_if` ends the route after its page. Answers that
        the route no longer reaches are ignored on the way, so that a changed trigger never asks a hidden follow-up.
        """
        for page, _ in self._walk(answers):
            yield page

    def answers_asked(self, answers: Answers) -> dict[str, object]:
        """Return what counts of `answers`: one entry for each item asked, None where it was left blank."""
        counted: dict[str, object] = {}
        for _, asked in self._walk(answers):
            counted.update(asked)
        return counted

    def _offered(self, item: Item, answer: object, reached: Answers) -> object:
        if not isinstance(answer, list | tuple):
            return answer
        offered = {option.code for option in self.options_offered(item, reached)}
        return [code for code in answer if code in offered] or None

    def _walk(self, answers: Answers) -> Iterator[tuple[Page, dict[str, object]]]:
        reached: dict[str, object] = {}
        for page in self.pages:
            items = self.items_asked(page, reached)
            if page.items and not items:
                continue
            asked = {item.code: self._offered(item, answers.get(item.code), reached) for item in items}
            reached.update(asked)
            yield page, asked
            if any(asked[item.code] in item.end_if for item in items if item.end_if):
                return
