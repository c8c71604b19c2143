"""The tracking board of a wave: who has answered as of the last snapshot, what people found out, and the response rates."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import cast

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from analysis.quality import Dispositions, rates
from survey_app.db import rows_changed
from survey_app.errors import DomainError
from survey_app.models.fieldwork import DailyCount, Invitation, Outcome, SampleUnit, Wave
from survey_app.services.frame import matching

Rates = Mapping[str, float | None]
PAGE = 20


class Show(StrEnum):
    """Which firms of a wave a list shows."""

    ALL = "all"
    WAITING = "waiting"
    ANSWERED = "answered"
    NO_CONTACT = "no_contact"
    WITH_OUTCOME = "with_outcome"


_INELIGIBLE = (Outcome.CLOSED_FIRM, Outcome.WRONG_FIRM, Outcome.DUPLICATE)


class UnknownInvitation(DomainError):
    """The wave asks no such firm."""

    vi = "Đợt này không mời doanh nghiệp ấy."
    en = "This wave does not ask such a firm."
    status = 404


@dataclass(frozen=True)
class Stratum:
    """A stratum of a wave: invitations, answers and paper forms, what became of the others, and its response rate RR1."""

    label: str
    issued: int
    found: Dispositions
    rates: Rates


@dataclass(frozen=True)
class Standing:
    """A wave as a whole: strata, response rates by count and by base weight, answers by day."""

    strata: list[Stratum]
    found: Dispositions
    rates: Rates
    weighted: Rates
    days: list[tuple[date, int]]


def standing(session: Session, wave: Wave) -> Standing:
    """Return how the wave stands. A firm that answered and has an outcome too counts as answered."""
    by_stratum: dict[str, Counter[str]] = {}
    query = select(Invitation.stratum, Invitation.known_answered, Invitation.outcome, func.count())
    query = query.where(Invitation.wave == wave.code).group_by(*query.selected_columns[:3])
    for label, answered, outcome, count in session.execute(query):
        by_stratum.setdefault(label, Counter())[_disposition(answered, outcome)] += count
    strata = [_stratum(label, counts) for label, counts in sorted(by_stratum.items())]
    found, weighted = Counter[str](), Counter[str]()
    for stratum in strata:
        weight = wave.frame_counts.get(stratum.label, stratum.issued) / stratum.issued
        for name, count in by_stratum[stratum.label].items():
            found[name] += count
            weighted[name] += count * weight
    total = _dispositions(found)
    return Standing(strata, total, _rates(total), _rates(_dispositions(weighted)), _days(session, wave.code))


def _disposition(answered: bool, outcome: Outcome | None) -> str:
    if answered or outcome is Outcome.PAPER:
        return "complete"
    if outcome is None:
        return "unknown"  # nobody has found out whether the firm still exists
    if outcome in _INELIGIBLE:
        return "ineligible"
    return "refusal" if outcome is Outcome.REFUSED else "non_contact"


def _dispositions(counts: Mapping[str, float]) -> Dispositions:
    return Dispositions(**{"complete": 0, **counts})


def _stratum(label: str, counts: Counter[str]) -> Stratum:
    found = _dispositions(counts)
    return Stratum(label, counts.total(), found, _rates(found))


def _rates(found: Dispositions) -> Rates:
    """Return the rates, None where their base is empty."""
    return {name: None if math.isnan(value) else value for name, value in rates(found).items()}


def _days(session: Session, wave: str) -> list[tuple[date, int]]:
    totals = select(DailyCount.day, func.sum(DailyCount.answered)).where(DailyCount.wave == wave)
    return [
        (day, int(count)) for day, count in session.execute(totals.group_by(DailyCount.day).order_by(DailyCount.day))
    ]


Firm = tuple[Invitation, SampleUnit]


def firms(
    session: Session, wave: str, *, words: str = "", show: Show = Show.ALL, page: int = 1
) -> tuple[Sequence[Firm], int]:
    """Return the firms of one page, by name, and how many there are in all."""
    mine = [Invitation.wave == wave, *_shown(show), *matching(words)]
    joined = select(Invitation, SampleUnit).join(SampleUnit, SampleUnit.id == Invitation.unit).where(*mine)
    count = session.scalar(select(func.count()).select_from(joined.subquery())) or 0
    ordered = joined.order_by(SampleUnit.folded, SampleUnit.id).limit(PAGE).offset(PAGE * (page - 1))
    return cast("Sequence[Firm]", session.execute(ordered).all()), count


def _shown(show: Show) -> list[ColumnElement[bool]]:
    holds: dict[Show, list[ColumnElement[bool]]] = {
        Show.ALL: [],
        Show.WAITING: [~Invitation.known_answered, Invitation.outcome.is_(None)],
        Show.ANSWERED: [Invitation.known_answered.is_(True)],
        Show.NO_CONTACT: [Invitation.outcome == Outcome.NO_CONTACT],
        Show.WITH_OUTCOME: [Invitation.outcome.is_not(None)],
    }
    return holds[show]


def firm(session: Session, wave: str, invitation: str) -> Firm:
    """Return one invitation of the wave and its firm; raise UnknownInvitation."""
    mine = (Invitation.wave == wave, Invitation.id == invitation)
    found = session.execute(
        select(Invitation, SampleUnit).join(SampleUnit, SampleUnit.id == Invitation.unit).where(*mine)
    ).one_or_none()
    if found is None:
        raise UnknownInvitation
    return cast("Firm", tuple(found))


def note_outcome(session: Session, wave: str, invitation: str, outcome: Outcome | None) -> None:
    """Note what a person found out about a firm, or take it back with None; raise UnknownInvitation."""
    mine = (Invitation.wave == wave, Invitation.id == invitation)
    if rows_changed(session, update(Invitation).where(*mine).values(outcome=outcome)) != 1:
        raise UnknownInvitation
