"""How long do scores of very many responses take? `python -m benchmarks.scores --responses 1000000`

60 indicators of ten sub-indices and the index, 12 strata, 88 domains; a tenth of the answers is missing. Times are the best
of several; ratios are those of one run on one machine.
"""

from __future__ import annotations

import argparse
import io
import os
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import polars
import psycopg
import pyarrow
import pyarrow.csv
import pyarrow.parquet
import svy

from analysis import columnar, columnar_sql
from analysis.columnar import Columns, Linear, cells
from tests.postgres import Server

INDICATORS, SCORES, STRATA, DOMAINS = 60, 10, 12, 88
NAMES = [f"i{number}" for number in range(INDICATORS)]
#: Resamples of the bootstrap that a loop would make; one is timed.
RESAMPLES = 1000


def invented(n: int, rng: np.random.Generator) -> Columns:
    """Return invented responses: shares, 0 or 1."""
    y, answered = np.empty((INDICATORS, n), np.uint8), np.empty((INDICATORS, n), bool)
    for at in range(INDICATORS):
        answered[at] = rng.random(n, np.float32) < 0.9
        y[at] = (rng.random(n, np.float32) < rng.uniform(0.05, 0.95)) & answered[at]
    return Columns(y, answered, rng.uniform(0.5, 5, n), rng.integers(0, STRATA, n).astype(np.uint8))


