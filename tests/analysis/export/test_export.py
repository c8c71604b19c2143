"""The bundle is read back by other people's programs, and says what the frame said."""

import csv
import hashlib
import io
import json
import random
import re
import sys
import time
import zipfile
from xml.etree import ElementTree

import pandas as pd
import pyarrow.parquet
import pyreadstat
import pytest
from pyxform.xls2xform import convert

from analysis import columns
from analysis.export import Bundle, bundle
from analysis.export.formats import NeedsPackage
from analysis.export.labels import Cuts, Limit, cut
from analysis.export.variables import WHY, variables
from analysis.export.xlsform import xlsform
from analysis.responses_csv import read_csv
from questionnaires.demonstration import distribution
from questionnaires.files import instrument_path, load_instrument
from questionnaires.walking import draw_answers
from tests.analysis import tiny

SURVEY = tiny.survey()
METHOD = tiny.method(tiny.indicator("1.02", "entry", 3, tiny.SHARE))
ANSWERS = [
    tiny.answers(),
    tiny.answers(answer="dk", rating=None, days="dk", topics="ref", paid="ref", size="ns"),
    tiny.answers(answer="no", rating="r5", days=None, topics=["tax", "land"], paid="yes", size="any"),
    {"status": "closed"},
    tiny.answers(answer="na", days=0, topics=["none"], size="large"),
]
FRAME = columns.from_answers(ANSWERS, SURVEY, weight=[1, 2.5, 3, 4, 5], stratum=["Bắc", "Bắc", "Nam", "Nam", "Nam"])
DDI = "{ddi:codebook:2_5}"
#: The order in which DDI 2.5 wants the parts of a variable that we use.
ORDER = ["labl", "qstn", "valrng", "universe", "catgry", "varFormat"]


@pytest.fixture(scope="module")
def made() -> Bundle:
    return bundle(FRAME, SURVEY, METHOD)


@pytest.fixture(scope="module")
def whole(pci, pci_2023, wave) -> Bundle:
    return bundle(wave, pci, pci_2023)


def opened(content: bytes, form: str, folder):
    path = folder / f"file.{form}"
    path.write_bytes(content)
    read = pyreadstat.read_sav if form == "sav" else pyreadstat.read_dta
    return read(path, user_missing=True)


def test_the_csv_file_is_read_as_the_frame_it_was(whole, wave, pci, tmp_path):
    path = tmp_path / "responses.csv"
    path.write_bytes(whole.files["responses.csv"])
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    pd.testing.assert_frame_equal(read_csv(path, pci), wave, check_dtype=False)


def test_parquet_has_types_nulls_and_reasons_from_which_the_frame_can_be_made_again(made):
    table = pyarrow.parquet.read_table(io.BytesIO(made.files["responses.parquet"]))
    assert [str(table.schema.field(name).type) for name in ("topics__tax", "days", "weight", "days__why")] == [
        "int8", "double", "double", "string",
    ]  # fmt: skip
    assert table["days"].to_pylist() == [5.0, None, None, None, 0.0]
    assert table["days__why"].to_pylist() == [None, "dk", "blank", "not_asked", None]
    cells = {reason[0]: cell for cell, reason in WHY.items()}
    for item in (item for item in SURVEY.items if item.type != "number"):
        why = table[f"{item.code}__why"].to_pylist()
        for name in columns.columns_of(item):
            again = [cells[w] if v is None else str(v) for v, w in zip(table[name].to_pylist(), why, strict=True)]
            assert again == FRAME[name].tolist()


@pytest.mark.parametrize(("form", "code"), [("sav", 1), ("dta", 2)])
def test_spss_and_stata_give_every_cell_back(whole, wave, pci, tmp_path, form, code):
    table, about = opened(whole.files[f"responses.{form}"], form, tmp_path)
    reasons = {reason[code]: cell for cell, reason in WHY.items()}
    for variable in variables(wave, pci, "vi"):
        values = {number: cell for cell, number in variable.number_of.items()}
        again = [reasons.get(v, values.get(v, v)) for v in table[variable.name]]
        if variable.kind == "number":
            again = [f"{v:g}" if isinstance(v, float) else v for v in again]
        assert again == wave[variable.name].tolist(), variable.name
    assert about.column_names_to_labels["p02"] == pci.item("p02").text.vi


