"""The job runner: `python -m survey_app.jobs`, a process beside the web workers.

It looks for queued rows, starts a child process for each, and keeps the row's heart beating. The child alone loads
pandas; when it ends, its memory is given back. Why no queueing library: docs/adr/0005-jobs.md.
"""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any

from flask import Flask, current_app
from sqlalchemy.exc import DBAPIError

from questionnaires.base import Text
from questionnaires.files import framework_path, instrument_path, load_framework, load_instrument
from survey_app import create_app
from survey_app.config import Config
from survey_app.db import db, is_sqlite, reading, transaction
from survey_app.errors import DomainError
from survey_app.i18n import now_here
from survey_app.messaging import sender, trial
from survey_app.messaging.channels import ways
from survey_app.models.fieldwork import WaveState
from survey_app.services import (
    frame,
    frame_uploads,
    handouts,
    jobs,
    messages,
    outbox,
    releases,
    scoring,
    snapshots,
    waves,
)
from survey_app.services.jobs import Claim

NAME = "jobs"
LOOK_EVERY = 1.0  # seconds
BEAT_EVERY = 5.0
POST_EVERY = 20.0
LOOK_FOR_BOUNCES_EVERY = 600.0

log = logging.getLogger("survey_app.jobs")
Progress = Callable[[int], None]


def create(arguments: Mapping[str, Any], _by: str, _progress: Progress) -> Text:
    """Make a wave, in draft, from its questionnaire files."""
    code, (opens_on, closes_on) = arguments["wave"], arguments["days"]
    instrument = load_instrument(instrument_path(arguments["instrument"]))
    framework = load_framework(framework_path(arguments["framework"]))
    with suppress(waves.WaveExists), transaction() as session:  # it was not there when this was asked for
        made = waves.create(
            session,
            code,
            title=tuple(arguments["title"]),
            documents=(instrument, framework),
            days=(date.fromisoformat(opens_on), date.fromisoformat(closes_on)),
            consent_version=current_app.extensions["config"].consent_version,
            frame_counts={},
            stratum_ladder=[],
        )
        made.target, made.by_open_link = arguments["target"], arguments["by_open_link"]
        made.document = arguments["document"]
    return Text(
        vi=f"Đã tạo đợt {code}. Trang của đợt cho biết việc tiếp theo.",
        en=f"The wave {code} is made. Its page says what comes next.",
    )


def close(arguments: Mapping[str, Any], _by: str, _progress: Progress) -> Text:
    """Close a wave; one that is closed already stays so."""
    code = arguments["wave"]
    with transaction() as session:
        if waves.get(session, code).state is WaveState.OPEN:
            waves.close(session, code)
    return Text(
        vi=f"Đợt {code} đã đóng. Việc tiếp theo là mở hòm phiếu.",
        en=f"Wave {code} is closed. Opening the box comes next.",
    )


def score(arguments: Mapping[str, Any], by: str, progress: Progress) -> Text:
    """Score an opened wave as a new run; cut short and done again, it may leave one run more, with identical numbers."""
    province = current_app.extensions["config"].province
    made = scoring.run(
        transaction, arguments["wave"], province=province, by=by, now=datetime.now(UTC), progress=progress
    )
    return Text(
        vi=f"Lần chấm điểm {made.number} đã xong: {made.responses} phiếu. Xem rồi công bố.",
        en=f"Score run {made.number} is done: {made.responses} responses. Read it, then release it.",
    )


def release(arguments: Mapping[str, Any], by: str, progress: Progress) -> Text:
    """Release a run; one that is released already stays so."""
    number = int(arguments["run"])
    with suppress(releases.AlreadyReleased):
        releases.release(transaction, number, by=by, now=datetime.now(UTC), progress=progress)
    return Text(
        vi=f"Đã công bố lần chấm điểm {number}. Cơ quan đầu mối đọc được kết quả.",
        en=f"Score run {number} is released. The lead agencies can read it.",
    )