def method(rng: np.random.Generator) -> Linear:
    """Return ten sub-indices of six indicators each, and their index."""
    slopes = np.zeros((INDICATORS, SCORES))
    for at in range(INDICATORS):
        slopes[at, at * SCORES // INDICATORS] = rng.normal()
    return Linear([f"s{at}" for at in range(SCORES)], np.full(SCORES, 5.0), slopes, {"index": np.full(SCORES, 1.0)})


def best(run: Callable[[], object], times: int) -> float:
    """Return the least seconds of several runs."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        found.append(time.perf_counter() - start)
    return min(found)


def frame_of(held: Columns) -> pd.DataFrame:
    """Return the responses as analysts hold them: a column of floats for each indicator."""
    columns = {
        name: np.where(a, y, np.float32(np.nan)) for name, y, a in zip(NAMES, held.y, held.answered, strict=True)
    }
    return pd.DataFrame(columns | {"weight": held.weight, "stratum": held.stratum})


def one_resample(frame: pd.DataFrame, linear: Linear, rng: np.random.Generator) -> np.ndarray:
    """Return the scores of one bootstrap sample, drawn in each stratum, as a loop in pandas makes it."""
    drawn = frame.groupby("stratum", group_keys=False).sample(frac=1, replace=True, random_state=rng)
    weight = drawn["weight"]
    values = [(drawn[name] * weight).sum() / weight[drawn[name].notna()].sum() for name in NAMES]
    return linear.constants + np.array(values) @ linear.slopes


def with_svy(frame: pd.DataFrame) -> None:
    """Estimate the mean of one indicator with svy; ours makes 60 and their scores."""
    rows = polars.DataFrame({"y": frame["i0"].fillna(0), "w": frame["weight"], "stratum": frame["stratum"]})
    svy.Sample(rows, svy.Design(stratum="stratum", wgt="w")).estimation.mean("y")


def from_duckdb(path: Path, linear: Linear) -> columnar.Scored:
    """Return the scores from a Parquet file."""
    with duckdb.connect() as connection:
        return columnar_sql.score(lambda s: connection.execute(s).fetchall(), f"read_parquet('{path}')", NAMES, linear)


def from_postgresql(path: Path, linear: Linear) -> tuple[columnar.Scored, float, float]:
    """Return the scores from a table of a server of our own, the seconds of loading it and those of scoring."""
    server = Server.start()
    try:
        with psycopg.connect(server.admin_url) as connection, connection.cursor() as cursor:
            columns = ", ".join([*(f"{name} real" for name in NAMES), "weight double precision", "stratum smallint"])
            cursor.execute(f"CREATE TABLE responses ({columns})")  # type: ignore[arg-type]
            start = time.perf_counter()
            with cursor.copy("COPY responses FROM STDIN (FORMAT csv)") as copy:
                for batch in pyarrow.parquet.ParquetFile(path).iter_batches(100_000):
                    out = io.BytesIO()
                    pyarrow.csv.write_csv(batch, out, pyarrow.csv.WriteOptions(include_header=False))
                    copy.write(out.getvalue())
            loaded = time.perf_counter()
            found = columnar_sql.score(
                lambda s: cursor.execute(s).fetchall(),  # type: ignore[arg-type]
                "responses",
                NAMES,
                linear,
            )
            return found, loaded - start, time.perf_counter() - loaded
    finally:
        server.stop()


def apart(one: columnar.Scored, other: columnar.Scored) -> float:
    """Return the largest relative difference of values and errors."""
    mine, theirs = (each.table[["value", "se"]].to_numpy() for each in (one, other))
    return float(np.abs(theirs / mine - 1).max())


def say(what: str, seconds: float, ratio: str = "") -> None:
    """Print a line of the table."""
    print(f"{what:<52} {seconds:10.3f} s  {ratio}", flush=True)


def null(column: pyarrow.ChunkedArray) -> pyarrow.ChunkedArray:
    """Return a column with nulls in place of NaN."""
    return pyarrow.chunked_array([pyarrow.array(chunk.to_pandas(), from_pandas=True) for chunk in column.chunks])


def ours(held: Columns, linear: Linear, domain: np.ndarray, times: int) -> float:
    """Print our times; return that of the scores."""
    once = best(lambda: (np.sum(held.y), np.sum(held.answered)), times)
    say("numpy.sum over the same bytes", once)
    seconds = best(lambda: columnar.score(held, linear), times)
    say("scores with intervals", seconds, f"{seconds / once:.1f} x numpy.sum")
    start = time.perf_counter()
    made = cells(held, domain)
    say("cells of 12 strata and 88 domains, once", time.perf_counter() - start)
    say("88 domains with intervals from cells", best(lambda: made.score(linear), times))
    return seconds


def others(frame: pd.DataFrame, linear: Linear, rng: np.random.Generator, seconds: float) -> None:
    """Print the times of pandas and svy, beside the seconds of our scores."""
    loop = RESAMPLES * best(lambda: one_resample(frame, linear, rng), 1)
    say(f"pandas bootstrap, {RESAMPLES} x one resample", loop, f"{loop / seconds:,.0f} x ours")
    theirs = best(lambda: with_svy(frame), 1)
    say("svy, mean of one indicator of 60", theirs, f"{theirs * INDICATORS / seconds:.0f} x ours for 60")


def databases(path: Path, linear: Linear, scored: columnar.Scored, postgresql: bool) -> None:
    """Print the times of databases, and how far they are from our digits."""
    seconds = best(lambda: from_duckdb(path, linear), 2)
    say("DuckDB over Parquet", seconds, f"apart by {apart(scored, from_duckdb(path, linear)):.0e}")
    if postgresql:
        found, loading, seconds = from_postgresql(path, linear)
        say("PostgreSQL, loading", loading)
        say("PostgreSQL", seconds, f"apart by {apart(scored, found):.0e}")


def main() -> None:
    """Print times, and how far databases are from our digits."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--responses", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--no-postgresql", action="store_true")
    options = parser.parse_args()
    rng = np.random.default_rng(2023)
    held, linear = invented(options.responses, rng), method(rng)
    print(f"{options.responses:,} responses, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    seconds = ours(held, linear, rng.integers(0, DOMAINS, held.n), options.times)
    frame = frame_of(held)
    others(frame, linear, rng, seconds)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "responses.parquet"
        table = pyarrow.Table.from_pandas(frame, preserve_index=False)
        pyarrow.parquet.write_table(
            pyarrow.Table.from_arrays([null(c) for c in table.columns], table.column_names), path
        )
        databases(path, linear, columnar.score(held, linear), not options.no_postgresql)
    print(f"at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2:.1f} GiB in this process")


if __name__ == "__main__":
    main()
