"""Mutated requests on one database, in a process of its own that says how far it is."""

from __future__ import annotations

import logging
import resource
import time
from pathlib import Path

from flask import Flask
from sqlalchemy import create_engine

from survey_app import create_app, migrate
from survey_app.config import Config
from survey_app.keys import Keys
from tests.fuzz.run import Outcome, fuzz

BATCH = 2500


def report(url: str, folder: Path, requests: int, seed: int) -> int:
    """Print what came of the requests on one database; return the number of faults."""
    logging.disable(logging.CRITICAL)
    name = url.partition(":")[0]
    app, keys = _application(url, folder / f"keys-{name}")
    start, outcome = time.monotonic(), Outcome()
    while outcome.requests < requests:
        batch = outcome.requests // BATCH
        outcome.add(fuzz(app, keys, requests=min(BATCH, requests - outcome.requests), seed=1000 * seed + batch))
        rate = outcome.requests / (time.monotonic() - start)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        progress = f"{outcome.requests} of {requests}, {rate:.0f} a second, {memory} MiB"
        print(f"{name}: {progress}, {len(outcome.faults)} faults", flush=True)
    statuses = ", ".join(f"{status}: {count}" for status, count in sorted(outcome.statuses.items()))
    faults = sorted(set(outcome.faults))[:20]
    print(f"{name}: done in {time.monotonic() - start:.0f} s. {statuses}", *faults, sep="\n  ", flush=True)
    return len(outcome.faults)


def _application(url: str, keys_dir: Path) -> tuple[Flask, Keys]:
    engine = create_engine(url)
    with engine.connect() as connection:
        migrate.upgrade(connection)
        connection.commit()
    engine.dispose()
    config = Config(database_url=url, keys_dir=keys_dir, allowed_hosts=("localhost",), demonstration=True)
    Keys.create(config.keys_dir)
    keys = Keys.read(config.keys_dir)
    return create_app(config, keys), keys
