"""The rules of a plan and of the agencies; who holds a duty on which day."""

from __future__ import annotations

from datetime import date

import pytest

from questionnaires.files import load_agencies
from tests.questionnaires.documents import AGENCIES, PLAN, assert_refused, changed, faults_of, refused

KPI_AGAIN = '  - {code: K1, sub_index: entry, value: 2, unit: x, op: "<", agency: SKHDT, text: {vi: a, en: b}} # here\n'
DUTY_AGAIN = "  - {code: A1, ref: II, agencies: [SKHDT], role: lead, text: {vi: a, en: b}, serve: [survey]} # here\n"


def test_the_tiny_plan_and_agencies_have_no_fault(tmp_path):
    assert faults_of("plan", PLAN, tmp_path)[1] == ()
    assert faults_of("agencies", AGENCIES, tmp_path)[1] == ()


@refused(
    "plan",
    an_issuer_unknown=("issuer: UBNDT", "issuer: GONE # here", "issuer", "mend it or add it"),
    a_coordinator_unknown=("coordinator: SKHDT", "coordinator: GONE # here", "coordinator", "mend it or add it"),
    a_consolidator_unknown=(
        "petition_consolidator: TTXT",
        "petition_consolidator: GONE # here",
        "petition_consolidator",
        "mend it or add it",
    ),
    a_kpi_of_no_sub_index=("K1, sub_index: entry", "K1, sub_index: sea # here\n    ", "kpis[K1].sub_index", "mend it"),
    a_duty_of_no_sub_index=(
        "A1, sub_index: entry",
        "A1, sub_index: sea # here\n    ",
        "duties[A1].sub_index",
        "mend it",
    ),
    a_deadline_twice=(
        "  - {code: D1,",
        "  - {code: D1, recur: yearly, agencies: [ALL], text: {vi: a, en: b}, ref: I}\n  - {code: D1, # here\n    ",
        "deadlines[D1]",
        "choose another",
    ),
    a_kpi_twice=("duties:\n", KPI_AGAIN + "duties:\n", "kpis[K1]", "choose another"),
    a_duty_twice=("petition_fields:\n", DUTY_AGAIN + "petition_fields:\n", "duties[A1]", "choose another"),
    a_lead_unknown=("lead: SKHDT", "lead: GONE # here\n    ", "targets[0].lead", "mend it or add it"),
    a_sub_index_unknown=(
        "{sub_index: land",
        "{sub_index: sea # here\n    ",
        "targets[1].sub_index",
        "mend it or add it",
    ),
    a_sub_index_twice=("  - {sub_index: land", "  - {sub_index: entry # here\n    ", "targets[1]", "choose another"),
    a_deadline_for_nobody=("agencies: [ALL]", "agencies: [GONE] # here\n    ", "deadlines[D1].agencies", "mend it"),
    a_report_to_nobody=("to: SKHDT", "to: GONE # here\n    ", "deadlines[D1].to", "mend it or add it"),
    a_kpi_of_nobody=("agency: SKHDT", "agency: GONE # here\n    ", "kpis[K1].agency", "mend it or add it"),
    a_duty_of_nobody=("agencies: [SKHDT]", "agencies: [GONE] # here\n    ", "duties[A1].agencies", "mend it or add it"),
    a_duty_with_no_such_kpi=("kpi: K1", "kpi: K9 # here\n    ", "duties[A1].kpi", "mend it or add it"),
    a_petition_that_goes_nowhere=(
        "route: [STNMT]",
        "route: [GONE] # here\n    ",
        "petition_fields[land].route",
        "mend it",
    ),
    a_language_empty=('{vi: "Làm", en: "Do"}', '{vi: "", en: "Do"} # here\n    ', "duties[A1].text.vi", "write them"),
    a_date_that_is_none=("issued_on: 2024-07-05", "issued_on: 2024-07-35 # here", "YAML", "Mend this value"),
)
def test_a_plan_names_only_what_exists(kind, old, new, place, advice, tmp_path):
    assert_refused(kind, old, new, place, advice, tmp_path)


@refused(
    "agencies",
    a_language_empty=('{vi: "Sở Mới"', '{vi: "" # here\n    ', "agencies[NEW].name.vi", "write them"),
    a_successor_unknown=(
        "successor: NEW",
        "successor: GONE # here\n    ",
        "agencies[OLD].successor",
        "mend it or add it",
    ),
    a_successor_of_the_living=(
        ", valid_to: 2025-02-28, successor: NEW",
        ", successor: NEW # here\n    ",
        "agencies[OLD].successor",
        "add it",
    ),
    a_code_twice=("  - {code: NEW", "  - {code: OLD # here\n    ", "agencies[OLD]", "choose another"),
    successors_in_a_circle=(
        "valid_from: 2025-03-01",
        "valid_to: 2026-01-01, successor: OLD # here\n    ",
        "agencies[NEW].successor",
        "circle",
    ),
)
def test_every_successor_is_an_agency(kind, old, new, place, advice, tmp_path):
    assert_refused(kind, old, new, place, advice, tmp_path)


@pytest.mark.parametrize(
    ("day", "holder"), [(date(2024, 7, 5), "OLD"), (date(2025, 2, 28), "OLD"), (date(2025, 3, 1), "NEW")]
)
def test_the_last_good_day_belongs_to_the_old_agency(tmp_path, day, holder):
    path = tmp_path / "agencies.yaml"
    path.write_text(AGENCIES, encoding="utf-8")
    assert load_agencies(path).on("OLD", day).code == holder


def test_duties_pass_through_every_successor_to_the_one_in_office(tmp_path):
    third = '  - {code: THIRD, name: {vi: "Sở Ba", en: "Third"}, kind: department, valid_from: 2026-01-01}\n'
    path = tmp_path / "agencies.yaml"
    until = "valid_from: 2025-03-01, valid_to: 2025-12-31, successor: THIRD"
    path.write_text(changed(AGENCIES, "valid_from: 2025-03-01", until) + third, encoding="utf-8")
    assert load_agencies(path).on("OLD", date(2026, 11, 24)).code == "THIRD"
