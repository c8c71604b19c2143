"""Paper forms, typed by two people and compared; answers by telephone. Sealed into the box of all. docs/adr/0013-paper-forms.md.

A paper form names no firm and no invitation refers to it. Whoever keys holds no list of firms and no links.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from questionnaires.instrument import Instrument, Item
from survey_app.db import is_sqlite, lock_wave, rows_changed
from survey_app.envelopes import ballot_info, decrypt, derive, encrypt, resume_code, seal_ballot, sizes
from survey_app.errors import DomainError
from survey_app.models.fieldwork import Wave, WaveState
from survey_app.models.response import Ballot, KeyedForm
from survey_app.services import open_links, waves
from survey_app.services.instruments import instrument_of
from survey_app.services.responses import DraftContent, ballot_content

#: How the group of a form is called where its answers go by their items' codes; no item has a dot.
STRATUM = "form.stratum"
#: Paper comes in late: it can be typed until the box is opened.
_TAKING = (WaveState.OPEN, WaveState.CLOSED)
_BY, _TELEPHONE = "by", "telephone"
_NUMBERS = range(1000, 10000)
#: More differences than this, and in more than a third of what was typed: two sheets, or an entry that was not read off one.
_FEW_DIFFERENCES = 3


class FormGone(DomainError):
    """No form with this number waits: it was sealed or taken back."""

    vi = "Phiếu giấy số {number} không còn chờ nhập: đã được niêm phong hoặc đã lấy lại."
    en = "The paper form {number} is not waiting: it has been sealed or taken back."
    status = 404


class SamePerson(DomainError):
    """The first entry is this person's own."""

    vi = "Phiếu giấy số {number} do chính bạn nhập lần đầu; lần hai phải là người khác."
    en = "You typed the paper form {number} the first time; somebody else must type it again."


class AnotherSheet(DomainError):
    """The two entries are not of one sheet; nothing was changed, and what the first one says stays unseen."""

    vi = (
        "Hai lần nhập phiếu giấy số {number} khác nhau ở {different} trong {typed} chỗ: hãy xem số ghi trên phiếu. "
        "Chưa niêm phong gì. Nếu đúng phiếu này và bạn gõ đúng, nhờ người nhập lần đầu lấy lại rồi nhập lại từ đầu."
    )
    en = (
        "The two entries of the paper form {number} differ in {different} of {typed} places: look at the number on the sheet. "
        "Nothing was sealed. If it is this sheet and you typed what it says, let the first person take it back and begin anew."
    )


class NotYours(DomainError):
    """Somebody else typed it, and the wave is still open."""

    vi = "Phiếu giấy số {number} do người khác nhập: chỉ người ấy lấy lại được khi đợt còn mở."
    en = "Somebody else typed the paper form {number}: while the wave is open, only that person can take it back."


class FormsWaiting(DomainError):
    """Paper forms still wait for their second entry; nothing was changed."""

    vi = "Đợt {wave} còn {waiting} phiếu giấy chờ nhập lần hai: nhập nốt hoặc lấy lại trước khi mở hòm phiếu."
    en = "{waiting} paper forms of the wave {wave} wait for their second entry: type them or take them back first."


@dataclass(frozen=True, repr=False)
class Typed:
    """A paper form as one person typed it: the group it belongs to, and the answer of each item, None where blank."""

    stratum: str
    answers: Mapping[str, Any]

    def by_code(self) -> dict[str, Any]:
        """Return everything that was typed, by item code or STRATUM."""
        return {STRATUM: self.stratum, **self.answers}


@dataclass(frozen=True, repr=False)
class Difference:
    """An item, or STRATUM, that two people typed differently."""

    code: str
    first: Any
    second: Any


def waves_taking(session: Session) -> list[Wave]:
    """Return the waves whose paper forms can be typed now, the newest first."""
    taking = select(Wave).where(Wave.state.in_(_TAKING), Wave.rehearsal_of.is_(None))
    return list(session.scalars(taking.order_by(Wave.opens_on.desc(), Wave.code)))


def wave_taking(session: Session, code: str) -> Wave:
    """Return the wave; raise UnknownWave, also for a rehearsal, or WrongState if its box has been opened or not made."""
    wave = waves.require_state(session, code, *_TAKING)
    if wave.rehearsal_of is not None:
        raise waves.UnknownWave(wave=code)
    return wave


