"""The life of a wave: draft, open, closed; opened and discarded are the box's doing (`services.box`)."""

from __future__ import annotations

import re
import secrets
from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from questionnaires.framework import Framework
from questionnaires.instrument import Instrument
from survey_app.db import lock_wave
from survey_app.envelopes import link_secret, lookup
from survey_app.errors import DomainError
from survey_app.keys import Keys
from survey_app.models.fieldwork import Invitation, Wave, WaveState
from survey_app.models.response import Draft
from survey_app.services import box_key, open_links
from survey_app.services.instruments import freeze
from survey_app.services.invitations import closing_moment

_STATES = {
    WaveState.DRAFT: ("chưa mở", "a draft"),
    WaveState.OPEN: ("đang mở", "open"),
    WaveState.CLOSED: ("đã đóng", "closed"),
    WaveState.OPENED: ("đã mở hòm phiếu", "opened"),
    WaveState.DISCARDED: ("đã hủy phiếu", "discarded"),
}


class UnknownWave(DomainError):
    """No wave has this code."""

    vi = "Không có đợt {wave}: xem lại mã đợt."
    en = "There is no wave {wave}: check its code."


class WaveExists(DomainError):
    """A wave with this code exists; nothing was changed."""

    vi = "Đã có đợt {wave}: dùng mã khác."
    en = "The wave {wave} exists: use another code."


class WrongState(DomainError):
    """The wave's state does not allow this."""

    vi = "Đợt {wave} {state_vi}; việc này cần đợt {needed_vi}."
    en = "The wave {wave} is {state_en}; this needs a wave that is {needed_en}."

    def __init__(self, wave: Wave, needed: tuple[WaveState, ...]) -> None:
        state_vi, state_en = _STATES[wave.state]
        super().__init__(
            wave=wave.code,
            state_vi=state_vi,
            state_en=state_en,
            needed_vi=" hoặc ".join(_STATES[state][0] for state in needed),
            needed_en=" or ".join(_STATES[state][1] for state in needed),
        )


class BadCode(DomainError):
    """A wave's code stands in addresses and commands."""

    vi = "Mã đợt {wave} không dùng được: chỉ gồm chữ thường không dấu, số và gạch nối, nhiều nhất 40 ký tự, ví dụ 2027-1."
    en = "The code {wave} cannot be used: small letters, digits and hyphens only, at most 40, such as 2027-1."


class BadDates(DomainError):
    """The last day is over, or lies before the first."""

    vi = "Đợt {wave} không thể đóng ngày {closes_on}: chọn ngày muộn hơn {after}."
    en = "The wave {wave} cannot close on {closes_on}: choose a day after {after}."


class NoFrame(DomainError):
    """The wave counts no firms, so its answers could have no weight."""

    vi = "Đợt {wave} chưa có danh sách doanh nghiệp theo tầng: ghi số doanh nghiệp của từng tầng trước khi mở."
    en = "The wave {wave} has no firms by stratum: give the number of firms of each stratum before opening."


def get(session: Session, code: str) -> Wave:
    """Return the wave; raise UnknownWave."""
    wave = session.get(Wave, code, populate_existing=True)
    if wave is None:
        raise UnknownWave(wave=code)
    return wave


def held(session: Session, code: str, *states: WaveState) -> Wave:
    """Return the wave, alone until the transaction ends; raise UnknownWave, or WrongState unless it is in `states`."""
    lock_wave(session, code, exclusive=True)
    return require_state(session, code, *states)


def require_state(session: Session, code: str, *states: WaveState) -> Wave:
    """Return the wave; raise UnknownWave, or WrongState unless it is in `states`."""
    wave = get(session, code)
    if wave.state not in states:
        raise WrongState(wave, states)
    return wave


