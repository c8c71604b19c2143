"""What an author types: check, walk and preview a file from anywhere, without keys and without a database."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from questionnaires.files import instrument_path, load_instrument
from survey_app.cli.preview import previewed
from survey_app.config import ROOT
from tests.checked_client import hidden_fields
from tests.journeys.robot import Robot, invented_answers

PULSE = instrument_path("pci_pulse")


@pytest.fixture
def flask(tmp_path):
    """Run a flask command of an installation that has neither keys nor database."""
    environment = {
        "PATH": "/usr/bin:/bin",
        "FLASK_APP": "survey_app.cli.entry:create",
        "PCI_DEMONSTRATION": "true",
        "PCI_KEYS_DIR": str(tmp_path / "none"),
        "PCI_DATABASE_URL": f"sqlite:///{tmp_path / 'none.sqlite3'}",
    }

    def run(*words: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "flask", "instruments", *map(str, words)]
        return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)

    return run


@pytest.fixture
def elsewhere(tmp_path) -> Path:
    """The pulse in a folder outside the project."""
    return Path(shutil.copy(PULSE, tmp_path / "theirs.yaml"))


def test_a_file_from_outside_is_checked_with_minutes_and_coverage(flask, elsewhere):
    checked = flask("check", elsewhere, "--lang", "en")
    assert checked.returncode == 0, checked.stderr
    assert re.search(
        r"^Time: [34]\.\d minutes \(median\), \d\.\d for the slowest 5 %; 16 items, 7 pages\.$", checked.stdout, re.M
    )
    assert "Covers 18 of 134 survey indicators: 13 close, 5 proxy." in checked.stdout
    assert checked.stdout.endswith(f"{elsewhere}: no faults.\n")


def test_a_faulty_file_is_told_line_by_line_and_neither_walked_nor_served(flask, elsewhere):
    text = elsewhere.read_text(encoding="utf-8")
    elsewhere.write_text(text.replace("items: [e04, e06, l10]", "items: [e04, e06, l10, gone]"), encoding="utf-8")
    line = next(n for n, words in enumerate(text.splitlines(), 1) if "items: [e04, e06, l10]" in words)
    for command in ("check", "walk", "preview"):
        refused = flask(command, elsewhere, "--lang", "en")
        assert refused.returncode == 1
        assert f"{elsewhere}:{line}: pages[e2].items: There is no gone: mend it or add it" in refused.stderr
        assert "Traceback" not in refused.stderr


def test_walking_tells_paths_dead_ends_and_the_score_of_invented_forms(flask, elsewhere):
    walked = flask("walk", elsewhere, "--lang", "en")
    assert walked.returncode == 0, walked.stderr
    assert "met 7 of 7 pages, 18 of 18 items." in walked.stdout
    assert "Never reached: nothing." in walked.stdout
    assert re.search(r"^Median path: 16 items, 7 pages, [34]\.\d minutes\.$", walked.stdout, re.M)
    assert re.search(r"^Longest path met: 18 items, 7 pages, 4\.\d minutes\.$", walked.stdout, re.M)
    assert "INVENTED forms by pci_2023 (not a result of any survey)" in walked.stdout
    assert "Market entry: too little for a score; measured 6/19" in walked.stdout


def test_walking_an_instrument_without_scale_gives_its_indicators(flask):
    walked = flask("walk", instrument_path("satisfaction_desk"))
    assert "TỰ ĐẶT" in walked.stdout
    assert re.search(r"^  K01 Hài lòng với lượt phục vụ: 0\.\d+ \(n=220\)$", walked.stdout, re.M)


def test_a_preview_is_the_real_journey_and_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    instrument, port = load_instrument(PULSE), _free_port()
    with previewed(instrument, port) as (server, links):
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        assert server.server_address == ("127.0.0.1", port)
        assert _answer_and_send(Robot(port, links.empty.partition("#")[2]), instrument)
        shown = _resume(Robot(port, links.filled.partition("#")[2]), links.resume)
        server.shutdown()
        thread.join()
    assert " checked" in shown
    assert list(tmp_path.iterdir()) == []


def _answer_and_send(firm: Robot, instrument) -> bool:
    answers = {**invented_answers(instrument, 3), "p02": "active"}
    firm.begin()
    for page in instrument.route(answers):
        firm.fill(page, firm.get(f"/p/t/{page.code}")[1], answers)
    return firm.send()


def _resume(firm: Robot, code: str) -> str:
    """Go on with the filled form on a new device; return its first page."""
    start = hidden_fields(firm.get("/p/ma")[1])
    firm.post("/p/ma", {**start, "code": firm.link, "resume": code})
    return firm.get("/p/t/p1")[1]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
