"""Scoring an opened wave and releasing a run: append-only, once, in one transaction each.

The analysis is imported inside the functions: only a job or a command loads pandas, never a web worker.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from questionnaires.base import LANGUAGES
from questionnaires.framework import Framework
from questionnaires.instrument import Instrument
from questionnaires.reference import province_values
from survey_app.errors import DomainError
from survey_app.models.fieldwork import WaveState
from survey_app.models.response import Response
from survey_app.models.score import (
    IndicatorEstimate,
    ReleasedChart,
    ReleasedIndicator,
    ReleasedSubIndex,
    ScoreRun,
    SubIndexEstimate,
)
from survey_app.services import waves
from survey_app.services.instruments import framework_of, instrument_of

if TYPE_CHECKING:
    import pandas as pd

    from analysis.disclosure import Released
    from analysis.index import Scores

Progress = Callable[[int], None]


class UnknownRun(DomainError):
    """No run has this number."""

    status = 404
    vi = "Không có lần chấm điểm {run}: xem danh sách bằng `flask scores list`."
    en = "There is no score run {run}: `flask scores list` shows them."


class AlreadyReleased(DomainError):
    """A run is released once."""

    vi = "Lần chấm điểm {run} đã được công bố."
    en = "The score run {run} has been released already."


def run(
    session: Session,
    code: str,
    *,
    province: str,
    by: str,
    now: datetime,
    progress: Progress = lambda _percent: None,
) -> ScoreRun:
    """Score the responses of an opened wave and store the result as a new run; a second run gives identical numbers.

    province: whose published values stand for what is not measured. Raises UnknownWave or WrongState.
    """
    wave = waves.held(session, code, WaveState.OPENED)
    instrument = instrument_of(session, wave.instrument_hash)
    framework = framework_of(session, wave.framework_hash)
    frame, content = responses_frame(session, code, instrument)
    progress(30)
    scores = _score(frame, instrument, framework, province)
    progress(70)
    from analysis.provenance import code_version

    made = ScoreRun(
        wave=code,
        made_at=now,
        made_by=by,
        responses_hash=content,
        instrument_hash=wave.instrument_hash,
        framework_hash=wave.framework_hash,
        code_version=code_version(),
        responses=scores.responses,
        in_scope=scores.in_scope,
        report=_report(scores, province),
    )
    session.add(made)
    session.flush()
    session.execute(insert(IndicatorEstimate), _indicator_rows(made.id, scores))
    session.execute(insert(SubIndexEstimate), _sub_index_rows(made.id, scores))
    progress(100)
    return made


def release(
    session: Session,
    number: int,
    *,
    by: str,
    now: datetime,
    progress: Progress = lambda _percent: None,
) -> ScoreRun:
    """Release a run: apply the publishing rules once, draw the charts, and store what everybody may see.

    Raises UnknownRun or AlreadyReleased.
    """
    found = get(session, number)
    waves.held(session, found.wave, WaveState.OPENED)
    session.refresh(found)
    if found.released_at is not None:
        raise AlreadyReleased(run=number)
    from analysis.disclosure import publish

    instrument = instrument_of(session, found.instrument_hash)
    framework = framework_of(session, found.framework_hash)
    province = found.report["province"]
    frame, _ = responses_frame(session, found.wave, instrument)
    scores = _score(frame, instrument, framework, province)
    released = publish(scores, instrument, framework, _published(framework, province))
    progress(20)
    session.execute(insert(ReleasedIndicator), _released_indicators(number, released))
    session.execute(insert(ReleasedSubIndex), _released_sub_indices(number, released))
    _draw(session, number, released, framework, province, progress)
    found.released_at, found.released_by = now, by
    session.flush()
    return found


def get(session: Session, number: int) -> ScoreRun:
    """Return a run; raise UnknownRun."""
    found = session.get(ScoreRun, number)
    if found is None:
        raise UnknownRun(run=number)
    return found


def responses_frame(session: Session, code: str, instrument: Instrument) -> tuple[pd.DataFrame, str]:
    """Return the frame of a wave's responses, in the order of their ids, and the hash of their content."""
    from analysis.columns import from_answers
    from analysis.provenance import rows_hash

    columns = (Response.answers, Response.stratum, Response.weight)
    rows = session.execute(select(*columns).where(Response.wave == code).order_by(Response.id)).all()
    answers, strata, weights = [row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows]
    return from_answers(answers, instrument, weight=weights, stratum=strata), rows_hash(list(row) for row in rows)


