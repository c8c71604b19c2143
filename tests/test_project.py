"""What the project says of itself is true: settings, commands, links, the index of decisions."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click import Group
from flask import Flask
from flask.cli import AppGroup

from survey_app import cli
from survey_app.config import ROOT, Config

EXAMPLE = ROOT / ".env.example"
DECISIONS = ROOT / "docs" / "adr"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def each_document() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))


def code_of(document: Path) -> list[str]:
    """Return every line or phrase that a document sets as code."""
    text = document.read_text(encoding="utf-8")
    blocks = [line.strip() for line in re.findall(r"^ {4}(\S.*)$", text, re.MULTILINE)]
    return blocks + re.findall(r"`([^`\n]+)`", text)


@pytest.fixture
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that says nothing of this installation."""
    for name in Config.model_fields:
        monkeypatch.delenv(f"PCI_{name.upper()}", raising=False)


def test_the_example_names_every_setting_once():
    named = re.findall(r"^(PCI_\w+)=", EXAMPLE.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(named) == sorted(f"PCI_{name.upper()}" for name in Config.model_fields)


@pytest.mark.usefixtures("no_settings")
def test_an_installation_starts_with_the_example():
    config = Config(_env_file=EXAMPLE)
    config.require_safe()
    assert config.secure
    assert not config.demonstration


@each_document()
def test_links_between_documents_lead_somewhere(document: Path):
    links = re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", document.read_text(encoding="utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


@each_document()
def test_make_commands_in_documents_exist(document: Path):
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {match[1] for code in code_of(document) if (match := re.match(r"(?:\w+=\S+ )*make ([a-z-]+)", code))}
    assert named - targets == set()


@each_document()
def test_flask_commands_in_documents_exist(document: Path):
    app = Flask("commands")
    app.cli = AppGroup("flask")
    cli.register(app)
    named = [code.split()[1:3] for code in code_of(document) if re.match(r"flask [a-z-]+ [a-z-]+", code)]
    assert [words for words in named if not exists(app.cli, words)] == []


def exists(commands: Group, words: list[str]) -> bool:
    group = commands.commands.get(words[0])
    return isinstance(group, Group) and words[1] in group.commands


def test_every_decision_stands_in_the_index():
    files = sorted(path.name for path in DECISIONS.glob("[0-9]*.md"))
    index = (DECISIONS / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"\]\((\d{4}-[a-z0-9-]+\.md)\)", index) == files


def test_no_two_decisions_share_a_number():
    numbers = [path.name[:4] for path in DECISIONS.glob("[0-9]*.md")]
    assert sorted(set(numbers)) == sorted(numbers)
