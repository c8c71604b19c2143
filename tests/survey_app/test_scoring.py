"""Score runs and releases, on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text, update

from analysis import columns, index
from questionnaires.files import framework_path, load_framework
from questionnaires.reference import province_values
from survey_app.db import db, is_sqlite, lock_wave, transaction
from survey_app.models.fieldwork import Wave, WaveState
from survey_app.models.response import Response
from survey_app.models.score import (
    IndicatorEstimate,
    ReleasedChart,
    ReleasedIndicator,
    ReleasedSubIndex,
    ScoreRun,
    SubIndexEstimate,
)
from survey_app.services import releases, scoring, waves
from survey_app.services.instruments import framework_of, freeze
from tests.survey_app.opened_wave import NOW, domestic, make_opened_wave, release, scored


@pytest.fixture
def opened(session):
    return make_opened_wave(session)


def figures(made):
    return [(row.code, row.value, row.low, row.high, row.se) for row in (*made.sub_indices, *made.indicators)]


def test_a_run_stores_what_the_analysis_computes_from_the_same_answers(session, opened):
    made = scored(session)
    framework = framework_of(session, opened.framework_hash)
    answers = session.scalars(select(Response.answers)).all()
    frame = columns.from_answers(answers, domestic())
    scores = index.score(frame, domestic(), framework, province_values("Lạng Sơn"))
    for row in made.sub_indices:
        assert row.value == pytest.approx(scores.sub_indices.at[row.code, "value"], abs=1e-12)
        assert row.se == pytest.approx(scores.sub_indices.at[row.code, "se"], abs=1e-12)
    assert {row.code: row.n for row in made.indicators} == scores.indicators["n"].to_dict()
    assert made.responses == 120


def test_running_again_gives_a_new_run_with_identical_numbers(session, opened):
    first, second = scored(session), scored(session)
    assert second.id != first.id
    assert figures(second) == figures(first)
    hashes = ("responses_hash", "instrument_hash", "framework_hash", "code_version")
    assert all(getattr(first, name) == getattr(second, name) for name in hashes)
    assert first.report == second.report


def test_only_an_opened_wave_is_scored(session, opened):
    opened.state = WaveState.CLOSED
    session.commit()
    with pytest.raises(waves.WrongState):
        scored(session)


def test_a_run_that_does_not_exist_is_named(session, opened):
    with pytest.raises(scoring.UnknownRun, match="99"):
        release(99)


def test_a_release_holds_no_value_of_what_it_hides_and_counts_it_as_not_measured(session, opened):
    made = scored(session)
    release(made.id)
    with pytest.raises(releases.AlreadyReleased):
        release(made.id)
    session.rollback()
    drawn = session.scalars(select(ReleasedChart)).all()
    assert len(drawn) == 20
    assert all(chart.svg.startswith("<svg") and "<script" not in chart.svg for chart in drawn)
    rows = session.scalars(select(ReleasedIndicator)).all()
    hidden = [row for row in rows if row.status != "shown"]
    assert {"5.09", "10.17"} <= {row.code for row in hidden}
    assert all(row.value is row.low is row.high is None for row in hidden)
    assert all(row.n is None or row.n % 5 == 0 for row in rows)
    for sub_index in session.scalars(select(ReleasedSubIndex).where(ReleasedSubIndex.code != "total")):
        shown = [row for row in rows if row.sub_index == sub_index.code and row.status == "shown"]
        assert sub_index.measured == len(shown)
    hidden_rows = sum(row.status == "hidden" for row in rows)
    charts = " ".join(session.scalars(select(ReleasedChart.svg).where(ReleasedChart.language == "vi")))
    assert charts.replace("\u00a0", " ").count(">khảo sát: ẩn vì quá ít trả lời") == hidden_rows


def other_responses(session):
    first = session.scalars(select(Response).order_by(Response.id)).first()
    first.weight = 2.0


def other_method(session):
    own = load_framework(framework_path("satisfaction"))
    session.get(Wave, "w1").framework_hash = freeze(session, "framework", own.code, own)


def other_estimate(session):
    row = session.scalars(select(IndicatorEstimate).where(IndicatorEstimate.value.is_not(None))).first()
    row.value += 0.0001


def other_score(session):
    row = session.scalars(select(SubIndexEstimate).where(SubIndexEstimate.code == "total")).one()
    row.high = None


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (other_responses, releases.OtherResponses),
        (other_method, releases.OtherMethod),
        (other_estimate, releases.OtherFigures),
        (other_score, releases.OtherFigures),
    ],
)
def test_a_run_that_no_longer_says_what_was_read_is_not_released(session, opened, change, error):
    number = scored(session).id
    change(session)
    session.commit()
    with pytest.raises(error, match="Score the wave w1 again"):
        release(number)
    assert scoring.get(session, number).released_at is None
    assert not session.scalars(select(ReleasedIndicator)).all()


def test_under_a_hundred_firms_no_score_is_released(session):
    make_opened_wave(session, 60)
    made = scored(session)
    release(made.id)
    rows = session.scalars(select(ReleasedSubIndex)).all()
    assert {row.reason for row in rows} == {"few_responses"}
    assert all(row.value is None for row in rows)


def test_the_database_is_free_while_scores_are_computed_and_charts_drawn(session, opened):
    written = []

    def somebody_writes(percent):
        with db.sessionmaker.begin() as other:
            other.execute(text("PRAGMA busy_timeout=100" if is_sqlite(other) else "SET LOCAL lock_timeout = '100ms'"))
            lock_wave(other, "w1", exclusive=True)
            other.execute(update(Wave).values(title_en=f"{percent} per cent"))
            written.append(percent)

    who = {"by": "a", "now": NOW, "progress": somebody_writes}
    made = scoring.run(transaction, "w1", province="Lạng Sơn", **who)
    releases.release(transaction, made.number, **who)
    assert written == [30, 70, 100, 20, *(20 + 75 * place // 10 for place in range(1, 11)), 100]


def test_of_two_releases_of_a_run_at_one_time_the_first_stands(session, opened):
    number = scored(session).id
    session.commit()

    def another_is_first(percent):
        if percent == 20:
            with db.sessionmaker.begin() as other:
                other.execute(update(ScoreRun).values(released_at=NOW, released_by="first"))

    with pytest.raises(releases.AlreadyReleased):
        releases.release(transaction, number, by="second", now=NOW, progress=another_is_first)
    assert scoring.get(session, number).released_by == "first"
    assert not session.scalars(select(ReleasedIndicator)).all()
