"""A volume that runs full: a small tmpfs for root, else a limit on the size of the server's files."""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Volume:
    """A folder whose room can be taken away and given back."""

    folder: Path
    kind: str
    writers: Callable[[], Iterable[int]] = tuple  # the processes that write, where the limit is theirs

    def fill(self, left: int) -> None:
        """Leave so many bytes; where the limit is the processes', 0 lets them write nothing at all."""
        if self.kind == "tmpfs":
            free = os.statvfs(self.folder)
            self._filler.write_bytes(b"\0" * (free.f_bavail * free.f_bsize - left))
            return
        largest = max(path.stat().st_size for path in self.folder.rglob("*"))
        self._limit(largest + left if left else 0)

    def free(self) -> None:
        """Give the room back."""
        if self.kind == "tmpfs":
            self._filler.unlink()
        else:
            self._limit(resource.RLIM_INFINITY)

    @property
    def _filler(self) -> Path:
        return self.folder / "filler"

    def _limit(self, size: int) -> None:
        for process in self.writers():
            with suppress(ProcessLookupError):  # it has ended meanwhile
                resource.prlimit(process, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


@contextmanager
def small_volume(folder: Path, mebibytes: int) -> Iterator[Volume]:
    """Yield a volume of so many mebibytes at `folder`, empty."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        yield Volume(folder, "RLIMIT_FSIZE")
        return
    try:
        yield Volume(folder, "tmpfs")
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
