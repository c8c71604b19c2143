"""Files as anybody may send them: what cannot be read is a fault with file and line, never a crash."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from questionnaires.faults import BadFile
from questionnaires.files import load_instrument
from questionnaires.reading import MAX_BYTES, read
from tests.questionnaires.documents import INSTRUMENT, changed

LAUGHS = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"


def _fault(path: Path, content: str | bytes) -> tuple[int, str]:
    """Return the line and the English words of the only fault."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    with pytest.raises(BadFile) as refused:
        read(path)
    (fault,) = refused.value.faults
    assert fault.file == path
    assert fault.vi != fault.en
    return fault.line, fault.en


@pytest.mark.parametrize(
    ("content", "line", "advice"),
    [
        pytest.param("a: 1\nb: 2\na: 3\n", 3, "Mend the YAML: found duplicate key", id="a key twice"),
        pytest.param(LAUGHS, 2, "Write it out", id="aliases that multiply"),
        pytest.param("a: 1\n" + "b: " + "[" * 100_000, 2, "Nest at most 20 deep", id="brackets without end"),
        pytest.param("\n".join(" " * n + "a:" for n in range(500)), 21, "Nest at most 20 deep", id="steps without end"),
        pytest.param("a: 1\nb: !!python/object/apply:os.getcwd []\n", 2, "Write a plain value", id="a tag that acts"),
        pytest.param("a: 1\nb: !!int abc\n", 2, "Write a plain value", id="a tag that lies"),
        pytest.param("a: 1\n? [b, c]\n: 2\n", 2, "one plain word", id="a list as key"),
        pytest.param("a: 1\nb: 2024-02-31\n", 2, "Mend this value", id="a day that is none"),
        pytest.param("a: 1\nb: " + "9" * 5000, 2, "Mend this value", id="a number of 5000 digits"),
        pytest.param("a: 1\n---\nb: 2\n", 2, "another document", id="two documents"),
        pytest.param("a: 1\nb: [1, 2\n", 3, "Mend the YAML", id="an open bracket"),
        pytest.param("a: 1\nb: \x07\n", 2, "Remove the control character", id="a control character"),
        pytest.param('a: 1\nb: "\\ud800"\n', 2, "Write a letter", id="half a letter"),
        pytest.param("a: 1\nb: " + unicodedata.normalize("NFD", "Lạng Sơn"), 2, "composed Unicode", id="not NFC"),
        pytest.param('a: 1\nb: "e\\u0301"\n', 2, "composed Unicode", id="not NFC, and hidden"),
        pytest.param(b"a: 1\nb: L\xe9\n", 2, "Save the file as UTF-8", id="not UTF-8"),
        pytest.param("- a\n- b\n", 1, "must be a mapping", id="a list"),
        pytest.param("", 1, "must be a mapping", id="nothing"),
        pytest.param("#" * MAX_BYTES + "\n", 1, "smaller than 1 MiB", id="too large"),
    ],
)
def test_a_file_that_cannot_be_used_is_a_fault_at_its_line(tmp_path, content, line, advice):
    found, words = _fault(tmp_path / "file.yaml", content)
    assert found == line, words
    assert advice in words


def test_a_file_that_is_not_there_is_a_fault(tmp_path):
    with pytest.raises(BadFile, match="no such file or folder"):
        read(tmp_path / "gone.yaml")


def test_a_file_of_just_under_one_mebibyte_is_read(tmp_path):
    path = tmp_path / "file.yaml"
    path.write_text("a: 1\n#" + "x" * (MAX_BYTES - 7) + "\n", encoding="utf-8")
    assert read(path)[0] == {"a": 1}


@pytest.mark.parametrize("word", ["no", "off", "y", "0o10x", "12:30:00"])
def test_words_that_older_yaml_took_for_something_else_stay_words(tmp_path, word):
    path = tmp_path / "file.yaml"
    path.write_text(f"a: {word}\n", encoding="utf-8")
    assert read(path)[0] == {"a": word}


@pytest.mark.parametrize("items", ["5", "[1]", "[{code_list: [a]}]", "{a: b}", '"x"'])
def test_items_of_another_shape_are_faults(tmp_path, items):
    path = tmp_path / "file.yaml"
    path.write_text(INSTRUMENT[: INSTRUMENT.index("items:\n")] + f"items: {items}\n", encoding="utf-8")
    with pytest.raises(BadFile) as refused:
        load_instrument(path)
    assert {fault.line for fault in refused.value.faults} == {
        INSTRUMENT[: INSTRUMENT.index("items:\n")].count("\n") + 1
    }


def test_a_file_may_bring_its_own_code_lists(tmp_path):
    own = "good5:\n  - {code: high, text: {vi: Cao, en: High}}\n  - {code: low, text: {vi: Thấp, en: Low}}\n"
    own += "yesno:\n  - {code: 'yes', text: {vi: Có, en: 'Yes'}}\n  - {code: 'no', text: {vi: Không, en: 'No'}}\n"
    (tmp_path / "codelists.yaml").write_text(own, encoding="utf-8")
    path = tmp_path / "instrument.yaml"
    path.write_text(INSTRUMENT, encoding="utf-8")
    assert load_instrument(path).item("amount").option_codes == ("high", "low")


def test_a_document_is_the_same_after_writing_and_reading_it(tmp_path):
    path = tmp_path / "instrument.yaml"
    path.write_text(INSTRUMENT, encoding="utf-8")
    instrument = load_instrument(path)
    again = type(instrument).from_json(instrument.canonical_json())
    assert again == instrument
    assert again.content_hash() == instrument.content_hash()


def test_another_word_gives_another_hash(tmp_path):
    path = tmp_path / "instrument.yaml"
    path.write_text(INSTRUMENT, encoding="utf-8")
    before = load_instrument(path).content_hash()
    path.write_text(changed(INSTRUMENT, "Mấy ngày?", "Bao nhiêu ngày?"), encoding="utf-8")
    assert load_instrument(path).content_hash() != before
