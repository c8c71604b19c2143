"""`flask instruments walk` and `preview`: what an author sees of a file before anybody is asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click
from flask import Flask

from questionnaires.check import framework_for
from questionnaires.demonstration import distribution
from questionnaires.framework import Framework
from questionnaires.instrument import Instrument
from questionnaires.walking import Walks, walk
from survey_app import migrate
from survey_app.cli.subject import pick, say, spoken
from survey_app.config import Config
from survey_app.db import db, transaction
from survey_app.i18n import now_here
from survey_app.keys import Keys
from survey_app.services.preview import Links, prepare

if TYPE_CHECKING:
    from werkzeug.serving import BaseWSGIServer

    from analysis.index import Scores


def say_walks(instrument: Instrument) -> None:
    """Print what invented respondents reach, where they end, and how long it takes."""
    walks = walk(instrument, distribution())
    _say_reached(instrument, walks)
    typical, longest = walks.typical, walks.longest
    say(
        vi=f"Đường giữa (trung vị): {typical.items:.0f} câu, {typical.pages:.0f} trang, {typical.minutes:.1f} phút.",
        en=f"Median path: {typical.items:.0f} items, {typical.pages:.0f} pages, {typical.minutes:.1f} minutes.",
    )
    say(
        vi=f"Đường dài nhất đã gặp: {longest.items} câu, {longest.pages} trang, {longest.seconds / 60:.1f} phút.",
        en=f"Longest path met: {longest.items} items, {longest.pages} pages, {longest.seconds / 60:.1f} minutes.",
    )


def _say_reached(instrument: Instrument, walks: Walks) -> None:
    pages = sum(times > 0 for times in walks.pages.values())
    items = sum(times > 0 for times in walks.items.values())
    say(
        vi=f"{walks.walks} lượt đi thử gặp {pages}/{len(instrument.pages)} trang, {items}/{len(instrument.items)} câu.",
        en=f"{walks.walks} test walks met {pages} of {len(instrument.pages)} pages, "
        f"{items} of {len(instrument.items)} items.",
    )
    for page in instrument.pages:
        click.echo(f"  {page.code:<8}{walks.pages[page.code] / walks.walks:>5.0%}  {page.title[spoken()]}")
    for code, times in walks.ends.items():
        say(
            vi=f"Câu {code} kết thúc sớm {times} lượt.",
            en=f"The item {code} ended {times} walks early.",
        )
    dead = ", ".join(walks.dead_ends)
    say(
        vi=f"Ngõ cụt: {dead or 'không có'}.",
        en=f"Never reached: {dead or 'nothing'}.",
    )


def say_score(instrument: Instrument, province: str) -> None:
    """Print the score that invented answers would give, and that they are invented."""
    from analysis.trial import ANSWERS, trial

    framework = framework_for(instrument)
    scores = trial(instrument, framework, distribution(), province)
    say(
        vi=f"Điểm của {ANSWERS} phiếu TỰ ĐẶT theo {framework.code} (không phải kết quả khảo sát):",
        en=f"Score of {ANSWERS} INVENTED forms by {framework.code} (not a result of any survey):",
    )
    if not framework.weights:  # nothing to add up: the indicators are the result
        _say_indicators(framework, scores)
        return
    for sub_index in framework.sub_indices:
        click.echo(_score_line(scores, sub_index.code, sub_index.name[spoken()]))
    click.echo(_score_line(scores, "total", pick(vi="Chỉ số chung", en="The index")))


def _score_line(scores: Scores, code: str, name: str) -> str:
    row = scores.sub_indices.loc[code]
    measured = pick(vi="đo", en="measured") + f" {row['measured']:.0f}/{row['indicators']:.0f}"
    if row["value"] != row["value"]:  # not a number: measured on too little of its scale
        return f"  {name}: {pick(vi='chưa đủ để có điểm', en='too little for a score')}; {measured}"
    return f"  {name}: {row['value']:.2f} [{row['low']:.2f}; {row['high']:.2f}]; {measured}"


def _say_indicators(framework: Framework, scores: Scores) -> None:
    for indicator in framework.indicators:
        row = scores.indicators.loc[indicator.code]
        click.echo(f"  {indicator.code} {indicator.name[spoken()]}: {row['value']:.3g} (n={row['n']:.0f})")


@contextmanager
def previewed(instrument: Instrument, port: int) -> Iterator[tuple[BaseWSGIServer, Links]]:
    """Give a server on loopback with the instrument in an installation of its own, which is deleted afterwards."""
    from werkzeug.serving import make_server

    with TemporaryDirectory(prefix="preview-") as folder:
        app, base_url = _installation(Path(folder), port)
        with app.app_context():
            links = _open(instrument, Path(folder), base_url)
        server = make_server("127.0.0.1", port, app, threaded=True)
        try:
            yield server, links
        finally:
            server.server_close()
            with app.app_context():
                db.engine.dispose()


def _installation(folder: Path, port: int) -> tuple[Flask, str]:
    from survey_app import create_app

    base_url = f"http://127.0.0.1:{port}"
    Keys.create(folder / "keys")
    config = Config(
        base_url=base_url,
        allowed_hosts=(),
        database_url=f"sqlite:///{folder / 'preview.sqlite3'}",
        keys_dir=folder / "keys",
        audiences=("respondent", "public"),
        proxy_hops=0,
        demonstration=True,
    )
    return create_app(config), base_url


def _open(instrument: Instrument, folder: Path, base_url: str) -> Links:
    with db.engine.connect() as connection:
        migrate.upgrade(connection)
        connection.commit()
    with transaction() as session:
        return prepare(
            session,
            (instrument, framework_for(instrument)),
            keys=Keys.read(folder / "keys"),
            key_file=folder / "box.pem",
            base_url=base_url,
            consent_version=Config().consent_version,
            now=now_here(),
        )
