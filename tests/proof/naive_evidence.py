"""What the attacker gathers of the naive schema: the same as of the real one, from the same kinds of trace."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from tests.proof import naive
from tests.proof.attack import Evidence, Orders
from tests.proof.disk import appearing
from tests.proof.evidence import Spy, combination, traits, truth

_COLUMNS = ("id", "stratum", "language", "instrument", "consent", "day", "answers")


def gather(spy: Spy) -> Evidence:
    """Return the evidence against the naive schema."""
    statement = "SELECT token, rtrim(stratum), rtrim(language), rtrim(instrument), rtrim(consent), day, rtrim(answers)"
    found = spy.disk.rows(f"{statement} FROM naive_response {spy.where}")
    rows = [{**dict(zip(_COLUMNS, row, strict=True)), "answers": json.loads(row[-1])} for row in found]
    by_unit = {firm.unit: firm for firm in spy.work.firms}
    return Evidence(
        labels=(
            {unit: (firm.stratum,) for unit, firm in by_unit.items()},
            {row["id"]: (row["stratum"],) for row in rows},
        ),
        attributes=(
            {unit: (firm.stratum, *firm.frame.values()) for unit, firm in by_unit.items()},
            {row["id"]: combination(row) for row in rows},
        ),
        orders=_orders(spy, rows),
        traits={
            **traits(by_unit, rows, spy.naive.new),
            **spy.transactions("naive_answered", "naive_response", "token"),
            "length": (dict(spy.disk.rows("SELECT unit, length(draft) FROM naive_draft")), {}),
        },
        truth=truth(spy.work, rows),
    )


def _orders(spy: Spy, rows: list[dict[str, Any]]) -> dict[str, Orders]:
    disk, ids = spy.disk, [row["id"] for row in rows]
    firm_of = dict(disk.rows(f"SELECT token, unit FROM naive_answered {spy.where}"))

    def firms(tokens: Iterable[str]) -> list[str]:
        return [firm_of[each] for each in tokens]

    stored = [row[0] for row in disk.rows(f"SELECT token FROM naive_response {spy.where}")]
    numbered = [row[0] for row in disk.rows(f"SELECT token FROM naive_response {spy.where} ORDER BY id")]
    by_number = [row[0] for row in disk.rows(f"SELECT unit FROM naive_answered {spy.where} ORDER BY id")]
    pages = (disk.pages("naive_answered"), disk.pages("naive_response"))
    dump = disk.dump(naive.TABLES)
    logged = disk.logged("naive_response", "token", ids)
    orders: dict[str, Orders] = {
        "stored": ([firm.unit for firm in spy.work.firms], stored),
        "bytes": (firms(disk.carve(pages[0], firm_of.keys())), disk.carve(pages[1], ids)),
        "dump": (firms(appearing(dump, firm_of.keys())), appearing(dump, ids)),
        "index": (disk.indexed("naive_answered", "unit", "naive"), disk.indexed("naive_response", "token", "naive")),
        "id": (by_number, numbered),
        "log": (firms(disk.logged("naive_answered", "token", firm_of.keys())), logged),
        "box": (by_number, logged),
        "length": _by_length(spy, rows),
        "snapshot": ([firm.unit for firm in spy.work.firms], stored),
        "message": ([firm.unit for firm in spy.work.firms], stored),  # each was skipped the moment it had answered
        "receipt": (_receipts(spy), stored),
        "comment": (_comments(spy), stored),
    }
    return orders | spy.postgres_orders("naive_answered", "naive_response", "token")


def _by_length(spy: Spy, rows: list[dict[str, Any]]) -> Orders:
    drafts = spy.disk.rows("SELECT unit FROM naive_draft ORDER BY length(draft)")
    written = {row["id"]: len(json.dumps(row["answers"])) for row in rows}
    return [row[0] for row in drafts], sorted(written, key=written.__getitem__)


def _receipts(spy: Spy) -> list[str]:
    return [spy.receipts[row[0]] for row in spy.disk.rows(f"SELECT code FROM naive_receipt {spy.where}")]


def _comments(spy: Spy) -> list[str]:
    author = {firm.words: firm.unit for firm in spy.work.firms}
    return [author[row[0]] for row in spy.disk.rows(f"SELECT rtrim(text) FROM naive_comment {spy.where}")]
