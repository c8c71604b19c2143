"""`flask demo`: a demonstration wave with invented data."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import click

from survey_app.cli.subject import Refusal, Subject, config, installed_keys, pick, say
from survey_app.db import db, transaction
from survey_app.i18n import now_here
from survey_app.keys import write_secret
from survey_app.services import demonstration, people, plans, snapshots
from survey_app.services.invitations import first_unanswered, link_of
from survey_app.services.waves import WaveExists

group = Subject("demo", help="A demonstration with invented data.")


@dataclass(frozen=True)
class Place:
    """Where a demonstration keeps its secrets: beside the keys, readable by their user only."""

    folder: Path

    @property
    def box_key(self) -> Path:
        """Return the box key file."""
        return self.folder / "demo-box-key.pem"

    @property
    def box_passphrase(self) -> Path:
        """Return the file with the passphrase of the box key."""
        return self.folder / "demo-box-passphrase.txt"

    @property
    def password(self) -> Path:
        """Return the file with the password of the staff accounts."""
        return self.folder / "demo-password.txt"

    @staticmethod
    def kept(path: Path) -> str:
        """Return the words in a file; make them up the first time."""
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_secret(path, people.one_time_password().encode())
        return path.read_text(encoding="utf-8")


def _place() -> Place:
    return Place(config().keys_dir.parent)


@group.command("load")
@click.option("--seed", default=2023, show_default=True, help="Which invented data.")
@click.option("--if-missing", is_flag=True, help="Succeed without a change if the demonstration is there.")
def load(seed: int, if_missing: bool) -> None:
    """Invent a frame of 400 firms, open the wave `demo`, make staff accounts, and let 220 firms answer.

    Run it again if it was interrupted: it goes on where it stopped.
    """
    keys, now = installed_keys(), now_here()
    try:
        firms = _prepare(seed, now)
    except WaveExists:
        if not if_missing:
            raise Refusal(
                vi="Đã có dữ liệu minh họa. Giữ nguyên: thêm --if-missing; làm lại từ đầu: make reset",
                en="The demonstration is there. To keep it add --if-missing; to start over run make reset",
            ) from None
        say(vi="Đợt minh họa đã có; giữ nguyên dữ liệu.", en="The demonstration wave is there; its data is kept.")
        return
    answering = demonstration.answer_all(transaction, firms, seed=seed, keys=keys, now=now)
    label = pick(vi="Doanh nghiệp minh họa trả lời", en="Invented firms answer")
    with click.progressbar(answering, length=len(firms), label=label, file=sys.stderr) as bar:
        for _ in bar:
            pass
    with transaction() as session:
        snapshots.take(session, now.date())
    _show()


def _prepare(seed: int, now: datetime) -> list[demonstration.Firm]:
    place = _place()
    box = demonstration.Box(place.box_key, place.kept(place.box_passphrase).encode())
    wanted = demonstration.accounts(config().plan, now.date())
    with transaction() as session:
        plans.publish(session, config().plan, config().framework)
        demonstration.make_accounts(session, wanted, place.kept(place.password))
        # last, since it writes the box key: what fails before leaves no key file behind
        demonstration.prepare(
            session, seed=seed, keys=installed_keys(), box=box, consent_version=config().consent_version, now=now
        )
        firms = demonstration.still_to_answer(session, seed)
        if not firms:
            raise WaveExists(wave=demonstration.WAVE)
        return firms


@group.command("show")
def show() -> None:
    """Print a link that has not been used, the staff accounts, the box key, and what to run next."""
    _show()


def _show() -> None:
    place, settings = _place(), config()
    invitation = first_unanswered(db.session, demonstration.WAVE)
    link = invitation and link_of(settings.base_url, installed_keys().link, invitation)
    say(
        vi=f"Liên kết chưa dùng: {link or 'không có: đợt đã đóng'}",
        en=f"Unused link: {link or 'none: the wave is closed'}",
    )
    say(
        vi=f"Mật khẩu chung: {place.kept(place.password)}", en=f"Password of all accounts: {place.kept(place.password)}"
    )
    for account in demonstration.accounts(settings.plan, now_here().date()):
        click.echo(f"  {account.email:<28} {account.name}")
    say(vi=f"Khóa hòm phiếu: {place.box_key}", en=f"Box key: {place.box_key}")
    say(vi=f"Mật khẩu của khóa: {place.box_passphrase}", en=f"Its passphrase: {place.box_passphrase}")
    say(
        vi="Việc tiếp theo, trong cửa sổ khác (source .venv/bin/activate trước):",
        en="What comes next, in another window (source .venv/bin/activate first):",
    )
    for line in _next_commands(place):
        click.echo(f"  {line}")


def _next_commands(place: Place) -> tuple[str, ...]:
    return (
        "flask waves close demo",
        f"flask box open demo --key {place.box_key} --passphrase-file {place.box_passphrase}",
        "flask scores run demo",
        "flask scores release RUN",
    )
