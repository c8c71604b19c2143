"""The questionnaire on paper: nothing missing, letters right, routes in words, no words run as markup."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import unicodedata
from functools import cache

import pypdf
import pytest

from analysis.printing import condition_words, printed
from questionnaires.files import instrument_path, load_instrument
from questionnaires.instrument import Instrument
from tests.factories import instrument, item, option

TRICKY = '#read("printed.typ") *bold* $x$ \\ @preview <label> ]) _a_ // gone? `code` ~ = Head'


@cache
def shipped(name: str) -> Instrument:
    return load_instrument(instrument_path(name))


def squeezed(words: str) -> str:
    """Return words without spaces: where lines break is not a claim."""
    return re.sub(r"\s", "", words)


def read(pdf: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(pdf))


def text_of(pdf: bytes) -> str:
    return squeezed("".join(page.extract_text() for page in read(pdf).pages))


@pytest.mark.parametrize("blank", [True, False], ids=["blank", "to read"])
@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("name", ["pci_domestic", "pci_pulse", "satisfaction", "satisfaction_desk", "consultation"])
def test_every_item_answer_and_route_is_on_the_paper(name, language, blank):
    source = shipped(name)
    words = text_of(printed(source, language, blank=blank))
    expected = [source.title[language], *(page.title[language] for page in source.pages)]
    expected += [page.body[language] for page in source.pages if page.body]
    for each in source.items:
        typed = {answer: key for key, answer in each.keys.items()}
        expected += [each.code + ("" if each.ask_if else each.text[language]), each.text[language]]
        expected += [
            f"{choice.text[language]}({typed[choice.code] if blank else choice.code})" for choice in each.options
        ]
        expected += [
            f"{source.special[special][language]}({typed[special] if blank else special})" for special in each.specials
        ]
        expected += [condition_words(each.ask_if, source, language)] if each.ask_if else []
        expected += [each.hint[language]] if each.hint else []
    assert [phrase for phrase in expected if squeezed(phrase) not in words] == []


def test_the_blank_has_a_place_for_the_group_and_asks_before_a_comment_is_typed():
    source = shipped("pci_domestic")
    blank, to_read = (text_of(printed(source, "vi", blank=is_blank)) for is_blank in (True, False))
    for words in ("Ký hiệu nhóm doanh nghiệp", "Tôi đồng ý cho đọc và trích ý kiến này"):
        assert squeezed(words) in blank
        assert squeezed(words) not in to_read


@pytest.mark.parametrize("language", ["vi", "en"])
def test_one_font_alone_is_used_since_the_built_in_ones_lose_vietnamese_marks(language):
    pages = read(printed(shipped("pci_domestic"), language)).pages
    fonts = {font.get_object()["/BaseFont"][8:] for page in pages for font in page["/Resources"]["/Font"].values()}
    assert fonts == {"BeVietnamPro-Regular"}


def test_every_vietnamese_letter_is_printed_by_that_font():
    base, marks = "aăâeêioôơuưyAĂÂEÊIOÔƠUƯY", "\u0300\u0301\u0303\u0309\u0323"
    letters = "đĐ" + "".join(unicodedata.normalize("NFC", letter + mark) for letter in base for mark in ("", *marks))
    pdf = printed(instrument(item("q", text={"vi": letters, "en": letters})), "vi")
    (page,) = read(pdf).pages
    assert letters in squeezed(page.extract_text())
    assert len(page["/Resources"]["/Font"]) == 1


def test_words_are_never_run_as_markup():
    tricky = {"vi": TRICKY, "en": TRICKY}
    source = instrument(item("q", text=tricky, hint=tricky, options=[{"code": "a", "text": tricky}, option("b")]))
    assert text_of(printed(source, "vi")).count(squeezed(TRICKY)) == 3


def test_the_paper_says_its_title_and_language_to_screen_readers():
    pdf = read(printed(shipped("satisfaction_desk"), "vi"))
    assert pdf.metadata is not None
    assert pdf.metadata.title == shipped("satisfaction_desk").title.vi
    assert pdf.root_object["/Lang"] == "vi"
    assert pdf.root_object["/MarkInfo"]["/Marked"].value is True


@pytest.mark.parametrize(
    ("condition", "vi", "en"),
    [
        ({"item": "q", "in": ["a", "b"]}, "câu q trả lời “a (vi)” hoặc “b (vi)”", "q is answered “a (en)” or “b (en)”"),
        ({"item": "q", "not_in": ["a"]}, "câu q không trả lời “a (vi)”", "q is not answered “a (en)”"),
        ({"item": "m", "has": "a"}, "câu m có chọn “a (vi)”", "m includes “a (en)”"),
        ({"item": "m", "lacks": "a"}, "câu m không chọn “a (vi)”", "m does not include “a (en)”"),
        ({"item": "n", "gte": 3}, "câu n từ 3 trở lên", "n is 3 or more"),
        ({"not": {"item": "n", "gte": 3}}, "không đúng là (câu n từ 3 trở lên)", "it is not so that (n is 3 or more)"),
        (
            {"any": [{"item": "m", "has": "a"}, {"item": "m", "has": "b"}]},
            "câu m có chọn “a (vi)” hoặc “b (vi)”",
            "m includes “a (en)” or “b (en)”",
        ),
        (
            {"all": [{"item": "n", "gte": 3}, {"any": [{"item": "m", "has": "a"}, {"item": "n", "gte": 9}]}]},
            "câu n từ 3 trở lên và (câu m có chọn “a (vi)” hoặc câu n từ 9 trở lên)",
            "n is 3 or more and (m includes “a (en)” or n is 9 or more)",
        ),
    ],
)
def test_a_condition_is_said_in_words(condition, vi, en):
    options = [option("a"), option("b")]
    source = instrument(
        item("q", "choice", options=options),
        item("m", "multi", options=options),
        item("n", "number", range={"min": 0, "max": 9}),
        item("last", ask_if=condition),
    )
    asked = source.item("last").ask_if
    assert asked is not None
    assert condition_words(asked, source, "vi") == vi
    assert condition_words(asked, source, "en") == en


def test_the_printer_is_loaded_only_when_something_is_printed():
    code = "import sys, analysis.printing, survey_app.cli; sys.exit('typst' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