def test_what_is_no_valid_answer_is_user_missing(made, tmp_path):
    _, about = opened(made.files["responses.sav"], "sav", tmp_path)
    assert about.missing_ranges["answer"] == [{"lo": -99, "hi": -94}]
    assert about.variable_value_labels["answer"][-99] == SURVEY.special["dk"].vi
    assert about.variable_value_labels["size"][-94] == "Không nêu"
    table, _ = pyreadstat.read_sav(tmp_path / "file.sav")
    assert table["answer"].isna().tolist() == [False, True, False, True, True]
    table, about = opened(made.files["responses.dta"], "dta", tmp_path)
    assert table["days"].tolist() == [5.0, "a", "d", "e", 0.0]
    assert about.variable_value_labels["answer"]["a"] == SURVEY.special["dk"].vi
    assert table["weight"].tolist() == [1, 2.5, 3, 4, 5]
    assert table["stratum"].tolist() == FRAME["stratum"].tolist()


@pytest.mark.parametrize("form", ["sav", "dta"])
def test_labels_are_whole_or_listed_as_cut(whole, wave, pci, tmp_path, form):
    _, about = opened(whole.files[f"responses.{form}"], form, tmp_path)
    listed = {
        (row["format"], row["what"]): (row["whole"], row["left"])
        for row in csv.DictReader(io.StringIO(whole.files["cut_labels.csv"].decode("utf-8-sig")))
    }
    name = {"sav": "spss", "dta": "stata"}[form]
    for variable in variables(wave, pci, "vi"):
        whole_label, left = listed.get((name, variable.name), (variable.label, variable.label))
        assert (whole_label, left) == (variable.label, about.column_names_to_labels[variable.name])
        for number, words in about.variable_value_labels.get(variable.name, {}).items():
            key = f"{variable.name} = {int(number)}" if isinstance(number, float) else ""
            assert words == listed.get((name, key), (words, words))[1]
            assert words in dict(map(reversed, [*variable.values, *variable.missing])) or words.endswith("…")
    assert listed


@pytest.mark.parametrize(
    ("text", "limit", "left"),
    [
        ("Sở Kế hoạch và Đầu tư", Limit(bytes=100), "Sở Kế hoạch và Đầu tư"),
        ("Sở Kế hoạch và Đầu tư", Limit(bytes=20), "Sở Kế hoạch…"),  # 4 + 1 + 5 + 1 + 6 + 3 = 20 bytes
        ("Sở Kế hoạch và Đầu tư", Limit(bytes=19), "Sở Kế…"),
        ("Sở Kế hoạch, và Đầu tư", Limit(letters=15), "Sở Kế hoạch…"),
        ("Đường", Limit(bytes=7), "Đư…"),
    ],
)
def test_words_are_cut_at_a_space_and_letters_never(text, limit, left):
    assert cut(text, limit) == left
    noted = Cuts()
    noted.fit(text, limit, "spss", "x")
    assert noted.rows == ([] if text == left else [("spss", "x", text, left)])


def test_the_same_responses_give_the_same_bytes(made):
    time.sleep(1.1)  # files of SPSS hold the second, those of Stata the minute
    again = bundle(FRAME.copy(), SURVEY, METHOD)
    assert again.zipped() == made.zipped()
    assert b"01 Jan 2000 00:00" in made.files["responses.dta"]
    assert bundle(FRAME[:4], SURVEY, METHOD).zipped() != made.zipped()


def test_the_archive_holds_the_files_and_the_readme_their_hashes(made):
    with zipfile.ZipFile(io.BytesIO(made.zipped())) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == dict(made.files)
    readme = made.files["README.md"].decode()
    assert "responses: 5; thuộc đối tượng / in scope: 4;" in readme
    for name, content in made.files.items():
        if name != "README.md":
            assert f"| {name} | {len(content)} | {hashlib.sha256(content).hexdigest()} |" in readme


def test_the_codebook_for_archives_knows_every_column_and_answer(whole, wave, pci):
    root = ElementTree.fromstring(whole.files["codebook.ddi.xml"])  # noqa: S314 - our own
    found = {each.get("name"): each for each in root.iter(f"{DDI}var")}
    assert list(found) == list(wave)
    for element in found.values():
        order = [ORDER.index(part.tag.removeprefix(DDI)) for part in element]
        assert order == sorted(order)
    categories = {c.findtext(f"{DDI}catValu") or "": c for c in found["b04"].iter(f"{DDI}catgry")}
    item = pci.item("b04")
    assert list(categories) == [*item.option_codes, *item.specials, "", "."]
    assert [code for code, each in categories.items() if each.get("missing") == "Y"] == [*item.specials, "", "."]
    assert categories["dk"].findtext(f"{DDI}labl") == "Không biết"
    assert root.findtext(f".//{DDI}caseQnty") == "220"


