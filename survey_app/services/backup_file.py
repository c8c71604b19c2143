"""The file of a backup: rows as lines of JSON, encrypted with age to a key that is kept off line. docs/adr/0012.

It is written and read as a stream; nothing of it is ever on a disk in the clear, and little of it in memory.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyrage
from pyrage.x25519 import Identity, Recipient

from survey_app.errors import DomainError
from survey_app.keys import write_secret

FORMAT = "business survey backup 1"
#: Rows that are read or written at a time.
BATCH = 200

Row = list[Any]
#: A table's name, its columns, and its rows.
Table = tuple[str, list[str], Iterable[Row]]


class KeyExists(DomainError):
    """A key file is never replaced."""

    vi = "Đã có tệp {path}: chọn tên khác cho khóa sao lưu."
    en = "The file {path} exists: choose another name for the backup key."


class BadRecipient(DomainError):
    """The public key is missing or mistyped."""

    vi = (
        "PCI_BACKUP_RECIPIENT chưa phải là khóa công khai (age1…). "
        "Chạy `flask backup key TỆP` một lần rồi chép dòng in ra vào tệp cài đặt."
    )
    en = (
        "PCI_BACKUP_RECIPIENT is not a public key (age1…). "
        "Run `flask backup key FILE` once and copy the line it prints into the settings."
    )


class BadKeyFile(DomainError):
    """The file holds no private key."""

    vi = "Không đọc được khóa sao lưu trong tệp {path}: cần một dòng bắt đầu bằng AGE-SECRET-KEY-."
    en = "The file {path} cannot be read as a backup key: it needs a line that begins with AGE-SECRET-KEY-."


class BackupExists(DomainError):
    """A backup is never replaced."""

    vi = "Đã có tệp {path}: chọn tên khác cho bản sao lưu."
    en = "The file {path} exists: choose another name for the backup."


class NotWritten(DomainError):
    """The backup could not be written; no file was left."""

    vi = "Không ghi được bản sao lưu {path} ({reason}). Không để lại tệp nào."
    en = "The backup {path} cannot be written ({reason}). No file was left."


class NotOpened(DomainError):
    """The key does not open the file."""

    vi = "Khóa không mở được {path}: sai khóa, hoặc phần đầu tệp đã hỏng ({reason})."
    en = "The key does not open {path}: it is another key's, or the file's beginning is damaged ({reason})."


class Damaged(DomainError):
    """The file is not what was written."""

    vi = "Bản sao lưu {path} đã hỏng hoặc thiếu phần cuối ({reason}). Dùng bản khác."
    en = "The backup {path} is damaged or lacks its end ({reason}). Use another one."


@dataclass(frozen=True)
class Header:
    """What a backup says of itself first; `keys` is the mark of the installation's keys (`Keys.mark`)."""

    revision: str
    keys: str
    made_at: str


@dataclass(frozen=True)
class Contents:
    """A whole backup: its header, how many rows of each table, and the SHA-256 of all of it."""

    header: Header
    rows: dict[str, int]
    sha256: str

    @property
    def made_at(self) -> datetime:
        """Return when it was made."""
        return datetime.fromisoformat(self.header.made_at)


def make_key(path: Path) -> str:
    """Write a new private key to a new file that only its user can read, and return the public one; raise KeyExists."""
    identity = Identity.generate()
    public = str(identity.to_public())
    try:
        write_secret(path, f"# public key: {public}\n{identity}\n".encode())
    except FileExistsError as error:
        raise KeyExists(path=path) from error
    return public


def recipient(public: str) -> Recipient:
    """Return the public key that backups are encrypted to; raise BadRecipient."""
    try:
        return Recipient.from_str(public)
    except pyrage.RecipientError as error:
        raise BadRecipient from error


