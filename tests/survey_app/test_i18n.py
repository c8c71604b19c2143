"""Words in both languages: counted as each language counts, chosen by the reader."""

from __future__ import annotations

import pytest
from babel.messages.pofile import read_po
from flask_babel import ngettext

from survey_app.i18n import CATALOGUES, vietnamese, whole_number

FORMS = ("%(num)d question left", "%(num)d questions left")
NAMES = [path.name for path in sorted((CATALOGUES / "vi").glob("*.po"))]


@pytest.mark.parametrize("number", [0, 1, 2, 5, 11, 21, 100])
def test_vietnamese_has_one_form_for_every_number(number):
    assert vietnamese().ungettext(*FORMS, number) % {"num": number} == f"còn {number} câu"


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize(
    ("query", "words"), [("", ("còn 1 câu", "còn 2 câu")), ("?lang=en", ("1 question left", "2 questions left"))]
)
def test_a_page_counts_in_its_own_language(app, number, query, words):
    with app.test_request_context(f"/p{query}"):
        assert ngettext(*FORMS, number) == words[number - 1]


@pytest.mark.parametrize("name", NAMES)
def test_every_text_has_its_vietnamese(name):
    with (CATALOGUES / "vi" / name).open("rb") as file:
        messages = [message for message in read_po(file, locale="vi") if message.id]
    assert messages
    for message in messages:
        translations = message.string if isinstance(message.string, tuple) else (message.string,)
        assert all(translations), f"{name}: {message.id} has no translation"
        assert not message.fuzzy, f"{name}: {message.id} is only a guess"
        assert len(translations) == 1, f"{name}: {message.id} has forms that Vietnamese has not"


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("0", 0), ("007", 7), ("999999999", 999_999_999), ("1.000", 1000), ("1,000,000", 1_000_000), ("12 500", 12_500),
        ("1.000.000.000", 10**9), ("", None), ("1.2", None), ("1.0000", None), ("-5", None), ("5 ", None), ("²", None),
        ("9" * 10, None), ("1" + ".000" * 1500, None), ("1e3", None),
    ],
)  # fmt: skip
def test_a_whole_number_is_read_as_people_write_it_and_has_an_end(typed, number):
    assert whole_number(typed) == number
