"""Jobs: rows are the truth, and a job whose runner dies is found again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from questionnaires.base import Text
from survey_app import jobs as runner
from survey_app.db import transaction
from survey_app.models.fieldwork import WaveState
from survey_app.models.job import JobStatus
from survey_app.models.score import ScoreRun
from survey_app.services import jobs, waves
from tests.factories import instrument, item, make_wave
from tests.survey_app.opened_wave import make_opened_wave

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
LATER = NOW + jobs.DEAD_AFTER + timedelta(seconds=1)
DONE = Text(vi="Xong.", en="Done.")


@pytest.fixture
def wave(session):
    """An open wave, seen by other processes too."""
    with transaction():
        make_wave(session, instrument(item("a")))
    return "w1"


@pytest.fixture
def environment(config, monkeypatch):
    """The settings of the test, for child processes."""
    monkeypatch.setenv("PCI_DATABASE_URL", config.database_url)
    monkeypatch.setenv("PCI_KEYS_DIR", str(config.keys_dir))
    monkeypatch.setenv("PCI_BASE_URL", config.base_url)
    monkeypatch.setenv("PCI_DEMONSTRATION", "true")


def queued(session, **arguments):
    """Return a job that closes a wave."""
    with transaction():
        return jobs.enqueue(session, "close", arguments or {"wave": "w1"}, by="lan@example.vn", now=NOW).id


def take(session, now=NOW):
    """Claim a job, as a runner does."""
    with transaction():
        return jobs.claim(session, now=now)


def test_the_same_work_asked_for_twice_is_one_job(session):
    assert queued(session) == queued(session)
    assert queued(session) != queued(session, wave="w2")


def test_a_job_is_claimed_once(session):
    number = queued(session)
    assert take(session) == jobs.Claim(number, 1)
    assert take(session) is None


def test_a_job_whose_heart_stopped_is_claimed_again(session):
    number = queued(session)
    take(session)
    assert take(session, LATER) == jobs.Claim(number, 2)


def test_a_beating_job_is_left_alone(session):
    queued(session)
    claim = take(session)
    with transaction():
        jobs.beat(session, claim, now=LATER)
    assert take(session, LATER) is None


def test_a_runner_given_up_for_dead_changes_nothing_any_more(session):
    number = queued(session)
    first = take(session)
    second = take(session, LATER)
    with transaction():
        jobs.finish(session, first, DONE)
    assert jobs.get(session, number).status is JobStatus.RUNNING
    with transaction():
        jobs.finish(session, second, DONE)
    job = jobs.get(session, number)
    assert (job.status, job.progress, jobs.result_in(job, "vi")) == (JobStatus.DONE, 100, "Xong.")


def test_work_that_stops_three_times_is_given_up_in_words(session):
    number = queued(session)
    for _ in range(jobs.ATTEMPTS):
        claim = take(session)
        with transaction():
            jobs.give_back(session, claim)
    assert take(session) is None
    job = jobs.get(session, number)
    assert job.status is JobStatus.FAILED
    assert "3 lần" in jobs.result_in(job, "vi")


def test_closing_a_wave_is_a_job_that_may_run_twice(session, wave):
    for _ in range(2):
        number = queued(session)
        runner.do(take(session))
        assert jobs.get(session, number).status is JobStatus.DONE
        assert waves.get(session, wave).state is WaveState.CLOSED
        session.rollback()


def test_scoring_and_releasing_are_jobs_and_a_release_may_run_twice(session):
    make_opened_wave(session)
    for kind, arguments in (("score", {"wave": "w1"}), ("release", {"run": 1}), ("release", {"run": 1})):
        with transaction():
            number = jobs.enqueue(session, kind, arguments, by="lan@example.vn", now=NOW).id
        runner.do(take(session))
        job = jobs.get(session, number)
        assert (job.status, job.progress) == (JobStatus.DONE, 100), jobs.result_in(job, "en")
        session.rollback()
    run = session.scalars(select(ScoreRun)).one()
    assert (run.responses, run.made_by, run.released_by) == (120, "lan@example.vn", "lan@example.vn")


def test_work_that_a_rule_forbids_fails_with_the_rule_in_both_languages(session):
    number = queued(session, wave="khong-co")
    runner.do(take(session))
    job = jobs.get(session, number)
    assert job.status is JobStatus.FAILED
    assert "khong-co" in jobs.result_in(job, "vi")
    assert "khong-co" in jobs.result_in(job, "en")


def test_the_runner_does_queued_work_in_a_process_of_its_own(app, session, wave, environment):
    number = queued(session)
    one = runner.Runner(app)
    assert until(lambda: one.step() or status(session, number) is JobStatus.DONE)
    assert waves.get(session, wave).state is WaveState.CLOSED


def test_a_job_of_a_killed_runner_is_done_by_the_next_one(app, session, wave, environment, monkeypatch):
    monkeypatch.setattr(jobs, "DEAD_AFTER", timedelta(seconds=2))
    number = queued(session)
    with subprocess.Popen([sys.executable, "-m", "survey_app.jobs"], start_new_session=True) as process:
        assert until(lambda: status(session, number) is not JobStatus.QUEUED)
        os.killpg(process.pid, signal.SIGKILL)  # the runner and the child that does the work
    assert status(session, number) is JobStatus.RUNNING
    next_one = runner.Runner(app)
    assert until(lambda: next_one.step() or status(session, number) is JobStatus.DONE)
    assert jobs.get(session, number).attempts == 2


def status(session, number):
    """Return where the job stands now."""
    found = jobs.get(session, number).status
    session.rollback()  # on SQLite a session that has read holds the lock
    return found


def until(claim, seconds=30):
    """Say whether the claim comes true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if claim():
            return True
        time.sleep(0.1)
    return False
