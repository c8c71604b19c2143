"""Texts that a busy owner reads: short sentences, and no officialese. Vietnamese is counted in syllables."""

from __future__ import annotations

import re
from statistics import mean

import pytest
from babel.messages.pofile import read_po

from survey_app.i18n import CATALOGUES

#: The longest sentence and the mean, in words (English) or syllables (Vietnamese, about 1.5 to a word).
LIMITS = {
    ("respondent.po", "vi"): (24, 12),
    ("respondent.po", "en"): (24, 12),
    ("public.po", "vi"): (40, 18),
    ("public.po", "en"): (30, 16),
}
OFFICIALESE = (
    "vui lòng",
    "xin lỗi",
    "không hợp lệ",
    "quý doanh nghiệp",
    "trân trọng",
    "kính mong",
    "invalid",
    "please note",
)
FILES = ("respondent.po", "public.po")


def texts(name: str) -> list[dict[str, str]]:
    """Return the texts of a catalogue in both languages."""
    with (CATALOGUES / "vi" / name).open("rb") as file:
        messages = [message for message in read_po(file, locale="vi") if message.id]
    first = [[part if isinstance(part, str) else part[0] for part in (m.id, m.string)] for m in messages]
    return [{"en": english, "vi": vietnamese} for english, vietnamese in first]


def sentences(text: str) -> list[str]:
    """Return the sentences of a text; a colon or a semicolon ends none."""
    return [part for part in re.split(r"(?<=[.?!])\s+", text) if re.search(r"\w", part)]


def length(sentence: str) -> int:
    """Return how many words, or syllables, a sentence has."""
    return len([word for word in sentence.split() if re.search(r"\w", word)])


@pytest.mark.parametrize(("name", "language"), LIMITS)
def test_sentences_are_short(name, language):
    longest, average = LIMITS[name, language]
    found = {each: length(each) for text in texts(name) for each in sentences(text[language])}
    whole = [number for each, number in found.items() if each.endswith((".", "?", "!"))]
    assert len(whole) > 20
    assert {each: number for each, number in found.items() if number > longest} == {}
    assert mean(whole) <= average


@pytest.mark.parametrize("name", FILES)
def test_no_text_speaks_like_an_office(name):
    said = [text for pair in texts(name) for text in pair.values()]
    assert [text for text in said for words in OFFICIALESE if words in text.lower()] == []