def test_the_package_describes_the_table_as_it_is(made):
    package = json.loads(made.files["datapackage.json"])
    for resource in package["resources"]:
        content = made.files[resource["path"]]
        assert resource["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
        assert resource["bytes"] == len(content)
    schema = package["resources"][0]["schema"]
    assert [field["name"] for field in schema["fields"]] == list(FRAME)
    for field in schema["fields"]:
        for cell in FRAME[field["name"]].astype(str):
            if cell in schema["missingValues"]:
                continue
            value = float(cell) if field["type"] in ("number", "integer") else cell
            limits = field.get("constraints", {})
            assert value in limits.get("enum", [value])
            assert limits.get("minimum", value) <= value <= limits.get("maximum", value)


@pytest.mark.parametrize("code", ["pci_domestic", "pci_pulse", "satisfaction", "satisfaction_desk", "consultation"])
def test_other_survey_tools_accept_the_questionnaire(code):
    warnings: list[str] = []
    form = convert(xlsform(load_instrument(instrument_path(code))), warnings=warnings, file_type=".xlsx")
    assert warnings == []
    for item in load_instrument(instrument_path(code)).items:
        assert f"/{item.code}" in form.xform


def shows(expression: str, answers: dict) -> bool:
    """Evaluate the expressions of XLSForm that we write, over answers as the app keeps them."""

    def answer(code: str):
        given = answers.get(code)
        return "" if given is None else given

    def selected(given, code: str) -> bool:
        return code in (given if isinstance(given, list) else [given])

    python = re.sub(r"\$\{(\w+)\} >= (\S+?)(?=[)\s]|$)", r'(str(A("\1")).isnumeric() and A("\1") >= \2)', expression)
    python = re.sub(r"\$\{(\w+)\}", r'A("\1")', python).replace(" = ", " == ")
    return bool(eval(python, {"A": answer, "selected": selected}))  # noqa: S307 - our own expressions


def test_the_questionnaire_of_other_tools_asks_what_ours_asks(pci):
    book = pd.read_excel(
        io.BytesIO(xlsform(pci)), sheet_name="survey", dtype=str, keep_default_na=False, engine="calamine"
    )
    group, relevant = "", {}
    for row in book.to_dict("records"):
        group = row["relevant"] if row["type"] == "begin_group" else group
        relevant[row["name"]] = [part for part in (group, row["relevant"]) if part]
    rng = random.Random(3)
    for _ in range(60):
        answers = draw_answers(pci, distribution(), rng)
        asked = pci.answers_asked(answers)
        for item in pci.items:
            assert all(shows(part, asked) for part in relevant[item.code]) == (item.code in asked), item.code


def test_an_option_is_offered_where_ours_is():
    book = pd.read_excel(
        io.BytesIO(xlsform(SURVEY)), sheet_name=None, dtype=str, keep_default_na=False, engine="calamine"
    )
    (row,) = book["survey"].query("name == 'topics'").to_dict("records")
    offered = book["choices"].query("list_name == 'topics'").set_index("name")["offered"]
    assert offered.to_dict() == {"tax": "", "land": "land", "none": "", "ref": ""}
    for answer, count in (("yes", 4), ("no", 3)):
        expression = row["choice_filter"]
        shown = [
            code
            for code, key in offered.items()
            if shows(expression.replace("offered", f"'{key}'"), {"answer": answer})
        ]
        assert len(shown) == count
    assert "not(selected(., 'none') and count-selected(.) > 1)" in row["constraint"]


@pytest.mark.parametrize("package", ["pyarrow", "pyreadstat"])
def test_a_missing_package_is_named_with_the_command_that_installs_it(package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(NeedsPackage, match=f"{package} is missing: `make notebook` installs") as caught:
        bundle(FRAME, SURVEY, METHOD)
    assert f"Thiếu gói {package}" in caught.value.sentence("vi")


def test_numbers_that_could_be_codes_of_missing_answers_are_refused():
    items = [
        item.model_copy(update={"range": item.range.model_copy(update={"min": -200})}) if item.code == "days" else item
        for item in SURVEY.items
    ]
    with pytest.raises(ValueError, match="days takes numbers from -200"):
        variables(FRAME, SURVEY.model_copy(update={"items": tuple(items)}), "vi")
