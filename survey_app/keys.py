"""Secrets of the installation: one file each, 32 random bytes, readable by their user only."""

from __future__ import annotations

import hashlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from survey_app.config import BadConfiguration

NAMES = ("link", "lookup", "cookie", "session", "password", "contact")
_BYTES = 32


@dataclass(frozen=True, repr=False)
class Keys:
    """The secrets a process holds.

    `link` rebuilds personal links, `lookup` finds an invitation from one, `contact` opens what the frame knows of people.
    """

    link: bytes
    lookup: bytes
    cookie: bytes
    session: bytes
    password: bytes
    contact: bytes

    @classmethod
    def read(cls, folder: Path) -> Keys:
        """Return the keys in `folder`; raise BadConfiguration if one is missing, short or readable by others."""
        return cls(**{name: _read(folder / f"{name}.key") for name in NAMES})

    @property
    def mark(self) -> str:
        """Return by what these keys can be known again, for a backup: it tells nothing of them."""
        return hashlib.sha256(b"mark" + self.link + self.lookup + self.contact + self.password).hexdigest()[:16]

    @staticmethod
    def create(folder: Path) -> list[Path]:
        """Write the keys that are missing, never replace one, and return what was written."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        missing = [path for name in NAMES if not (path := folder / f"{name}.key").exists()]
        for path in missing:
            write_secret(path, secrets.token_bytes(_BYTES))
        return missing


def write_secret(path: Path, content: bytes) -> None:
    """Write a new file that only its user can read; raise FileExistsError rather than replace one."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _read(path: Path) -> bytes:
    try:
        content = path.read_bytes()
        mode = path.stat().st_mode
    except OSError as error:
        raise BadConfiguration(f"{path} cannot be read: make the keys with `flask keys create`") from error
    if len(content) != _BYTES:
        raise BadConfiguration(f"{path} must hold {_BYTES} bytes; make a new key with `flask keys create`")
    if mode & 0o077:
        raise BadConfiguration(f"{path} can be read by others: run `chmod 400 {path}`")
    return content
