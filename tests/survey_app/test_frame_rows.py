"""Values of a list of firms: what is accepted, in which form, and what is refused with a reason."""

from __future__ import annotations

import pytest

from survey_app.services import frame_rows
from survey_app.services.frame_columns import Column, fold, guess
from survey_app.services.frame_rows import BadValue, check_row


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("0100109106", "0100109106"),  # the state telecom group, as its own pages print it
        ("0100112437", "0100112437"),  # Vietcombank
        ("0100233488", "0100233488"),  # these two are the examples of python-stdnum
        ("0314409058-002", "0314409058-002"),
        ("100109106", "0100109106"),  # a spreadsheet dropped the zero
        ("0100109106-001", "0100109106-001"),
        ("0100109106001", "0100109106-001"),
        ("0100 109 106", "0100109106"),
        ("001099012345", "001099012345"),  # a person's number
    ],
)
def test_a_tax_code_is_kept_in_one_form(typed, kept):
    assert frame_rows.tax_code(typed) == kept


@pytest.mark.parametrize("typed", ["0100109107", "123", "01001091O6", "0100233480"])
def test_a_tax_code_with_a_wrong_digit_is_refused(typed):
    with pytest.raises(BadValue):
        frame_rows.tax_code(typed)


def test_each_single_mistyped_digit_of_a_tax_code_is_found():
    right = "0100109106"
    wrong = [right[:n] + d + right[n + 1 :] for n in range(10) for d in "0123456789" if d != right[n]]
    for code in wrong:
        with pytest.raises(BadValue):
            frame_rows.tax_code(code)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("1", "n1_4"), ("4", "n1_4"), ("25", "n10_49"), ("10 - 49 người", "n10_49"), ("1.250", "n200"), ("n5_9", "n5_9")],
)
def test_a_size_becomes_the_class_of_the_questionnaire(typed, kept):
    assert frame_rows.size(typed) == kept


@pytest.mark.parametrize("typed", ["nhỏ", "0", "5 - 49", "1 2 3"])
def test_a_size_that_could_be_two_classes_is_refused(typed):
    with pytest.raises(BadValue):
        frame_rows.size(typed)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("0912 345 678", "+84912345678"),
        ("912345678", "+84912345678"),
        ("+84 912.345.678", "+84912345678"),
        ("0205 3812 345", "+842053812345"),
    ],
)
def test_telephone_numbers_get_one_form(typed, kept):
    assert frame_rows.phone(typed) == kept


@pytest.mark.parametrize("typed", ["12345", "không có", "0912345678 / 0987654321"])
def test_what_is_no_telephone_number_is_refused(typed):
    with pytest.raises(BadValue):
        frame_rows.phone(typed)


def test_a_row_is_kept_in_composed_letters_with_its_defaults():
    decomposed = "Công ty A"
    values, faults = check_row(
        2, {Column.TAX_CODE: "0100109106", Column.NAME: decomposed, Column.EMAIL: "Lan@Example.VN"}
    )
    assert faults == []
    assert values[Column.NAME] == "Công ty A"
    assert values[Column.EMAIL] == "Lan@example.vn"
    assert (values[Column.LANGUAGE], values[Column.OPTED_OUT], values[Column.PHONE]) == ("vi", False, None)


def test_every_fault_of_a_row_is_named_with_its_value_and_what_to_do():
    row = {Column.TAX_CODE: "12", Column.NAME: "", Column.VSIC: "9", Column.FOUNDED: "lâu rồi", Column.OPTED_OUT: "?!a"}
    _, faults = check_row(17, row)
    assert [(f.row, f.column, f.value) for f in faults] == [
        (17, Column.TAX_CODE, "12"),
        (17, Column.NAME, ""),
        (17, Column.VSIC, "9"),
        (17, Column.FOUNDED, "lâu rồi"),
        (17, Column.OPTED_OUT, "?!a"),
    ]
    assert faults[0].reason.vi == "mã số thuế phải có 10 hoặc 13 chữ số"


def test_headers_are_known_in_both_languages_with_and_without_marks():
    vietnamese = guess(["STT", "Mã số thuế", "Tên doanh nghiệp", "Xã, phường", "Điện thoại", "Thư điện tử"])
    plain = guess(["no", "ma so thue", "TEN DOANH NGHIEP", "xa/phuong", "SDT", "E-mail"])
    english = guess(["#", "Tax code", "Company", "Ward", "Phone number", "Email"])
    expected = {Column.TAX_CODE: 1, Column.NAME: 2, Column.AREA: 3, Column.PHONE: 4, Column.EMAIL: 5}
    assert vietnamese == plain == english == expected


def test_searching_ignores_marks_and_d():
    assert fold("Đặng Văn Đồng – Xưởng gỗ") == "dang van dong xuong go"
