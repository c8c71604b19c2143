"""How long do a backup and its restore take, and how much memory? `python -m benchmarks.backup`

100,000 invited firms and 5,000 ballots of the full instrument, on SQLite and on PostgreSQL; each command is a process of its own.
"""

from __future__ import annotations

import argparse
import os
import secrets
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from sqlalchemy import create_engine, insert
from sqlalchemy.orm import Session

from questionnaires.files import instrument_path, load_instrument
from survey_app.envelopes import ballot_info, seal_ballot, sizes
from survey_app.models.fieldwork import Invitation, SampleUnit
from survey_app.models.response import Ballot
from tests.factories import make_wave
from tests.postgres import Server
from tests.server import Installation, installation

_CHUNK = 5000


def main() -> None:
    """Print time and memory of each command, and the size of the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--firms", type=int, default=100_000)
    parser.add_argument("--ballots", type=int, default=5_000)
    asked = parser.parse_args()
    server = Server.start(durable=True)
    try:
        with tempfile.TemporaryDirectory() as folder:
            server.create("benchmark")
            for url in (f"sqlite:///{folder}/survey.sqlite3", server.url("benchmark")):
                measure(installation(Path(folder), url), asked.firms, asked.ballots)
            server.drop("benchmark")
    finally:
        server.stop()


def measure(place: Installation, firms: int, ballots: int) -> None:
    """Fill a database, back it up, look at the file and put it back."""
    place.flask("db", "upgrade")
    fill(place.database_url, firms, ballots)
    kind = place.database_url.split(":")[0]
    key, copy = place.folder / f"{kind}.key", place.folder / f"{kind}.age"
    place.settings["PCI_BACKUP_RECIPIENT"] = place.flask("backup", "key", str(key)).rsplit("=", 1)[1].strip()
    for words in (("make", copy), ("check", copy, "--key", key), ("restore", copy, "--key", key, "--replace", "--yes")):
        seconds, mebibytes = timed(place, "backup", *map(str, words))
        print(f"{kind:<11} {words[0]:<8} {seconds:6.1f} s, at most {mebibytes} MiB", flush=True)
    print(f"{kind:<11} the file: {copy.stat().st_size / 2**20:.0f} MiB")


def fill(url: str, firms: int, ballots: int) -> None:
    """Write a wave to which so many firms are invited, and so many ballots."""
    instrument = load_instrument(instrument_path("pci_domestic"))
    engine = create_engine(url)
    with Session(engine) as session:
        wave, _ = make_wave(session, instrument, paper=ballots)
        info, size = ballot_info(wave.code, wave.instrument_hash), sizes(instrument)[1]
        for start in range(0, firms, _CHUNK):
            units = [_unit(number) for number in range(start, min(start + _CHUNK, firms))]
            session.execute(insert(SampleUnit), units)
            session.execute(insert(Invitation), [_invitation(wave.code, unit["id"]) for unit in units])
        for _ in range(ballots):
            sealed = seal_ballot(wave.public_key, {"answers": {}}, size, info)
            session.execute(insert(Ballot), {"id": secrets.token_hex(16), "wave": wave.code, "sealed": sealed})
        session.commit()
    engine.dispose()


def _unit(number: int) -> dict[str, object]:
    name = f"Công ty TNHH Đo Lường {number}"
    said = {"name": name, "folded": name.lower(), "size": "n10_49", "sector": "trade", "age": "y5", "area": "Xã Mẫu"}
    return {"id": secrets.token_hex(16), **said, "contact": secrets.token_bytes(120)}


def _invitation(wave: str, unit: object) -> dict[str, object]:
    return {
        "id": secrets.token_hex(16),
        "wave": wave,
        "unit": unit,
        "lookup": secrets.token_bytes(32),
        "stratum": "all",
    }


def timed(place: Installation, *words: str) -> tuple[float, int]:
    """Run a command; return its seconds and the most memory it had, in MiB."""
    start = time.perf_counter()
    command = [str(Path(sys.executable).parent / "flask"), *words]
    process = subprocess.Popen(command, env=place.environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"flask {' '.join(words)} failed")
    return time.perf_counter() - start, usage.ru_maxrss // 1024


if __name__ == "__main__":
    main()
