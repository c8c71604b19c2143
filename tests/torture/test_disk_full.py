"""The disk runs full while firms send: 503 and nothing lost; once there is room again, everything goes on."""

from __future__ import annotations

import http.client
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.postgres import Server
from tests.server import workers_of
from tests.torture.fieldwork import CLIENTS, Fieldwork, Firm, Trouble, all_answer, begin, say
from tests.torture.sizes import size
from tests.torture.volume import Volume, small_volume

#: Bytes that are left: firms get on for a little. PostgreSQL has made room in its log and its tables before.
FULL_AFTER = {"sqlite": 128 * 1024, "postgresql": 0}


@pytest.mark.parametrize("firms", [size(30, 500)])
def test_a_full_disk_under_sqlite_loses_nothing(migrated_sqlite: Path, tmp_path: Path, firms: int):
    with small_volume(tmp_path / "volume", 16) as volume:
        path = volume.folder / "survey.sqlite3"
        path.write_bytes(migrated_sqlite.read_bytes())
        work = begin(tmp_path, f"sqlite:///{path}", firms)
        with work.place.served() as server:
            volume.writers = lambda: (server.pid, *workers_of(server))
            _run_full(work, volume, lambda: None)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that the server's user may enter, unlike pytest's."""
    folder = Path(tempfile.mkdtemp(prefix="survey-disk-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.parametrize("firms", [size(30, 500)])
def test_a_full_disk_under_postgresql_loses_nothing(tmp_path: Path, open_folder: Path, firms: int):
    with small_volume(open_folder / "volume", 192) as volume:
        (volume.folder / "postgres").mkdir()
        postgres = Server.start(durable=True, own=True, folder=volume.folder / "postgres")
        try:
            postgres.create("survey")
            volume.writers = lambda: postgres.processes() if postgres.is_running else []
            work = begin(tmp_path, postgres.url("survey"), firms)
            with work.place.served():
                _run_full(work, volume, lambda: None if postgres.is_running else postgres.restart())
        finally:
            postgres.stop()


def _run_full(work: Fieldwork, volume: Volume, mend: Callable[[], None]) -> None:
    """Let firms answer with room, without, and with room again."""
    third = len(work.firms) // 3
    all_answer(work.firms[:third])
    volume.fill(left=FULL_AFTER[work.place.database_url.partition(":")[0]])
    _all_try_once(work.firms[third : 2 * third])
    while_full = sum(firm.acknowledged for firm in work.firms[third : 2 * third])
    volume.free()
    mend()
    all_answer(work.firms)
    outcome = work.outcome()
    refused = sum(firm.statuses[503] for firm in work.firms)
    failures = sum(firm.statuses[500] for firm in work.firms)
    figures = f"acknowledged while it ran full {while_full}, answered 503: {refused}, 500: {failures}, {outcome}"
    say(f"disk full ({volume.kind})", work.place.database_url, figures)
    assert refused > 0
    assert failures == 0
    assert while_full < third
    assert outcome.is_clean
    assert outcome.acknowledged == outcome.ballots == len(work.firms)


def _all_try_once(firms: Sequence[Firm]) -> None:
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(_try_once, firms))


def _try_once(firm: Firm) -> None:
    try:
        firm.answer()
    except (OSError, http.client.HTTPException, Trouble):
        firm.troubles += 1
