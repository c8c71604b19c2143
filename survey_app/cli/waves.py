"""`flask waves`: the life of a wave up to its closing."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from questionnaires.files import framework_path, instrument_path, load_framework, load_instrument
from questionnaires.framework import Framework
from questionnaires.instrument import Instrument
from survey_app.cli.subject import Subject, config, existing_file, passphrase, say
from survey_app.db import db, transaction
from survey_app.i18n import now_here
from survey_app.services import instruments, rehearsals, snapshots, waves

group = Subject("waves", help="Waves: create, open, extend, close.")
day = click.DateTime(["%Y-%m-%d"])


class Pair(click.ParamType[tuple[str, str]]):
    """Two words with a sign between them."""

    def __init__(self, sign: str) -> None:
        self.name = f"word{sign}word"
        self.sign = sign

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """Return both words; fail if one is missing."""
        first, _, second = str(value).partition(self.sign)
        if not first or not second:
            self.fail(f"{value!r}: expected {self.name}", param, ctx)
        return first, second


def _counts(context: click.Context, option: click.Parameter, pairs: tuple[tuple[str, str], ...]) -> dict[str, int]:
    """Return the firms of each stratum; fail if one is no whole number."""
    whole = click.IntRange(min=0)
    return {stratum: int(whole(count, option, context)) for stratum, count in pairs}


@group.command("create")
@click.argument("code")
@click.option("--title", nargs=2, required=True, help="Its name in Vietnamese, and in English.")
@click.option("--opens", type=day, required=True, help="First day, YYYY-MM-DD.")
@click.option("--closes", type=day, required=True, help="Last day, until 17:00.")
@click.option("--instrument", default="pci_domestic", show_default=True)
@click.option("--framework", default="pci_2023", show_default=True)
@click.option(
    "--firms",
    type=Pair("="),
    multiple=True,
    callback=_counts,
    help="Firms of a stratum: n1_9=5200. Not needed where `flask sample draw` follows.",
)
@click.option("--merge", type=Pair(":"), multiple=True, help="A stratum and the one it may join: n50:n10_49.")
@click.option("--open-link", is_flag=True, help="Anybody may answer, by one link; no firms are drawn.")
def create(  # noqa: PLR0913, PLR0917 - each is an option of the command
    code: str,
    title: tuple[str, str],
    opens: datetime,
    closes: datetime,
    instrument: str,
    framework: str,
    firms: dict[str, int],
    merge: tuple[tuple[str, str], ...],
    open_link: bool,
) -> None:
    """Make the wave CODE, in draft."""
    with transaction() as session:
        made = waves.create(
            session,
            code,
            title=title,
            documents=_documents(instrument, framework),
            days=(opens.date(), closes.date()),
            consent_version=config().consent_version,
            frame_counts=firms,
            stratum_ladder=[list(pair) for pair in merge],
        )
        made.by_open_link = open_link
    say(vi=f"Đã tạo đợt {code} (chưa mở).", en=f"The wave {code} is made (a draft).")


def _documents(instrument: str, framework: str) -> tuple[Instrument, Framework]:
    return load_instrument(instrument_path(instrument)), load_framework(framework_path(framework))


@group.command("open")
@click.argument("code")
@click.option("--key", "key_file", type=click.Path(path_type=Path), required=True, help="New file for the box key.")
@click.option("--passphrase-file", type=existing_file, help="Else it is asked for.")
def open_(code: str, key_file: Path, passphrase_file: Path | None) -> None:
    """Open the wave CODE for answers and write its box key, once; its rehearsal ends."""
    wave = waves.get(db.session, code)
    instrument = instruments.instrument_of(db.session, wave.instrument_hash)
    framework = instruments.framework_of(db.session, wave.framework_hash)
    db.session.rollback()
    documents = _documents(instrument.code, framework.code)
    words = passphrase(passphrase_file, confirm=True)
    with transaction() as session:
        if (rehearsal := rehearsals.of(session, code)) is not None:
            rehearsals.discard(session, rehearsal.code)
        waves.open_wave(session, code, documents=documents, key_file=key_file, passphrase=words, now=now_here())
    say(
        vi=f"Đợt {code} đang mở. Chép {key_file} sang nơi không nối mạng, rồi xóa khỏi máy này cho đến khi đóng đợt.",
        en=f"The wave {code} is open. Copy {key_file} to an off-line place, then delete it here until the wave closes.",
    )


@group.command("extend")
@click.argument("code")
@click.argument("closes_on", type=day)
def extend(code: str, closes_on: datetime) -> None:
    """Give the wave CODE a later last day (YYYY-MM-DD); a closed wave takes answers again."""
    with transaction() as session:
        wave = waves.extend(session, code, closes_on.date(), now=now_here())
        last = wave.closes_on
    say(vi=f"Đợt {code} mở đến 17:00 ngày {last:%d/%m/%Y}.", en=f"The wave {code} is open until 17:00 on {last}.")


@group.command("close")
@click.argument("code")
def close(code: str) -> None:
    """Close the wave CODE; what firms have not sent is deleted."""
    with transaction() as session:
        waves.close(session, code)
    say(
        vi=f"Đợt {code} đã đóng. Tiếp theo: flask box open {code} --key TỆP",
        en=f"The wave {code} is closed. Next: flask box open {code} --key FILE",
    )


@group.command("snapshot")
def snapshot() -> None:
    """Note, once a day, which firms have answered; the job runner does it by itself after midnight."""
    with transaction() as session:
        taken = snapshots.take(session, now_here().date())
    for code in taken:
        say(vi=f"Đã ghi số liệu hôm nay của đợt {code}.", en=f"Today's figures of the wave {code} are noted.")
    if not taken:
        say(vi="Hôm nay mọi đợt đã có số liệu.", en="Every wave has its figures of today.")
