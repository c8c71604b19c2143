"""What an agency reads, on both databases."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import delete, event, select, update

from analysis.verdict import verdict as one_rule
from questionnaires.files import framework_path, load_framework
from survey_app.db import db
from survey_app.models.fieldwork import InForce, Wave
from survey_app.models.people import RoleName
from survey_app.models.score import ReleasedIndicator, ReleasedSubIndex, ScoreRun
from survey_app.services import instruments, people, plans, reports
from tests.conftest import DATABASES, fresh_database
from tests.survey_app.opened_wave import make_opened_wave, release, scored
from tests.survey_app.signing_in import PASSWORD, sign_in

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)


@pytest.fixture(scope="module", params=DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):
    """One database for all tests here: they only read, and a release takes seconds."""
    yield from fresh_database(request, tmp_path_factory.mktemp("agency"))


@pytest.fixture
def released(session):
    """The number of a released run; made for the first test that asks."""
    if session.get(Wave, "w1") is None:
        make_opened_wave(session, 220)
        number = scored(session).id
        scored(session)
        release(number)
        return number
    return session.scalars(select(ScoreRun.id).where(ScoreRun.wave == "w1", ScoreRun.released_at.is_not(None))).one()


@pytest.fixture
def reader(session, client):
    """A browser signed in for the Department of Finance."""
    email = f"{uuid.uuid4().hex}@example.vn"
    people.create_user(
        session, email=email, name="Người đọc", role=RoleName.AGENCY, password=PASSWORD, agency_code="STC_2025"
    )
    session.commit()
    assert sign_in(client, email).location == "/cq"
    return client


def test_a_run_that_is_not_released_is_not_seen(reader, released):
    assert reader.get(f"/cq/bieu-do/{released}/entry.vi.svg").status_code == 200
    assert reader.get(f"/cq/bieu-do/{released + 1}/entry.vi.svg").status_code == 404


def test_the_sub_indices_of_the_agency_come_first_and_the_successor_leads(session, reader, released):
    found = reports.results(session, "STC_2025", date(2026, 11, 24), reports.latest_release(session))
    assert [result.sub_index.code for result in found if result.is_own] == ["entry", "competition", "support"]
    assert [result.is_own for result in found] == sorted((r.is_own for r in found), reverse=True)
    page = reader.get("/cq/ket-qua/entry").text
    assert "Cơ quan đầu mối: Sở Tài chính" in page
    assert "trong Kế hoạch 2024: Sở Kế hoạch và Đầu tư" in page


def test_in_2024_the_agency_of_that_time_led(session, released):
    commitment = plans.in_force(session)
    assert commitment.leads("entry", "SKHDT", date(2024, 12, 1))
    assert not commitment.leads("entry", "SKHDT", date(2025, 3, 1))
    assert commitment.leads("entry", "STC_2025", date(2025, 3, 1))


def test_official_score_and_internal_estimate_stand_apart(reader, released):
    page = reader.get("/cq/ket-qua/land").text
    official, internal = page.split('id="internal"')[:2]
    assert "Điểm PCI chính thức (VCCI)" in official
    assert "5,74" in official
    assert "Ước tính nội bộ trên thang PCI 2023" in internal
    assert "5,74" not in internal


def test_a_hidden_indicator_is_named_with_its_reason_and_no_number(reader, released):
    page = reader.get("/cq/ket-qua/informal").text
    row = next(row for row in page.split("<tr") if "5.09 " in row)
    assert "câu riêng tư có dưới 30 doanh nghiệp" in row
    assert row.count("%</td>") == 2  # the published figures only


def test_what_counts_as_good_officially_is_not_praised(reader, released):
    page = reader.get("/cq/ket-qua/informal").text
    for code in ("5.02 ", "5.04 "):
        assert "Đây không phải là thành tích" in next(row for row in page.split("<tr") if code in row)


def test_every_sub_index_can_be_read_in_both_languages(reader, released):
    for code in (
        "entry",
        "land",
        "transparency",
        "time",
        "informal",
        "competition",
        "proactivity",
        "support",
        "labour",
        "legal",
    ):
        assert reader.get(f"/cq/ket-qua/{code}").status_code == 200
        chart = reader.get(f"/cq/bieu-do/{released}/{code}.en.svg")
        assert chart.mimetype == "image/svg+xml"
    assert "Internal estimate on the PCI 2023 scale" in reader.get("/cq/ket-qua/land?lang=en").text
    assert reader.get("/cq/ket-qua/nothing").status_code == 404


def test_the_slip_of_the_plan_is_noted_on_the_page(reader, released):
    assert "6,76" in reader.get("/cq/ket-qua/proactivity").text


def test_before_any_release_there_are_official_scores_and_no_estimate(session, reader, released):
    found = reports.results(session, "STC_2025", date(2026, 11, 24), None)
    assert all(result.survey is None and result.verdict is None for result in found)
    assert [official.score for official in found[0].officials] == [7.74, 8.42]


def test_a_page_of_results_needs_few_queries(app, reader, released):
    reader.get("/cq/ket-qua/land")
    with app.app_context():
        engine = db.engine
    counted = []
    event.listen(engine, "before_cursor_execute", lambda *args: counted.append(args[2]))
    reader.get("/cq/ket-qua/land")
    assert len(counted) <= 10


@pytest.mark.parametrize(
    ("interval", "target", "verdict"),
    [
        ((7.1, 7.4), 7.0, "met"),
        ((6.5, 6.99), 7.0, "not_met"),
        ((6.8, 7.2), 7.0, "undecided"),
        ((None, None), 7.0, "undecided"),
    ],
)
def test_a_verdict_needs_the_whole_interval(interval, target, verdict):
    survey = reports.Survey(7.0, *interval, 13, 14, 0.96, None)
    assert survey.verdict(target) == verdict


def test_the_rule_of_the_verdict_is_written_once():
    assert reports.verdict is one_rule


@pytest.fixture
def later(session, released):
    """A maker of a release that comes after the first: its method and the codes that it scores. Taken away afterwards."""
    first = session.get(ScoreRun, released)
    same = (
        "wave",
        "made_at",
        "made_by",
        "responses_hash",
        "instrument_hash",
        "framework_hash",
        "code_version",
        "report",
    )
    values = {name: getattr(first, name) for name in same} | {"responses": 220, "in_scope": 220, "released_by": "a"}
    made = []

    def add(scores, method="pci_2023"):
        framework = load_framework(framework_path(method))
        values["framework_hash"] = instruments.freeze(session, "framework", method, framework)
        run = ScoreRun(**values, released_at=NOW + timedelta(days=1 + len(made)))
        session.add(run)
        session.flush()
        made.append(run.id)
        counts = {"measured": 1, "indicators": 1, "coverage": 1.0, "position": 0}
        codes = {"total", *(sub_index.code for sub_index in framework.sub_indices)}
        session.add_all(
            ReleasedSubIndex(run_id=run.id, code=code, value=6.0 if code in scores else None, **counts)
            for code in codes
        )
        session.commit()
        return run.id

    yield add
    session.rollback()
    for model in (ReleasedSubIndex, ScoreRun):
        session.execute(delete(model).where((model.id if model is ScoreRun else model.run_id).in_(made)))
    session.commit()


def test_a_release_of_another_method_does_not_stand_on_the_page_of_the_plan(session, reader, released, later):
    later({"total"}, "satisfaction")
    assert reports.latest_release(session).run == released
    session.rollback()
    assert "chưa có kết quả khảo sát" not in reader.get("/cq").text


def test_a_short_wave_released_later_does_not_hide_a_whole_one(session, released, later):
    later(set())
    later({"entry"})
    assert reports.latest_release(session).run == released
    newest = later({"entry", "total"})
    assert reports.latest_release(session).run == newest


def test_without_a_whole_release_the_newest_with_a_score_is_shown_and_else_the_newest(session, released, later):
    single, empty = later({"entry"}), later(set())
    session.execute(update(ReleasedSubIndex).where(ReleasedSubIndex.run_id == released).values(value=None))
    assert reports.latest_release(session).run == single
    session.execute(update(ReleasedSubIndex).values(value=None))
    assert reports.latest_release(session).run == empty


def test_indicators_are_read_with_the_method_of_their_own_run(session, released):
    framework = load_framework(framework_path("pci_2023"))
    kept = tuple(indicator for indicator in framework.indicators if indicator.code != "1.01")
    smaller = framework.model_copy(update={"indicators": kept})
    session.merge(InForce(kind="framework", hash=instruments.freeze(session, "framework", "pci_2023", smaller)))
    found = reports.indicators(session, reports.latest_release(session), "entry", "Lạng Sơn")
    assert "1.01" in {row.indicator.code for row in found}
    session.rollback()


def test_a_figure_of_about_a_hundred_answers_has_no_decimals_on_the_page(session, reader, released):
    row = session.get(ReleasedIndicator, (released, "1.05"))
    kept = (row.status, row.value, row.low, row.high, row.n)
    row.status, row.value, row.low, row.high, row.n = "shown", 0.24, 0.17, 0.32, 100
    session.commit()
    page = reader.get("/cq/ket-qua/entry").text
    row.status, row.value, row.low, row.high, row.n = kept
    session.commit()
    shown = next(each for each in page.split("<tr") if "1.05 " in each)
    assert ">24%<" in shown.replace("\u00a0", "")
    assert "24,0" not in shown


def cells(page, name):
    """Return the cells of a sub-index's row in the table of all."""
    row = next(each for each in page.split("<tr") if f">{name}</a></th>" in each)
    return [cell.partition("</td>")[0] for cell in row.split("<td")[1:]]


