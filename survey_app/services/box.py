"""The box: sealed ballots become responses that nobody can match to a firm. docs/adr/0003-opening-the-box.md."""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from questionnaires.base import Text
from questionnaires.instrument import Instrument
from survey_app.db import rows_changed
from survey_app.envelopes import Unreadable, ballot_info, open_ballot
from survey_app.errors import DomainError
from survey_app.models.fieldwork import Invitation, Wave, WaveState
from survey_app.models.response import Ballot, Comment, KeyedForm, Receipt, Response
from survey_app.services import box_key, keying, open_links
from survey_app.services.coarsening import Coarsened, coarsen, enough_apart
from survey_app.services.instruments import instrument_of
from survey_app.services.storage import wipe_what_was_deleted
from survey_app.services.waves import get, held, require_state

MIN_BALLOTS = 20
_CHUNK = 500
_MAY_OPEN = (WaveState.CLOSED, WaveState.OPENED)
MAY_DISCARD = (WaveState.CLOSED, WaveState.DISCARDED)
_shuffled = random.SystemRandom()

Transaction = Callable[[], AbstractContextManager[Session]]


class Step(StrEnum):
    """What has just been finished."""

    UNSEALED = "unsealed"
    MIXED = "mixed"  # written, not yet committed
    COMMITTED = "committed"
    WIPED = "wiped"
    KEY_DESTROYED = "key_destroyed"


class TooFewBallots(DomainError):
    """Too few to hide among; nothing was changed."""

    vi = (
        "Hòm phiếu của đợt {wave} chỉ có {ballots} phiếu, cần ít nhất {needed}. "
        "Kéo dài đợt (flask waves extend {wave} NGÀY) hoặc hủy phiếu (flask box discard {wave})."
    )
    en = (
        "The box of the wave {wave} holds {ballots} ballots; at least {needed} are needed. "
        "Extend the wave (flask waves extend {wave} DATE) or discard the ballots (flask box discard {wave})."
    )


class UnreadableBallots(DomainError):
    """Some ballots were not sealed to this key; nothing was changed."""

    vi = "Không mở được {unreadable} trong {ballots} phiếu. Không có gì thay đổi; hãy tìm nguyên nhân trước khi mở lại."
    en = "{unreadable} of {ballots} ballots cannot be unsealed. Nothing was changed; find out why before trying again."


class BallotsChanged(DomainError):
    """Ballots came or went while the box was being opened; nothing was changed."""

    vi = "Số phiếu thay đổi trong lúc mở hòm. Không có gì thay đổi; hãy chạy lại lệnh."
    en = "The number of ballots changed while the box was being opened. Nothing was changed; run the command again."


class CountsDisagree(DomainError):
    """Answers received and answers held are not the same number; the key was kept."""

    vi = "Số đếm của đợt {wave} không khớp: nhận {received}, giữ {held}. Tệp khóa chưa bị hủy; hãy tìm nguyên nhân."
    en = "The counts of the wave {wave} disagree: {received} received, {held} held. The key was kept; find out why."


@dataclass(frozen=True)
class Counts:
    """Where the answers of a wave are; before and after opening both sides are equal."""

    answered: int
    paper: int
    telephone: int
    open_link: int
    ballots: int
    responses: int
    receipts: int
    withdrawn: int
    discarded: int

    @property
    def received(self) -> int:
        """Return how many answers came in."""
        return self.answered + self.paper + self.telephone + self.open_link

    @property
    def held(self) -> int:
        """Return how many answers are held, were withdrawn or were discarded."""
        return self.ballots + self.responses + self.withdrawn + self.discarded

    @property
    def agree(self) -> bool:
        """Say whether nothing was lost and nothing was added."""
        return self.received == self.held and self.receipts == self.responses


