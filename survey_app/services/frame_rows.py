"""One row of a list of firms: each value checked and put into one form, or a reason that says what to do."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from questionnaires.base import Text
from survey_app.services.frame_columns import REQUIRED, Column, fold

Value = str | int | bool | None

_LONGEST = {Column.NAME: 200, Column.AREA: 120, Column.OWNERSHIP: 60, Column.CONTACT: 120}
#: Weights of the check digit of a Vietnamese tax code (Circular 105/2020/TT-BTC; the same in python-stdnum vn.mst).
_TAX_WEIGHTS = (31, 29, 23, 19, 17, 13, 7, 5, 3)
#: The size classes of item p03, by their smallest number of workers.
SIZES = ((1, "n1_4"), (5, "n5_9"), (10, "n10_49"), (50, "n50_199"), (200, "n200"))
_YES = {"x", "co", "yes", "y", "1", "true", "tu choi"}
_NO = {"", "khong", "no", "n", "0", "false"}
_LANGUAGES = {"vi": "vi", "tieng viet": "vi", "viet": "vi", "en": "en", "tieng anh": "en", "english": "en", "anh": "en"}


class BadValue(Exception):
    """A value that cannot be used; `reason` says what to write instead."""

    def __init__(self, vi: str, en: str) -> None:
        super().__init__(en)
        self.reason = Text(vi=vi, en=en)


@dataclass(frozen=True)
class Fault:
    """One bad value: the row as the spreadsheet numbers it, the column, what stands there, and why it cannot stay."""

    row: int
    column: Column
    value: str
    reason: Text


def check_row(number: int, row: Mapping[Column, str]) -> tuple[dict[Column, Value], list[Fault]]:
    """Return the values of a row in one form, and every fault in it."""
    values: dict[Column, Value] = {}
    faults = []
    for column in Column:
        text = unicodedata.normalize("NFC", row.get(column, "")).strip()
        try:
            values[column] = _checked(column, text)
        except BadValue as bad:
            faults.append(Fault(number, column, text, bad.reason))
    return values, faults


def _checked(column: Column, text: str) -> Value:
    if text:
        return CHECKS[column](text)
    if column in REQUIRED:
        raise BadValue("để trống; ghi vào hoặc bỏ dòng này", "is blank; fill it in or leave the row out")
    blank: Mapping[Column, Value] = {Column.OPTED_OUT: False, Column.LANGUAGE: "vi"}
    return blank.get(column)


def tax_code(text: str) -> str:
    """Return a tax code: 10 digits with a check digit, a branch's 13 as 10-3, or a person's 12; raise BadValue."""
    digits = re.sub(r"[\s.\-']", "", text)
    if re.fullmatch(r"\d{9}|\d{11}", digits):
        digits = "0" + digits  # spreadsheets drop the leading zero
    if not re.fullmatch(r"\d{10}|\d{12}|\d{13}", digits):
        raise BadValue("mã số thuế phải có 10 hoặc 13 chữ số", "a tax code has 10 or 13 digits")
    if len(digits) == 12:
        return digits
    total = sum(weight * int(digit) for weight, digit in zip(_TAX_WEIGHTS, digits, strict=False))
    if 10 - total % 11 != int(digits[9]):
        raise BadValue(
            "mã số thuế sai chữ số kiểm tra; xem lại từng số", "the check digit is wrong; compare each digit"
        )
    return digits if len(digits) == 10 else f"{digits[:10]}-{digits[10:]}"


def size(text: str) -> str:
    """Return a size class of item p03, from a number of workers, a class, or a range within one; raise BadValue."""
    numbers = [int(number) for number in re.findall(r"\d+", text.replace(".", "").replace(",", ""))]
    if text in dict(SIZES).values():
        return text
    classes = {next((code for least, code in reversed(SIZES) if number >= least), None) for number in numbers[:2]}
    if not numbers or len(numbers) > 2 or len(classes) != 1 or None in classes:
        raise BadValue("ghi số lao động, ví dụ 25", "write the number of workers, such as 25")
    return str(classes.pop())


def vsic(text: str) -> str:
    """Return the section letter of the classification of industries, A to V; raise BadValue."""
    found = re.match(r"([A-Va-v])(?![^\W\d_])", text)
    if not found:
        raise BadValue("ghi chữ cái của ngành cấp 1 VSIC, từ A đến V", "write the letter of the VSIC section, A to V")
    return found[1].upper()


def founded(text: str) -> int:
    """Return the year in a year or a date; raise BadValue."""
    found = re.search(r"(?<!\d)(19[4-9]\d|20\d\d)(?!\d)", text)
    if not found:
        raise BadValue("ghi năm thành lập, ví dụ 2015", "write the year of founding, such as 2015")
    return int(found[1])


def phone(text: str) -> str:
    """Return a telephone number as +84...; raise BadValue."""
    try:
        number = phonenumbers.parse(text, "VN")
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_valid_number(number):
        raise BadValue(
            "số điện thoại phải có 10 chữ số, bắt đầu bằng số 0", "a telephone number has 10 digits and begins with 0"
        )
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def email(text: str) -> str:
    """Return an e-mail address in its normal form; raise BadValue."""
    try:
        return validate_email(text, check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise BadValue(
            "ghi một địa chỉ thư, ví dụ lan@example.vn", "write one address, such as lan@example.vn"
        ) from error


def language(text: str) -> str:
    """Return `vi` or `en`; raise BadValue."""
    found = _LANGUAGES.get(fold(text))
    if found is None:
        raise BadValue("ghi vi hoặc en", "write vi or en")
    return found


def opted_out(text: str) -> bool:
    """Say whether the firm wants no messages; raise BadValue."""
    folded = fold(text)
    if folded not in _YES | _NO:
        raise BadValue("ghi x nếu không nhận tin, hoặc để trống", "write x for no messages, or leave it blank")
    return folded in _YES


def _short(column: Column) -> Callable[[str], str]:
    longest = _LONGEST[column]

    def check(text: str) -> str:
        if len(text) > longest:
            raise BadValue(f"dài quá {longest} ký tự; viết ngắn lại", f"is longer than {longest} letters; shorten it")
        return text

    return check


CHECKS: Mapping[Column, Callable[[str], Value]] = {
    Column.TAX_CODE: tax_code,
    Column.VSIC: vsic,
    Column.SIZE: size,
    Column.FOUNDED: founded,
    Column.PHONE: phone,
    Column.EMAIL: email,
    Column.LANGUAGE: language,
    Column.OPTED_OUT: opted_out,
    **{column: _short(column) for column in _LONGEST},
}
