"""A sample in parts, each read by a task of its own, scores as the whole does: cells add up."""

from __future__ import annotations

from functools import reduce
from operator import add
from pathlib import Path

import dask
import numpy as np
import pandas as pd
import pytest

from analysis.columnar import Cells, Linear, cells, score
from analysis.columnar_reading import Columns

INDICATORS, STRATA, PARTS = 6, 5, 7
NAMES = [f"i{at}" for at in range(INDICATORS)]
RNG = np.random.default_rng(7)
LINEAR = Linear(["one", "two"], np.array([1.0, 4.0]), RNG.normal(size=(INDICATORS, 2)), {"total": np.array([5.0, 2.0])})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files of unequal length; the last stratum stands in the last file only."""
    place = tmp_path_factory.mktemp("parts")
    for part in range(PARTS):
        n = 400 + 300 * part
        frame = pd.DataFrame((RNG.random((n, INDICATORS)) < 0.4).astype("float32"), columns=NAMES)
        frame = frame.mask(RNG.random(frame.shape) < 0.2)
        stratum = RNG.integers(0, STRATA if part == PARTS - 1 else STRATA - 1, n)
        frame.assign(weight=RNG.uniform(0.5, 9, n), stratum=stratum).to_parquet(place / f"{part}.parquet")
    return place


def columns(frame: pd.DataFrame) -> Columns:
    y = frame[NAMES].to_numpy().T
    return Columns(np.nan_to_num(y), ~np.isnan(y), frame["weight"].to_numpy(), frame["stratum"].to_numpy())


def read(path: Path) -> Cells:
    """Return the cells of one file: what a worker sends back, whatever the number of responses."""
    part = columns(pd.read_parquet(path))
    return cells(part, np.zeros(part.n, dtype=int), (STRATA, 1))


def test_tasks_of_dask_over_files_give_the_scores_of_the_whole(folder):
    tasks = [dask.delayed(read)(path) for path in sorted(folder.glob("*.parquet"))]
    together = dask.delayed(lambda parts: reduce(add, parts))(tasks)
    (found,) = dask.compute(together, scheduler="threads", num_workers=2)
    whole = pd.concat(pd.read_parquet(path) for path in sorted(folder.glob("*.parquet")))
    expected = score(columns(whole), LINEAR).table
    pd.testing.assert_frame_equal(found.score(LINEAR).loc[0], expected, rtol=1e-9, check_names=False, check_dtype=False)


def test_a_part_without_a_stratum_still_adds_up(folder):
    first = read(folder / "0.parquet")
    assert first.n[STRATA - 1] == 0
    assert (first + read(folder / "6.parquet")).n[STRATA - 1] > 0
