"""`python -m analysis score | export | backtest | codebook | audit`: the analysis without the web application."""

from __future__ import annotations

import argparse
import json
import sys
import unicodedata
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from analysis import backtest, coverage, coverage_of_estimators
from analysis.codebook import codebook
from analysis.columns import in_scope
from analysis.csv_rows import BadResponses
from analysis.design import Design, LonelyStratum
from analysis.export import bundle
from analysis.export_files import NeedsPackage
from analysis.index import default_design, score, score_responses
from analysis.provenance import code_version, file_hash, rows_hash
from analysis.responses_csv import FIRST_ROW, lonely_faults, read_csv
from questionnaires.base import LANGUAGES, Language
from questionnaires.demonstration import distribution
from questionnaires.faults import BadFile
from questionnaires.files import framework_path, instrument_path, load_framework, load_instrument
from questionnaires.framework import Framework
from questionnaires.paths import told
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


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return 0, 1 for a fault in a file (each named on standard error), 2 for wrong arguments."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except (BadResponses, BadFile) as error:
        return _refuse([fault.sentence(options.lang) for fault in error.faults])
    except (UnknownProvince, NeedsPackage) as error:
        return _refuse([error.sentence(options.lang)])
    except OSError as error:
        return _refuse([f"{error.filename or error}: {told(error)[options.lang]}"])
    except KeyError as error:
        return _refuse([str(error.args[0])])
    return 0


def _refuse(sentences: list[str]) -> int:
    for sentence in sentences:
        print(sentence, file=sys.stderr)
    return 1


def _score(options: argparse.Namespace) -> None:
    instrument, framework = load_instrument(options.instrument), load_framework(options.framework)
    frame = read_csv(options.responses, instrument)
    published, design = _published(options.province, framework), _design(frame)
    options.out.mkdir(parents=True, exist_ok=True)
    scores = score(frame, instrument, framework, published, design=design)
    scores.indicators.to_csv(options.out / "indicators.csv", index_label="indicator")
    scores.sub_indices.to_csv(options.out / "sub_indices.csv", index_label="sub_index")
    responses = score_responses(frame, instrument, framework, published, design=design)
    responses.index += FIRST_ROW  # as faults and spreadsheets number them
    responses.to_csv(options.out / "responses.csv", index_label="row")
    files = {"responses": options.responses, "instrument": options.instrument, "framework": options.framework}
    report = {
        "responses": len(frame),
        "in_scope": int(in_scope(frame, instrument).sum()),
        "files": {name: file_hash(path) for name, path in files.items()},
        "responses_hash": rows_hash(frame.to_dict("records")),
        "instrument_hash": instrument.content_hash(),
        "framework_hash": framework.content_hash(),
        "code_version": code_version(),
        "province": options.province,
        "level": 0.95,
        "fpc": False,
    }
    (options.out / "report.json").write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(scores.sub_indices[["value", "low", "high", "coverage"]].round(3).to_string())


def _published(province: str, framework: Framework) -> Mapping[str, float]:
    if framework.reference_year is None:
        return {}
    known = sorted({name for name, _ in indicator_values(framework.reference_year)})
    if province not in known:
        raise UnknownProvince(province, known)
    return province_values(province, framework.reference_year)


def _design(frame: pd.DataFrame) -> Design:
    try:
        return default_design(frame)
    except LonelyStratum as error:
        raise BadResponses(lonely_faults(frame, error.labels)) from error


def _backtest(options: argparse.Namespace) -> None:
    table = backtest.backtest(load_framework(options.framework))
    with options.out.open("w", encoding="utf-8", newline="") as file:
        table.to_csv(file, index=False)
    print(backtest.summary(table).round(4).join(backtest.reasons(table)).to_string())


def _codebook(options: argparse.Namespace) -> None:
    text = codebook(load_instrument(options.instrument), load_framework(options.framework), options.lang)
    options.out.write_text(text, encoding="utf-8")


def _export(options: argparse.Namespace) -> None:
    instrument, framework = load_instrument(options.instrument), load_framework(options.framework)
    frame = read_csv(options.responses, instrument)

    def tell(name: str) -> None:
        print(name, file=sys.stderr, flush=True)

    made = bundle(frame, instrument, framework, options.lang, progress=tell)
    options.out.write_bytes(made.zipped())
    print(
        f"{options.out}: {len(made.files)} files, {len(frame)} responses, {len(made.cuts)} labels cut (cut_labels.csv)"
    )


def _audit(options: argparse.Namespace) -> None:
    instrument, framework = load_instrument(options.instrument), load_framework(options.framework)

    def tell(seed: int) -> None:
        print(f"\r{seed + 1} / {options.seeds} ", end="", file=sys.stderr, flush=True)

    published = dict(_published(options.province, framework))
    seeds = range(options.seeds)
    found = coverage.simulate(instrument, framework, distribution(), published, seeds=seeds, progress=tell)
    print(file=sys.stderr)
    nine = found.sub_indices.drop(index=["labour", "total"])["covered"]
    print(found.sub_indices.round(4).to_string())
    print(f"nine sub-indices pooled: {nine.mean():.4f}, lowest {nine.min():.4f}, highest {nine.max():.4f}\n")
    print(found.medians.round(4).to_string(), "\n")
    not_always = found.hidden[(found.hidden["published"] == 0) & (found.hidden["shown"] < 1)]
    print(not_always.sort_values("shown").round(3).to_string(), "\n")
    print(coverage_of_estimators.cover(5 * options.seeds).round(4).to_string())


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m analysis", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: object, text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(run=run)
        added.add_argument("--instrument", type=Path, default=instrument_path("pci_domestic"), metavar="FILE")
        added.add_argument("--framework", type=Path, default=framework_path("pci_2023"), metavar="FILE")
        added.add_argument(
            "--province", type=_composed, default="Lạng Sơn", help="whose published values are held (%(default)s)"
        )
        added.add_argument("--lang", choices=LANGUAGES, default="vi", help="language of faults, codebook and labels")
        return added

    scoring = command("score", _score, "Score a CSV file of responses.")
    scoring.add_argument("responses", type=Path, metavar="RESPONSES.csv")
    scoring.add_argument("--out", type=Path, required=True, metavar="DIR")
    export = command("export", _export, "Write a CSV file of responses as one bundle for other tools (README in it).")
    export.add_argument("responses", type=Path, metavar="RESPONSES.csv")
    export.add_argument("--out", type=Path, required=True, metavar="FILE.zip")
    again = command("backtest", _backtest, "Recompute VCCI's published scores.")
    again.add_argument("--out", type=Path, required=True, metavar="FILE.csv")
    book = command("codebook", _codebook, "Write instrument and framework as one document (Markdown).")
    book.add_argument("--out", type=Path, required=True, metavar="FILE.md")
    audit = command("audit", _audit, "Simulate waves and samples; count how often the 95 %% intervals hold the truth.")
    audit.add_argument("--seeds", type=int, default=200)
    return parser


if __name__ == "__main__":
    sys.exit(main())
