"""Personal links given out as files: cards and letters to print, tables for message tools.

Whoever holds such a file can begin the forms of its firms. So it is kept encrypted and for a day, and every one is noted.
"""

from __future__ import annotations

import csv
import io
import secrets
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, astuple, dataclass, field
from datetime import date, datetime, timedelta
from multiprocessing import get_context
from typing import cast

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from questionnaires.base import Language
from survey_app import contacts
from survey_app.config import Config
from survey_app.envelopes import decrypt, derive, encrypt, link_secret
from survey_app.errors import DomainError
from survey_app.keys import Keys
from survey_app.models.fieldwork import Invitation, SampleUnit
from survey_app.models.handout import Handout, HandoutKind
from survey_app.models.job import Job
from survey_app.services import cards, messages, waves
from survey_app.services.instruments import instrument_of
from survey_app.services.invitations import link_of, waiting
from survey_app.services.letters import Writer
from survey_app.services.sheets import sheet

KEPT = timedelta(days=1)
#: Firms on one piece of a PDF: what is made at a time, so that memory stays small and progress shows.
_PIECE = 800
HEADER = ("tax_code", "name", "contact", "phone", "email", "language", "link")

Progress = Callable[[int], None]


class NoHandout(DomainError):
    """There is no such file, or it is too old."""

    vi = "Không còn tệp này: tệp liên kết chỉ giữ một ngày. Tạo lại tệp mới."
    en = "This file is gone: files of links are kept for a day. Make a new one."
    status = 404


class NobodyWaits(DomainError):
    """No firm is left for the file."""

    vi = "Không có doanh nghiệp nào: mọi doanh nghiệp của đợt đã trả lời, đã có kết quả liên hệ, hoặc chưa chọn mẫu."
    en = "There is no firm: all firms of the wave have answered or have an outcome, or none was drawn yet."


@dataclass(frozen=True, repr=False)
class Line:
    """A firm of a table for message tools, in the order of HEADER."""

    tax_code: str | None
    name: str
    contact: str | None
    phone: str | None
    email: str | None
    language: str
    link: str
    text: str | None = None


@dataclass(frozen=True)
class Whom:
    """For which firms a file is: those that had not answered at the last snapshot or all without an outcome; or one
    invitation alone. `step`: those with a telephone, with their messages of that step of the contact plan.
    """

    only_waiting: bool = True
    firm: str | None = None
    step: int | None = None


def ask(session: Session, wave: str, kind: HandoutKind, whom: Whom, *, by: str, now: datetime) -> Handout:
    """Note that a file of links is wanted; `gather` and `make` make it. Raises UnknownWave."""
    waves.get(session, wave)
    wanted = Handout(id=secrets.token_hex(16), wave=wave, kind=kind, made_by=by, made_at=now, **asdict(whom))
    session.add(wanted)
    session.flush()
    return wanted


def get(session: Session, number: str) -> Handout:
    """Return the file's row; raise NoHandout."""
    found = session.get(Handout, number)
    if found is None:
        raise NoHandout
    return found


def of_wave(session: Session, wave: str) -> list[Handout]:
    """Return the files of a wave, the newest first."""
    return list(session.scalars(select(Handout).where(Handout.wave == wave).order_by(Handout.made_at.desc())))


def last_job(session: Session, number: str) -> Job | None:
    """Return the job that makes, or made, the file."""
    mine = Job.arguments["handout"].as_string() == number
    return session.scalars(select(Job).where(mine).order_by(Job.id.desc()).limit(1)).first()


@dataclass(frozen=True, repr=False)
class Gathered:
    """What a file will hold; it is made from this outside any transaction."""

    kind: HandoutKind
    lines: list[Line]
    addressees: list[cards.Addressee]
    sheet: cards.Sheet
    step: int | None = None
    invitations: list[str] = field(default_factory=list)


def gather(session: Session, number: str, keys: Keys, config: Config, *, today: date) -> Gathered:
    """Return what the file will hold, as of today. Raises NoHandout or NobodyWaits."""
    wanted = get(session, number)
    firms = _firms(session, wanted)
    if not firms:
        raise NobodyWaits
    wave = waves.get(session, wanted.wave)
    minutes = instrument_of(session, wave.instrument_hash).minutes
    lines = [_line(keys, config, *firm) for firm in firms]
    if wanted.step is not None:
        step = messages.step_of(session, wave, wanted.step)
        writer = Writer(step, wave, minutes, config, keys, today)
        reached = [firm for firm, line in zip(firms, lines, strict=True) if line.phone]
        firms, lines = reached, [_line(keys, config, *firm, text=writer.write(*firm).text) for firm in reached]
        if not firms:
            raise NobodyWaits
    return Gathered(
        wanted.kind,
        lines,
        [_addressee(keys, *firm) for firm in firms],
        cards.Sheet(wave.code, minutes, wave.closes_on, config),
        wanted.step,
        [invitation.id for invitation, _unit in firms],
    )


