"""Does the code keep the promise of docs/adr/0003? Schema, logs, cookies, caches and settings, without running it."""

from __future__ import annotations

import sys
from pathlib import Path

from tools.promise_schema import schema_faults
from tools.promise_settings import command_faults, settings_faults
from tools.promise_source import source_faults

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Print everything that could tell whose an answer is; return 1 if something could."""
    faults = [*schema(), *sources(), *documents()]
    for fault in faults:
        print(fault)
    return 1 if faults else 0


def schema() -> list[str]:
    """Return the faults of the models; a test holds the migrated schema equal to them."""
    import survey_app.models  # noqa: F401 - fills the metadata
    from survey_app.db import Base

    return schema_faults(Base.metadata)


def sources() -> list[str]:
    """Return the faults of the application's code."""
    files = sorted((ROOT / "survey_app").rglob("*.py"))
    return [
        fault
        for path in files
        for fault in source_faults(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8"))
    ]


def documents() -> list[str]:
    """Return the faults of the commands that start a server, and of the settings people are told to make."""
    deployment = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    starts = [ROOT / "tools" / "run.py", ROOT / "Makefile", *ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
    found = [
        f"{path.relative_to(ROOT)}: {fault}"
        for path in starts
        for fault in command_faults(path.read_text(encoding="utf-8"))
    ]
    return found + [f"docs/deployment.md: {fault}" for fault in settings_faults(deployment)]


if __name__ == "__main__":
    sys.exit(main())
