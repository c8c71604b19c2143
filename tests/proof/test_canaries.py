"""No file that the system writes holds an answer, a secret, an address or a browser: over HTTP, with real gunicorn."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from survey_app import create_app
from survey_app.config import ROOT, Config
from survey_app.db import db, reading, transaction
from survey_app.envelopes import open_cookie
from survey_app.keys import Keys
from survey_app.services import box_key, jobs
from tests.checked_client import hidden_fields
from tests.conftest import DATABASES
from tests.factories import PASSPHRASE, instrument, item, make_invitation, make_wave
from tests.journeys.robot import Robot
from tests.postgres import Server
from tests.proof.canaries import files_in, forms, forms_of_code, found_in
from tests.server import Installation, installation

FIRMS = 22
#: Firms whose link secrets and resume codes are searched for; the last of them never sends.
TRACKED = 3
ADDRESS, PROXY = "203.0.113.177", "198.51.100.233"
BROWSER, TONGUE = "CanaryPhone/7.31 (Chim hoàng yến)", "x-canarytongue"
KEPT_BACK, QUOTED = "Lời giữ lại: chim hoàng yến không hót", "Lời được trích: chim hoàng yến hót vang"
NUMBER = 730519264
ASKED = instrument(
    item("number", "number", range={"min": 0, "max": 10**9}),
    item("words", "text", max_length=200),
    pages=[["number"], ["words"]],
    comment_item="words",
)
HEADERS = {
    "X-Forwarded-For": f"{ADDRESS}, {PROXY}",
    "X-Real-IP": ADDRESS,
    "Forwarded": f"for={ADDRESS}",
    "User-Agent": BROWSER.encode().decode("latin-1"),
    "Accept-Language": TONGUE,
    "Referer": f"https://{ADDRESS}/",
}


@dataclass
class Site:
    """An installation with an open wave, and the folders in which it writes."""

    place: Installation
    folders: list[Path]
    links: list[str]
    keys: Keys
    begun: float

    def holds(self, canaries: Mapping[str, Mapping[str, bytes]]) -> list[str]:
        """Return what any file written since the wave opened holds of these."""
        return found_in(self.folders, canaries, since=self.begun)

    def prints(self, canaries: Mapping[str, Mapping[str, bytes]]) -> list[str]:
        """Return what the output of the processes and the database's log hold of these."""
        logs = [path for path in files_in(self.folders) if path.name == "log"]
        return found_in([self.output, *logs], canaries)

    @property
    def output(self) -> Path:
        """Return the folder of what the processes print."""
        return self.place.folder / "output"


