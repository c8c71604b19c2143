"""What a plan and the list of agencies must mean: nothing named that does not exist, and every successor in office."""

from __future__ import annotations

from collections.abc import Iterator

from questionnaires.faults import Fault, Faults, Way, doubled, empty_texts, unknown
from questionnaires.framework import Framework
from questionnaires.plan import Agencies, Agency, Plan

Named = Iterator[tuple[Way, tuple[str, ...]]]


def plan_faults(plan: Plan, agencies: Agencies, framework: Framework) -> Faults:
    """Yield what is wrong with a plan beside the agencies and the framework it names."""
    known = {agency.code for agency in agencies.agencies}
    sub_indices = {sub_index.code for sub_index in framework.sub_indices}
    for way, codes in _agencies_named(plan):
        yield from unknown(way, codes, known)
    for way, codes in _sub_indices_named(plan):
        yield from unknown(way, codes, sub_indices)
    for position, duty in enumerate(plan.duties):
        yield from unknown(("duties", position, "kpi"), [duty.kpi] if duty.kpi else [], [kpi.code for kpi in plan.kpis])
    yield from doubled(("targets",), [target.sub_index for target in plan.targets])
    yield from doubled(("duties",), [duty.code for duty in plan.duties])
    yield from doubled(("deadlines",), [deadline.code for deadline in plan.deadlines])
    yield from doubled(("kpis",), [kpi.code for kpi in plan.kpis])
    yield from empty_texts(plan.model_dump())


def agency_faults(agencies: Agencies) -> Faults:
    """Yield what is wrong with the list of agencies."""
    by_code = {agency.code: agency for agency in agencies.agencies}
    yield from doubled(("agencies",), [agency.code for agency in agencies.agencies])
    yield from empty_texts(agencies.model_dump())
    for position, agency in enumerate(agencies.agencies):
        if agency.successor is not None:
            yield from _succession(agency, by_code, ("agencies", position, "successor"))


def _succession(agency: Agency, by_code: dict[str, Agency], way: Way) -> Faults:
    if agency.successor not in by_code:
        yield from unknown(way, [agency.successor] if agency.successor else [], by_code)
        return
    if agency.valid_to is None:
        yield Fault(way, "Có cơ quan kế thừa thì cần valid_to: thêm vào", "With a successor valid_to is needed: add it")
    seen = {agency.code}
    code: str | None = agency.successor
    while code in by_code and code not in seen:
        seen.add(code)
        code = by_code[code].successor
    if code == agency.code:
        yield Fault(
            way, "Các cơ quan kế thừa nhau thành vòng: sửa mã này", "The successors go round in a circle: mend this one"
        )


def _agencies_named(plan: Plan) -> Named:
    yield ("issuer",), (plan.issuer,)
    yield ("coordinator",), (plan.coordinator,)
    yield ("petition_consolidator",), (plan.petition_consolidator,)
    for position, target in enumerate(plan.targets):
        yield ("targets", position, "lead"), (target.lead,)
    for position, deadline in enumerate(plan.deadlines):
        yield ("deadlines", position, "agencies"), deadline.agencies
        yield ("deadlines", position, "to"), (deadline.to,) if deadline.to else ()
    for position, kpi in enumerate(plan.kpis):
        yield ("kpis", position, "agency"), (kpi.agency,)
    for position, duty in enumerate(plan.duties):
        yield ("duties", position, "agencies"), duty.agencies
    for position, field in enumerate(plan.petition_fields):
        yield ("petition_fields", position, "route"), field.route


def _sub_indices_named(plan: Plan) -> Named:
    for position, target in enumerate(plan.targets):
        yield ("targets", position, "sub_index"), (target.sub_index,)
    for position, kpi in enumerate(plan.kpis):
        yield ("kpis", position, "sub_index"), (kpi.sub_index,)
    for position, duty in enumerate(plan.duties):
        yield ("duties", position, "sub_index"), (duty.sub_index,) if duty.sub_index else ()
