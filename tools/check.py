"""`make check`: everything that can be said of the code without running it. Prints one line for each check."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent

CHECKS: dict[str, list[str]] = {
    "format": [str(BIN / "ruff"), "format", "--check", "--quiet", "."],
    "lint": [str(BIN / "ruff"), "check", "--quiet", "."],
    "types": [str(BIN / "mypy"), "--no-error-summary"],
    "layers": [str(BIN / "lint-imports")],
    "templates": [str(BIN / "djlint"), "--lint", "--quiet", "survey_app/templates"],
    "translations": [sys.executable, "-m", "tools.translations"],
    "questionnaire files": [sys.executable, "-m", "questionnaires", "check"],
    "promise": [sys.executable, "-m", "tools.promise"],
    "secrets": [sys.executable, "-m", "tools.secrets"],
}


def main() -> int:
    """Run all checks; return 1 if one failed, with what it said."""
    failed = 0
    for name, command in CHECKS.items():
        start = time.monotonic()
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        took = time.monotonic() - start
        print(f"{'ok  ' if done.returncode == 0 else 'FAIL'} {name} ({took:.1f} s)", flush=True)
        if done.returncode:
            failed += 1
            print(done.stdout + done.stderr, flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
