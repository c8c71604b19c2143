"""`flask responses`: the responses of an opened wave as files for an analyst."""

from __future__ import annotations

from datetime import UTC, datetime
from getpass import getuser
from pathlib import Path

import click

from survey_app.cli.subject import Subject, moment, say
from survey_app.db import db, transaction
from survey_app.services import extracts

group = Subject("responses", help="Responses: export for an analyst, list the exports.")


@group.command("export")
@click.argument("wave")
@click.option("--analyst", required=True, metavar="EMAIL", help="The account it is made for; its role must be analyst.")
@click.option("--out", "folder", type=click.Path(path_type=Path), required=True, help="New folder for the files.")
def export(wave: str, analyst: str, folder: Path) -> None:
    """Write the responses of the opened WAVE, its instrument and its method to a folder, and log that it was done."""
    extracts.require_free(folder)
    with transaction() as session:  # logged before a file exists: an extract without a log line must not be
        taken = extracts.take(session, wave, analyst=analyst, by=getuser(), now=datetime.now(UTC))
    extracts.write(taken, folder)
    command = (
        f"python -m analysis score {folder / extracts.RESPONSES} --instrument {folder / extracts.INSTRUMENT}"
        f" --framework {folder / extracts.FRAMEWORK} --out {folder / 'scores'}"
    )
    count = len(taken.frame)
    say(
        vi=f"Đã ghi {count} phiếu vào {folder} và lưu nhật ký. Tiếp theo: {command}",
        en=f"{count} responses are written to {folder}, and that is logged. Next: {command}",
    )


@group.command("list")
def list_() -> None:
    """List the exports."""
    for each in extracts.taken_so_far(db.session):
        click.echo(
            f"{each.id}  {each.wave}  {moment(each.made_at)}  {each.responses}  {each.analyst}  ({each.made_by})"
        )