def strata(wave: Wave) -> list[str]:
    """Return the groups that a form of this wave can belong to."""
    return (
        [open_links.STRATUM]
        if wave.by_open_link
        else sorted(name for name, firms in wave.frame_counts.items() if firms)
    )


def waiting(session: Session, code: str) -> list[KeyedForm]:
    """Return the forms that wait for their second entry."""
    return list(session.scalars(select(KeyedForm).where(KeyedForm.wave == code).order_by(KeyedForm.number)))


def require_none_waiting(session: Session, code: str) -> None:
    """Raise FormsWaiting if a form of the wave waits: after the opening nothing can be added."""
    count = session.scalar(select(func.count()).select_from(KeyedForm).where(KeyedForm.wave == code))
    if count:
        raise FormsWaiting(wave=code, waiting=count)


def keep_first(session: Session, code: str, key: bytes, typed: Typed, *, by: int, once: str) -> int:
    """Keep what the first person typed, encrypted, and return the number to write on the sheet.

    `key` is the installation's contact key, `by` the account's number; the same `once` keeps one form however often it is
    sent. Raises UnknownWave or WrongState.
    """
    wave = _held(session, code)
    number, drawn = _id_of(key, wave, once), _new_number(session, code)
    size = sizes(instrument_of(session, wave.instrument_hash))[0]
    content = json.dumps(asdict(typed), ensure_ascii=False, separators=(",", ":")).encode()
    blob = encrypt(_key(key), content.ljust(size), _place(code, number))  # one length, whatever was typed
    _put_once(session, KeyedForm, {"id": number, "wave": code, "number": drawn, "author": by, "blob": blob})
    return session.execute(select(KeyedForm.number).where(KeyedForm.id == number)).scalar_one()


def find(session: Session, code: str, number: int) -> KeyedForm:
    """Return a form that waits; raise FormGone."""
    found = session.scalar(select(KeyedForm).where(KeyedForm.wave == code, KeyedForm.number == number))
    if found is None:
        raise FormGone(number=number)
    return found


def for_second(session: Session, code: str, number: int, *, by: int) -> KeyedForm:
    """Return a form that waits for this person; raise FormGone or SamePerson."""
    form = find(session, code, number)
    if form.author == by:
        raise SamePerson(number=number)
    return form


def seal_second(
    session: Session, code: str, number: int, key: bytes, typed: Typed, *, decided: Collection[str] = (), by: int
) -> list[Difference]:
    """Seal a form that two people typed alike and return nothing; return where they differ, with nothing changed.

    decided: codes of differences that the second person has seen and decided from the paper; `typed` counts there.
    Sealing is one transaction: the first entry goes, the ballot comes, the wave counts it; nothing says who typed it.
    Raises UnknownWave, WrongState, FormGone, SamePerson or AnotherSheet.
    """
    wave = _held(session, code)
    form = for_second(session, code, number, by=by)
    first, second = _opened(key, form).by_code(), typed.by_code()
    found = [Difference(each, first[each], second[each]) for each in second if first[each] != second[each]]
    typed_at_all = sum(first[each] is not None or second[each] is not None for each in second)
    if len(found) > _FEW_DIFFERENCES and len(found) > typed_at_all / 3:
        raise AnotherSheet(number=number, different=len(found), typed=typed_at_all)
    if left := [each for each in found if each.code not in decided]:
        return left
    if rows_changed(session, delete(KeyedForm).where(KeyedForm.id == form.id)) != 1:
        raise FormGone(number=number)
    _seal(session, wave, _content(session, wave, typed), secrets.token_hex(16))
    session.execute(update(Wave).where(Wave.code == code).values(paper=Wave.paper + 1))
    return []


def asked_by_telephone(instrument: Instrument) -> list[Item]:
    """Return the items asked by telephone: not the private ones, since somebody may listen, nor what follows from them."""
    asked: dict[str, Item] = {}
    for item in (instrument.item(code) for page in instrument.pages for code in page.items):
        triggers = item.ask_if.triggers() if item.ask_if else ()
        if item.sensitive == "none" and all(trigger.item in asked for trigger in triggers):
            asked[item.code] = item
    return list(asked.values())


