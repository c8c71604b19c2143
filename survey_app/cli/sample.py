"""`flask sample`: whom a wave asks, and the links of those who were drawn."""

from __future__ import annotations

import getpass
from pathlib import Path

import click

from survey_app.cli.subject import Subject, config, installed_keys, pick, say
from survey_app.cli.waves import Pair
from survey_app.db import db, transaction
from survey_app.i18n import now_here
from survey_app.models.draw import Draw
from survey_app.models.handout import HandoutKind
from survey_app.services import handouts, sampling
from survey_app.services.sampling import VARIABLES, Plan

group = Subject("sample", help="Whom a wave asks.")
_METHODS = ("proportional", "equal", "square_root", "neyman")


@group.command("draw")
@click.argument("wave")
@click.option("--size", type=click.IntRange(min=1), help="Firms to draw; else all that may be asked.")
@click.option("--seed", required=True, help="Any word; with it the draw can be repeated.")
@click.option("--method", type=click.Choice(_METHODS), default="proportional", show_default=True)
@click.option("--by", type=click.Choice(VARIABLES), multiple=True, help="What makes the strata; may be given again.")
@click.option("--minimum", type=click.IntRange(min=0), default=0, help="At least so many from each stratum.")
@click.option(
    "--rested", type=click.IntRange(min=0), default=0, help="Leave out firms asked in the last so many months."
)
@click.option(
    "--merge",
    type=Pair(":"),
    multiple=True,
    help="A stratum and the one it may join: n50:n10_49. By size alone, each class joins the next smaller unless said.",
)
def draw(
    wave: str,
    size: int | None,
    seed: str,
    method: str,
    by: tuple[str, ...],
    minimum: int,
    rested: int,
    merge: tuple[tuple[str, str], ...],
) -> None:
    """Draw the firms of WAVE, a draft, from the list, and invite them in place of any drawn before."""
    if len(seed) > 40:
        raise click.BadParameter(pick(vi="nhiều nhất 40 ký tự", en="at most 40 letters"), param_hint="--seed")
    plan = Plan(size, seed, method, by, minimum, rested, merge or None)
    with transaction() as session:
        record = sampling.draw(session, wave, plan, installed_keys(), by=getpass.getuser(), now=now_here())
        _tell(record)


@group.command("show")
@click.argument("wave")
def show(wave: str) -> None:
    """Say how WAVE was drawn, for an auditor."""
    _tell(sampling.record_of(db.session, wave))


def _tell(record: Draw) -> None:
    say(
        vi=f"Đợt {record.wave}: hạt giống {record.seed}, phân bổ {record.method}, chia tầng theo {', '.join(record.by) or '-'}",
        en=f"Wave {record.wave}: seed {record.seed}, allocation {record.method}, strata by {', '.join(record.by) or '-'}",
    )
    say(vi=f"Danh sách: SHA-256 {record.frame_hash}", en=f"Frame: SHA-256 {record.frame_hash}")
    heads = pick(vi="tầng, danh sách, được chọn, đã chọn, quyền số", en="stratum, frame, eligible, drawn, weight")
    click.echo("  " + " ".join(f"{head:>12}" for head in heads.split(", ")))
    for label, counts in sorted(record.strata.items()):
        weight = f"{counts['frame'] / counts['drawn']:.2f}" if counts["drawn"] else "-"
        cells = (label, counts["frame"], counts["eligible"], counts["drawn"], weight)
        click.echo("  " + " ".join(f"{cell:>12}" for cell in cells))


@group.command("links")
@click.argument("wave")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="A new CSV file, for message tools.")
def links(wave: str, out: Path) -> None:
    """Write the personal links of WAVE for firms that have no outcome, whether they have answered or not.

    The file opens forms that are not yet begun: keep it as you would keep letters, and delete it when it was used.
    """
    keys = installed_keys()
    with transaction() as session:
        wanted = handouts.ask(
            session, wave, HandoutKind.CSV, handouts.Whom(only_waiting=False), by=getpass.getuser(), now=now_here()
        )
        gathered = handouts.gather(session, wanted.id, keys, config(), today=now_here().date())
        count = wanted.firms = len(gathered.lines)
        with out.open("xb") as file:
            out.chmod(0o600)
            file.write(handouts.make(gathered, lambda _percent: None))
    say(vi=f"Đã ghi {count} đường link vào {out}.", en=f"{count} links were written to {out}.")