def make(gathered: Gathered, progress: Progress) -> bytes:
    """Return the file."""
    if gathered.kind is HandoutKind.XLSX:
        return sheet(_table(gathered.lines))
    if gathered.kind is HandoutKind.CSV:
        return csv_text(gathered.lines).encode("utf-8-sig")
    return _pdf(gathered, progress)


def note(session: Session, number: str, content: bytes, gathered: Gathered, keys: Keys, *, now: datetime) -> None:
    """Keep a file that was made; its messages count as sent from now on. Raises NoHandout, messages.AlreadyQueued."""
    wanted = get(session, number)
    wanted.content, wanted.firms = encrypt(_key(keys), content, _place(number)), len(gathered.invitations)
    session.flush()
    if gathered.step is not None:
        messages.note_given_out(session, wanted.wave, gathered.step, gathered.invitations, now)


def content_of(handout: Handout, keys: Keys) -> bytes:
    """Return the file; raise NoHandout if it is not made or gone."""
    if handout.content is None:
        raise NoHandout
    return decrypt(_key(keys), handout.content, _place(handout.id))


def forget(session: Session, now: datetime) -> None:
    """Delete the files that are older than a day; their rows stay."""
    old = (Handout.made_at < now - KEPT, Handout.content.is_not(None))
    gone = update(Handout).where(*old).values(content=None)
    session.execute(gone, execution_options={"synchronize_session": False})


Firm = tuple[Invitation, SampleUnit]


def _firms(session: Session, wanted: Handout) -> Sequence[Firm]:
    mine = [Invitation.wave == wanted.wave, Invitation.outcome.is_(None)]
    if wanted.only_waiting:
        mine += waiting()
    if wanted.firm is not None:
        mine.append(Invitation.id == wanted.firm)
    statement = select(Invitation, SampleUnit).join(SampleUnit, SampleUnit.id == Invitation.unit).where(*mine)
    return cast("Sequence[Firm]", session.execute(statement.order_by(SampleUnit.folded, SampleUnit.id)).all())


def _line(keys: Keys, config: Config, invitation: Invitation, unit: SampleUnit, text: str | None = None) -> Line:
    person = contacts.unseal(keys.contact, unit.id, unit.contact)
    phone = (person.phone or "").replace("+84", "0", 1)  # as message tools want it, and no formula
    link = link_of(config.base_url, keys.link, invitation)
    return Line(unit.tax_code, unit.name, person.name, phone, person.email, unit.language, link, text)


def _addressee(keys: Keys, invitation: Invitation, unit: SampleUnit) -> cards.Addressee:
    secret = link_secret(keys.link, invitation.wave, invitation.id, invitation.issue)
    return cards.Addressee(unit.name, unit.area or "", cast(Language, unit.language), secret)


def _table(lines: Sequence[Line]) -> list[Sequence[str | None]]:
    """Return header and rows; the last column, the text of a message, stands only where there are texts."""
    columns = HEADER if lines[0].text is None else (*HEADER, "text")
    return [columns, *(astuple(line)[: len(columns)] for line in lines)]


def csv_text(lines: Sequence[Line]) -> str:
    """Return the lines as CSV, no cell of which a spreadsheet takes for a formula."""
    out = io.StringIO()
    csv.writer(out).writerows([_plain(value) for value in row] for row in _table(lines))
    return out.getvalue()


def _plain(value: str | None) -> str:
    return f"'{value}" if value and value[0] in "=+-@\t\r" else value or ""


def _pdf(gathered: Gathered, progress: Progress) -> bytes:
    from pypdf import PdfWriter

    whole, kind = PdfWriter(), cast(cards.Kind, gathered.kind.value)
    pieces = [gathered.addressees[at : at + _PIECE] for at in range(0, len(gathered.addressees), _PIECE)]
    # typst keeps in memory what it has set: each piece has a process of its own
    with ProcessPoolExecutor(1, get_context("spawn"), max_tasks_per_child=1) as printer:
        for done, piece in enumerate(pieces, start=1):
            whole.append(io.BytesIO(printer.submit(cards.printed, kind, piece, gathered.sheet).result()))
            progress(100 * done // len(pieces))
    out = io.BytesIO()
    whole.write(out)
    return out.getvalue()


def _key(keys: Keys) -> bytes:
    return derive(keys.link, "handout", 32)


def _place(number: str) -> bytes:
    return f"handout:{number}".encode()
