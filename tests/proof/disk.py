"""What a database leaves in its files, read as a thief reads it: raw pages, write-ahead log, dumps, indexes.

Tables and columns are named by the tests alone, never by input.
"""

from __future__ import annotations

import re
import sqlite3
import struct
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Engine, create_engine

_HEX = re.compile(rb"[0-9a-f]{32,}")
_DIGITS = 32
_LONGEST_RUN = 200
_PAGE = {"sqlite": 4096, "postgresql": 8192}
_LEAF = 1  # BTP_LEAF in PostgreSQL's nbtree.h
_WAL_HEADER, _FRAME_HEADER = 32, 24


def carve(data: bytes, ids: Collection[str], page: int) -> list[str]:
    """Return the ids in the order in which they were put into the pages of a file: each page fills from its end."""
    wanted = {each.encode() for each in ids}
    found: dict[bytes, int] = {}
    for run in _HEX.finditer(data):
        if run.end() - run.start() > _LONGEST_RUN:
            continue  # a ciphertext printed in hexadecimal digits
        for start in range(run.start(), run.end() - _DIGITS + 1):
            each = data[start : start + _DIGITS]
            if each in wanted:
                found.setdefault(each, start)
    return [each.decode() for each in sorted(found, key=lambda each: (found[each] // page, -(found[each] % page)))]


def appearing(data: bytes, ids: Collection[str]) -> list[str]:
    """Return the ids in the order in which a text mentions them first."""
    return carve(data, ids, page=1)


class Disk(Protocol):
    """A database in the attacker's hands."""

    has_xmin: bool

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """Return what a query finds."""

    def dump(self, tables: Iterable[str]) -> bytes:
        """Return the dump of these tables, each in its stored order."""

    def pages(self, table: str) -> bytes:
        """Return the pages in which a table lies, free room and dead rows included."""

    def carve(self, data: bytes, ids: Collection[str]) -> list[str]:
        """Return ids in the order in which they were put into such pages."""

    def mark(self) -> None:
        """Note where the write-ahead log stands."""

    def logged(self, table: str, key: str, ids: Collection[str]) -> list[str]:
        """Return the keys of a table in the order in which the log since the mark wrote their rows."""

    def indexed(self, table: str, key: str, index: str) -> list[str]:
        """Return the keys of a table in the order in which an index holds them."""


class SqliteDisk:
    """The file, its -wal file as it is while something has just been committed, and its own dump."""

    has_xmin = False

    def __init__(self, path: Path) -> None:
        self._path = path
        self._log = b""

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """Return what a query finds."""
        connection = sqlite3.connect(self._path)
        try:
            return connection.execute(statement).fetchall()
        finally:
            connection.close()

    def dump(self, tables: Iterable[str]) -> bytes:
        """Return the rows as SQLite's own dump prints them; `tables` are among them."""
        connection = sqlite3.connect(self._path)
        try:
            return "\n".join(connection.iterdump()).encode()
        finally:
            connection.close()

    def pages(self, table: str) -> bytes:
        """Return the whole file, free pages included: tables share it."""
        return self._path.read_bytes()

    def carve(self, data: bytes, ids: Collection[str]) -> list[str]:
        """Return ids in the order in which they were put into the pages of the file."""
        return carve(data, ids, _PAGE["sqlite"])

    def mark(self) -> None:
        """Begin anew: the log is a file that the opening of the box empties."""
        self._log = b""

    def keep_log(self) -> None:
        """Copy the -wal file before it is emptied."""
        self._log = self._path.with_name(f"{self._path.name}-wal").read_bytes()

    def logged(self, table: str, key: str, ids: Collection[str]) -> list[str]:
        """Return the ids in the order in which the log's frames first hold them."""
        return carve(self._log[_WAL_HEADER:], ids, _PAGE["sqlite"] + _FRAME_HEADER)

    def indexed(self, table: str, key: str, index: str) -> list[str]:
        """Return the keys in the order of an index, which SQLite holds sorted."""
        columns = {"lookup": "lookup", "pk": key, "naive": "id"}
        return [row[0] for row in self.rows(f"SELECT {key} FROM {table} ORDER BY {columns[index]}")]


class PostgresDisk:
    """Pages, index pages and the write-ahead log, by the extensions that PostgreSQL brings for looking into them."""

    has_xmin = True
    _INDEXES = {"pk": "pk_{table}", "naive": "{table}_pkey"}  # noqa: RUF012 - never changed

    def __init__(self, url: str) -> None:
        self._engine: Engine = create_engine(url, isolation_level="AUTOCOMMIT")
        self._start = ""
        for extension in ("pageinspect", "pg_walinspect"):
            self._run(f"CREATE EXTENSION {extension}")
        self._run("ALTER SYSTEM SET wal_keep_size = '4GB'")
        self._run("SELECT pg_reload_conf()")

    def dispose(self) -> None:
        """Give the server back as it was."""
        self._run("ALTER SYSTEM RESET wal_keep_size")
        self._run("SELECT pg_reload_conf()")
        self._engine.dispose()

    def _run(self, statement: str) -> None:
        with self._engine.connect() as connection:
            connection.exec_driver_sql(statement)

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """Return what a query finds."""
        with self._engine.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(statement)]

    def dump(self, tables: Iterable[str]) -> bytes:
        """Return what pg_dump writes of these tables: it copies each out with this very statement."""
        parts = []
        with self._engine.connect() as connection:
            cursor = connection.connection.cursor()
            for table in tables:
                with cursor.copy(f"COPY {table} TO STDOUT") as copy:
                    parts += [bytes(block) for block in copy]
        return b"".join(parts)

    def pages(self, table: str) -> bytes:
        """Return the pages of a table."""
        count = f"pg_relation_size('{table}') / {_PAGE['postgresql']} - 1"
        pages = self.rows(f"SELECT get_raw_page('{table}', n::int) FROM generate_series(0, {count}) AS n ORDER BY n")
        return b"".join(bytes(page) for (page,) in pages)

    def carve(self, data: bytes, ids: Collection[str]) -> list[str]:
        """Return ids in the order in which they were put into the pages."""
        return carve(data, ids, _PAGE["postgresql"])

    def mark(self) -> None:
        """Note where the log stands."""
        self._start = self.rows("SELECT pg_current_wal_insert_lsn()::text")[0][0]

    def keep_log(self) -> None:
        """Nothing to do: the server keeps it."""

    def logged(self, table: str, key: str, ids: Collection[str]) -> list[str]:
        """Return the keys in the order in which the log inserted, or last updated, their rows."""
        place: dict[str, int] = {}
        file = self.rows(f"SELECT substring(pg_relation_filepath('{table}') from '[0-9]+$')")[0][0]
        records = self.rows(
            f"SELECT description, block_ref FROM pg_get_wal_records_info('{self._start}', pg_current_wal_flush_lsn()) "
            f"WHERE resource_manager LIKE 'Heap%%' AND block_ref LIKE '%%/{file} %%' "
            "AND (record_type LIKE '%%INSERT%%' OR record_type LIKE '%%UPDATE%%') ORDER BY start_lsn"
        )
        for number, (description, block) in enumerate(records):
            offset = re.search(r"(?:new_off|(?<![_a-z])off): (\d+)", description)
            page = re.search(r"blk (\d+)", block)
            if offset and page:
                place[f"({page[1]},{offset[1]})"] = number
        keys = self.rows(f"SELECT ctid::text, {key} FROM {table}")
        known = {row[1]: place[row[0]] for row in keys if row[0] in place and row[1] in ids}
        return sorted(known, key=known.__getitem__)

    def indexed(self, table: str, key: str, index: str) -> list[str]:
        """Return the keys in the order in which the pages of an index took them; by lookup, in its sorted order."""
        if index == "lookup":
            return [row[0] for row in self.rows(f"SELECT {key} FROM {table} ORDER BY lookup")]
        keys = dict(self.rows(f"SELECT ctid::text, {key} FROM {table}"))
        pages = self.pages(self._INDEXES[index].format(table=table))
        return [keys[place] for place in _index_entries(pages) if place in keys]


def _index_entries(pages: bytes) -> list[str]:
    """Return the row places (ctid) in the pages of a B-tree, each page in the order in which it was filled."""
    places = []
    for start in range(_PAGE["postgresql"], len(pages), _PAGE["postgresql"]):  # the first page describes the others
        page = pages[start : start + _PAGE["postgresql"]]
        lower, _, special = struct.unpack_from("<HHH", page, 12)
        if not special:
            continue
        following, _, flags = struct.unpack_from("<IIH", page, special + 4)
        if not flags & _LEAF:
            continue
        first = 28 if following else 24  # a page that another one follows begins with its highest key, which is no row
        pointers = (struct.unpack_from("<I", page, at)[0] & 0x7FFF for at in range(first, lower, 4))
        for offset in sorted((pointer for pointer in pointers if pointer), reverse=True):
            high, low, position = struct.unpack_from("<HHH", page, offset)
            places.append(f"({high << 16 | low},{position})")
    return list(dict.fromkeys(places))
