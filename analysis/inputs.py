"""What the commands read, and the report of what their figures were made from."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.columns import in_scope
from analysis.csv_rows import BadResponses
from analysis.design import Design, LonelyStratum
from analysis.index import default_design
from analysis.intervals import LEVEL
from analysis.provenance import code_version, file_hash, rows_hash
from analysis.responses_csv import lonely_faults
from questionnaires.base import Language
from questionnaires.framework import Framework
from questionnaires.instrument import Instrument
from questionnaires.reference import indicator_values, province_values


class UnknownProvince(Exception):
    """Nothing is published for a province of this name; knows those for which something is."""

    def __init__(self, name: str, known: list[str]) -> None:
        self.name, self.known = name, known
        super().__init__(self.sentence("en"))

    def sentence(self, language: Language) -> str:
        """Return what is wrong and what may be written, as one line for a person."""
        names = ", ".join(self.known)
        if language == "vi":
            return f"Không có số liệu công bố của tỉnh “{self.name}”: sau --province ghi một trong {names}"
        return f"Nothing is published for the province “{self.name}”: write after --province one of {names}"


def published_values(province: str, framework: Framework) -> Mapping[str, float]:
    """Return what is published of a province in the framework's reference year, by indicator; raise UnknownProvince."""
    if framework.reference_year is None:
        return {}
    known = sorted({name for name, _ in indicator_values(framework.reference_year)})
    if province not in known:
        raise UnknownProvince(province, known)
    return province_values(province, framework.reference_year)


def design_of(frame: pd.DataFrame) -> Design:
    """Return the design written in a frame that `read_csv` read; raise BadResponses for a stratum of one response."""
    try:
        return default_design(frame)
    except LonelyStratum as error:
        raise BadResponses(lonely_faults(frame, error.labels)) from error


def report_of(
    path: Path, frame: pd.DataFrame, options: Namespace, instrument: Instrument, framework: Framework
) -> dict[str, Any]:
    """Return what figures of a file of responses were made from."""
    files = {"responses": path, "instrument": options.instrument, "framework": options.framework}
    return {
        "responses": len(frame),
        "in_scope": int(in_scope(frame, instrument).sum()),
        "files": {name: file_hash(path) for name, path in files.items()},
        "responses_hash": rows_hash(frame.to_dict("records")),
        "instrument_hash": instrument.content_hash(),
        "framework_hash": framework.content_hash(),
        "code_version": code_version(),
        "province": options.province,
        "level": LEVEL,
        "fpc": False,
    }


def write_report(folder: Path, report: dict[str, Any]) -> None:
    """Write a report beside the tables it is of."""
    (folder / "report.json").write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
