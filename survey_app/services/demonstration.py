"""A demonstration wave: an invented frame whose firms answer by the same path as real ones."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from questionnaires.demonstration import Distribution, distribution, draw, draw_answers
from questionnaires.files import (
    AGENCIES_PATH,
    framework_path,
    instrument_path,
    load_agencies,
    load_framework,
    load_instrument,
    load_plan,
    plan_path,
)
from questionnaires.framework import Framework
from questionnaires.instrument import Instrument
from survey_app.envelopes import Secrets, link_secret, lookup, resume_code
from survey_app.keys import Keys
from survey_app.models.fieldwork import Invitation, SampleUnit, Wave, WaveState
from survey_app.models.people import RoleName
from survey_app.services import people
from survey_app.services.frame_columns import fold
from survey_app.services.instruments import instrument_of
from survey_app.services.invitations import standing
from survey_app.services.responses import FilledPage, cast, save_page
from survey_app.services.waves import WaveExists, create, firms_by_stratum, invite, open_wave

WAVE = "demo"
FIRMS, ANSWERING = 400, 220
DAYS = 60
#: Size classes from the largest down: a class too small to hide in joins the next.
STRATUM_LADDER = [["n50", "n10_49"], ["n10_49", "n1_9"]]
_SIZE, _SECTOR, _AGE = "p03", "p04", "p06"

_KINDS = ("Công ty TNHH", "Công ty cổ phần", "Doanh nghiệp tư nhân", "Công ty TNHH một thành viên")
_TRADES = {
    "agri": "Hồi và Na",
    "manu": "Xưởng Mẫu",
    "build": "Xây Dựng Mẫu",
    "trade": "Buôn Bán Mẫu",
    "logistics": "Kho Vận Mẫu",
    "hospitality": "Nhà Nghỉ Mẫu",
    "other": "Dịch Vụ Mẫu",
}
_COMMENTS = (
    "Rút ngắn thời gian chờ ở bước nộp bổ sung hồ sơ.",
    "Đăng sớm kế hoạch sử dụng đất để doanh nghiệp chủ động mặt bằng.",
    "Báo trước lịch kiểm tra và gộp các đoàn kiểm tra trong năm.",
    "Có đầu mối trả lời câu hỏi về thủ tục xuất nhập khẩu.",
    "Hướng dẫn bằng ví dụ cụ thể, ít dẫn số văn bản.",
    "Cho nộp mọi giấy tờ qua mạng, không yêu cầu bản giấy nữa.",
)
_SHARE_COMMENTING, _SHARE_QUOTED = 0.2, 0.6

#: Staff of the demonstration beside the lead agencies.
_STAFF = {
    RoleName.ADMIN: "Quản trị viên (minh họa)",
    RoleName.COORDINATOR: "Điều phối viên (minh họa)",
    RoleName.ASSOCIATION: "Cán bộ Hiệp hội (minh họa)",
    RoleName.ANALYST: "Chuyên viên phân tích (minh họa)",
    RoleName.TRIAGE: "Cán bộ tiếp nhận (minh họa)",
    RoleName.LEADER: "Lãnh đạo tỉnh (minh họa)",
    RoleName.KEYER: "Người nhập phiếu giấy (minh họa)",
}

Transaction = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True)
class Box:
    """Where the private key of the demonstration's box is written, and its passphrase."""

    key_file: Path
    passphrase: bytes


def unit_id(seed: int, number: int) -> str:
    """Return the id of an invented firm; it tells which seed a demonstration was made with."""
    return hashlib.sha256(f"demonstration {seed} {number}".encode()).hexdigest()[:32]


def invent_frame(instrument: Instrument, seed: int) -> list[SampleUnit]:
    """Return FIRMS invented firms whose size, sector and age are drawn from the demonstration's distribution."""
    rng = random.Random(seed)  # noqa: S311 - invented data, not a secret
    shapes = distribution()
    return [_invent(instrument, shapes, rng, seed, number) for number in range(1, FIRMS + 1)]


def _invent(instrument: Instrument, shapes: Distribution, rng: random.Random, seed: int, number: int) -> SampleUnit:
    size, sector, age = (
        str(draw(instrument, instrument.item(code), shapes, rng, {})) for code in (_SIZE, _SECTOR, _AGE)
    )
    name = f"{rng.choice(_KINDS)} Minh Họa {number:03d} {_TRADES[sector]}"
    return SampleUnit(id=unit_id(seed, number), name=name, folded=fold(name), size=size, sector=sector, age=age)


def stratum_of(instrument: Instrument, unit: SampleUnit) -> str:
    """Return the stratum label of a firm: its size class on the finest step of the ladder."""
    return next(rung.code for rung in instrument.item(_SIZE).ladder[0] if unit.size in rung.of)


def prepare(session: Session, *, seed: int, keys: Keys, box: Box, consent_version: str, now: datetime) -> None:
    """Make the frame and an open wave to which every firm is invited, unless this seed's is there already.

    Raises WaveExists if the wave is there and was made otherwise; KeyFileExists.
    """
    if session.get(Wave, WAVE) is not None:
        if _is_made_with(session, seed):
            return
        raise WaveExists(wave=WAVE)
    documents = _documents()
    units = invent_frame(documents[0], seed)
    session.add_all(units)
    session.flush()
    strata = {unit.id: stratum_of(documents[0], unit) for unit in units}
    wave = create(
        session,
        WAVE,
        title=("Đợt minh họa (dữ liệu tự đặt)", "Demonstration wave (invented data)"),
        documents=documents,
        days=(now.date(), now.date() + timedelta(days=DAYS)),
        consent_version=consent_version,
        frame_counts=firms_by_stratum(strata),
        stratum_ladder=STRATUM_LADDER,
    )
    open_wave(session, WAVE, documents=documents, key_file=box.key_file, passphrase=box.passphrase, now=now)
    invite(session, wave, strata, keys)