def test_before_any_release_the_table_says_that_there_are_no_survey_results(session, reader, released):
    released_at = session.get(ScoreRun, released).released_at
    session.execute(update(ScoreRun).values(released_at=None, released_by=None))
    session.commit()
    page = reader.get("/cq").text
    session.execute(update(ScoreRun).where(ScoreRun.id == released).values(released_at=released_at, released_by="a"))
    session.commit()
    assert [cell.endswith(">chưa có kết quả khảo sát") for cell in cells(page, "1. Gia nhập thị trường")[-2:]] == [
        True
    ] * 2
    assert "Chưa đủ căn cứ" not in page.partition("<details")[0]


def test_without_a_score_there_is_not_enough_evidence_and_the_reason_is_said(session, reader, released):
    row = session.get(ReleasedSubIndex, (released, "entry"))
    kept = (row.value, row.low, row.high, row.reason)
    row.value, row.low, row.high, row.reason = None, None, None, "little_coverage"
    session.commit()
    home, page = reader.get("/cq").text, reader.get("/cq/ket-qua/entry").text
    row.value, row.low, row.high, row.reason = kept
    session.commit()
    assert "Không có điểm" in cells(home, "1. Gia nhập thị trường")[-2]
    assert "Chưa đủ căn cứ" in cells(home, "1. Gia nhập thị trường")[-1]
    assert "Chưa đủ căn cứ" in page.partition('id="internal"')[2]
