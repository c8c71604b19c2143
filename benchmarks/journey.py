"""How fast is the respondent's journey? Many robots answer the full instrument against gunicorn with 2 workers.

`make benchmark` runs it on SQLite and on PostgreSQL and prints a table; the load client shares the machine, and its own
share of the CPU is said. One client gives the latency, many give the throughput.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from questionnaires.files import instrument_path, load_instrument
from questionnaires.instrument import Instrument
from survey_app import migrate
from survey_app.keys import Keys
from tests.factories import make_invitation, make_wave
from tests.journeys.robot import Robot, invented_answers
from tests.postgres import Server
from tests.server import Installation, installation, workers_of


@dataclass
class Times:
    """Seconds of each request, by kind."""

    get: list[float] = field(default_factory=list)
    save: list[float] = field(default_factory=list)
    send: list[float] = field(default_factory=list)


def journey(port: int, link: str, instrument: Instrument, seed: int, times: Times) -> None:
    """Answer every page and send, noting the time of each request."""
    robot = Robot(port, link)
    robot.begin()
    answers = invented_answers(instrument, seed)
    for page in instrument.route(answers):
        start = time.perf_counter()
        _, shown = robot.get(f"/p/t/{page.code}")
        middle = time.perf_counter()
        status, where = robot.fill(page, shown, answers)
        end = time.perf_counter()
        assert status == 302, (page.code, where[:200])
        times.get.append(middle - start)
        times.save.append(end - middle)
    start = time.perf_counter()
    assert robot.send()
    times.send.append(time.perf_counter() - start)


@contextmanager
def databases() -> Iterator[dict[str, str]]:
    """Yield the addresses of an empty database of each kind."""
    server = Server.start(durable=True)
    try:
        server.create("benchmark")
        with tempfile.TemporaryDirectory() as folder:
            yield {"sqlite": f"sqlite:///{folder}/survey.sqlite3", "postgresql": server.url("benchmark")}
    finally:
        server.stop()


def prepare(place: Installation, instrument: Instrument, firms: int) -> list[str]:
    """Make the wave and return the links of so many firms."""
    engine = create_engine(place.database_url)
    with engine.connect() as connection:
        migrate.upgrade(connection)
        connection.commit()
    keys = Keys.read(place.folder / "keys")
    with Session(engine) as session:
        wave, _ = make_wave(session, instrument)
        links = [make_invitation(session, keys, wave)[1] for _ in range(firms)]
        session.commit()
    engine.dispose()
    return links


def measure(name: str, url: str, instrument: Instrument, one: int, many: int, clients: int) -> None:
    """Print the latency of one client and the throughput of many."""
    with tempfile.TemporaryDirectory() as folder:
        place = installation(Path(folder), url)
        links = prepare(place, instrument, one + many)
        with place.served() as server:
            journey(place.port, links[0], instrument, 0, Times())  # warm up
            alone = Times()
            for seed, link in enumerate(links[1:one]):
                journey(place.port, link, instrument, seed, alone)
            together, cpu, start = Times(), _own_cpu(), time.perf_counter()
            with ThreadPoolExecutor(clients) as pool:
                list(pool.map(lambda n: journey(place.port, links[n], instrument, n, together), range(one, one + many)))
            took = time.perf_counter() - start
            report(name, alone, together, took, (_own_cpu() - cpu) / took, workers_of(server))


def report(name: str, alone: Times, together: Times, took: float, client_cpu: float, workers: list[int]) -> None:
    """Print the figures of one database."""
    print(f"\n{name}")
    for kind in ("get", "save", "send"):
        times = [1000 * seconds for seconds in getattr(alone, kind)]
        p95 = statistics.quantiles(times, n=20)[-1] if len(times) > 1 else times[0]
        print(
            f"  {kind:<5} one client: median {statistics.median(times):6.1f} ms, p95 {p95:6.1f} ms ({len(times)} requests)"
        )
    requests = len(together.get) + len(together.save) + 2 * len(together.send)
    print(f"  many clients: {requests / took:.0f} requests/s, {len(together.send) / took:.2f} complete answers/s")
    print(f"  load client: {100 * client_cpu:.0f} % of one core")
    for number in workers:
        maps = Path(f"/proc/{number}/maps").read_text(encoding="utf-8")
        memory = int(Path(f"/proc/{number}/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize()
        print(f"  worker: {memory / 2**20:.0f} MiB resident, pandas loaded: {'pandas' in maps}")


def _own_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Measure both databases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--one", type=int, default=11, help="journeys of one client (the first warms up)")
    parser.add_argument("--many", type=int, default=60, help="journeys of many clients")
    parser.add_argument("--clients", type=int, default=8)
    options = parser.parse_args()
    instrument = load_instrument(instrument_path("pci_domestic"))
    with databases() as found:
        for name, url in found.items():
            measure(name, url, instrument, options.one, options.many, options.clients)


if __name__ == "__main__":
    main()