def _documents() -> tuple[Instrument, Framework]:
    return load_instrument(instrument_path("pci_domestic")), load_framework(framework_path("pci_2023"))


def _is_made_with(session: Session, seed: int) -> bool:
    first = select(Invitation.id).where(Invitation.wave == WAVE, Invitation.unit == unit_id(seed, 1))
    return session.execute(first).first() is not None


@dataclass(frozen=True)
class Firm:
    """A firm that is going to answer: its invitation, and what the frame knows."""

    invitation: str
    unit: str
    known: Mapping[str, str | None]


def still_to_answer(session: Session, seed: int) -> list[Firm]:
    """Return the firms of the simple random sample that have not answered yet, in the order they were drawn.

    Empty when the demonstration is complete, or its wave is closed.
    """
    rng = random.Random(f"{seed} sample")  # noqa: S311 - invented data
    drawn = [unit_id(seed, number) for number in rng.sample(range(1, FIRMS + 1), ANSWERING)]
    statement = (
        select(Invitation.id, SampleUnit)
        .join(SampleUnit, SampleUnit.id == Invitation.unit)
        .join(Wave, Wave.code == Invitation.wave)
        .where(Invitation.wave == WAVE, ~Invitation.answered, Wave.state == WaveState.OPEN)
    )
    waiting = {
        unit.id: Firm(invitation, unit.id, {_SIZE: unit.size, _SECTOR: unit.sector, _AGE: unit.age})
        for invitation, unit in session.execute(statement)
    }
    return [waiting[unit] for unit in drawn if unit in waiting]


def answer_all(
    transaction: Transaction, firms: Sequence[Firm], *, seed: int, keys: Keys, now: datetime
) -> Iterator[Firm]:
    """Let the firms answer, one after the other, and yield each when its form is sent."""
    with transaction() as session:
        instrument = instrument_of(
            session, session.execute(select(Wave.instrument_hash).filter_by(code=WAVE)).scalar_one()
        )
    for firm in firms:
        answer(transaction, firm, instrument, seed=seed, keys=keys, now=now)
        yield firm


def answer(
    transaction: Transaction, firm: Firm, instrument: Instrument, *, seed: int, keys: Keys, now: datetime
) -> None:
    """Let one firm start, fill page after page, and send."""
    secrets = Secrets(link_secret(keys.link, WAVE, firm.invitation, 1), resume_code())
    found = lookup(keys.lookup, secrets.link)
    pages = list(filled_pages(instrument, firm, random.Random(f"{seed} {firm.unit}")))  # noqa: S311 - invented data
    with transaction() as session:
        place = standing(session, found)
        if place is None:
            raise LookupError(f"no invitation {firm.invitation}")
        for filled in pages:
            save_page(session, secrets, place, instrument, filled, now=now)
    with transaction() as session:
        cast(session, secrets, found, now=now)


def filled_pages(instrument: Instrument, firm: Firm, rng: random.Random) -> Iterator[FilledPage]:
    """Yield the pages of an invented form: what the frame knows as it is, the rest from the distribution."""
    answers = draw_answers(instrument, distribution(), rng, fixed=firm.known)
    commenting, quoted = rng.random() < _SHARE_COMMENTING, rng.random() < _SHARE_QUOTED
    if instrument.comment_item in answers and commenting:
        answers[instrument.comment_item] = rng.choice(_COMMENTS)
    for page in instrument.route(answers):
        given = {item.code: answers.get(item.code) for item in instrument.items_asked(page, answers)}
        yield FilledPage(page, given, seen=0, quoted=quoted if instrument.comment_item in given else None)


@dataclass(frozen=True)
class Account:
    """A staff account of the demonstration."""

    role: RoleName
    email: str
    name: str
    agency_code: str | None = None


def accounts(plan: str, today: date) -> list[Account]:
    """Return one account for each role, and one for each agency that leads a sub-index of the plan today."""
    agencies = load_agencies(AGENCIES_PATH)
    leading = (agencies.on(target.lead, today) for target in load_plan(plan_path(plan)).targets)
    leads = {agency.code: agency for agency in leading}
    staff = [Account(role, f"{role.value}@example.vn", name) for role, name in _STAFF.items()]
    staff.append(Account(RoleName.KEYER, "keyer2@example.vn", "Người nhập phiếu thứ hai (minh họa)"))
    return staff + [
        Account(RoleName.AGENCY, f"{code.lower()}@example.vn", f"{agency.name.vi} (minh họa)", code)
        for code, agency in leads.items()
    ]


def make_accounts(session: Session, wanted: Sequence[Account], password: str) -> None:
    """Make the accounts that are missing; in a demonstration they share one password."""
    for each in wanted:
        if people.find(session, each.email) is None:
            people.create_user(
                session,
                email=each.email,
                name=each.name,
                role=each.role,
                password=password,
                agency_code=each.agency_code,
            )