def examine(arguments: Mapping[str, Any], _by: str, progress: Progress) -> Text:
    """Examine an uploaded list of firms; the work itself is done outside any transaction."""
    number, key = str(arguments["upload"]), current_app.extensions["keys"].contact
    with transaction() as session:
        loaded = frame_uploads.load(session, number, key)
    if loaded:
        found = frame.examine(*loaded, progress)
        with transaction() as session:
            frame_uploads.note_findings(session, number, key, loaded, found)
    return Text(vi="Đã xem xong danh sách.", en="The list was examined.")


def import_(arguments: Mapping[str, Any], _by: str, progress: Progress) -> Text:
    """Save the good rows of an uploaded list; one that is saved already stays so."""
    number, key = str(arguments["upload"]), current_app.extensions["keys"].contact
    with transaction() as session:
        loaded = frame_uploads.load(session, number, key)
    if loaded:
        found = frame.examine(*loaded)
        with transaction() as session:
            frame_uploads.save(session, number, key, found, progress)
    return Text(vi="Đã nhập danh sách.", en="The list was imported.")


def handout(arguments: Mapping[str, Any], _by: str, progress: Progress) -> Text:
    """Make a file of personal links."""
    number, keys = str(arguments["handout"]), current_app.extensions["keys"]
    with transaction() as session:
        gathered = handouts.gather(session, number, keys, current_app.extensions["config"], today=now_here().date())
    content, firms = handouts.make(gathered, progress), len(gathered.lines)
    with transaction() as session:
        handouts.note(session, number, content, gathered, keys, now=now_here())
    return Text(vi=f"Đã tạo tệp cho {firms} doanh nghiệp.", en=f"The file for {firms} firms is made.")


def try_message(arguments: Mapping[str, Any], by: str, _progress: Progress) -> Text:
    """Send a step's message, in both languages, to whoever asked for it."""
    code, number = str(arguments["wave"]), int(arguments["step"])
    config, keys = current_app.extensions["config"], current_app.extensions["keys"]
    with transaction() as session:
        letters = trial.of_step(session, code, number, config, keys, to=by, today=now_here().date())
    trial.send(letters, config)
    return Text(vi=f"Đã gửi thử tới {by}.", en=f"A trial was sent to {by}.")


def try_notice(arguments: Mapping[str, Any], by: str, _progress: Progress) -> Text:
    """Send a notice, in both languages, to whoever asked for it."""
    config = current_app.extensions["config"]
    with transaction() as session:
        letters = trial.of_notice(session, int(arguments["notice"]), config, to=by)
    trial.send(letters, config)
    return Text(vi=f"Đã gửi thử tới {by}.", en=f"A trial was sent to {by}.")


WORK: dict[str, Callable[[Mapping[str, Any], str, Progress], Text]] = {
    "create": create,
    "close": close,
    "score": score,
    "release": release,
    "examine": examine,
    "import": import_,
    "handout": handout,
    "try_message": try_message,
    "try_notice": try_notice,
}


def do(claim: Claim) -> None:
    """Do a claimed job and note its result, or why it cannot be done."""
    with transaction() as session:
        job = jobs.get(session, claim.id)
        kind, arguments, by = job.kind, dict(job.arguments), job.queued_by
    try:
        result = WORK[kind](arguments, by, lambda percent: _advance(claim, percent))
    except DomainError as error:
        with transaction() as session:
            jobs.fail(session, claim, Text(vi=error.message("vi"), en=error.message("en")))
        return
    with transaction() as session:
        jobs.finish(session, claim, result)


def _advance(claim: Claim, percent: int) -> None:
    """Note progress outside the work's own transaction; SQLite has one writer, so there it waits for the end."""
    if not is_sqlite(db.session):
        with db.sessionmaker.begin() as beside:
            jobs.advance(beside, claim, percent)


