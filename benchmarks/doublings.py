"""What does twice as many responses cost? `python -m benchmarks.doublings --largest 10000000 --plot FILE.png`

The responses of `benchmarks.scores`, in eight Parquet files; an eighth of them, a quarter, a half and all are scored by DuckDB,
which reads the files and holds none of them, and in memory. Each is a process of its own, whose largest memory is told.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import altair as alt
import duckdb
import numpy as np
import pandas as pd
import pyarrow
import pyarrow.parquet

from analysis import columnar, columnar_sql
from analysis.charts import register_fonts
from analysis.columnar import Columns
from analysis.overview_charts import BLUE, ORANGE, finish
from benchmarks.scores import INDICATORS, NAMES, apart, invented, method

FILES, SEED = 8, 2023
#: How far the two may be apart, relatively.
EQUAL = 1e-9
WAYS = {"DuckDB over Parquet": BLUE, "in memory": ORANGE}


class Run(NamedTuple):
    """What one way took: seconds of reading and scoring, seconds of processors, the largest memory of its process in GiB."""

    scored: columnar.Scored
    reading: float
    scoring: float
    processors: float
    memory: float


def write(path: Path, n: int, number: int) -> None:
    """Write a file of invented responses, which its number alone decides."""
    held = invented(n, np.random.default_rng([SEED, number]))
    arrays = [pyarrow.array(y, mask=~answered) for y, answered in zip(held.y, held.answered, strict=True)]
    table = pyarrow.table([*arrays, held.weight, held.stratum], [*NAMES, "weight", "stratum"])
    pyarrow.parquet.write_table(table, path, row_group_size=125_000)


def read(paths: Sequence[Path]) -> Columns:
    """Return the responses of files, read a batch after the other into arrays of their full length."""
    files = [pyarrow.parquet.ParquetFile(path) for path in paths]
    n = sum(file.metadata.num_rows for file in files)
    y, answered = np.zeros((INDICATORS, n), np.uint8), np.zeros((INDICATORS, n), bool)
    weight, stratum, start = np.empty(n), np.empty(n, np.uint8), 0
    for batch in (batch for file in files for batch in file.iter_batches(125_000)):
        where = slice(start, start := start + batch.num_rows)
        for at, name in enumerate(NAMES):
            answered[at, where] = batch[name].is_valid().to_numpy(zero_copy_only=False)
            y[at, where] = batch[name].fill_null(0).to_numpy()
        weight[where], stratum[where] = batch["weight"].to_numpy(), batch["stratum"].to_numpy()
    return Columns(y, answered, weight, stratum)


def in_memory(paths: Sequence[Path]) -> Run:
    """Score in memory."""
    start, before = time.perf_counter(), time.process_time()
    held = read(paths)
    ready = time.perf_counter()
    scored = columnar.score(held, method(np.random.default_rng(SEED)))
    end = time.perf_counter()
    return Run(scored, ready - start, end - ready, time.process_time() - before, largest_memory())


def from_files(paths: Sequence[Path]) -> Run:
    """Score by statements of sums, which DuckDB answers from the files."""
    start, before = time.perf_counter(), time.process_time()
    table = f"read_parquet({[str(path) for path in paths]})"
    with duckdb.connect() as connection:
        connection.execute("SET enable_progress_bar = false")
        scored = columnar_sql.score(
            lambda statement: connection.execute(statement).fetchall(),
            table,
            NAMES,
            method(np.random.default_rng(SEED)),
        )
    return Run(scored, 0.0, time.perf_counter() - start, time.process_time() - before, largest_memory())


def largest_memory() -> float:
    """Return the largest memory that this process has held, in GiB."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024**2


def alone(run: Callable[..., Run], *arguments: object) -> Run:
    """Run in a process of its own, so that its memory is its own."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(run, *arguments).result()


def measured(paths: Sequence[Path], each: int) -> pd.DataFrame:
    """Print and return a row for each number of responses and way. Raises where the two ways differ."""
    rows = []
    for files in (1, 2, 4, 8):
        n, used = files * each, paths[:files]
        runs = [alone(from_files, used), alone(in_memory, used)]
        far = apart(runs[1].scored, runs[0].scored)
        size = sum(path.stat().st_size for path in used) / 2**20
        print(f"{n:,} responses, {size:,.0f} MiB, load {os.getloadavg()[0]:.1f}, apart by {far:.0e}", flush=True)
        for way, run in zip(WAYS, runs, strict=True):
            print(
                f"    {way:<20} {run.reading:7.1f} s reading {run.scoring:7.2f} s scoring"
                f" {run.processors:7.1f} s of processors {run.memory:6.2f} GiB"
            )
            rows.append((n / 1e6, way, run.reading + run.scoring, run.memory))
        assert far < EQUAL
    return pd.DataFrame(rows, columns=["responses", "way", "seconds", "memory"])


def plot(rows: pd.DataFrame) -> alt.TopLevelMixin:
    """Return seconds and memory by the number of responses, both axes by doublings."""
    doublings = alt.Scale(type="log", base=2)
    x = alt.X("responses:Q", scale=doublings, title="million responses", axis=alt.Axis(values=list(rows["responses"])))
    colour = alt.Color("way:N", scale=alt.Scale(domain=list(WAYS), range=list(WAYS.values())), title=None)
    shape = alt.Shape("way:N", scale=alt.Scale(domain=list(WAYS), range=["circle", "square"]), title=None)
    titles = {"seconds": "seconds, reading included", "memory": "largest memory of the process, GiB"}
    panels = [
        alt.Chart(rows)
        .mark_line(point=alt.OverlayMarkDef(size=80))
        .encode(x, alt.Y(f"{name}:Q", scale=doublings, title=title), colour, shape)
        .properties(width=300, height=260)
        for name, title in titles.items()
    ]
    return finish(alt.hconcat(*panels))


def main() -> None:
    """Print times and memory, and draw them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--largest", type=int, default=10_000_000)
    parser.add_argument("--plot", type=Path)
    options = parser.parse_args()
    each = options.largest // FILES
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"responses-{number}.parquet" for number in range(FILES)]
        for number, path in enumerate(paths):
            with ProcessPoolExecutor(1, get_context("spawn")) as pool:
                pool.submit(write, path, each, number).result()
        rows = measured(paths, each)
    if options.plot:
        register_fonts()
        plot(rows).save(options.plot, scale_factor=2)


if __name__ == "__main__":
    main()
