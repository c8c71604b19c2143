"""`python -m analysis compare`: two files of responses, or the groups of one."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

import pandas as pd

from analysis import compare
from analysis.change import explain
from analysis.columns import NO_ANSWER, NOT_STATED
from analysis.index import score
from analysis.inputs import design_of, published_values, report_of, write_report
from analysis.pairs import paired
from analysis.responses_csv import read_csv
from questionnaires.base import Language
from questionnaires.files import load_framework, load_instrument
from questionnaires.framework import Framework
from questionnaires.instrument import Instrument

Tables = Mapping[str, pd.DataFrame]

#: What stands under the table that is shown.
LEGEND: dict[Language, str] = {
    "vi": "detectable: mức khác nhỏ nhất mà số phiếu này phân biệt được với không khác; p_adjusted: theo Holm",
    "en": "detectable: the smallest difference that so many responses tell from none; p_adjusted: Holm's",
}
SHOWN = ["before", "after", "change", "low", "high", "detectable", "p_adjusted"]


class UnknownColumn(Exception):
    """The responses have no column of this name to make groups of; knows those they have."""

    def __init__(self, name: str, known: list[str]) -> None:
        self.name, self.known = name, known
        super().__init__(self.sentence("en"))

    def sentence(self, language: Language) -> str:
        """Return what is wrong and what may be written, as one line for a person."""
        names = ", ".join(self.known)
        if language == "vi":
            return f"Tệp phiếu không có cột “{self.name}”: sau --by ghi một trong {names}"
        return f"The responses have no column “{self.name}”: write after --by one of {names}"


def run(options: argparse.Namespace) -> None:
    """Write the tables and the report, and show the changes of the sub-indices."""
    instrument, framework = load_instrument(options.instrument), load_framework(options.framework)
    published = published_values(options.province, framework)
    frames = [read_csv(path, instrument) for path in options.responses]
    if options.by is None:
        tables = _of_waves(frames, instrument, framework, published)
    else:
        tables = _of_groups(frames[0], instrument, framework, published, options.by)
    options.out.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        table.to_csv(options.out / f"{name}.csv")
    reports = [
        report_of(path, frame, options, instrument, framework)
        for path, frame in zip(options.responses, frames, strict=True)
    ]
    write_report(options.out, {"files": reports, "by": options.by})
    shown = next(iter(tables.values()))
    print(shown[SHOWN].round(3).to_string())
    print(LEGEND[options.lang])


def _of_waves(
    frames: list[pd.DataFrame], instrument: Instrument, framework: Framework, published: Mapping[str, float]
) -> Tables:
    before, after = (score(frame, instrument, framework, published, design=design_of(frame)) for frame in frames)
    changes = compare.waves(before, after, framework, published)
    pieces = explain(paired(before, after, framework, published), framework)
    return {
        "sub_indices": changes.sub_indices.rename_axis("sub_index"),
        "indicators": changes.indicators.rename_axis("indicator"),
        "pieces": pieces,
    }


def _of_groups(
    frame: pd.DataFrame, instrument: Instrument, framework: Framework, published: Mapping[str, float], column: str
) -> Tables:
    if column not in frame:
        raise UnknownColumn(column, [str(name) for name in frame])
    labels = frame[column].where(~frame[column].isin([*NO_ANSWER, NOT_STATED]), None)
    groups = compare.groups(frame, instrument, framework, published, labels, design=design_of(frame))
    found = {name: scores.sub_indices.assign(n=scores.in_scope) for name, scores in groups.scores.items()}
    found |= {name: pd.DataFrame({"n": [n]}, ["total"]) for name, n in groups.left_out.items()}
    return {"differences": groups.differences, "groups": pd.concat(found, names=["group", "sub_index"])}