def _score(frame: pd.DataFrame, instrument: Instrument, framework: Framework, province: str) -> Scores:
    from analysis.index import score

    return score(frame, instrument, framework, _published(framework, province))


def _published(framework: Framework, province: str) -> Mapping[str, float]:
    return province_values(province, framework.reference_year) if framework.reference_year else {}


def _report(scores: Scores, province: str) -> dict[str, Any]:
    return {
        "province": province,
        "level": 0.95,
        "fpc": False,
        "covariance": {name: dict(zip(scores.covariance.columns, map(float, row), strict=True))
                       for name, row in zip(scores.covariance.index, scores.covariance.to_numpy(), strict=True)},
    }  # fmt: skip


def _number(value: Any) -> float | None:
    return None if value is None or math.isnan(value) else float(value)


def _indicator_rows(number: int, scores: Scores) -> list[dict[str, Any]]:
    counts = ("n_asked", "n", "dk", "na", "ref", "blank")
    figures = ("value", "low", "high", "se", "n_effective", "deff")
    return [
        {"run_id": number, "code": code, "position": position, "sub_index": row["sub_index"], "status": row["status"]}
        | {name: int(row[name]) for name in counts}
        | {name: _number(row[name]) for name in figures}
        for position, (code, row) in enumerate(scores.indicators.to_dict("index").items())
    ]


def _sub_index_rows(number: int, scores: Scores) -> list[dict[str, Any]]:
    return [
        {"run_id": number, "code": code, "position": position}
        | {name: _number(row[name]) for name in ("value", "low", "high", "se")}
        | {"measured": int(row["measured"]), "indicators": int(row["indicators"]), "coverage": float(row["coverage"])}
        for position, (code, row) in enumerate(scores.sub_indices.to_dict("index").items())
    ]


def _released_indicators(number: int, released: Released) -> list[dict[str, Any]]:
    return [
        {"run_id": number, "code": code, "position": position}
        | {name: _word(row[name]) for name in ("sub_index", "status", "reason", "band", "match")}
        | {name: _number(row[name]) for name in ("value", "low", "high")}
        | {"n": None if (n := _number(row["n"])) is None else int(n)}
        for position, (code, row) in enumerate(released.indicators.to_dict("index").items())
    ]


def _released_sub_indices(number: int, released: Released) -> list[dict[str, Any]]:
    return [
        {"run_id": number, "code": code, "position": position, "reason": _word(row["reason"])}
        | {name: _number(row[name]) for name in ("value", "low", "high")}
        | {"measured": int(row["measured"]), "indicators": int(row["indicators"]), "coverage": float(row["coverage"])}
        for position, (code, row) in enumerate(released.sub_indices.to_dict("index").items())
    ]


def _word(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _draw(
    session: Session, number: int, released: Released, framework: Framework, province: str, progress: Progress
) -> None:
    """Store a dot plot of each sub-index in each language."""
    from analysis.charts import dot_plot, plot_rows, svg

    official = _published(framework, province)
    for position, sub_index in enumerate(framework.sub_indices, start=1):
        for language in LANGUAGES:
            rows = plot_rows(released, framework, official, sub_index.code, language)
            if rows.empty:  # a method without national figures has nothing to set beside the survey
                continue
            chart = svg(dot_plot(rows, language, year=framework.reference_year or 0))
            session.add(ReleasedChart(run_id=number, sub_index=sub_index.code, language=language, svg=chart))
        progress(20 + 80 * position // len(framework.sub_indices))
