"""`flask scores`: scoring an opened wave, releasing a run."""

from __future__ import annotations

from datetime import UTC, datetime
from getpass import getuser

import click
from sqlalchemy import select

from survey_app.cli.subject import Subject, config, moment, pick, say
from survey_app.db import db, transaction
from survey_app.models.score import ScoreRun
from survey_app.services import releases, scoring

group = Subject("scores", help="Scores: run, release, list.")


class _Bar:
    """A progress bar that is told how far, in per cent."""

    def __init__(self, label: str) -> None:
        self.bar = click.progressbar(length=100, label=label)

    def __call__(self, percent: int) -> None:
        self.bar.update(percent - self.bar.pos)


@group.command("run")
@click.argument("wave")
def run(wave: str) -> None:
    """Score WAVE and store the result as a new run."""
    told = _Bar(pick(vi="Chấm điểm", en="Scoring"))
    with told.bar:
        made = scoring.run(
            transaction, wave, province=config().province, by=getuser(), now=datetime.now(UTC), progress=told
        )
    say(
        vi=f"Lần chấm điểm {made.number}: {made.responses} phiếu. Tiếp theo: flask scores release {made.number}",
        en=f"Score run {made.number}: {made.responses} responses. Next: flask scores release {made.number}",
    )


@group.command("release")
@click.argument("number", metavar="RUN", type=int)
def release(number: int) -> None:
    """Release RUN: apply the publishing rules and let the agencies read."""
    told = _Bar(pick(vi="Công bố", en="Releasing"))
    with told.bar:
        releases.release(transaction, number, by=getuser(), now=datetime.now(UTC), progress=told)
    say(vi=f"Đã công bố lần chấm điểm {number}.", en=f"Score run {number} is released.")


@group.command("list")
def list_() -> None:
    """List the runs."""
    for found in db.session.scalars(select(ScoreRun).order_by(ScoreRun.id)):
        state = (
            pick(vi="đã công bố", en="released") if found.released_at else pick(vi="chưa công bố", en="not released")
        )
        click.echo(f"{found.id}  {found.wave}  {moment(found.made_at)}  {found.responses}  {state}")
