"""What precision so many answers give: the half-width of 95 % intervals, to plan a sample by."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis.sampling import half_width_of_score, half_width_of_share
from survey_app.models.score import ScoreRun, SubIndexEstimate

ANSWERS = (100, 150, 200, 300, 385, 500, 800)
TOTAL = "total"


@dataclass(frozen=True)
class Row:
    """What so many answers give. `share`: of a share of 50 %, the widest (0-1); `total`: of the PCI, in points."""

    answers: int
    share: float
    total: float | None
    widest: float | None  # of the sub-index with the widest interval, 1-10


@dataclass(frozen=True)
class Planner:
    """The rows, and the wave whose scatter the scores are taken from, if one was scored."""

    rows: list[Row]
    wave: str | None


def planner(session: Session) -> Planner:
    """Return what to expect, scores by the scatter of the wave scored last; without one, shares only."""
    run = session.scalar(select(ScoreRun).order_by(ScoreRun.id.desc()).limit(1))
    scatter = _scatter(session, run) if run and run.in_scope else {}
    size = run.in_scope if run else 1
    others = [se for code, se in scatter.items() if code != TOTAL]

    widest = max(others, default=None)

    def width(answers: int, se: float | None) -> float | None:
        return None if se is None else half_width_of_score(answers, se, size)

    rows = [
        Row(answers, half_width_of_share(answers), width(answers, scatter.get(TOTAL)), width(answers, widest))
        for answers in ANSWERS
    ]
    return Planner(rows, run.wave if run and scatter else None)


def _scatter(session: Session, run: ScoreRun) -> dict[str, float]:
    found = select(SubIndexEstimate.code, SubIndexEstimate.se).where(SubIndexEstimate.run_id == run.id)
    return {code: se for code, se in session.execute(found) if se}
