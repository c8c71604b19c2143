"""The plan in force and the agencies it names: frozen in the database, so that no page reads YAML."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from questionnaires.files import AGENCIES_PATH, framework_path, load_agencies, load_framework, load_plan, plan_path
from questionnaires.framework import Framework
from questionnaires.plan import Agencies, Duty, Plan
from survey_app.errors import DomainError
from survey_app.models.fieldwork import FrozenFile, InForce
from survey_app.services.instruments import document_of, freeze


class NoPlan(DomainError):
    """Nothing has been published yet."""

    vi = "Chưa có kế hoạch: chạy `flask plan publish`."
    en = "There is no plan yet: run `flask plan publish`."


@dataclass(frozen=True)
class Commitment:
    """The plan with its framework and the agencies."""

    plan: Plan
    framework: Framework
    agencies: Agencies

    def leads(self, sub_index: str, agency: str, day: date) -> bool:
        """Say whether an agency holds the lead of a sub-index on a day, itself or as a successor."""
        return self.agencies.on(self.plan.target(sub_index).lead, day).code == agency

    def duties_of(self, agency: str | None, day: date) -> list[Duty]:
        """Return the duties that an agency holds on a day, itself or as a successor; all of them for None."""
        return [
            duty
            for duty in self.plan.duties
            if agency is None or agency in {self.agencies.on(code, day).code for code in duty.agencies}
        ]


def publish(session: Session, plan: str, framework: str) -> None:
    """Put the shipped plan, framework and agencies in force; pages show them from then on. Raises BadFile."""
    documents = {
        "plan": load_plan(plan_path(plan)),
        "framework": load_framework(framework_path(framework)),
        "agencies": load_agencies(AGENCIES_PATH),
    }
    for kind, document in documents.items():
        hash_ = freeze(session, kind, getattr(document, "code", kind), document)
        session.merge(InForce(kind=kind, hash=hash_))
    session.flush()


def in_force(session: Session) -> Commitment:
    """Return the plan in force; raise NoPlan. One query once a process has read the files."""
    rows = session.execute(select(InForce.kind, InForce.hash).join(FrozenFile, FrozenFile.hash == InForce.hash))
    hashes = {kind: hash_ for kind, hash_ in rows}
    if not {"plan", "framework", "agencies"} <= hashes.keys():
        raise NoPlan
    return Commitment(
        document_of(session, hashes["plan"], Plan),
        document_of(session, hashes["framework"], Framework),
        document_of(session, hashes["agencies"], Agencies),
    )


def notifying(session: Session) -> list[Duty]:
    """Return the lines of the plan that are served by letting firms know; none before a plan is published."""
    try:
        plan = in_force(session).plan
    except NoPlan:
        return []
    return [duty for duty in plan.duties if "notify" in duty.serve]


def agency_codes(session: Session) -> set[str]:
    """Return the codes of the agencies in force, today's and those before them; none before a plan is published."""
    hash_ = session.execute(select(InForce.hash).where(InForce.kind == "agencies")).scalar_one_or_none()
    return {agency.code for agency in document_of(session, hash_, Agencies).agencies} if hash_ else set()
