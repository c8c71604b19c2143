"""The frame: a list of firms examined row by row, then saved whole or not at all; and found again by name."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, insert, or_, select, update
from sqlalchemy.orm import Session

from survey_app import contacts
from survey_app.contacts import Contact
from survey_app.models.fieldwork import SampleUnit
from survey_app.services.frame_columns import Column, fold
from survey_app.services.frame_file import Sheet, cell
from survey_app.services.frame_rows import Fault, Value, check_row

_CHUNK = 1000
_CONTACT = {Column.CONTACT: "name", Column.PHONE: "phone", Column.EMAIL: "email"}

Progress = Callable[[int], None]
Firm = dict[Column, Value]


@dataclass(frozen=True)
class Merge:
    """One firm that stands in several rows: later rows win where they say something."""

    tax_code: str
    rows: tuple[int, ...]


@dataclass(frozen=True)
class Examined:
    """What a list holds: firms that can be saved, one for each tax code; faults; rows that became one."""

    firms: dict[str, Firm]
    rows: int  # all that were read
    good_rows: int
    faults: list[Fault]
    merges: list[Merge]


@dataclass(frozen=True)
class Saved:
    """How many firms are new in the frame, and how many were there and were brought up to date."""

    new: int
    updated: int


def examine(sheet: Sheet, columns: Mapping[Column, int], report: Progress = lambda _percent: None) -> Examined:
    """Return what the list holds; nothing is saved. `columns` says which place of a row holds what."""
    firms: dict[str, Firm] = {}
    places: dict[str, list[int]] = {}
    faults: list[Fault] = []
    for done, (number, row) in enumerate(sheet.rows):
        values, wrong = check_row(number, {column: cell(row, place) for column, place in columns.items()})
        faults += wrong
        if not wrong:
            code = str(values[Column.TAX_CODE])
            firms[code] = _merged(firms.get(code), values, columns)
            places.setdefault(code, []).append(number)
        if done % _CHUNK == 0:
            report(100 * done // len(sheet.rows))
    merges = [Merge(code, tuple(rows)) for code, rows in places.items() if len(rows) > 1]
    good = sum(len(rows) for rows in places.values())
    return Examined(firms, len(sheet.rows), good, faults, merges)


def _merged(before: Firm | None, values: Firm, columns: Mapping[Column, int]) -> Firm:
    """Return a firm with what a later row says of it. A wish for no messages, once stated, stays."""
    known: Firm = {column: value for column, value in values.items() if column in columns and value is not None}
    if before is None:
        return known
    stays = bool(before.get(Column.OPTED_OUT)) or bool(known.get(Column.OPTED_OUT))
    return {**before, **known, **({Column.OPTED_OUT: True} if stays else {})}


def save(
    session: Session, firms: Mapping[str, Firm], contact_key: bytes, report: Progress = lambda _percent: None
) -> Saved:
    """Add the firms to the frame, or bring those with the same tax code up to date; blanks overwrite nothing."""
    codes = list(firms)
    new = 0
    for start in range(0, len(codes), _CHUNK):
        part = codes[start : start + _CHUNK]
        there = {
            unit.tax_code: unit for unit in session.scalars(select(SampleUnit).where(SampleUnit.tax_code.in_(part)))
        }
        fresh = [_new_row(firms[code], contact_key) for code in part if code not in there]
        if fresh:
            session.execute(insert(SampleUnit), fresh)
        changed = [_changed_row(unit, firms[code], contact_key) for code, unit in there.items() if code]
        if changed:
            session.execute(update(SampleUnit), changed)
        session.flush()
        session.expunge_all()
        new += len(fresh)
        report(100 * start // len(codes))
    return Saved(new, len(codes) - new)


def _new_row(firm: Firm, contact_key: bytes) -> dict[str, Any]:
    unit = secrets.token_hex(16)
    blank = dict.fromkeys(("area", "vsic", "ownership", "founded", "size"))
    row = {"id": unit, **blank, "language": "vi", "opted_out": False, **_plain(firm)}
    return row | {"contact": contacts.seal(contact_key, unit, _contact(firm, Contact()))}


def _changed_row(unit: SampleUnit, firm: Firm, contact_key: bytes) -> dict[str, Any]:
    before = contacts.unseal(contact_key, unit.id, unit.contact)
    row = {"id": unit.id, **_plain(firm), "contact": contacts.seal(contact_key, unit.id, _contact(firm, before))}
    return row | ({"opted_out": True} if unit.opted_out else {})


def _plain(firm: Firm) -> dict[str, Any]:
    plain = {column.value: value for column, value in firm.items() if column not in _CONTACT}
    return plain | {"folded": fold(str(firm[Column.NAME]))[:200]}


def _contact(firm: Firm, before: Contact) -> Contact:
    known = {part: str(firm[column]) for column, part in _CONTACT.items() if firm.get(column)}
    return Contact(**{"name": before.name, "phone": before.phone, "email": before.email, **known})


def count(session: Session) -> int:
    """Return how many firms the frame has."""
    return session.execute(select(func.count()).select_from(SampleUnit)).scalar_one()


def find(session: Session, words: str, *, limit: int = 20) -> Sequence[SampleUnit]:
    """Return firms whose name holds all the words, marks or not, or whose tax code begins with them; by name."""
    if not (wanted := matching(words)):
        return []
    statement = select(SampleUnit).where(*wanted)
    return session.scalars(statement.order_by(SampleUnit.folded, SampleUnit.id).limit(limit)).all()


def matching(words: str) -> list[ColumnElement[bool]]:
    """Return what holds of a firm that these words mean; nothing where there are no words."""
    by_name = [SampleUnit.folded.contains(word, autoescape=True) for word in fold(words).split()]
    if not by_name:
        return []
    return [or_(and_(*by_name), SampleUnit.tax_code.startswith(words.strip(), autoescape=True))]


def opt_out(session: Session, unit: str) -> None:
    """Note that a firm wants no messages."""
    session.execute(update(SampleUnit).where(SampleUnit.id == unit).values(opted_out=True))
