"""What an agency reads of a sub-index: official scores, the released estimate, the verdict, the indicators.

Official scores and the survey's estimate are two things and stay two things. Nothing is computed here beyond setting a
released interval against a target.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from analysis.rounding import decimals, rounded
from analysis.verdict import Verdict, verdict
from questionnaires.framework import Indicator, SubIndex
from questionnaires.instrument import Instrument
from questionnaires.plan import Agency, Target
from questionnaires.reference import National, national, province_values
from survey_app.models.fieldwork import FrozenFile, Wave
from survey_app.models.score import ReleasedIndicator, ReleasedSubIndex, ScoreRun
from survey_app.services.instruments import framework_of, instrument_of
from survey_app.services.plans import Commitment, in_force

TOTAL = "total"


@dataclass(frozen=True)
class Official:
    """VCCI's score of a year against the plan's target."""

    year: int
    score: float
    target: float

    @property
    def met(self) -> bool:
        """Say whether the score reaches the target."""
        return self.score >= self.target

    @property
    def gap(self) -> float:
        """Return points from the target, negative under it."""
        return self.score - self.target


@dataclass(frozen=True)
class Survey:
    """A released survey estimate of a sub-index (or of the index) on the official scale; no value if there is none."""

    value: float | None
    low: float | None
    high: float | None
    measured: int
    indicators: int
    coverage: float
    reason: str | None

    def verdict(self, target: float) -> Verdict:
        """Return the verdict of the interval against a target; without an interval nothing is decided."""
        if self.low is None or self.high is None:
            return "undecided"
        return verdict(self.low, self.high, target)


@dataclass(frozen=True)
class IndicatorResult:
    """A released indicator beside the published figures of the reference year, raw units."""

    indicator: Indicator
    released: ReleasedIndicator
    official: float | None
    nation: National | None
    sensitive: bool

    @property
    def decimals(self) -> int:
        """Return the decimals that the released figure has, in per cent."""
        return decimals(self.released.n)


@dataclass(frozen=True)
class Release:
    """The release that pages show."""

    run: int
    wave: str
    title_vi: str
    title_en: str
    released_at: datetime
    in_scope: int  # rounded to 5
    instrument_hash: str
    framework_hash: str


@dataclass(frozen=True)
class SubIndexResult:
    """One sub-index for its lead and for everybody who may read it."""

    sub_index: SubIndex
    target: Target
    lead: Agency
    lead_then: Agency
    is_own: bool
    weight: float
    officials: tuple[Official, ...]
    survey: Survey | None  # None: nothing has been released yet

    @property
    def gap_in_index(self) -> float:
        """Return what reaching the target would add to the index, in points of 100."""
        return max(0.0, -self.officials[-1].gap) * self.weight * 10

    @property
    def verdict(self) -> Verdict | None:
        """Return the survey's verdict against the target: undecided without a score, None before any release."""
        return self.survey.verdict(self.target.target) if self.survey else None


def latest_release(session: Session) -> Release | None:
    """Return the release that pages set against the plan, or None; raise NoPlan.

    Only the plan's own method counts, and of it only samples: who comes by an open link stands for nobody else. A release
    with a score of the whole index goes before one that has scores of single sub-indices, and that before one without any;
    among equals the newest. So a short wave never hides a whole one.
    """
    method = in_force(session).framework.code
    scored = (
        exists().where(ReleasedSubIndex.run_id == ScoreRun.id, ReleasedSubIndex.value.is_not(None)).correlate(ScoreRun)
    )
    whole = scored.where(ReleasedSubIndex.code == TOTAL)
    statement = (
        select(ScoreRun, Wave.title_vi, Wave.title_en)
        .join(Wave, Wave.code == ScoreRun.wave)
        .join(FrozenFile, FrozenFile.hash == ScoreRun.framework_hash)
        .where(ScoreRun.released_at.is_not(None), FrozenFile.code == method, ~Wave.by_open_link)
        .order_by(whole.desc(), scored.desc(), ScoreRun.released_at.desc(), ScoreRun.id.desc())
        .limit(1)
    )
    found = session.execute(statement).one_or_none()
    if found is None:
        return None
    run, vi, en = found
    if run.released_at is None:
        return None
    return Release(
        run.id, run.wave, vi, en, run.released_at, rounded(run.in_scope), run.instrument_hash, run.framework_hash
    )


def results(session: Session, agency: str | None, today: date, release: Release | None) -> list[SubIndexResult]:
    """Return every sub-index of the plan, those an agency leads first. Raises NoPlan."""
    commitment = in_force(session)
    surveys = _surveys(session, release)
    found = [_result(commitment, sub, agency, today, surveys) for sub in commitment.framework.sub_indices]
    return sorted(found, key=lambda result: not result.is_own)


def index_estimate(session: Session, release: Release | None) -> Survey | None:
    """Return the released estimate of the whole index."""
    return _surveys(session, release).get(TOTAL)


def _surveys(session: Session, release: Release | None) -> Mapping[str, Survey]:
    if release is None:
        return {}
    rows = session.scalars(select(ReleasedSubIndex).where(ReleasedSubIndex.run_id == release.run))
    return {
        row.code: Survey(row.value, row.low, row.high, row.measured, row.indicators, row.coverage, row.reason)
        for row in rows
    }


def _result(
    commitment: Commitment, sub_index: SubIndex, agency: str | None, today: date, surveys: Mapping[str, Survey]
) -> SubIndexResult:
    plan, target = commitment.plan, commitment.plan.target(sub_index.code)
    weights = commitment.framework.weights_of(commitment.framework.reference_year or plan.issued_on.year)
    return SubIndexResult(
        sub_index=sub_index,
        target=target,
        lead=commitment.agencies.on(target.lead, today),
        lead_then=commitment.agencies.on(target.lead, plan.issued_on),
        is_own=agency is not None and commitment.leads(sub_index.code, agency, today),
        weight=weights[sub_index.code],
        officials=tuple(Official(year, score, target.target) for year, score in sorted(target.official.items())),
        survey=surveys.get(sub_index.code),
    )


def indicators(session: Session, release: Release, sub_index: str, province: str) -> list[IndicatorResult]:
    """Return the released indicators of a sub-index in the official order, beside the published figures."""
    framework = framework_of(session, release.framework_hash)
    instrument = instrument_of(session, release.instrument_hash)
    official, nation = province_values(province), national()
    rows = session.scalars(
        select(ReleasedIndicator)
        .where(ReleasedIndicator.run_id == release.run, ReleasedIndicator.sub_index == sub_index)
        .order_by(ReleasedIndicator.position)
    )
    return [
        IndicatorResult(
            indicator=framework.by_code[row.code],
            released=row,
            official=official.get(row.code),
            nation=nation.get(row.code),
            sensitive=_is_sensitive(framework.by_code[row.code], instrument),
        )
        for row in rows
    ]


def _is_sensitive(indicator: Indicator, instrument: Instrument) -> bool:
    item = instrument.by_code.get(indicator.rule.item) if indicator.rule else None
    return item is not None and item.sensitive != "none"
