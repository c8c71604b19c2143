"""Scoring an opened wave: append-only, and computed while the database is free for others.

The analysis is imported inside the functions: only a job or a command loads pandas, never a web worker.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from questionnaires.framework import Framework
from questionnaires.instrument import Instrument
from questionnaires.reference import province_values
from survey_app.errors import DomainError
from survey_app.models.fieldwork import Wave, WaveState
from survey_app.models.response import Response
from survey_app.models.score import IndicatorEstimate, ScoreRun, SubIndexEstimate
from survey_app.services import waves
from survey_app.services.instruments import framework_of, instrument_of

if TYPE_CHECKING:
    import pandas as pd

    from analysis.index import Scores

Progress = Callable[[int], None]
Transaction = Callable[[], AbstractContextManager[Session]]


class UnknownRun(DomainError):
    """No run has this number."""

    status = 404
    vi = "Không có lần chấm điểm {run}: xem danh sách bằng `flask scores list`."
    en = "There is no score run {run}: `flask scores list` shows them."


@dataclass(frozen=True)
class Material:
    """What a score is computed from, read in one transaction."""

    frame: pd.DataFrame
    content: str  # hash of the responses
    instrument: Instrument
    framework: Framework
    instrument_hash: str
    framework_hash: str


@dataclass(frozen=True)
class Made:
    """A run that was stored: its number, and the responses counted."""

    number: int
    responses: int


def run(
    transaction: Transaction,
    code: str,
    *,
    province: str,
    by: str,
    now: datetime,
    progress: Progress = lambda _percent: None,
) -> Made:
    """Score the responses of an opened wave and store the result as a new run; a second run gives identical numbers.

    Computes outside any transaction. province: whose published values stand for what is not measured.
    Raises UnknownWave or WrongState.
    """
    with transaction() as session:
        material = material_of(session, waves.held(session, code, WaveState.OPENED))
    progress(30)
    scores = compute(material, province)
    progress(70)
    with transaction() as session:
        waves.held(session, code, WaveState.OPENED)
        number = _store(session, _new_run(code, material, scores, province, by=by, now=now), scores)
    progress(100)
    return Made(number, scores.responses)


def _new_run(code: str, material: Material, scores: Scores, province: str, *, by: str, now: datetime) -> ScoreRun:
    from analysis.provenance import code_version

    return ScoreRun(
        wave=code,
        made_at=now,
        made_by=by,
        responses_hash=material.content,
        instrument_hash=material.instrument_hash,
        framework_hash=material.framework_hash,
        code_version=code_version(),
        responses=scores.responses,
        in_scope=scores.in_scope,
        report=_report(scores, province),
    )


def _store(session: Session, made: ScoreRun, scores: Scores) -> int:
    session.add(made)
    session.flush()
    session.execute(insert(IndicatorEstimate), indicator_rows(made.id, scores))
    session.execute(insert(SubIndexEstimate), sub_index_rows(made.id, scores))
    return made.id


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


def material_of(session: Session, source: Wave | ScoreRun) -> Material:
    """Return the responses and the frozen files of a wave, or those of a run."""
    code = source.code if isinstance(source, Wave) else source.wave
    instrument = instrument_of(session, source.instrument_hash)
    framework = framework_of(session, source.framework_hash)
    frame, content = responses_frame(session, code, instrument)
    return Material(frame, content, instrument, framework, source.instrument_hash, source.framework_hash)


def compute(material: Material, province: str) -> Scores:
    """Return the scores; what is not measured is held at the province's published values."""
    from analysis.index import score

    return score(material.frame, material.instrument, material.framework, published_of(material.framework, province))


def published_of(framework: Framework, province: str) -> Mapping[str, float]:
    """Return the province's published indicators of the framework's reference year, none for a method of one's own."""
    return province_values(province, framework.reference_year) if framework.reference_year else {}


def _report(scores: Scores, province: str) -> dict[str, Any]:
    return {
        "province": province,
        "level": 0.95,
        "fpc": False,
        "covariance": {name: dict(zip(scores.covariance.columns, map(float, row), strict=True))
                       for name, row in zip(scores.covariance.index, scores.covariance.to_numpy(), strict=True)},
    }  # fmt: skip


def number_or_none(value: Any) -> float | None:
    """Return a float as the database keeps it: nothing for NaN."""
    return None if value is None or math.isnan(value) else float(value)


def indicator_rows(number: int, scores: Scores) -> list[dict[str, Any]]:
    """Return the rows of `IndicatorEstimate`."""
    counts = ("n_asked", "n", "dk", "na", "ref", "blank")
    figures = ("value", "low", "high", "se", "n_effective", "deff")
    return [
        {"run_id": number, "code": code, "position": position, "sub_index": row["sub_index"], "status": row["status"]}
        | {name: int(row[name]) for name in counts}
        | {name: number_or_none(row[name]) for name in figures}
        for position, (code, row) in enumerate(scores.indicators.to_dict("index").items())
    ]


def sub_index_rows(number: int, scores: Scores) -> list[dict[str, Any]]:
    """Return the rows of `SubIndexEstimate`."""
    return [
        {"run_id": number, "code": code, "position": position}
        | {name: number_or_none(row[name]) for name in ("value", "low", "high", "se")}
        | {"measured": int(row["measured"]), "indicators": int(row["indicators"]), "coverage": float(row["coverage"])}
        for position, (code, row) in enumerate(scores.sub_indices.to_dict("index").items())
    ]
