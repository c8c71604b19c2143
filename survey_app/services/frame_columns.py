"""The columns of a list of firms: what each is called in the wild, and a guess at which is which."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from enum import StrEnum


class Column(StrEnum):
    """What a list of firms can say of each."""

    TAX_CODE = "tax_code"
    NAME = "name"
    AREA = "area"
    VSIC = "vsic"
    SIZE = "size"
    OWNERSHIP = "ownership"
    FOUNDED = "founded"
    CONTACT = "contact"
    PHONE = "phone"
    EMAIL = "email"
    LANGUAGE = "language"
    OPTED_OUT = "opted_out"


REQUIRED = (Column.TAX_CODE, Column.NAME)

#: Headers as people write them, folded; a header that begins with one of them counts too.
NAMES: Mapping[Column, tuple[str, ...]] = {
    Column.TAX_CODE: ("ma so thue", "mst", "ma so doanh nghiep", "ma so dn", "tax code", "tax id", "tax no"),
    Column.NAME: ("ten doanh nghiep", "ten dn", "ten cong ty", "doanh nghiep", "ten", "firm", "company", "name"),
    Column.AREA: ("xa phuong", "phuong xa", "xa", "phuong", "dia ban", "commune", "ward", "area"),
    Column.VSIC: ("nganh nghe", "nganh", "vsic", "sector", "industry"),
    Column.SIZE: ("so lao dong", "lao dong", "quy mo", "workers", "employees", "size"),
    Column.OWNERSHIP: ("loai hinh", "so huu", "hinh thuc so huu", "ownership", "legal form", "type"),
    Column.FOUNDED: ("nam thanh lap", "ngay thanh lap", "year founded", "founded", "established"),
    Column.CONTACT: ("nguoi lien he", "lien he", "nguoi dai dien", "giam doc", "contact"),
    Column.PHONE: ("so dien thoai", "dien thoai", "dt", "sdt", "phone", "mobile", "tel"),
    Column.EMAIL: ("thu dien tu", "email", "e mail", "mail"),
    Column.LANGUAGE: ("ngon ngu", "language", "lang"),
    Column.OPTED_OUT: ("khong nhan tin", "tu choi nhan tin", "tu choi", "opt out", "opted out"),
}


def fold(text: str) -> str:
    """Return a text as people search: small letters, no marks, đ as d, every other sign a single space."""
    plain = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return re.sub(r"[^a-z0-9]+", " ", letters).strip()


def guess(header: Sequence[str]) -> dict[Column, int]:
    """Return which column of the file holds what: whole names first, then beginnings; each place is given once."""
    folded = [fold(text) for text in header]
    found: dict[Column, int] = {}
    for matches in (_is_name, _begins_with_name):
        for column in Column:
            places = (n for n, text in enumerate(folded) if n not in found.values() and matches(text, column))
            place = None if column in found else next(places, None)
            if place is not None:
                found[column] = place
    return found


def _is_name(text: str, column: Column) -> bool:
    return text in NAMES[column]


def _begins_with_name(text: str, column: Column) -> bool:
    return any(text.startswith(f"{name} ") for name in NAMES[column])
