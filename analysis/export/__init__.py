"""One bundle of a frame of responses for other tools: data, codebooks, questionnaire, and what they were made from."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.codebook import codebook
from analysis.columns import NO_ANSWER, NOT_STATED, in_scope
from analysis.export import formats
from analysis.export.ddi import ddi
from analysis.export.labels import Cuts
from analysis.export.variables import WHY, WORDS, Variable, variables
from analysis.export.xlsform import xlsform
from analysis.provenance import code_version
from questionnaires.base import Language
from questionnaires.framework import Framework
from questionnaires.instrument import Instrument

MEDIA = {
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
    "sav": "application/x-spss-sav",
    "dta": "application/x-stata-dta",
    "xml": "application/xml",
    "md": "text/markdown",
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
#: Packages whose version may change the bytes of a file.
PACKAGES = ("pandas", "pyarrow", "pyreadstat", "xlsxwriter")


@dataclass(frozen=True)
class Bundle:
    """Files by name, in order, and the labels that had to be cut: (format, what, whole, left)."""

    files: Mapping[str, bytes]
    cuts: Sequence[tuple[str, str, str, str]]

    def zipped(self) -> bytes:
        """Return the files as one archive; the same files give the same bytes."""
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in self.files.items():
                entry = zipfile.ZipInfo(name)  # dated 1980: archives know nothing earlier
                entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
                archive.writestr(entry, content)
        return out.getvalue()


def bundle(
    frame: pd.DataFrame,
    instrument: Instrument,
    framework: Framework,
    language: Language = "vi",
    *,
    progress: Callable[[str], None] = lambda _name: None,
) -> Bundle:
    """Return the bundle of a frame that keeps the column contract (`responses_csv.read_csv`).

    language: of the labels in SPSS, Stata and the package; codebooks and questionnaire hold both. progress: told the name of
    each file before it is made. Raises NeedsPackage where the analysts' tools are not installed, ValueError for an item
    whose numbers could be codes of missing answers.
    """
    known, cuts, title = variables(frame, instrument, language), Cuts(), instrument.title[language]
    made: dict[str, Callable[[], bytes]] = {
        "responses.csv": lambda: formats.csv(frame),
        "responses.parquet": lambda: formats.parquet(frame, known),
        "responses.sav": lambda: formats.spss(frame, known, title, cuts),
        "responses.dta": lambda: formats.stata(frame, known, title, cuts),
        "codebook.vi.md": lambda: codebook(instrument, framework, "vi").encode(),
        "codebook.en.md": lambda: codebook(instrument, framework, "en").encode(),
        "codebook.ddi.xml": lambda: ddi(known, instrument, len(frame)),
        "questionnaire.xlsx": lambda: xlsform(instrument),
        "instrument.json": lambda: instrument.canonical_json().encode(),
        "framework.json": lambda: framework.canonical_json().encode(),
        "cut_labels.csv": lambda: _cut_labels(cuts),
        "datapackage.json": lambda: _json(_package(files, known, instrument, language)),
        "README.md": lambda: _readme(files, frame, instrument, framework).encode(),
    }
    files: dict[str, bytes] = {}
    for name, make in made.items():
        progress(name)
        files[name] = make()
    return Bundle(files, cuts.rows)


def _cut_labels(cuts: Cuts) -> bytes:
    return formats.csv(pd.DataFrame(cuts.rows, columns=["format", "what", "whole", "left"]))


def _json(content: Any) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()


def _package(
    files: Mapping[str, bytes], known: Sequence[Variable], instrument: Instrument, language: Language
) -> dict[str, Any]:
    """Return the description of the files as a Frictionless Data Package (version 1)."""
    resources = [_resource(name, content) for name, content in files.items()]
    resources[0] |= {
        "profile": "tabular-data-resource",
        "encoding": "utf-8",
        "schema": {"fields": [_field(variable) for variable in known], "missingValues": [*NO_ANSWER, NOT_STATED]},
    }
    return {
        "profile": "data-package",
        "name": instrument.code.replace("_", "-"),
        "title": instrument.title[language],
        "version": instrument.version,
        "resources": resources,
    }


def _resource(path: str, content: bytes) -> dict[str, Any]:
    form = path.rpartition(".")[2]
    digest = hashlib.sha256(content).hexdigest()
    return {
        "name": path.replace("_", "-"),
        "path": path,
        "format": form,
        "mediatype": MEDIA[form],
        "bytes": len(content),
        "hash": f"sha256:{digest}",
    }


def _field(variable: Variable) -> dict[str, Any]:
    field: dict[str, Any] = {"name": variable.name, "title": variable.label}
    item = variable.item
    if variable.kind == "tick":
        return field | {"type": "integer", "constraints": {"enum": [0, 1]}}
    if variable.kind == "number":
        limits = {"minimum": item.range.min, "maximum": item.range.max} if item and item.range else {}
        return field | {"type": "number"} | ({"constraints": limits} if limits else {})
    codes = [cell for cell, _ in variable.values]
    return field | {"type": "string"} | ({"constraints": {"enum": codes}} if codes else {})


def _readme(files: Mapping[str, bytes], frame: pd.DataFrame, instrument: Instrument, framework: Framework) -> str:
    scope = int(in_scope(frame, instrument).sum())
    lines = [
        f"# {instrument.title.vi} / {instrument.title.en}\n",
        f"Phiếu / responses: {len(frame)}; thuộc đối tượng / in scope: {scope}; cột / columns: {frame.shape[1]}.\n",
        "Từng dòng là trả lời của một doanh nghiệp: không công bố tệp này, chỉ công bố số đã qua quy tắc bảo mật.",
        "Each row is what one firm answered: do not publish this file, only figures that passed the publishing rules.\n",
        "| Vì sao thiếu / why missing | csv | parquet `__why` | SPSS | Stata |",
        "| --- | --- | --- | --- | --- |",
        *(_reason(cell, instrument) for cell in WHY),
        "\nNhiều lựa chọn: mỗi lựa chọn một cột 0/1. / Several choices: a column 0/1 for each.",
        "Nhãn bị cắt ngắn / labels that were cut: `cut_labels.csv`.\n",
        "| tệp / file | bytes | SHA-256 |",
        "| --- | --- | --- |",
        *(f"| {name} | {len(content)} | {hashlib.sha256(content).hexdigest()} |" for name, content in files.items()),
        f"\n- `{instrument.code}` {instrument.version}: {instrument.content_hash()}",
        f"- `{framework.code}` {framework.edition}: {framework.content_hash()}",
        f"- code: {code_version()}",
        *(f"- {name} {formats.needed(name).__version__}" for name in PACKAGES),
    ]
    return "\n".join(lines) + "\n"


def _reason(cell: str, instrument: Instrument) -> str:
    word, number, letter = WHY[cell]
    text = WORDS.get(cell) or instrument.special[cell]  # type: ignore[index]
    return f"| {text.vi} / {text.en} | `{cell}` | `{word}` | {number} | .{letter} |"
