"""Whom a wave asks: a stratified draw from the frame, repeatable from its seed, written down for an auditor."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from analysis import sampling
from questionnaires.base import Language
from questionnaires.instrument import Instrument
from survey_app.errors import DomainError
from survey_app.keys import Keys
from survey_app.models.draw import Draw
from survey_app.models.fieldwork import Invitation, SampleUnit, Wave, WaveState
from survey_app.services.coarsening import merge_labels
from survey_app.services.frame_columns import fold
from survey_app.services.instruments import instrument_of
from survey_app.services.waves import held, invite

VARIABLES = ("size", "vsic", "area")
ONE = "all"
_UNKNOWN = "unknown"
_LABEL_LENGTH = 40
_WORDS: dict[str, dict[str, str]] = {
    "vi": {ONE: "Tất cả", _UNKNOWN: "Chưa rõ"},
    "en": {ONE: "All", _UNKNOWN: "Not known"},
}
_DAYS_A_MONTH = 30.44


class CannotDraw(DomainError):
    """The frame does not have so many firms to draw, or the minimum asks for more than the sample."""

    vi = "Không chọn được {size} doanh nghiệp: danh sách có {eligible} doanh nghiệp được chọn. {reason}"
    en = "{size} firms cannot be drawn: the list has {eligible} that may be. {reason}"


class NothingToDraw(DomainError):
    """Anybody may answer the wave."""

    vi = "Đợt {wave} trả lời bằng liên kết mở, không chọn mẫu."
    en = "The wave {wave} is answered by an open link: there is no sample."


class NotDrawn(DomainError):
    """The wave has no draw."""

    vi = "Đợt {wave} chưa chọn mẫu: chạy flask sample draw {wave}."
    en = "No sample was drawn for the wave {wave}: run flask sample draw {wave}."
    status = 404


@dataclass(frozen=True)
class Plan:
    """How to draw. `size`: None asks all that may be asked; `by`: variables that make the strata; `rested_months`: firms
    asked more recently are left out; `ladder`: None lets a size class join the next smaller one.
    """

    size: int | None
    seed: str
    method: str = "proportional"
    by: Sequence[str] = ("size",)
    minimum: int = 0
    rested_months: int = 0
    ladder: Sequence[Sequence[str]] | None = None


def draw(session: Session, code: str, plan: Plan, keys: Keys, *, by: str, now: datetime) -> Draw:
    """Draw the firms of a wave in draft and invite them, in place of any drawn before; return the record.

    Labels of which fewer than 10 firms were drawn are merged by the ladder: nobody may be recognised by a stratum. Firms
    that want no messages, or were asked recently, count in the frame and are not drawn. Raises UnknownWave, WrongState,
    CannotDraw.
    """
    wave = held(session, code, WaveState.DRAFT)
    if wave.by_open_link:
        raise NothingToDraw(wave=code)
    instrument = instrument_of(session, wave.instrument_hash)
    ladder = _size_ladder(instrument, plan.by) if plan.ladder is None else plan.ladder
    labels = _labels(session, instrument, plan.by)
    eligible = _eligible(session, wave, plan, labels)
    drawn = {unit: label for label, units in _drawn(plan, eligible).items() for unit in units}
    became = merge_labels(Counter(drawn.values()), Counter(labels.values()), ladder)
    session.execute(delete(Invitation).where(Invitation.wave == code))
    invite(session, wave, {unit: became[label] for unit, label in drawn.items()}, keys)
    frame = Counter(became[label] for label in labels.values())
    wave.frame_counts, wave.stratum_ladder = dict(sorted(frame.items())), [list(pair) for pair in ladder]
    counted = (
        frame,
        Counter(became[label] for label in eligible.values()),
        Counter(became[label] for label in drawn.values()),
    )
    record = Draw(
        wave=code,
        seed=plan.seed,
        method=plan.method,
        by=list(plan.by),
        minimum=plan.minimum,
        rested_months=plan.rested_months,
        frame_hash=frame_hash(labels),
        strata={label: dict(zip(("frame", "eligible", "drawn"), _of(counted, label), strict=True)) for label in frame},
        drawn_by=by,
        drawn_at=now,
    )
    session.merge(record)
    session.flush()
    return record


def _size_ladder(instrument: Instrument, by: Sequence[str]) -> list[list[str]]:
    """Return the ladder of a sample that is stratified by size alone: from the largest class down, each joins the next."""
    if tuple(by) != ("size",):
        return []
    classes = [rung.code for rung in instrument.item("p03").ladder[0]]
    return [[larger, smaller] for smaller, larger in reversed(list(pairwise(classes)))]


def _of(counted: Sequence[Mapping[str, int]], label: str) -> list[int]:
    return [counts.get(label, 0) for counts in counted]


def words(instrument: Instrument, label: str, language: Language) -> str:
    """Return a stratum label as people read it; a commune stays the short word that it is."""
    known = {rung.code: rung.text[language] for rung in instrument.item("p03").ladder[0]} | _WORDS[language]
    return " · ".join(known.get(part, part) for part in label.split("."))


def record_of(session: Session, code: str) -> Draw:
    """Return how the wave was drawn; raise NotDrawn."""
    record = session.get(Draw, code)
    if record is None:
        raise NotDrawn(wave=code)
    return record


def frame_hash(units: Mapping[str, str]) -> str:
    """Return the SHA-256 of the frame's ids, sorted, one a line."""
    return hashlib.sha256("\n".join(sorted(units)).encode()).hexdigest()


def _drawn(plan: Plan, eligible: Mapping[str, str]) -> dict[str, list[str]]:
    counts = Counter(eligible.values())
    size = len(eligible) if plan.size is None else plan.size
    try:
        allocation = sampling.allocate(counts, size, plan.method, minimum=plan.minimum)  # type: ignore[arg-type]
        order = sampling.draw(eligible, allocation, plan.seed)
    except sampling.ImpossibleAllocation as error:
        raise CannotDraw(size=size, eligible=len(eligible), reason=str(error)) from error
    return {label: units[: allocation[label]] for label, units in order.items()}


def _labels(session: Session, instrument: Instrument, by: Sequence[str]) -> dict[str, str]:
    """Return the stratum label of each firm of the frame."""
    columns = (SampleUnit.id, SampleUnit.size, SampleUnit.vsic, SampleUnit.area)
    classes = {code: rung.code for rung in instrument.item("p03").ladder[0] for code in rung.of} if "size" in by else {}

    def label(row: object) -> str:
        known = {
            "size": classes.get(getattr(row, "size", None) or ""),
            "vsic": getattr(row, "vsic", None),
            "area": fold(getattr(row, "area", None) or "").replace(" ", "_"),
        }
        return ".".join(known[name] or _UNKNOWN for name in by)[:_LABEL_LENGTH] or ONE

    return {row.id: label(row) for row in session.execute(select(*columns))}


def _eligible(session: Session, wave: Wave, plan: Plan, labels: Mapping[str, str]) -> dict[str, str]:
    silent = set(session.scalars(select(SampleUnit.id).where(SampleUnit.opted_out)))
    recent = select(Invitation.unit).join(Wave, Wave.code == Invitation.wave)
    recent = recent.where(
        Wave.code != wave.code,
        Wave.rehearsal_of.is_(None),
        Wave.opens_on > _rested_since(wave.opens_on, plan.rested_months),
    )
    out = silent | (set(session.scalars(recent)) if plan.rested_months else set())
    return {unit: label for unit, label in labels.items() if unit not in out}


def _rested_since(opens_on: date, months: int) -> date:
    return opens_on - timedelta(days=round(months * _DAYS_A_MONTH))
