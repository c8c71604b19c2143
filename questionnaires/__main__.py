"""`python -m questionnaires check | schema | publish-codes`: for `make check` and for maintainers."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from questionnaires.base import Document
from questionnaires.check import check_all
from questionnaires.files import FOLDER, load_instrument
from questionnaires.framework import Framework
from questionnaires.instrument import Instrument
from questionnaires.instrument_rules import PUBLISHED_CODES
from questionnaires.plan import Agencies, Plan

MODELS: dict[str, type[Document]] = {
    "instrument": Instrument,
    "framework": Framework,
    "plan": Plan,
    "agencies": Agencies,
}


def schema_text(name: str) -> str:
    """Return the JSON Schema of a kind of file."""
    schema = MODELS[name].model_json_schema(by_alias=True)
    return json.dumps(schema, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def schema_path(name: str) -> Path:
    """Return where the JSON Schema of a kind of file is kept."""
    return FOLDER / "schema" / f"{name}.schema.json"


def published_codes() -> dict[str, dict[str, list[str]]]:
    """Return the item and option codes of every shipped instrument."""
    instruments = [load_instrument(path) for path in sorted((FOLDER / "instruments").glob("*.yaml"))]
    return {each.code: {item.code: list(item.option_codes) for item in each.items} for each in instruments}


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return 1 if a file has a fault."""
    parser = argparse.ArgumentParser(prog="python -m questionnaires", description=__doc__)
    parser.add_argument("command", choices=["check", "schema", "publish-codes"])
    command = parser.parse_args(arguments).command
    if command == "schema":
        for name in MODELS:
            schema_path(name).write_text(schema_text(name), encoding="utf-8")
    elif command == "publish-codes":
        text = json.dumps(published_codes(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
        PUBLISHED_CODES.write_text(text, encoding="utf-8")
    else:
        faults = check_all()
        for fault in faults:
            print(fault.sentence("en"), file=sys.stderr)
        print(f"questionnaire files: {len(faults)} faults")
        return 1 if faults else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
