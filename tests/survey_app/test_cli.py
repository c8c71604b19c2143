"""The commands: what a person types, reads, and is told when a rule is broken."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select

from questionnaires.files import instrument_path
from survey_app.cli import GROUPS
from survey_app.cli.subject import moment
from survey_app.config import ROOT, Config
from survey_app.models.fieldwork import Invitation, Wave, WaveState
from survey_app.models.people import User
from survey_app.models.response import Ballot, Response
from survey_app.models.score import ScoreRun
from survey_app.services import people, plans
from tests.survey_app.fieldwork_story import CODE, PASSPHRASE, close_wave, open_wave_with_key, send_all

PLAN = ["--opens", "2027-03-01", "--closes", "2027-03-15", "--firms", "n1_9=40", "--firms", "n50=5"]
TITLE = ["--title", "Đợt thử", "Test wave"]


@pytest.fixture
def run(app: Flask):
    """Run a command line and return what it said."""
    runner = app.test_cli_runner()

    def go(*words: object, answers: str | None = None) -> Result:
        return runner.invoke(args=[str(word) for word in words], input=answers)

    return go


@pytest.fixture
def passphrase_file(tmp_path: Path) -> Path:
    """The passphrase as a person would keep it: with a line end."""
    path = tmp_path / "passphrase.txt"
    path.write_bytes(PASSPHRASE + b"\n")
    return path


def _says(result: Result, words: str, code: int = 0) -> None:
    assert re.search(words, result.output), result.output
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output


# keys, db


def test_keys_are_made_once(run, config: Config):
    (config.keys_dir / "link.key").unlink()
    _says(run("keys", "create"), r"Đã tạo .*link\.key")
    _says(run("keys", "create", "--lang", "en"), "none was replaced")


def test_without_keys_the_command_makes_them_and_does_nothing_else(tmp_path):
    environment = os.environ | {
        "PCI_DEMONSTRATION": "true",
        "PCI_KEYS_DIR": str(tmp_path / "keys"),
        "PCI_DATABASE_URL": f"sqlite:///{tmp_path / 'none.sqlite3'}",
        "FLASK_APP": "survey_app.cli.entry:create",
    }

    def flask(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "flask", *words]
        return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)

    before = flask("waves", "close", "spring")
    assert before.returncode == 1
    assert "flask keys create" in before.stderr
    assert "Traceback" not in before.stderr
    assert flask("keys", "create").returncode == 0
    after = flask("waves", "close", "spring")
    assert after.returncode == 1
    assert "flask db upgrade" in after.stderr
    assert "Traceback" not in after.stderr


def test_the_database_goes_down_and_up_again(run):
    _says(run("db", "check", "--lang", "en"), "The database is at")
    _says(run("db", "downgrade", "0001", "--yes", "--lang", "en"), "at 0001")
    _says(run("db", "check", "--lang", "en"), "run `flask db upgrade`", code=1)
    _says(run("db", "upgrade", "--lang", "en"), "The database is at")
    _says(run("db", "current"), "Cơ sở dữ liệu ở bản")
    _says(run("db", "check"), "Cơ sở dữ liệu ở bản")


def test_going_down_asks_first(run):
    _says(run("db", "downgrade", "0001", answers="n\n"), "sẽ mất", code=1)
    _says(run("db", "check"), "Cơ sở dữ liệu ở bản")


# waves


def test_a_wave_is_made_opened_extended_and_closed(run, session, tmp_path, passphrase_file):
    _says(run("waves", "create", "spring", *TITLE, *PLAN, "--merge", "n50:n1_9"), "Đã tạo đợt spring")
    key = tmp_path / "box.pem"
    _says(run("waves", "open", "spring", "--key", key, "--passphrase-file", passphrase_file), "đang mở")
    assert key.exists()
    _says(run("waves", "extend", "spring", "2027-04-01"), "17:00 ngày 01/04/2027")
    _says(run("waves", "close", "spring", "--lang", "en"), "flask box open spring")
    wave = session.get_one(Wave, "spring")
    assert wave.state is WaveState.CLOSED
    assert (wave.title_en, wave.frame_counts, wave.stratum_ladder) == (
        "Test wave",
        {"n1_9": 40, "n50": 5},
        [["n50", "n1_9"]],
    )


def test_the_passphrase_is_asked_for_twice_and_never_shown(run, tmp_path):
    run("waves", "create", "spring", *TITLE, *PLAN)
    opened = run("waves", "open", "spring", "--key", tmp_path / "k.pem", answers="some long words\nsome long words\n")
    _says(opened, "Mật khẩu của khóa")
    assert "some long words" not in opened.output


def test_a_broken_rule_is_one_sentence_in_the_language_asked_for(run):
    _says(run("waves", "close", "spring"), r"^Lỗi: Không có đợt spring: xem lại mã đợt\.\n$", code=1)
    _says(run("waves", "close", "spring", "--lang", "en"), r"^Error: There is no wave spring", code=1)


def test_the_language_of_the_terminal_is_heard(run, monkeypatch):
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    _says(run("waves", "close", "spring"), "There is no wave", code=1)


@pytest.mark.parametrize("firms", ["n1_9", "=5", "n1_9="])
def test_firms_of_a_stratum_need_a_number(run, firms):
    _says(run("waves", "create", "spring", *TITLE, *PLAN, "--firms", firms), "word=word", code=2)


def test_firms_of_a_stratum_must_be_a_whole_number(run):
    _says(run("waves", "create", "spring", *TITLE, *PLAN, "--firms", "n1_9=many"), "many", code=2)


# box


def test_the_box_is_opened_counted_and_its_key_destroyed(run, session, keys, tmp_path, passphrase_file):
    key = open_wave_with_key(tmp_path, 24)
    send_all(keys, range(24))
    close_wave()
    _says(run("box", "check", CODE, "--lang", "en"), "in the box 24 [+] mixed 0")
    _says(run("box", "open", CODE, "--key", key, answers="wrong words\n"), "Mật khẩu không mở được", code=1)
    _says(run("box", "open", CODE, "--key", tmp_path / "no"), r"Cần tệp khóa", code=1)
    opened = run("box", "open", CODE, "--key", key, "--passphrase-file", passphrase_file, "--lang", "en")
    _says(opened, "in the box 0 [+] mixed 24")
    _says(opened, "every copy of the key file")
    assert not key.exists()
    _says(run("box", "open", CODE, "--key", key), "đã trộn 24")
    assert session.scalar(select(func.count()).select_from(Response)) == 24


def test_too_few_ballots_may_be_discarded(run, session, keys, tmp_path, passphrase_file):
    key = open_wave_with_key(tmp_path, 3)
    send_all(keys, range(3))
    close_wave()
    refused = run("box", "open", CODE, "--key", key, "--passphrase-file", passphrase_file)
    _says(refused, "chỉ có 3 phiếu, cần ít nhất 20", code=1)
    _says(run("box", "discard", CODE, answers="n\n"), "Xóa hẳn 3 phiếu", code=1)
    discarded = run("box", "discard", CODE, "--yes")
    _says(discarded, "hủy 3")
    _says(discarded, "mọi bản sao của tệp khóa")
    assert session.scalar(select(func.count()).select_from(Ballot)) == 0


def test_counts_that_disagree_fail_the_check(run, session, keys, tmp_path):
    open_wave_with_key(tmp_path, 3)
    send_all(keys, range(3))
    session.get_one(Wave, CODE).paper = 1
    session.commit()
    _says(run("box", "check", CODE), "không khớp", code=1)


# instruments, users, demo


def test_an_instrument_file_is_checked(run):
    checked = run("instruments", "check", instrument_path("pci_domestic"), "--lang", "en")
    _says(checked, "no faults")
    _says(checked, "134 of 134 survey indicators")


def test_a_faulty_instrument_file_is_told_line_by_line(run, tmp_path):
    content = instrument_path("satisfaction").read_text(encoding="utf-8")
    bad = tmp_path / "bad.yaml"
    bad.write_text(content.replace("minutes:", "minutes: x #", 1), encoding="utf-8")
    _says(run("instruments", "check", bad), r"bad\.yaml:\d+: minutes:", code=1)


def test_accounts_are_made_listed_and_given_a_new_password(run, session):
    made = run("users", "create", "lan@example.vn", "--name", "Lan", "--role", "analyst")
    _says(made, "Mật khẩu của lan@example.vn: ")
    _says(run("users", "list"), r"lan@example\.vn +analyst")
    _says(run("users", "create", "lan@example.vn", "--name", "Lan", "--role", "analyst"), "Đã có tài khoản", code=1)
    reset = run("users", "reset-password", "lan@example.vn", "--lang", "en")
    _says(reset, "New password")
    password = reset.output.strip().rsplit(" ", 1)[-1]
    assert people.password_matches(password, session.scalars(select(User.password)).one())
    _says(run("users", "reset-password", "nobody@example.vn"), "Không có tài khoản", code=1)


def test_scores_are_refused_plainly_before_there_is_anything_to_score(run):
    _says(run("scores", "run", "spring"), "Không có đợt spring", code=1)
    _says(run("scores", "release", "7", "--lang", "en"), "There is no score run 7", code=1)
    assert run("scores", "list").output == ""


def test_the_plan_is_put_in_force(run, session):
    _says(run("plan", "publish"), "Kế hoạch lang_son_2024 đang có hiệu lực")
    assert plans.in_force(session).plan.code == "lang_son_2024"


def test_the_demonstration_goes_from_loading_to_a_release(run, session, config):
    loaded = run("demo", "load", "--seed", 5)
    _says(loaded, r"http://127\.0\.0\.1:8000/p#\w{4}-\w{4}-\w{4}-\w{4}")
    _says(loaded, r"stc_2025@example\.vn")
    assert session.scalar(select(func.count()).select_from(Invitation).where(Invitation.answered)) == 220
    session.rollback()
    _says(run("demo", "load", "--seed", 5), "Đã có dữ liệu minh họa", code=1)
    _says(run("demo", "load", "--seed", 6, "--if-missing", "--lang", "en"), "its data is kept")
    run("waves", "close", "demo")
    folder = config.keys_dir.parent
    words = ("--key", folder / "demo-box-key.pem", "--passphrase-file", folder / "demo-box-passphrase.txt")
    _says(run("box", "open", "demo", *words), "đã trộn 220")
    _says(run("demo", "show", "--lang", "en"), "none: the wave is closed")
    _says(run("scores", "run", "demo"), "220 phiếu")
    number = session.scalars(select(ScoreRun.id)).one()
    session.rollback()
    _says(run("scores", "release", number), "Đã công bố")
    _says(run("scores", "release", number), "đã được công bố", code=1)
    _says(run("scores", "list", "--lang", "en"), "demo .* 220  released")


def test_every_command_explains_itself(run):
    for group in GROUPS:
        for name in group.commands:
            said = run(group.name, name, "--help")
            assert said.exit_code == 0
            assert "--lang" in said.output
            assert len(said.output.split("\n")[2].strip()) > 10


def test_a_stored_time_is_said_by_the_clocks_of_the_province():
    assert (
        moment(datetime(2026, 11, 25, 1, 25)) == moment(datetime(2026, 11, 25, 1, 25, tzinfo=UTC)) == "25/11/2026 08:25"
    )