#: What people must destroy once the box has been opened: a program cannot reach it.
COPIES = (
    Text(
        vi="mọi bản sao của tệp khóa: USB, máy khác, bản in, thùng rác",
        en="every copy of the key file: memory sticks, other machines, print-outs, the bin",
    ),
    Text(vi="mật khẩu của tệp khóa, ở mọi nơi đã ghi lại", en="its passphrase, wherever it was written down"),
    Text(
        vi="bản sao lưu cơ sở dữ liệu làm trước lúc mở hòm (còn phiếu niêm phong); tạo bản mới trước: flask backup make",
        en="backups of the database made before the opening (they hold sealed ballots); make a new one first: flask backup make",
    ),
    Text(
        vi="bản sao lưu của máy, nếu có chứa tệp khóa hoặc mật khẩu",
        en="backups of the machine, if they hold the key file or the passphrase",
    ),
)


def check(session: Session, code: str) -> Counts:
    """Return where the answers of a wave are; raise UnknownWave."""
    wave = get(session, code)
    by_link = (Invitation.wave == code, Invitation.answered, Invitation.unit.is_not(None))
    answered = select(func.count()).select_from(Invitation).where(*by_link)
    return Counts(
        answered=session.execute(answered).scalar_one(),
        paper=wave.paper,
        telephone=wave.telephone,
        open_link=wave.open_link,
        ballots=_count(session, Ballot, code),
        responses=_count(session, Response, code),
        receipts=_count(session, Receipt, code),
        withdrawn=wave.withdrawn,
        discarded=wave.discarded,
    )


def _count(session: Session, table: type[Ballot | Response | Receipt], code: str) -> int:
    return session.execute(select(func.count()).select_from(table).where(table.wave == code)).scalar_one()


def needs_key(session: Session, code: str) -> bool:
    """Say whether opening the box needs its key: not any more once the ballots are gone.

    Raises UnknownWave, or WrongState if the box cannot be opened at all.
    """
    return require_state(session, code, *_MAY_OPEN).state is WaveState.CLOSED


def open_box(
    transaction: Transaction,
    code: str,
    private_key: X25519PrivateKey | None,
    key_file: Path,
    *,
    report: Callable[[Step], None] = lambda _step: None,
) -> Counts:
    """Open the box of a closed wave, destroy the key file, and return the counts.

    `transaction` gives a session and commits at its end; `report` hears of each finished step. After a crash at any
    point the same call finishes the work; `needs_key` says whether it still needs the key. Raises UnknownWave,
    WrongState, NoKey, WrongKey, NoFirstLine, FormsWaiting, TooFewBallots, UnreadableBallots, UnknownStratum,
    BallotsChanged, StorageBusy, CountsDisagree, KeyLeft.
    """
    with transaction() as session:
        wave = held(session, code, *_MAY_OPEN)
        engine, first_line = session.get_bind(), box_key.header(wave)
        if wave.state is WaveState.CLOSED:
            _mix(session, wave, box_key.require_right(private_key, wave, key_file), report)
    report(Step.COMMITTED)
    wipe_what_was_deleted(engine)
    report(Step.WIPED)
    with transaction() as session:
        counts = check(session, code)
    if not counts.agree or counts.ballots:
        raise CountsDisagree(wave=code, received=counts.received, held=counts.held)
    box_key.destroy(key_file, first_line)
    report(Step.KEY_DESTROYED)
    return counts


def discard(transaction: Transaction, code: str) -> Counts:
    """Delete the ballots of a closed wave unread, keep their number, and return the counts.

    Raises UnknownWave or WrongState.
    """
    with transaction() as session:
        wave = held(session, code, *MAY_DISCARD)
        engine = session.get_bind()
        wave.discarded += _count(session, Ballot, code)
        session.execute(delete(Ballot).where(Ballot.wave == code))
        session.execute(delete(KeyedForm).where(KeyedForm.wave == code))
        wave.state = WaveState.DISCARDED
    wipe_what_was_deleted(engine)
    with transaction() as session:
        return check(session, code)