@pytest.fixture(params=DATABASES)
def site(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """An installation behind a proxy, with a database server of its own, so that all its files can be read."""
    monkeypatch.setenv("PCI_PROXY_HOPS", "2")
    (tmp_path / "output").mkdir()
    if request.param == "sqlite":
        yield _site(tmp_path, f"sqlite:///{tmp_path / 'survey.sqlite3'}", [tmp_path])
        return
    server = Server.start()
    server.create("canaries")
    folders = [tmp_path, *([server.folder.parent] if server.folder else [])]
    try:
        yield _site(tmp_path, server.url("canaries"), folders)
    finally:
        server.drop("canaries")
        server.stop()


def _site(folder: Path, database_url: str, folders: list[Path]) -> Site:
    place = installation(folder, database_url)
    place.flask("db", "upgrade")
    begun = time.time()
    (folder / "passphrase").write_bytes(PASSPHRASE)
    keys = Keys.read(folder / "keys")
    app = create_app(Config(database_url=database_url, keys_dir=folder / "keys", demonstration=True), keys)
    with app.app_context():
        with transaction() as session:
            wave, pem = make_wave(session, ASKED, frame_counts={"all": FIRMS})
            (folder / "box.pem").write_bytes(box_key.header(wave) + pem)
            links = [make_invitation(session, keys, wave)[1] for _ in range(FIRMS)]
        db.engine.dispose()
    return Site(place, folders, links, keys, begun)


def _fill_in(site: Site, link: str, *, quoted: bool) -> Robot:
    """Let a firm fill in everything but not send."""
    robot = Robot(site.place.port, link, HEADERS)
    robot.begin()
    assert _save(robot, "page1", {"number": str(NUMBER)})[0] == 302
    words = {"words": QUOTED, "words__quote": "1"} if quoted else {"words": KEPT_BACK}
    assert _save(robot, "page2", words) == (302, "/p/xem-lai")
    return robot


def _save(robot: Robot, page: str, answers: dict[str, str]) -> tuple[int, str]:
    shown = robot.get(f"/p/t/{page}")[1]
    return robot.post(f"/p/t/{page}", {**hidden_fields(shown), **answers})


def _execute(site: Site, statement: str) -> None:
    engine = create_engine(site.place.database_url)
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


def _break(site: Site, table: str, change: str = "INSERT") -> None:
    """Make the database refuse a change of a table, with an error that shows the row wherever errors are shown."""
    if site.place.database_url.startswith("sqlite"):
        refuse = f"CREATE TRIGGER broken_{table} BEFORE {change} ON {table} BEGIN SELECT RAISE(ABORT, 'broken'); END"
        _execute(site, refuse)
    else:
        _execute(site, f"ALTER TABLE {table} ADD CONSTRAINT broken CHECK (wave = 'none') NOT VALID")


def _mend(site: Site, table: str) -> None:
    sqlite = site.place.database_url.startswith("sqlite")
    _execute(site, f"DROP TRIGGER broken_{table}" if sqlite else f"ALTER TABLE {table} DROP CONSTRAINT broken")


def _run(site: Site, name: str, *command: str) -> int:
    """Run a command, note what it prints, and return its exit code."""
    with (site.output / name).open("ab") as output:
        environment = site.place.environment
        return subprocess.run(command, cwd=ROOT, env=environment, stdout=output, stderr=output, check=False).returncode


def _open_box(site: Site) -> int:
    words, key = site.place.folder / "passphrase", site.place.folder / "box.pem"
    flask = str(Path(sys.executable).parent / "flask")
    return _run(site, "box", flask, "box", "open", "w1", "--key", str(key), "--passphrase-file", str(words))


def _do_jobs(site: Site, *kinds: str) -> None:
    """Queue jobs and let the real runner do them, whether they succeed or not."""
    app = create_app(Config(database_url=site.place.database_url, keys_dir=site.place.folder / "keys"), site.keys)
    with app.app_context():
        with transaction() as session:
            for kind in kinds:
                jobs.enqueue(session, kind, {"wave": "w1"}, by="lan@example.vn", now=datetime.now(UTC))
        with (site.output / "jobs").open("ab") as output:
            command = [sys.executable, "-m", "survey_app.jobs"]
            runner = subprocess.Popen(command, cwd=ROOT, env=site.place.environment, stdout=output, stderr=output)
        try:
            _wait_until_done()
        finally:
            runner.terminate()
            runner.wait()
        db.engine.dispose()


def _wait_until_done() -> None:
    reading.set(True)  # a look must not wait for the job that writes
    try:
        for _ in range(300):
            with transaction() as session:
                left = session.scalar(text("SELECT count(*) FROM job WHERE status IN ('queued', 'running')"))
            if not left:
                return
            time.sleep(0.1)
    finally:
        reading.set(False)
    raise AssertionError("the job runner did not finish")


def _everybody_answers(site: Site) -> dict[str, dict[str, bytes]]:
    """Let all firms but one send while the database breaks now and then; return the forms of the secrets of some."""
    secrets: dict[str, dict[str, bytes]] = {}
    for number, link in enumerate(site.links):
        robot = _fill_in(site, link, quoted=number % 2 == 0)
        if number < TRACKED:
            held = open_cookie(site.keys.cookie, robot.cookies["p"])
            secrets[f"link secret {number}"] = forms_of_code(held["s"])
            secrets[f"resume code {number}"] = forms_of_code(held["c"])
        if number == 0:
            _break(site, "ballot")
            assert robot.post("/p/gui", hidden_fields(robot.get("/p/xem-lai")[1]))[0] >= 500
            _mend(site, "ballot")
        if number == TRACKED - 1:
            _break(site, "draft", "UPDATE")
            assert _save(robot, "page1", {"number": str(NUMBER)})[0] >= 500
            _mend(site, "draft")
        else:
            assert robot.send()
    return secrets


def test_no_file_holds_an_answer_a_secret_an_address_or_a_browser(site):
    never = {name: forms(value) for name, value in (("address", ADDRESS), ("proxy", PROXY), ("language", TONGUE))}
    never |= {"browser": forms(BROWSER), "browser, half": forms("CanaryPhone"), "unquoted comment": forms(KEPT_BACK)}
    answers = {"number": forms(str(NUMBER)), "quoted comment": forms(QUOTED)}
    with site.place.served(output=site.output / "gunicorn"):
        never |= _everybody_answers(site)
        written = {path.name for path in files_in(site.folders, since=site.begun)}
        assert written >= {"gunicorn"}
        assert written & {"survey.sqlite3-wal", "000000010000000000000001"}  # what the database writes first
        assert site.holds(never | answers) == []

    _do_jobs(site, "close")
    _break(site, "response")
    assert _open_box(site) != 0
    _mend(site, "response")
    assert site.prints(never | answers) == []

    assert _open_box(site) == 0
    _do_jobs(site, "score")
    assert site.holds(never) == []
    assert site.prints(answers) == []
    # what was said is in the database now, whoever said it; a search that did not find it would prove nothing
    seen = " ".join(site.holds(answers))
    assert "number as utf-8" in seen
    assert "quoted comment as utf-8" in seen


@pytest.mark.parametrize("form", sorted(forms_of_code("0123456789ABCDEF")))
def test_the_search_finds_every_form_in_any_file(form, tmp_path):
    canary = {"code": {form: forms_of_code("0123456789ABCDEF")[form]}}
    hidden = tmp_path / "below" / "file"
    hidden.parent.mkdir()
    hidden.write_bytes(b"\0\xff before " + canary["code"][form] + b" after")
    assert found_in([tmp_path], canary) == [f"{hidden}: code as {form}"]
    hidden.write_bytes(b"before and after")
    assert found_in([tmp_path], canary) == []
