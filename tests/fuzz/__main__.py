"""`make fuzz`: 100,000 mutated requests on SQLite and on PostgreSQL, and what came of them."""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
import time
from pathlib import Path

from sqlalchemy import create_engine

from survey_app import create_app, migrate
from survey_app.config import Config
from survey_app.keys import Keys
from tests.fuzz.run import Outcome, fuzz
from tests.postgres import Server

BATCH = 2500


def main() -> int:
    """Print the statuses and every fault; return 1 if there was one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=100_000, help="on both databases together")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    server = Server.start()
    faults = 0
    try:
        server.create("fuzz")
        with tempfile.TemporaryDirectory() as folder:
            for url in (f"sqlite:///{folder}/survey.sqlite3", server.url("fuzz")):
                faults += report(url, Path(folder), options.requests // 2, options.seed)
    finally:
        server.stop()
    return 1 if faults else 0


def report(url: str, folder: Path, requests: int, seed: int) -> int:
    """Print what came of the requests on one database; return the number of faults."""
    engine = create_engine(url)
    with engine.connect() as connection:
        migrate.upgrade(connection)
        connection.commit()
    engine.dispose()
    config = Config(database_url=url, keys_dir=folder / "keys", allowed_hosts=("localhost",), demonstration=True)
    Keys.create(config.keys_dir)
    keys = Keys.read(config.keys_dir)
    start = time.monotonic()
    app, outcome = create_app(config, keys), Outcome()
    for batch in range(requests // BATCH):
        outcome.add(fuzz(app, keys, requests=BATCH, seed=1000 * seed + batch))
        print(f"  {outcome.requests} sent, {len(outcome.faults)} faults", flush=True)
    print(f"{url.partition(':')[0]}: {outcome.requests} requests in {time.monotonic() - start:.0f} s")
    print("  " + ", ".join(f"{status}: {count}" for status, count in sorted(outcome.statuses.items())))
    print(f"  faults: {len(outcome.faults)}", *sorted(set(outcome.faults))[:20], sep="\n  ", flush=True)
    return len(outcome.faults)


if __name__ == "__main__":
    sys.exit(main())
