"""The files as they are shipped: coverage, minutes, the pulse, the plan, the published figures, the schemas."""

from __future__ import annotations

import csv
import json
from collections import Counter
from datetime import date
from pathlib import Path

import jsonschema
import pytest

from questionnaires.__main__ import MODELS, main, published_codes, schema_path, schema_text
from questionnaires.check import MAX_MINUTES, Report, check_instrument
from questionnaires.conditions import SPECIAL
from questionnaires.files import (
    AGENCIES_PATH,
    FOLDER,
    fill_code_lists,
    instrument_path,
    load_agencies,
    load_instrument,
    load_plan,
    plan_path,
)
from questionnaires.instrument import Instrument
from questionnaires.instrument_rules import PUBLISHED_CODES
from questionnaires.plan import Agencies, Plan
from questionnaires.reading import read
from questionnaires.reference import REFERENCE, SUB_INDICES, indicator_values, official_directions, scores
from tests.questionnaires.documents import pci_2023

SHIPPED = [
    ("agencies", AGENCIES_PATH),
    *(("instrument", path) for path in sorted((FOLDER / "instruments").glob("*.yaml"))),
    *(("framework", path) for path in sorted((FOLDER / "frameworks").glob("*.yaml"))),
    *(("plan", path) for path in sorted((FOLDER / "plans").glob("*.yaml"))),
]


@pytest.fixture(scope="module")
def report() -> Report:
    return check_instrument(instrument_path("pci_domestic"), pci_2023())


@pytest.fixture(scope="module")
def pulse() -> Instrument:
    return load_instrument(instrument_path("pci_pulse"))


@pytest.fixture(scope="module")
def plan() -> Plan:
    return load_plan(plan_path("lang_son_2024"))


@pytest.fixture(scope="module")
def agencies() -> Agencies:
    return load_agencies(AGENCIES_PATH)


def test_no_shipped_file_has_a_fault(capsys):
    assert main(["check"]) == 0, capsys.readouterr().err
    assert capsys.readouterr().out == "questionnaire files: 0 faults\n"


def test_the_full_questionnaire_measures_every_survey_indicator(report):
    covers = report.coverage
    assert (covers.survey, covers.measured) == (134, 134)
    assert (covers.close, covers.proxy) == (88, 46)


def test_the_full_questionnaire_takes_at_most_twenty_minutes(report):
    assert report.length is not None
    assert report.length.minutes <= MAX_MINUTES == report.instrument.minutes


def test_every_official_indicator_has_its_place_direction_and_slope():
    assert {each.code: each.direction for each in pci_2023().indicators} == official_directions()
    slopes = {
        row["indicator_id"]: float(row["coefficient"])
        for row in _rows("scoring_2023.csv")
        if row["term"] != "intercept"
    }
    assert {each.code: each.slope for each in pci_2023().indicators} == slopes


def test_the_weights_are_those_published():
    framework = pci_2023()
    for row in _rows("weights.csv"):
        for year in range(int(row["year_from"]), int(row["year_to"]) + 1):
            assert framework.weights_of(year).get(row["sub_index"], 0) == float(row["weight"] or 0)


def test_the_pulse_asks_some_items_of_the_full_questionnaire_in_the_same_words(pulse, report):
    full = report.instrument
    assert {item.code for item in pulse.items} < {item.code for item in full.items}
    assert [item.code for item in pulse.items if item != full.item(item.code)] == []


def test_a_special_answer_is_said_alike_everywhere_and_never_an_option(pulse, report):
    assert pulse.special == report.instrument.special
    options = {option for _, codes in published_codes().items() for each in codes.values() for option in each}
    assert options.isdisjoint(SPECIAL)


def test_published_codes_are_noted_for_every_instrument():
    assert json.loads(PUBLISHED_CODES.read_text(encoding="utf-8")) == published_codes()


# schemas


@pytest.mark.parametrize("name", MODELS)
def test_a_schema_is_what_its_model_gives(name):
    assert schema_path(name).read_text(encoding="utf-8") == schema_text(name), "run python -m questionnaires schema"


