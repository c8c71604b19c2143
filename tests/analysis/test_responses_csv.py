import csv

import pandas as pd
import pytest

from analysis import columns
from analysis.csv_rows import BadResponses, CellFault
from analysis.index import score
from analysis.responses_csv import read_csv, write_csv
from tests.analysis import tiny

SURVEY = tiny.survey()
NO_RATING = {key: value for key, value in tiny.answers(answer="dk").items() if key != "rating"}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "responses.csv"


def frame(*answers, **more):
    return columns.from_answers(answers or [tiny.answers(), NO_RATING, tiny.answers(days=None)], SURVEY, **more)


def faults(path, table: pd.DataFrame) -> list[tuple[int, str, str]]:
    write_csv(table, path)
    with pytest.raises(BadResponses) as caught:
        read_csv(path, SURVEY)
    for fault in caught.value.faults:
        assert fault.vi
        assert fault.en
        assert str(fault.row) in fault.sentence("vi")
        assert fault.column in fault.sentence("en")
    return [(fault.row, fault.column, fault.value) for fault in caught.value.faults]


def test_what_is_written_is_read_back(path):
    table = frame(weight=[1.5, 2.0, 1.0], stratum=["a", "a", "b"])
    write_csv(table, path)
    pd.testing.assert_frame_equal(read_csv(path, SURVEY), table, check_dtype=False)


def test_a_simulated_wave_is_read_back_without_a_fault(path, wave, pci):
    write_csv(wave, path)
    pd.testing.assert_frame_equal(read_csv(path, pci), wave.reset_index(drop=True), check_dtype=False)


def test_blank_not_asked_and_several_choices_are_told_apart():
    table = frame(
        tiny.answers(topics=None), NO_RATING, tiny.answers(topics="ref"), tiny.answers(topics=["tax", "land"])
    )
    assert table["topics__tax"].tolist() == ["", "1", "ref", "1"]
    assert table["topics__none"].tolist() == ["", "0", "ref", "0"]
    assert table["rating"].tolist() == ["r3", ".", "r3", "r3"]


def test_a_byte_order_mark_is_no_fault(path):
    write_csv(frame(), path)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert len(read_csv(path, SURVEY)) == 3


def test_a_file_that_is_not_utf_8_is_named(path):
    path.write_bytes("trạng thái".encode("utf-16"))
    with pytest.raises(BadResponses, match="UTF-8"):
        read_csv(path, SURVEY)


def test_a_cell_too_long_for_a_csv_file_is_a_fault(path):
    path.write_text("status\n" + "x" * 200_000, encoding="utf-8")
    with pytest.raises(BadResponses, match="no CSV file"):
        read_csv(path, SURVEY)


def test_a_fault_in_a_number_says_what_may_stand_there(path):
    table = frame()
    table.loc[0, "days"] = "ref"  # not offered by this item
    write_csv(table, path)
    with pytest.raises(BadResponses, match="Use a number in 0-100, dk, or leave it blank"):
        read_csv(path, SURVEY)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_what_is_not_utf_8_is_named_with_its_row(path, end):
    write_csv(frame(stratum=["nhỏ", "nhỏ", "vừa"]), path)
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[1:3] = [line.replace("nhỏ", "nho") for line in lines[1:3]]
    path.write_bytes(end.join(lines).replace("vừa", "vùa").encode("cp1252"))  # only row 4 is no UTF-8
    fault = only_fault(path)
    assert (fault.row, fault.en) == (4, "Save the file as UTF-8")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le"])
def test_utf_16_is_named_as_no_utf_8(path, encoding):
    path.write_bytes("status,size\n".encode(encoding))
    assert "UTF-8" in only_fault(path).vi


def only_fault(path) -> CellFault:
    with pytest.raises(BadResponses) as caught:
        read_csv(path, SURVEY)
    (fault,) = caught.value.faults
    return fault


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\n \r\n"])
def test_an_empty_file_is_one_fault_that_says_so(path, content):
    path.write_bytes(content)
    fault = only_fault(path)
    assert "The file is empty" in fault.en
    assert "Tệp trống" in fault.vi


@pytest.mark.parametrize(("separator", "name"), [(";", "“;”"), ("\t", "Tab"), ("|", "“|”")])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
def test_a_wrong_separator_is_one_fault_that_names_it(path, separator, name, quoting):
    frame().to_csv(path, index=False, sep=separator, quoting=quoting)
    fault = only_fault(path)
    assert f"separated by {name}: save" in fault.en
    assert f"cách nhau bằng {name}: lưu lại" in fault.vi


@pytest.mark.parametrize("first", ["open,micro,yes", "a;b;c", "\nstatus,size"])
def test_a_file_without_names_of_columns_in_its_first_row_is_one_fault(path, first):
    path.write_text(first + "\nopen,micro,yes\n", encoding="utf-8")
    fault = only_fault(path)
    assert (fault.row, fault.column) == (1, "-")
    assert "holds no column of the instrument" in fault.en


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("status", "maybe"),
        ("days", "101"),
        ("days", "-1"),
        ("days", "2.5"),
        ("days", "ref"),
        ("days", "nan"),
        ("days", "five"),
        ("topics__tax", "yes"),
        ("size", "huge"),
        ("answer", "ns"),
    ],
)
def test_a_cell_outside_the_contract_is_named_with_its_row_column_and_value(path, column, value):
    table = frame()
    table.loc[1, column] = value
    assert faults(path, table) == [(3, column, value)]