class Runner:
    """Looks for work, and watches one child process at a time."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.stopping = False
        self.claim: Claim | None = None
        self.child: subprocess.Popen[bytes] | None = None
        self._config, self._keys = app.extensions["config"], app.extensions["keys"]
        self._channels = set(ways(self._config))
        self._sender: subprocess.Popen[bytes] | None = None
        self._beaten = self._posted = self._looked = float("-inf")
        self._kept_house: date | None = None

    def run(self) -> None:
        """Work until told to stop; a job cut short then is found again from its row."""
        log.info("the job runner is ready")
        while not self.stopping:
            self.step()
            time.sleep(LOOK_EVERY)
        if self.child:
            self.child.terminate()
            self.child.wait()
        if self._sender:
            self._sender.terminate()
            self._sender.wait()

    def stop(self, *_signal: object) -> None:
        """Stop at the next look."""
        self.stopping = True

    def step(self) -> None:
        """Look once: beat, keep house, see whether the child has ended, start the next job. A busy database is tried again."""
        with self.app.app_context():
            try:
                self._beat()
                self._keep_house()
                self._post()
                self._reap()
                self._start()
            except DBAPIError:
                log.warning("the database does not answer; trying again")

    def _beat(self) -> None:
        if time.monotonic() - self._beaten < BEAT_EVERY:
            return
        now = datetime.now(UTC)
        with transaction() as session:
            jobs.note_runner(session, NAME, now=now)
            if self.claim:
                jobs.beat(session, self.claim, now=now)
        self._beaten = time.monotonic()

    def _keep_house(self) -> None:
        """Do what is due once a day, at the first look after midnight."""
        now = now_here()
        if self._kept_house != now.date():
            with transaction() as session:
                snapshots.take(session, now.date())
                handouts.forget(session, now)
            self._kept_house = now.date()

    def _post(self) -> None:
        """Queue the messages whose day has come, and have a process of its own send what is due."""
        if time.monotonic() - self._posted < POST_EVERY or not sender.is_time(self._config):
            return
        self._posted = time.monotonic()
        if self._channels and (self._sender is None or self._sender.poll() is not None) and self._has_mail():
            self._sender = subprocess.Popen([sys.executable, "-m", sender.__name__])  # noqa: S603 - our own module

    def _has_mail(self) -> bool:
        """Queue the messages whose day has come, and say whether a sender has work: to send, or to see what came back."""
        now = now_here()
        with transaction() as session:
            messages.queue_due(session, self._keys, now=now, channels=self._channels)
            if outbox.is_due(session, now=now, channels=self._channels):
                return True
        is_time_to_look = bool(self._config.imap_host) and time.monotonic() - self._looked > LOOK_FOR_BOUNCES_EVERY
        if is_time_to_look:
            self._looked = time.monotonic()
        return is_time_to_look

    def _reap(self) -> None:
        if self.child is None or self.claim is None or self.child.poll() is None:
            return
        if self.child.returncode != 0:
            log.error("job %s stopped with code %s", self.claim.id, self.child.returncode)
            with transaction() as session:
                jobs.give_back(session, self.claim)
        self.child = self.claim = None

    def _start(self) -> None:
        if self.child or not self._is_waiting():
            return
        with transaction() as session:
            self.claim = jobs.claim(session, now=datetime.now(UTC))
        if self.claim:
            numbers = [str(self.claim.id), str(self.claim.attempt)]
            self.child = subprocess.Popen([sys.executable, "-m", __spec__.name, *numbers])  # noqa: S603 - two numbers

    def _is_waiting(self) -> bool:
        reading.set(True)  # a look must never wait for whoever writes
        try:
            with transaction() as session:
                return jobs.is_waiting(session, now=datetime.now(UTC))
        finally:
            reading.set(False)


def main(arguments: list[str]) -> None:
    """Run the runner, or with the numbers of a job and an attempt do that job."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    log.setLevel(logging.INFO)
    app = create_app(Config.from_env())
    if arguments:
        with app.app_context():
            do(Claim(int(arguments[0]), int(arguments[1])))
        return
    runner = Runner(app)
    signal.signal(signal.SIGTERM, runner.stop)
    signal.signal(signal.SIGINT, runner.stop)
    runner.run()


if __name__ == "__main__":
    main(sys.argv[1:])
