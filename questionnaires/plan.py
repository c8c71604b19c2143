"""The plan (kế hoạch): targets, lead agencies, duties, deadlines; and the agencies with their successors."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from questionnaires.base import Code, Document, Text
from questionnaires.framework import Rule

AgencyCode = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{1,19}$")]
DutyCode = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Za-z0-9]{0,9}$")]
Serve = Literal[
    "survey", "procedure", "petition", "publish", "notify", "plan", "report", "dashboard", "satisfaction", "none"
]


class Agency(Document):
    """A body that leads, is assigned or speaks; valid for a time, and followed by a successor."""

    code: AgencyCode
    name: Text
    kind: Literal["council", "office", "department", "vertical", "unit", "group", "association", "judicial", "media"]
    valid_from: date | None = None  # None: as far back as the files go
    valid_to: date | None = None  # last day; None: still in force
    successor: AgencyCode | None = None
    confirmed: bool = True  # False: nobody has confirmed what became of it
    source: str | None = None


class Agencies(Document):
    """All agencies the files speak of."""

    agencies: Annotated[tuple[Agency, ...], Field(min_length=1)]

    def get(self, code: str) -> Agency:
        """Return the agency with this code; raise KeyError if there is none."""
        for agency in self.agencies:
            if agency.code == code:
                return agency
        raise KeyError(f"no agency {code}")

    def on(self, code: str, day: date) -> Agency:
        """Return the agency that holds the duties of `code` on a day: itself or the last successor in force."""
        agency = self.get(code)
        while agency.valid_to is not None and agency.valid_to < day and agency.successor is not None:
            agency = self.get(agency.successor)
        return agency


class Target(Document):
    """What the plan promises for one sub-index, and who leads."""

    sub_index: Code
    target: float
    increase: float
    lead: AgencyCode
    official: dict[int, float]  # year -> VCCI's score
    trend: Literal["up", "down"] | None = None
    note: Text | None = None


class Duty(Document):
    """One task of the plan."""

    code: DutyCode
    sub_index: Code | None = None
    ref: str  # where in the plan's text
    agencies: tuple[AgencyCode, ...]
    role: Literal["lead", "chair", "assigned"]
    text: Text
    serve: tuple[Serve, ...]
    kpi: str | None = None
    deadline: str | None = None


class Deadline(Document):
    """A date the plan sets; `last_day` is the last good day."""

    code: str
    before: date | None = None
    last_day: date | None = None
    recur: Literal["yearly", "quarterly", "periodic"]
    agencies: tuple[AgencyCode, ...]
    to: AgencyCode | None = None
    text: Text
    ref: str


class Kpi(Document):
    """A numeric promise other than a sub-index target, with the rule that measures it where the survey can."""

    code: str
    sub_index: Code
    value: float
    unit: str
    op: Literal[">=", "=", "<"]
    agency: AgencyCode
    text: Text
    rule: Rule | None = None


class Body(Document):
    """A working group or a channel that the plan names; a tag, not an account."""

    code: str | None = None
    name: Text
    decision: str | None = None


class PetitionField(Document):
    """A field of petitions and its default route; the first agency is the default owner."""

    code: str
    name: Text
    route: tuple[AgencyCode, ...]
    restricted: bool = False


class Plan(Document):
    """The province's plan, whole."""

    code: Code
    province: Text
    title: Text
    issued_on: date
    issuer: AgencyCode
    framework: Code
    coordinator: AgencyCode
    petition_consolidator: AgencyCode
    headline: Text
    targets: tuple[Target, ...]
    deadlines: tuple[Deadline, ...]
    kpis: tuple[Kpi, ...]
    duties: tuple[Duty, ...]
    bodies: tuple[Body, ...] = ()
    channels: tuple[Text, ...] = ()
    petition_fields: tuple[PetitionField, ...] = ()
    legal_refs: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    notes: tuple[Text, ...] = ()

    def target(self, sub_index: str) -> Target:
        """Return the target of a sub-index; raise KeyError if the plan sets none."""
        for target in self.targets:
            if target.sub_index == sub_index:
                return target
        raise KeyError(f"{self.code} sets no target for {sub_index}")
