"""A PostgreSQL server of its own for each test that kills it; it pays for every commit as deployment does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.postgres import Server


@pytest.fixture
def mortal_postgres() -> Iterator[Server]:
    """A durable server with an empty database `survey`."""
    server = Server.start(durable=True, own=True)
    try:
        server.create("survey")
        yield server
    finally:
        server.stop()
