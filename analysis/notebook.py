"""What the analysts' notebooks begin with: charts that need no network, and an extract to try them on."""

from __future__ import annotations

import random
from pathlib import Path

import altair as alt

from analysis.charts import register_fonts
from analysis.coverage import one_wave
from analysis.responses_csv import write_csv
from questionnaires.demonstration import distribution
from questionnaires.files import framework_path, instrument_path, load_framework, load_instrument


def begin() -> None:
    """Draw charts as SVG on this machine: JupyterLab alone would fetch a newer Vega from the network."""
    register_fonts()
    alt.renderers.enable("svg")


def invented_extract(folder: Path, seed: int = 2023) -> Path:
    """Write the invented answers of 220 firms as `flask responses export` would; return the folder."""
    instrument, framework = load_instrument(instrument_path("pci_domestic")), load_framework(framework_path("pci_2023"))
    rng = random.Random(seed)  # noqa: S311 - invented data, not a secret
    folder.mkdir(parents=True, exist_ok=True)
    write_csv(one_wave(instrument, distribution(), rng), folder / "responses.csv")
    (folder / "instrument.json").write_text(instrument.canonical_json(), encoding="utf-8")
    (folder / "framework.json").write_text(framework.canonical_json(), encoding="utf-8")
    return folder
