"""Which columns and indexes the tables of answers may have: a closed list, since each further one could tell whose."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Column, Date, DateTime, ForeignKey, Integer, MetaData, Table, Time

#: What each table of answers may hold, and nothing else. `version` counts the saves of a draft, which is deleted.
ALLOWED: dict[str, dict[str, str]] = {
    "draft": {"id": "String", "wave": "String", "version": "Integer", "blob": "LargeBinary"},
    "keyed_form": {
        "id": "String",
        "wave": "String",
        "number": "Integer",
        "author": "Integer",
        "blob": "LargeBinary",
    },
    "ballot": {"id": "String", "wave": "String", "sealed": "LargeBinary"},
    "response": {"id": "String", "wave": "String", "answers": "JSON", "stratum": "String", "weight": "Float|Double"},
    "comment": {"id": "String", "wave": "String", "item": "String", "text": "Text"},
    "receipt": {"wave": "String", "code": "String"},
}
#: Besides their wave: who has typed a paper form, so that somebody else types it again. The row goes before the ballot comes.
MAY_NAME = {"keyed_form.author": "user.id"}
#: Their rows say that a firm was asked and whether it has answered; when would be too much.
OUTER = ("invitation", "sample_unit")


def schema_faults(metadata: MetaData) -> list[str]:
    """Return what in these tables could tell whose an answer is, or when it came."""
    found: list[str] = []
    for name in (*ALLOWED, *OUTER):
        if (table := metadata.tables.get(name)) is None:
            found.append(f"{name}: the table is missing")
            continue
        found += _times(table)
        found += _row_numbers(table)
        if name in ALLOWED:
            found += _of_answers(table)
    return found + list(_references_back(metadata))


def _times(table: Table) -> list[str]:
    moments = [column.name for column in table.columns if isinstance(column.type, Date | DateTime | Time)]
    return [f"{table.name}.{name}: a date or a time says when a firm answered" for name in moments]


def _row_numbers(table: Table) -> Iterator[str]:
    if table.dialect_options["sqlite"]["with_rowid"] is not False:
        yield f"{table.name}: without sqlite_with_rowid=False SQLite numbers its rows in the order of arrival"
    for column in table.primary_key.columns:
        is_number = isinstance(column.type, Integer)
        made_up = column.default is not None and column.default.is_sequence
        if is_number or made_up or column.identity is not None:
            yield f"{table.name}.{column.name}: a key that counts says in which order rows came"


def _of_answers(table: Table) -> Iterator[str]:
    allowed = ALLOWED[table.name]
    for column in table.columns:
        kind = type(column.type).__name__
        if column.name not in allowed:
            yield f"{table.name}.{column.name}: not among the columns that a table of answers may have"
        elif kind not in allowed[column.name].split("|"):
            yield f"{table.name}.{column.name}: {kind} instead of {allowed[column.name]}"
        yield from _of_column(column)
    for index in table.indexes:
        yield f"{table.name}: the index {index.name} keeps rows in an order of its own"


def _of_column(column: Column[object]) -> Iterator[str]:
    place = f"{column.table.name}.{column.name}"
    if column.server_default is not None or column.onupdate is not None or column.server_onupdate is not None:
        yield f"{place}: a value that the database makes up could be a time or a number"
    for key in column.foreign_keys:
        if _target(key) not in ("wave.code", MAY_NAME.get(place)):
            yield f"{place}: refers to {_target(key)}; answers refer to their wave and to nothing else"


def _references_back(metadata: MetaData) -> Iterator[str]:
    for table in metadata.tables.values():
        for key in table.foreign_keys:
            if _target(key).split(".")[0] in ALLOWED:
                yield f"{table.name}.{key.parent.name}: refers to {_target(key)}; nothing refers to an answer"


def _target(key: ForeignKey) -> str:
    return key.target_fullname