def read_key(path: Path) -> Identity:
    """Return the private key in a file; raise BadKeyFile."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
        return Identity.from_str(next((line.strip() for line in lines if line.startswith("AGE-SECRET-KEY-")), ""))
    except (OSError, UnicodeDecodeError, pyrage.IdentityError) as error:
        raise BadKeyFile(path=path) from error


def write(path: Path, to: Recipient, header: Header, tables: Iterable[Table]) -> Contents:
    """Write a backup to a new file and return what it holds; raise BackupExists, NotWritten, or what `tables` raises.

    The file gets its name when it is whole and on the disk.
    """
    _require_new(path)
    lines = _Lines(header, tables)
    try:
        # a name of its own: of two that are written to one place at once, one must not write into the other
        handle, part = tempfile.mkstemp(".part", f"{path.name}.", path.parent)
    except OSError as error:
        raise NotWritten(path=path, reason=str(error)) from error
    try:
        with os.fdopen(handle, "wb") as file:
            pyrage.encrypt_io(lines, file, [to])
            file.flush()
            os.fsync(file.fileno())
        _require_new(path)
        Path(part).rename(path)
    except (pyrage.EncryptError, OSError) as error:
        raise lines.failure or NotWritten(path=path, reason=str(error)) from error
    finally:
        with suppress(OSError):
            Path(part).unlink(missing_ok=True)
    return lines.contents()


def _require_new(path: Path) -> None:
    if path.exists():
        raise BackupExists(path=path)


class _Lines:
    """The lines of a backup, as a file that age reads; what fails on the way is kept in `failure`."""

    def __init__(self, header: Header, tables: Iterable[Table]) -> None:
        self.failure: BaseException | None = None
        self._header = header
        self._rows: Counter[str] = Counter()
        self._digest = hashlib.sha256()
        self._lines = self._all(tables)
        self._left = b""

    def contents(self) -> Contents:
        """Return what was written."""
        return Contents(self._header, dict(self._rows), self._digest.hexdigest())

    def read(self, size: int) -> bytes:
        """Return the next bytes, none at the end."""
        try:
            while len(self._left) < size and (line := next(self._lines, None)) is not None:
                self._left += line
        except BaseException as error:
            self.failure = error  # age passes it on as no more than a string
            raise
        given, self._left = self._left[:size], self._left[size:]
        return given

    def _all(self, tables: Iterable[Table]) -> Iterator[bytes]:
        yield self._line({"format": FORMAT, **asdict(self._header)})
        for name, columns, rows in tables:
            self._rows[name] = 0
            yield self._line({"table": name, "columns": columns})
            for row in rows:
                self._rows[name] += 1
                yield self._line(row)
        end = {"rows": dict(self._rows), "sha256": self._digest.hexdigest()}
        yield json.dumps(end).encode() + b"\n"

    def _line(self, said: object) -> bytes:
        line = json.dumps(said, ensure_ascii=False, separators=(",", ":"), default=_plain).encode() + b"\n"
        self._digest.update(line)
        return line


def _plain(value: object) -> str:
    """Return a value as JSON can hold it: bytes in base 64, times in UTC (one without a zone is UTC)."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value).__name__)


#: Told when a backup begins, and of each batch of rows: table, columns, rows.
Begin = Callable[[Header], None]
Take = Callable[[str, list[str], list[Row]], None]


def read(path: Path, identity: Identity, begin: Begin, take: Take) -> Contents:
    """Read a backup and return what it holds; raise NotOpened, Damaged, or what `begin` and `take` raise.

    What they were told is to be believed only once this returns.
    """
    reader = _Reader(path, begin, take)
    try:
        with path.open("rb") as file:
            pyrage.decrypt_io(file, reader, [identity])
    except pyrage.DecryptError as error:
        raise NotOpened(path=path, reason=str(error)) from error
    except OSError as error:
        raise Damaged(path=path, reason=str(error)) from error
    return reader.contents()


class _Reader:
    """The decrypted side of a backup, as a file that age writes to: takes the lines apart and tells of them."""

    def __init__(self, path: Path, begin: Begin, take: Take) -> None:
        self._path, self._begin, self._take = path, begin, take
        self._header: Header | None = None
        self._table: tuple[str, list[str]] = ("", [])
        self._batch: list[Row] = []
        self._rows: Counter[str] = Counter()
        self._digest = hashlib.sha256()
        self._end: dict[str, Any] | None = None
        self._left = b""

    def write(self, given: bytes) -> int:
        """Take the next bytes."""
        *lines, self._left = (self._left + given).split(b"\n")
        for line in lines:
            self._line(line)
        return len(given)

    def flush(self) -> None:
        """Nothing waits here: a batch is handed on when its table ends."""

    def contents(self) -> Contents:
        """Return what was read, once it is whole; raise Damaged."""
        if self._header is None or self._end is None or self._left:
            raise Damaged(path=self._path, reason="no end")
        if self._end != {"rows": dict(self._rows), "sha256": self._digest.hexdigest()}:
            raise Damaged(path=self._path, reason="SHA-256")
        return Contents(self._header, dict(self._rows), self._digest.hexdigest())

    def _line(self, line: bytes) -> None:
        if self._end is not None:
            raise Damaged(path=self._path, reason="lines after its end")
        try:
            said = json.loads(line)
        except ValueError as error:
            raise Damaged(path=self._path, reason="JSON") from error
        if isinstance(said, dict) and "sha256" in said:
            self._hand_on()
            self._end = said
            return
        self._digest.update(line + b"\n")
        self._understand(said)

    def _understand(self, said: Any) -> None:
        match said:
            case list() if self._table[0]:
                self._batch.append(said)
                if len(self._batch) == BATCH:
                    self._hand_on()
            case {"table": str(name), "columns": list(columns)} if self._header:
                self._hand_on()
                self._table = (name, columns)
                self._rows[name] = 0
            case {"format": found, "revision": revision, "keys": keys, "made_at": made_at} if (
                found == FORMAT and not self._header
            ):
                self._header = Header(revision, keys, made_at)
                self._begin(self._header)
            case _:
                raise Damaged(path=self._path, reason="not a backup of this application")

    def _hand_on(self) -> None:
        if self._batch:
            name, columns = self._table
            self._rows[name] += len(self._batch)
            batch, self._batch = self._batch, []
            self._take(name, columns, batch)
