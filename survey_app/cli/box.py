"""`flask box`: opening the box, counting it, or discarding its ballots. Only a command, run by whoever holds the key."""

from __future__ import annotations

from pathlib import Path

import click

from survey_app.cli.subject import Refusal, Subject, existing_file, passphrase, pick, say, spoken
from survey_app.db import db, transaction
from survey_app.services import box, box_key, waves
from survey_app.services.box import COPIES, Counts, Step

group = Subject("box", help="The box of sealed ballots.")


@group.command("open")
@click.argument("wave")
@click.option("--key", "key_file", type=click.Path(path_type=Path), required=True, help="The box key file.")
@click.option("--passphrase-file", type=existing_file, help="Else it is asked for.")
def open_(wave: str, key_file: Path, passphrase_file: Path | None) -> None:
    """Open the box of the closed wave WAVE: unseal, coarsen, mix, and destroy the key.

    Run it again if it was interrupted: it finishes what is left.
    """
    private_key = None
    if box.needs_key(db.session, wave):
        db.session.rollback()
        private_key = box_key.read(key_file, wave, lambda: passphrase(passphrase_file))
    db.session.rollback()
    label = pick(vi="Mở hòm phiếu", en="Opening the box")
    with click.progressbar(length=len(Step), label=label) as bar:
        counts = box.open_box(transaction, wave, private_key, key_file, report=lambda _step: bar.update(1))
    _say_counts(counts)
    say(vi="Tệp khóa trên máy này đã xóa. Hãy hủy thêm:", en="The key file here is deleted. Destroy as well:")
    _say_copies()


@group.command("check")
@click.argument("wave")
def check(wave: str) -> None:
    """Count where the answers of WAVE are; fail if the counts disagree."""
    counts = box.check(db.session, wave)
    _say_counts(counts)
    if not counts.agree:
        raise Refusal(vi="Số đếm không khớp: hãy tìm nguyên nhân.", en="The counts disagree: find out why.")


@group.command("discard")
@click.argument("wave")
@click.option("--yes", is_flag=True, help="Do not ask.")
def discard(wave: str, yes: bool) -> None:
    """Delete the ballots of the closed wave WAVE unread; their number stays public."""
    waves.require_state(db.session, wave, *box.MAY_DISCARD)
    counts = box.check(db.session, wave)
    db.session.rollback()
    if not yes:
        question = pick(
            vi=f"Xóa hẳn {counts.ballots} phiếu của đợt {wave}, không mở. Tiếp tục?",
            en=f"Delete {counts.ballots} ballots of the wave {wave} unread, for good. Go on?",
        )
        click.confirm(question, abort=True)
    _say_counts(box.discard(transaction, wave))
    say(vi="Không còn phiếu nào để mở. Hãy hủy:", en="No ballot is left to open. Destroy:")
    _say_copies()


def _say_copies() -> None:
    for copy in COPIES:
        click.echo(f"  - {copy[spoken()]}")


def _say_counts(counts: Counts) -> None:
    say(
        vi=(
            f"Đã nhận {counts.received} (qua liên kết {counts.answered}, giấy {counts.paper}, điện thoại {counts.telephone}, "
            f"liên kết mở {counts.open_link}) = trong hòm {counts.ballots} + đã trộn {counts.responses} "
            f"+ rút lại {counts.withdrawn} + hủy {counts.discarded}; biên nhận {counts.receipts}"
        ),
        en=(
            f"Received {counts.received} (by link {counts.answered}, paper {counts.paper}, telephone {counts.telephone}, "
            f"open link {counts.open_link}) = in the box {counts.ballots} + mixed {counts.responses} "
            f"+ withdrawn {counts.withdrawn} + discarded {counts.discarded}; receipts {counts.receipts}"
        ),
    )