def telephone_shows(instrument: Instrument) -> bool:
    """Say whether a response shows that it came by telephone: it lacks what is not asked so."""
    return len(asked_by_telephone(instrument)) < len(instrument.items)


def seal_telephone(session: Session, code: str, key: bytes, typed: Typed, *, once: str) -> None:
    """Seal what a firm has said by telephone, once however often it is sent. Raises UnknownWave or WrongState.

    Private items are left out as not asked. That shows afterwards, so the ballot says it for the opening, which lets it
    through only among enough others that came so. Where nothing is private nothing shows, and nothing is said.
    """
    wave = _held(session, code)
    content = _content(session, wave, typed)
    instrument = instrument_of(session, wave.instrument_hash)
    if telephone_shows(instrument):
        asked = {item.code for item in asked_by_telephone(instrument)}
        answers = {item: answer for item, answer in content["answers"].items() if item in asked}
        content |= {"answers": answers, _BY: _TELEPHONE}
    if _seal(session, wave, content, _id_of(key, wave, once)):
        session.execute(update(Wave).where(Wave.code == code).values(telephone=Wave.telephone + 1))


def by_telephone(content: Mapping[str, Any]) -> bool:
    """Say whether an unsealed ballot came by telephone, and shows it."""
    return content.get(_BY) == _TELEPHONE


def take_back(session: Session, code: str, number: int, *, by: int) -> None:
    """Delete a form that waits. After the wave has closed anybody who keys may: it would keep the box shut.

    Raises UnknownWave, WrongState, FormGone or NotYours.
    """
    wave = _held(session, code)
    form = find(session, code, number)
    if form.author != by and wave.state is WaveState.OPEN:
        raise NotYours(number=number)
    if rows_changed(session, delete(KeyedForm).where(KeyedForm.id == form.id)) != 1:
        raise FormGone(number=number)  # it has been sealed meanwhile


def _held(session: Session, code: str) -> Wave:
    """Return the wave, whose state nobody changes until the transaction ends."""
    lock_wave(session, code, exclusive=False)
    return wave_taking(session, code)


def _new_number(session: Session, code: str) -> int:
    taken = set(session.scalars(select(KeyedForm.number).where(KeyedForm.wave == code)))
    return secrets.choice([number for number in _NUMBERS if number not in taken])


def _content(session: Session, wave: Wave, typed: Typed) -> dict[str, Any]:
    """Return what is sealed, as of a form that came by link; its receipt was given to nobody."""
    draft = DraftContent(answers=typed.answers, quoted=True)  # a comment is typed only where the firm agrees to it
    instrument = instrument_of(session, wave.instrument_hash)
    return ballot_content(instrument, draft, receipt=resume_code(), stratum=typed.stratum)


def _seal(session: Session, wave: Wave, content: dict[str, Any], number: str) -> bool:
    """Put a ballot into the box that from outside nothing tells from one that came by a link; say whether it is new."""
    size = sizes(instrument_of(session, wave.instrument_hash))[1]
    sealed = seal_ballot(wave.public_key, content, size, ballot_info(wave.code, wave.instrument_hash))
    return _put_once(session, Ballot, {"id": number, "wave": wave.code, "sealed": sealed})


def _put_once(session: Session, table: type[Ballot | KeyedForm], row: dict[str, Any]) -> bool:
    """Insert a row unless there is one with its id; say whether it was done."""
    new = (sqlite if is_sqlite(session) else postgresql).insert(table).values(row)
    return rows_changed(session, new.on_conflict_do_nothing(index_elements=["id"])) == 1


def _id_of(key: bytes, wave: Wave, once: str) -> str:
    """Return the id of what a page sends: the same if it is sent twice, and to be told from no other id."""
    return derive(key, f"typed once:{wave.code}:{once}", 16).hex()


def _opened(key: bytes, form: KeyedForm) -> Typed:
    return Typed(**json.loads(decrypt(_key(key), form.blob, _place(form.wave, form.id))))


def _key(key: bytes) -> bytes:
    return derive(key, "paper form", 32)


def _place(wave: str, number: str) -> bytes:
    return f"paper form:{wave}:{number}".encode()
