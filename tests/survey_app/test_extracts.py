"""An analyst's extract: only of an opened wave, only for an analyst, logged, and scored outside to the same digits."""

from __future__ import annotations

import json
import stat
from datetime import UTC, datetime

import pandas as pd
import pytest
from sqlalchemy import select

from analysis.__main__ import main
from analysis.responses_csv import read_csv
from questionnaires.files import load_framework, load_instrument
from survey_app.models.extract import Extract
from survey_app.models.fieldwork import WaveState
from survey_app.models.people import RoleName
from survey_app.models.response import Response
from survey_app.services import extracts, people, waves
from tests.survey_app.opened_wave import make_opened_wave, scored

ANALYST = "phan.tich@example.vn"
WHEN = {"by": "root", "now": datetime(2026, 11, 24, 8, 0, tzinfo=UTC)}


@pytest.fixture
def opened(session):
    for email, role in ((ANALYST, RoleName.ANALYST), ("lanh.dao@example.vn", RoleName.LEADER)):
        people.create_user(session, email=email, name=email, role=role, password="a long sentence for tests")
    return make_opened_wave(session, plan=False)


def test_the_files_score_outside_to_the_digits_of_the_stored_run(session, opened, tmp_path, capsys):
    run = scored(session)
    taken = extracts.take(session, opened.code, analyst=ANALYST, **WHEN)
    folder = tmp_path / "extract"
    extracts.write(taken, folder)
    files = [str(folder / name) for name in (extracts.RESPONSES, extracts.INSTRUMENT, extracts.FRAMEWORK)]
    out = folder / "scores"
    arguments = ["score", files[0], "--instrument", files[1], "--framework", files[2], "--out", str(out)]
    assert main(arguments) == 0, capsys.readouterr().err
    found = pd.read_csv(out / "sub_indices.csv", index_col="sub_index")
    for row in run.sub_indices:
        assert found.at[row.code, "value"] == pytest.approx(row.value, abs=1e-12)
        assert found.at[row.code, "se"] == pytest.approx(row.se, abs=1e-12)
    report = json.loads((out / "report.json").read_text())
    assert report["instrument_hash"] == opened.instrument_hash
    assert report["framework_hash"] == opened.framework_hash


def test_an_extract_holds_no_id_and_is_read_back_as_it_was(session, opened, tmp_path):
    taken = extracts.take(session, opened.code, analyst=ANALYST, **WHEN)
    extracts.write(taken, tmp_path / "x")
    back = read_csv(tmp_path / "x" / extracts.RESPONSES, load_instrument(tmp_path / "x" / extracts.INSTRUMENT))
    pd.testing.assert_frame_equal(back, taken.frame, check_dtype=False)
    assert load_framework(tmp_path / "x" / extracts.FRAMEWORK) == taken.framework
    written = "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "x").iterdir())
    assert not any(id_ in written for id_ in session.scalars(select(Response.id)))
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "x").iterdir()}
    assert modes == {0o600}


def test_an_extract_is_logged_with_who_when_and_how_many(session, opened):
    run = scored(session)
    extracts.take(session, opened.code, analyst=ANALYST.upper(), **WHEN)
    session.commit()
    logged = session.scalars(select(Extract)).one()
    assert (logged.wave, logged.analyst, logged.made_by, logged.responses) == (opened.code, ANALYST, "root", 120)
    assert logged.responses_hash == run.responses_hash


@pytest.mark.parametrize("email", ["lanh.dao@example.vn", "nobody@example.vn"])
def test_only_an_analyst_is_given_responses(session, opened, email):
    with pytest.raises(extracts.NotAnAnalyst, match=email):
        extracts.take(session, opened.code, analyst=email, **WHEN)


def test_an_account_that_was_closed_is_given_nothing(session, opened):
    people.find(session, ANALYST).active = False
    with pytest.raises(extracts.NotAnAnalyst):
        extracts.take(session, opened.code, analyst=ANALYST, **WHEN)


@pytest.mark.parametrize("state", [WaveState.OPEN, WaveState.CLOSED])
def test_only_an_opened_wave_has_responses_to_give(session, opened, state):
    opened.state = state
    session.commit()
    with pytest.raises(waves.WrongState):
        extracts.take(session, opened.code, analyst=ANALYST, **WHEN)


def test_the_command_says_how_to_score_and_never_mixes_with_other_files(app, session, opened, tmp_path):
    session.commit()
    runner = app.test_cli_runner()
    words = ["responses", "export", opened.code, "--analyst", ANALYST, "--out", str(tmp_path / "new")]
    first = runner.invoke(args=[*words, "--lang", "en"])
    assert first.exit_code == 0, first.output
    assert "120 responses" in first.output
    assert "python -m analysis score" in first.output
    again = runner.invoke(args=words)
    assert again.exit_code == 1
    assert "chọn một thư mục mới" in again.output
    listed = runner.invoke(args=["responses", "list"]).output.splitlines()
    assert len(listed) == 1  # what was refused is not logged
    assert ANALYST in listed[0]
