"""What the answers say: score runs (append-only) and the figures of a release."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, DateTime, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey_app.db import Base


class _Figures:
    """Value and interval of an estimate; empty where it was not measured."""

    value: Mapped[float | None]
    low: Mapped[float | None]
    high: Mapped[float | None]


class ScoreRun(Base):
    """One scoring of a wave's responses; never changed but for its one release."""

    __tablename__ = "score_run"
    __table_args__ = (CheckConstraint("(released_at IS NULL) = (released_by IS NULL)", name="release_is_whole"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    wave: Mapped[str] = mapped_column(ForeignKey("wave.code"))
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    made_by: Mapped[str] = mapped_column(String(120))
    responses_hash: Mapped[str] = mapped_column(String(64))
    instrument_hash: Mapped[str] = mapped_column(ForeignKey("frozen_file.hash"))
    framework_hash: Mapped[str] = mapped_column(ForeignKey("frozen_file.hash"))
    code_version: Mapped[str] = mapped_column(String(64))
    responses: Mapped[int]  # counted
    in_scope: Mapped[int]  # scored: operating firms that belong here
    report: Mapped[dict[str, Any]] = mapped_column(JSON)
    released_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    released_by: Mapped[str | None] = mapped_column(String(120))

    indicators: Mapped[list[IndicatorEstimate]] = relationship(order_by="IndicatorEstimate.position")
    sub_indices: Mapped[list[SubIndexEstimate]] = relationship(order_by="SubIndexEstimate.position")


class IndicatorEstimate(_Figures, Base):
    """An indicator in a run, for analysts."""

    __tablename__ = "indicator_estimate"

    run_id: Mapped[int] = mapped_column(ForeignKey("score_run.id"), primary_key=True)
    code: Mapped[str] = mapped_column(String(20), primary_key=True)
    position: Mapped[int]
    sub_index: Mapped[str] = mapped_column(String(40))
    status: Mapped[str] = mapped_column(String(20))  # measured, held, published
    n_asked: Mapped[int]
    n: Mapped[int]
    dk: Mapped[int]
    na: Mapped[int]
    ref: Mapped[int]
    blank: Mapped[int]
    se: Mapped[float | None]
    n_effective: Mapped[float | None]
    deff: Mapped[float | None]


class SubIndexEstimate(_Figures, Base):
    """A sub-index (or `total`) in a run, for analysts."""

    __tablename__ = "sub_index_estimate"

    run_id: Mapped[int] = mapped_column(ForeignKey("score_run.id"), primary_key=True)
    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    position: Mapped[int]
    se: Mapped[float | None]
    measured: Mapped[int]
    indicators: Mapped[int]
    coverage: Mapped[float]


class ReleasedIndicator(_Figures, Base):
    """What everybody may see of an indicator after the publishing rules."""

    __tablename__ = "released_indicator"

    run_id: Mapped[int] = mapped_column(ForeignKey("score_run.id"), primary_key=True)
    code: Mapped[str] = mapped_column(String(20), primary_key=True)
    position: Mapped[int]
    sub_index: Mapped[str] = mapped_column(String(40))
    status: Mapped[str] = mapped_column(String(20))  # shown, band, hidden, not_measured, published
    reason: Mapped[str | None] = mapped_column(String(40))
    band: Mapped[str | None] = mapped_column(String(20))
    n: Mapped[int | None]  # rounded to 5
    match: Mapped[str | None] = mapped_column(String(10))


class ReleasedSubIndex(_Figures, Base):
    """What everybody may see of a sub-index (or `total`): rescored with hidden indicators held."""

    __tablename__ = "released_sub_index"

    run_id: Mapped[int] = mapped_column(ForeignKey("score_run.id"), primary_key=True)
    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    position: Mapped[int]
    measured: Mapped[int]
    indicators: Mapped[int]
    coverage: Mapped[float]
    reason: Mapped[str | None] = mapped_column(String(40))


class ReleasedChart(Base):
    """A chart drawn when the release was made."""

    __tablename__ = "released_chart"

    run_id: Mapped[int] = mapped_column(ForeignKey("score_run.id"), primary_key=True)
    sub_index: Mapped[str] = mapped_column(String(40), primary_key=True)
    language: Mapped[str] = mapped_column(String(2), primary_key=True)
    svg: Mapped[str] = mapped_column(Text)