def _mix(session: Session, wave: Wave, private_key: X25519PrivateKey, report: Callable[[Step], None]) -> None:
    """Turn the ballots into responses, comments and receipts, each in an order of its own."""
    keying.require_none_waiting(session, wave.code)
    ids, contents = _unseal(session, wave, private_key)
    report(Step.UNSEALED)
    instrument = instrument_of(session, wave.instrument_hash)
    kept = _enough(wave, contents)
    coarsened = coarsen(
        [content["answers"] for content in kept],
        [content["stratum"] for content in kept],
        instrument,
        stratum_ladder=wave.stratum_ladder,
        frame_counts=_frame_counts(wave, len(kept)),
        apart=[keying.by_telephone(content) for content in kept],
    )
    _take_out(session, wave.code, ids)
    _insert(session, Response, _response_rows(wave.code, coarsened, instrument))
    _insert(session, Comment, _comment_rows(wave.code, kept))
    _insert(session, Receipt, [{"wave": wave.code, "code": content["receipt"]} for content in kept])
    wave.discarded += len(contents) - len(kept)
    wave.state = WaveState.OPENED
    wave.coarsening = coarsened.record
    session.flush()
    report(Step.MIXED)


def _unseal(session: Session, wave: Wave, private_key: X25519PrivateKey) -> tuple[list[str], list[dict[str, Any]]]:
    rows = session.execute(select(Ballot.id, Ballot.sealed).where(Ballot.wave == wave.code)).all()
    if len(rows) < MIN_BALLOTS:
        raise TooFewBallots(wave=wave.code, ballots=len(rows), needed=MIN_BALLOTS)
    info = ballot_info(wave.code, wave.instrument_hash)
    contents = []
    for row in rows:
        try:
            contents.append(open_ballot(private_key, row.sealed, info))
        except Unreadable:
            continue
    if len(contents) < len(rows):
        raise UnreadableBallots(unreadable=len(rows) - len(contents), ballots=len(rows))
    return [row.id for row in rows], contents


def _frame_counts(wave: Wave, answers: int) -> dict[str, Any]:
    """Return the firms by stratum label; who answers by an open link stands for nobody else."""
    return {open_links.STRATUM: answers} if wave.by_open_link else wave.frame_counts


def _enough(wave: Wave, contents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the ballots that have others to hide among: those by telephone are told by what they were not asked.

    docs/adr/0013-paper-forms.md. Raises TooFewBallots if too few are left.
    """
    apart = [keying.by_telephone(content) for content in contents]
    labels = [content["stratum"] for content in contents]
    frame = _frame_counts(wave, len(contents))
    kept = enough_apart(labels, apart, stratum_ladder=wave.stratum_ladder, frame_counts=frame)
    if len(kept) < MIN_BALLOTS:
        raise TooFewBallots(wave=wave.code, ballots=len(kept), needed=MIN_BALLOTS)
    return [contents[each] for each in kept]


def _in_order(answers: dict[str, Any], instrument: Instrument) -> dict[str, Any]:
    """Return the answers without free text, in the instrument's order: any other order would be a mark."""
    return {item.code: answers[item.code] for item in instrument.items if item.code in answers and item.type != "text"}


def _take_out(session: Session, code: str, ids: Sequence[str]) -> None:
    deleted = 0
    for start in range(0, len(ids), _CHUNK):
        deleted += rows_changed(session, delete(Ballot).where(Ballot.id.in_(ids[start : start + _CHUNK])))
    if deleted != len(ids) or _count(session, Ballot, code):
        raise BallotsChanged


def _insert(session: Session, table: type[Response | Comment | Receipt], rows: list[dict[str, Any]]) -> None:
    _shuffled.shuffle(rows)
    if rows:
        session.execute(insert(table), rows)


def _response_rows(code: str, coarsened: Coarsened, instrument: Instrument) -> list[dict[str, Any]]:
    together = zip(coarsened.answers, coarsened.labels, coarsened.weights, strict=True)
    return [
        {
            "id": secrets.token_hex(16),
            "wave": code,
            "answers": _in_order(answers, instrument),
            "stratum": label,
            "weight": weight,
        }
        for answers, label, weight in together
    ]


def _comment_rows(code: str, contents: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"id": secrets.token_hex(16), "wave": code, "item": item, "text": text}
        for content in contents
        for item, text in content.get("comments", {}).items()
    ]
