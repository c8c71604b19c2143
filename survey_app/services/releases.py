"""Releasing a score run: once; computed and drawn while the database is free for others, stored in one transaction.

The analysis is imported inside the functions: only a job or a command loads pandas, never a web worker.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from questionnaires.base import LANGUAGES
from questionnaires.framework import Framework
from survey_app.db import table_of
from survey_app.errors import DomainError
from survey_app.models.fieldwork import WaveState
from survey_app.models.score import (
    IndicatorEstimate,
    ReleasedChart,
    ReleasedIndicator,
    ReleasedSubIndex,
    ScoreRun,
    SubIndexEstimate,
)
from survey_app.services import scoring, waves
from survey_app.services.scoring import Material, Progress, Transaction, number_or_none

if TYPE_CHECKING:
    from analysis.disclosure import Released

Rows = list[dict[str, Any]]
_SAME = 1e-9


class AlreadyReleased(DomainError):
    """A run is released once."""

    vi = "Lần chấm điểm {run} đã được công bố."
    en = "The score run {run} has been released already."


class Differs(DomainError):
    """What would be released is not what the run says: a release shows the figures that somebody has read."""

    vi = "Không công bố lần chấm điểm {run}. Hãy chấm điểm lại đợt {wave}, xem rồi công bố lần chấm mới."
    en = "The score run {run} is not released. Score the wave {wave} again, read the new run, and release that."


class OtherResponses(Differs):
    """The responses are not those that were scored."""

    vi = "Phiếu trả lời đã khác lúc chấm điểm. " + Differs.vi
    en = "The responses are no longer those that were scored. " + Differs.en


class OtherMethod(Differs):
    """The wave's questionnaire or method is not the run's."""

    vi = "Bộ phiếu hoặc phương pháp đã khác lúc chấm điểm. " + Differs.vi
    en = "The questionnaire or the method is no longer the one of the scoring. " + Differs.en


class OtherFigures(Differs):
    """The same responses and method give other figures now: the program or published figures have changed."""

    vi = "Tính lại không ra đúng số liệu đã lưu (chương trình hoặc số liệu công bố đã thay đổi). " + Differs.vi
    en = (
        "Computing again gives other figures than were stored (the program or published figures have changed). "
        + Differs.en
    )


@dataclass(frozen=True)
class _Read:
    """A run that is about to be released: its figures, and what they were made from."""

    wave: str
    province: str
    material: Material
    indicators: Rows
    sub_indices: Rows


def release(
    transaction: Transaction,
    number: int,
    *,
    by: str,
    now: datetime,
    progress: Progress = lambda _percent: None,
) -> None:
    """Release a run: apply the publishing rules once, draw the charts, and store what everybody may see.

    Raises UnknownRun, AlreadyReleased, or Differs where today's figures are not those of the run.
    """
    with transaction() as session:
        read = _read(session, _held(session, number))
    from analysis.disclosure import publish

    material = read.material
    scores = scoring.compute(material, read.province)
    if not _are_same(read.indicators, scoring.indicator_rows(number, scores)) or not _are_same(
        read.sub_indices, scoring.sub_index_rows(number, scores)
    ):
        raise OtherFigures(run=number, wave=read.wave)
    official = scoring.published_of(material.framework, read.province)
    released = publish(scores, material.instrument, material.framework, official)
    progress(20)
    charts = _draw(number, released, material.framework, read.province, progress)
    with transaction() as session:
        found = _held(session, number)
        found.released_at, found.released_by = now, by
        _store(session, number, released, charts)
    progress(100)


def _held(session: Session, number: int) -> ScoreRun:
    """Return a run that is not released, alone until the transaction ends."""
    found = scoring.get(session, number)
    waves.held(session, found.wave, WaveState.OPENED)
    session.refresh(found)
    if found.released_at is not None:
        raise AlreadyReleased(run=number)
    return found


def _read(session: Session, found: ScoreRun) -> _Read:
    wave, about = waves.get(session, found.wave), {"run": found.id, "wave": found.wave}
    if (wave.instrument_hash, wave.framework_hash) != (found.instrument_hash, found.framework_hash):
        raise OtherMethod(**about)
    material = scoring.material_of(session, found)
    if material.content != found.responses_hash:
        raise OtherResponses(**about)
    stored = [[_columns(row) for row in rows] for rows in (found.indicators, found.sub_indices)]
    return _Read(found.wave, found.report["province"], material, *stored)


def _columns(row: IndicatorEstimate | SubIndexEstimate) -> dict[str, Any]:
    return {column.key: getattr(row, column.key) for column in table_of(type(row)).columns}


def _are_same(stored: Rows, computed: Rows) -> bool:
    """Say whether two lists of rows are alike, floats to nine digits: another processor may round the last ones."""
    return len(stored) == len(computed) and all(
        old.keys() == new.keys() and all(_is_same(old[name], new[name]) for name in old)
        for old, new in zip(stored, computed, strict=True)
    )


def _is_same(old: Any, new: Any) -> bool:
    if isinstance(old, float) and isinstance(new, float):
        return math.isclose(old, new, rel_tol=_SAME, abs_tol=_SAME)
    return bool(old == new)


def _store(session: Session, number: int, released: Released, charts: Rows) -> None:
    session.execute(insert(ReleasedIndicator), _indicators(number, released))
    session.execute(insert(ReleasedSubIndex), _sub_indices(number, released))
    if charts:
        session.execute(insert(ReleasedChart), charts)
    session.flush()


def _indicators(number: int, released: Released) -> Rows:
    return [
        {"run_id": number, "code": code, "position": position}
        | {name: _word(row[name]) for name in ("sub_index", "status", "reason", "band", "match")}
        | {name: number_or_none(row[name]) for name in ("value", "low", "high")}
        | {"n": None if (n := number_or_none(row["n"])) is None else int(n)}
        for position, (code, row) in enumerate(released.indicators.to_dict("index").items())
    ]


def _sub_indices(number: int, released: Released) -> Rows:
    return [
        {"run_id": number, "code": code, "position": position, "reason": _word(row["reason"])}
        | {name: number_or_none(row[name]) for name in ("value", "low", "high")}
        | {"measured": int(row["measured"]), "indicators": int(row["indicators"]), "coverage": float(row["coverage"])}
        for position, (code, row) in enumerate(released.sub_indices.to_dict("index").items())
    ]


def _word(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _draw(number: int, released: Released, framework: Framework, province: str, progress: Progress) -> Rows:
    """Return the rows of `ReleasedChart`: a dot plot of each sub-index in each language."""
    from analysis.charts import dot_plot, plot_rows, svg

    official = scoring.published_of(framework, province)
    charts = []
    for position, sub_index in enumerate(framework.sub_indices, start=1):
        for language in LANGUAGES:
            rows = plot_rows(released, framework, official, sub_index.code, language)
            if rows.empty:  # a method without national figures has nothing to set beside the survey
                continue
            chart = svg(dot_plot(rows, language, year=framework.reference_year or 0))
            charts.append({"run_id": number, "sub_index": sub_index.code, "language": language, "svg": chart})
        progress(20 + 75 * position // len(framework.sub_indices))
    return charts
