"""`make fuzz`: 100,000 mutated requests, half on SQLite and half on PostgreSQL at the same time, and what came of them."""

from __future__ import annotations

import argparse
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from tests.fuzz.report import report
from tests.postgres import Server


def main() -> int:
    """Print the statuses and every fault; return 1 if there was one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=100_000, help="on both databases together")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    server = Server.start()
    try:
        server.create("fuzz")
        with tempfile.TemporaryDirectory() as folder, ProcessPoolExecutor(2, get_context("spawn")) as pool:
            urls = (f"sqlite:///{folder}/survey.sqlite3", server.url("fuzz"))
            running = [pool.submit(report, url, Path(folder), options.requests // 2, options.seed) for url in urls]
            faults = sum(one.result() for one in running)
    finally:
        server.stop()
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