@pytest.mark.parametrize(("kind", "path"), SHIPPED, ids=lambda value: getattr(value, "stem", value))
def test_a_shipped_file_keeps_its_schema(kind, path):
    schema = json.loads(schema_path(kind).read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(_as_json(path), schema)


def test_the_schema_refuses_an_unknown_key():
    schema = json.loads(schema_path("agencies").read_text(encoding="utf-8"))
    with pytest.raises(jsonschema.ValidationError, match="colour"):
        jsonschema.validate({**_as_json(AGENCIES_PATH), "colour": "red"}, schema)


# plan and agencies


def test_the_plan_sets_a_target_and_a_lead_for_each_of_the_ten_sub_indices(plan, agencies):
    assert [target.sub_index for target in plan.targets] == list(SUB_INDICES)
    assert all(agencies.get(target.lead) for target in plan.targets)
    assert all(set(target.official) == {2023, 2024} for target in plan.targets)


def test_the_plan_is_the_one_of_july_2024_with_its_dates(plan):
    assert plan.issued_on == date(2024, 7, 5)
    assert {d.code: d.last_day for d in plan.deadlines if d.last_day} == {
        "D1": date(2024, 7, 14),
        "D2": date(2024, 12, 9),
    }
    assert all(d.before is None or (d.before - d.last_day).days == 1 for d in plan.deadlines)


def test_official_scores_in_the_plan_are_those_of_the_reference(plan):
    published = {(each.province, each.year): each for each in scores()}
    for target in plan.targets:
        for year, value in target.official.items():
            assert value == pytest.approx(published["Lạng Sơn", year].sub_indices[target.sub_index], abs=0.006)


def test_the_increases_of_the_plan_start_from_the_official_score_but_for_the_slip_it_notes(plan):
    slips = {t.sub_index: t for t in plan.targets if abs(t.target - t.increase - t.official[2023]) > 0.005}
    assert list(slips) == ["proactivity"]
    slip = slips["proactivity"]
    assert round(slip.target - slip.increase, 2) == 6.76
    assert slip.official[2023] == 6.59
    assert slip.note is not None
    assert "6,76" in slip.note.vi
    assert "6,59" in slip.note.vi
    assert "6.76" in slip.note.en
    assert "6.59" in slip.note.en


@pytest.mark.parametrize(
    ("code", "then", "now"), [("SKHDT", "SKHDT", "STC_2025"), ("STNMT", "STNMT", "SNNMT"), ("VPUB", "VPUB", "VPUB")]
)
def test_a_lead_agency_is_the_one_of_its_day(agencies, code, then, now):
    assert agencies.on(code, date(2024, 7, 5)).code == then
    assert agencies.on(code, date(2026, 11, 24)).code == now


def test_whoever_leads_is_in_office_today_or_marked_unconfirmed(plan, agencies):
    today = date(2026, 11, 24)
    holders = [agencies.on(code, today) for code in {t.lead for t in plan.targets} | {plan.coordinator}]
    assert [each.code for each in holders if each.valid_to and each.valid_to < today] == []


def test_a_successor_takes_over_the_day_after(agencies):
    for agency in agencies.agencies:
        if agency.successor is not None:
            after = agencies.get(agency.successor)
            assert after.valid_from is None or (after.valid_from - agency.valid_to).days == 1, agency.code


# published figures


@pytest.mark.parametrize(
    ("name", "rows", "columns"),
    [
        ("indicator_values_2023.csv", 142 * 63, "province year indicator_id value"),
        (
            "indicators_2021_2024.csv",
            142,
            "indicator_id sub_index_no sub_index name_vi name_en_translation unit source source_detail direction "
            "min_2023 median_2023 max_2023 lang_son_2023 lang_son_rank_2023",
        ),
        ("lang_son_units_2025.csv", 65, "code type name name_en"),
        ("pci_scores.csv", 1001, f"province year {' '.join(SUB_INDICES)} total rank source note"),
        ("respondents_2023.csv", 63, "province existing_firms newly_registered_firms_at_least"),
        ("scoring_2023.csv", 142 + 10, "sub_index_no sub_index indicator_id term coefficient fit max_abs_residual"),
        ("sources.csv", 24, "code source"),
        ("weights.csv", 40, "year_from year_to sub_index_no sub_index weight evidence"),
    ],
)
def test_published_figures_keep_their_columns_and_rows(name, rows, columns):
    found = _rows(name)
    assert list(found[0]) == columns.split()
    assert len(found) == rows


def test_every_score_names_a_source_that_is_explained():
    explained = {row["code"] for row in _rows("sources.csv")}
    named = {code for row in _rows("pci_scores.csv") for code in row["source"].replace(",", " ").split()}
    assert named <= explained


def test_no_province_and_year_and_no_indicator_of_a_province_stands_twice():
    assert [key for key, times in Counter((s.province, s.year) for s in scores()).items() if times > 1] == []
    assert len({province for province, _ in indicator_values()}) == 63


def _rows(name: str) -> list[dict[str, str]]:
    with (REFERENCE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _as_json(path: Path) -> dict[str, object]:
    data, lines = read(path)
    fill_code_lists(path, data, lines)
    content: dict[str, object] = json.loads(json.dumps(data, default=str))
    return content