@pytest.mark.parametrize("value", ["any", "ns"])
def test_a_key_variable_may_hold_a_rung_or_not_stated(path, value):
    table = frame()
    table["size"] = value
    write_csv(table, path)
    found = read_csv(path, SURVEY)
    assert columns.valid(found, SURVEY.item("size")).tolist() == [value == "any"] * 3


def test_a_key_variable_that_was_not_asked_may_be_not_stated(path):
    table = frame({"status": "closed"})
    table["size"] = "ns"
    write_csv(table, path)
    assert read_csv(path, SURVEY).at[0, "size"] == "ns"


@pytest.mark.parametrize("cells", [["1", ".", "0"], ["ref", "ref", "1"], ["", "0", "1"], ["1", "ref", "1"]])
def test_a_mixture_in_the_columns_of_one_item_is_a_fault(path, cells):
    table = frame()
    table.loc[2, ["topics__tax", "topics__land", "topics__none"]] = cells
    assert faults(path, table) == [(4, "topics", ",".join(cells))]


def test_an_answered_item_has_at_least_one_tick(path):
    table = frame()
    table.loc[0, ["topics__tax", "topics__land", "topics__none"]] = "0"
    assert faults(path, table) == [(2, "topics", "0")]


def test_an_exclusive_option_stands_alone(path):
    assert faults(path, frame(tiny.answers(topics=["tax", "none"]))) == [(2, "topics", "tax,none")]


def test_an_answer_off_the_route_is_a_fault(path):
    assert faults(path, frame(tiny.answers(answer="dk"))) == [(2, "rating", "r3")]


def test_a_dot_on_the_route_is_a_fault(path):
    table = frame()
    table.loc[0, "rating"] = "."
    assert faults(path, table) == [(2, "rating", ".")]


def test_an_answer_after_the_questionnaire_ended_is_a_fault(path):
    found = faults(path, frame({"status": "closed", "days": 5}))
    assert found == [(2, "days", "5")]


def test_an_option_that_was_not_offered_cannot_be_ticked(path):
    assert faults(path, frame(tiny.answers(answer="no", topics=["tax", "land"]))) == [(2, "topics__land", "1")]


def test_a_faulty_trigger_brings_no_second_fault_about_what_it_triggers(path):
    table = frame(NO_RATING)
    table.loc[0, "answer"] = "perhaps"
    assert faults(path, table) == [(2, "answer", "perhaps")]


@pytest.mark.parametrize("value", ["0", "-2", "", "much", "inf", "nan"])
def test_a_weight_is_a_number_over_zero(path, value):
    table = frame()
    table["weight"] = ["1", value, "1"]
    assert faults(path, table) == [(3, "weight", value)]


@pytest.mark.parametrize("value", ["1e308", "1e160", "1.1e9", "0.9e-9", "1e-200"])
def test_weights_whose_sums_or_squares_no_number_can_hold_are_refused_in_every_row(path, value):
    assert faults(path, frame().assign(weight=value)) == [(row, "weight", value) for row in (2, 3, 4)]


@pytest.mark.parametrize("scale", [1e-9, 1e9])
def test_the_smallest_and_largest_weights_give_the_scores_of_equal_ones(path, scale):
    method = tiny.method(tiny.indicator("1.01", "entry", 2, tiny.SHARE), tiny.indicator("2.01", "land", 1, tiny.MEDIAN))
    answers = [tiny.answers(answer="yes" if days % 3 else "no", days=days) for days in range(12)]
    write_csv(frame(*answers, weight=[scale] * 12), path)
    found, equal = (score(table, SURVEY, method, {}) for table in (read_csv(path, SURVEY), frame(*answers)))
    assert found.sub_indices.loc["entry", "value"] == pytest.approx(2 + 2 * 8 / 12)
    pd.testing.assert_frame_equal(found.sub_indices, equal.sub_indices)


def test_a_stratum_has_a_name(path):
    assert faults(path, frame(stratum=["a", "", "a"])) == [(3, "stratum", "")]


def test_unknown_missing_and_doubled_columns_are_faults(path):
    table = frame().drop(columns="days").assign(extra="1")
    table.insert(0, "status", table["status"], allow_duplicates=True)
    found = faults(path, table)
    assert [(row, column) for row, column, _ in found] == [(1, "status"), (1, "extra"), (1, "days")]


def test_a_fault_of_a_column_or_a_length_says_what_to_do(path):
    write_csv(frame().assign(extra="1"), path)
    path.write_text(path.read_text() + "\n")
    with pytest.raises(BadResponses) as caught:
        read_csv(path, SURVEY)
    assert [fault.en.split(": ")[1].split(",")[0] for fault in caught.value.faults] == [
        "remove it",
        "add or remove cells",
    ]


def test_a_row_of_another_length_is_a_fault(path):
    write_csv(frame(), path)
    path.write_text(path.read_text() + "open,micro\n")
    with pytest.raises(BadResponses) as caught:
        read_csv(path, SURVEY)
    assert [(fault.row, fault.column) for fault in caught.value.faults] == [(5, "-")]


def test_every_fault_is_named_and_not_only_the_first(path):
    table = frame().assign(extra="1", weight=["1", "0", "1"])
    table.loc[0, ["status", "days"]] = ["maybe", "1000"]
    table.loc[1, "rating"] = "r1"
    table.loc[2, ["topics__tax", "topics__land", "topics__none"]] = ["1", "0", "1"]
    assert faults(path, table) == [
        (1, "extra", "extra"),
        (2, "status", "maybe"),
        (2, "days", "1000"),
        (3, "weight", "0"),
        (3, "rating", "r1"),
        (4, "topics", "tax,none"),
    ]