def require_new(session: Session, code: str, days: tuple[date, date]) -> None:
    """Raise BadCode, WaveExists or BadDates unless a wave can be made with this code and these days."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", code):
        raise BadCode(wave=code)
    if session.get(Wave, code) is not None:
        raise WaveExists(wave=code)
    opens_on, closes_on = days
    if closes_on < opens_on:
        raise BadDates(wave=code, closes_on=closes_on, after=opens_on)


def create(
    session: Session,
    code: str,
    *,
    title: tuple[str, str],
    documents: tuple[Instrument, Framework],
    days: tuple[date, date],
    consent_version: str,
    frame_counts: Mapping[str, int],
    stratum_ladder: list[list[str]],
) -> Wave:
    """Return a new wave in draft.

    title: Vietnamese, English. documents: frozen here, and again as they are when the wave opens. days: first and last.
    frame_counts: firms of the frame by stratum label. stratum_ladder: [[from, into], ...], in the order of merging.
    Raises BadCode, WaveExists or BadDates.
    """
    require_new(session, code, days)
    opens_on, closes_on = days
    instrument, framework = documents
    wave = Wave(
        code=code,
        title_vi=title[0],
        title_en=title[1],
        instrument_hash=freeze(session, "instrument", instrument.code, instrument),
        framework_hash=freeze(session, "framework", framework.code, framework),
        opens_on=opens_on,
        closes_on=closes_on,
        consent_version=consent_version,
        public_key=b"",  # made when the wave opens
        frame_counts=dict(frame_counts),
        stratum_ladder=stratum_ladder,
    )
    session.add(wave)
    session.flush()
    return wave


def invite(session: Session, wave: Wave, strata: Mapping[str, str], keys: Keys) -> None:
    """Invite firms of the frame: `strata` gives the stratum label of each unit id. Links follow from the keys."""
    rows = []
    for unit, stratum in strata.items():
        invitation = secrets.token_hex(16)
        link = link_secret(keys.link, wave.code, invitation, 1)
        row = {"id": invitation, "wave": wave.code, "unit": unit, "issue": 1, "answered": False, "stratum": stratum}
        rows.append(row | {"lookup": lookup(keys.lookup, link)})
    session.execute(insert(Invitation), rows)


def open_wave(
    session: Session,
    code: str,
    *,
    documents: tuple[Instrument, Framework],
    key_file: Path,
    passphrase: bytes,
    now: datetime,
) -> Wave:
    """Open a wave in draft for answers: freeze its documents, and make its box key.

    The private key is written once, to `key_file`, protected by the passphrase; the database gets the public key only.
    Raises UnknownWave, WrongState, BadDates, NoFrame or KeyFileExists.
    """
    wave = held(session, code, WaveState.DRAFT)
    if now >= closing_moment(wave.closes_on):
        raise BadDates(wave=code, closes_on=wave.closes_on, after=now.date())
    if not (wave.by_open_link or any(wave.frame_counts.values())):
        raise NoFrame(wave=code)
    instrument, framework = documents
    wave.instrument_hash = freeze(session, "instrument", instrument.code, instrument)
    wave.framework_hash = freeze(session, "framework", framework.code, framework)
    wave.state = WaveState.OPEN
    session.flush()
    box_key.make(key_file, wave, passphrase)
    session.flush()
    return wave


def extend(session: Session, code: str, closes_on: date, *, now: datetime) -> Wave:
    """Give an open or closed wave a later last day; a closed one takes answers again.

    Raises UnknownWave, WrongState, or BadDates unless the day is later than the one before and still to come.
    """
    wave = held(session, code, WaveState.OPEN, WaveState.CLOSED)
    if closes_on <= wave.closes_on or now >= closing_moment(closes_on):
        raise BadDates(wave=code, closes_on=closes_on, after=max(wave.closes_on, now.date()))
    wave.closes_on = closes_on
    wave.state = WaveState.OPEN
    session.flush()
    return wave


def close(session: Session, code: str) -> Wave:
    """Close an open wave: it takes nothing more, and what was not sent is deleted. Raises UnknownWave or WrongState."""
    wave = held(session, code, WaveState.OPEN)
    session.execute(delete(Draft).where(Draft.wave == code))
    open_links.forget_unsent(session, code)
    wave.state = WaveState.CLOSED
    session.flush()
    return wave


def firms_by_stratum(strata: Mapping[str, str]) -> dict[str, int]:
    """Return how many firms each stratum label has."""
    return dict(sorted(Counter(strata.values()).items()))
