"""`python -m analysis score | compare | export | backtest | codebook | audit`: the analysis without the web application."""

from __future__ import annotations

import argparse
import sys
import unicodedata
from pathlib import Path

from analysis import backtest, compare_command, coverage, coverage_of_estimators
from analysis.codebook import codebook
from analysis.csv_rows import BadResponses
from analysis.export import bundle
from analysis.export.formats import NeedsPackage
from analysis.index import score, score_responses
from analysis.inputs import UnknownProvince, design_of, published_values, report_of, write_report
from analysis.responses_csv import FIRST_ROW, read_csv
from questionnaires.base import LANGUAGES
from questionnaires.demonstration import distribution
from questionnaires.faults import BadFile
from questionnaires.files import framework_path, instrument_path, load_framework, load_instrument
from questionnaires.paths import told


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return 0, 1 for a fault in a file (each named on standard error), 2 for wrong arguments."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except (BadResponses, BadFile) as error:
        return _refuse([fault.sentence(options.lang) for fault in error.faults])
    except (UnknownProvince, compare_command.UnknownColumn, NeedsPackage) as error:
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
    published, design = published_values(options.province, framework), design_of(frame)
    options.out.mkdir(parents=True, exist_ok=True)
    scores = score(frame, instrument, framework, published, design=design)
    scores.indicators.to_csv(options.out / "indicators.csv", index_label="indicator")
    scores.sub_indices.to_csv(options.out / "sub_indices.csv", index_label="sub_index")
    responses = score_responses(frame, instrument, framework, published, design=design)
    responses.index += FIRST_ROW  # as faults and spreadsheets number them
    responses.to_csv(options.out / "responses.csv", index_label="row")
    write_report(options.out, report_of(options.responses, frame, options, instrument, framework))
    print(scores.sub_indices[["value", "low", "high", "coverage"]].round(3).to_string())


def _compare(options: argparse.Namespace) -> None:
    if len(options.responses) != (2 if options.by is None else 1):
        options.refuse("name two files of responses, or one and --by COLUMN")
    compare_command.run(options)


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

    published = dict(published_values(options.province, framework))
    seeds = range(options.seeds)
    found = coverage.simulate(instrument, framework, distribution(), published, seeds=seeds, progress=tell)
    print(file=sys.stderr)
    nine = found.sub_indices.drop(index=["labour", "total"])["covered"]
    print(found.sub_indices.round(4).to_string())
    print(f"nine sub-indices pooled: {nine.mean():.4f}, lowest {nine.min():.4f}, highest {nine.max():.4f}\n")
    print(found.changes.round(4).to_string())
    print(f"changes pooled: {found.changes['covered'].mean():.4f}\n")
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
    comparing = command(
        "compare",
        _compare,
        "Compare two CSV files of responses, or the groups of one: changes, their errors and pieces.",
    )
    comparing.add_argument("responses", type=Path, nargs="+", metavar="RESPONSES.csv", help="before and after, or one")
    comparing.add_argument("--by", metavar="COLUMN", help="the column whose answers are the groups of one file")
    comparing.add_argument("--out", type=Path, required=True, metavar="DIR")
    comparing.set_defaults(refuse=comparing.error)
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
