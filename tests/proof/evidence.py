"""What an attacker gathers during a wave and after it: of the real schema, and of the naive one beside it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from typing import Any

from survey_app.services.coarsening import coarsen
from survey_app.services.demonstration import STRATUM_LADDER
from survey_app.services.waves import firms_by_stratum
from tests.proof.attack import Evidence, Orders, Traits
from tests.proof.disk import Disk, appearing
from tests.proof.world import ASKED, KEY_VARIABLES, Fieldwork, Firm

TABLES = ("sample_unit", "invitation", "message", "draft", "ballot", "response", "comment", "receipt", "wave")
_IDS = " UNION ALL ".join(
    f"SELECT {key} FROM {table} WHERE wave = '{{wave}}'"
    for table, key in (
        ("ballot", "id"),
        ("draft", "id"),
        ("response", "id"),
        ("comment", "id"),
        ("receipt", "code"),
    )
)
_NAIVE_IDS = "SELECT token FROM naive_response WHERE wave = '{wave}'"


class Polling:
    """Two backups for every firm, one before it answered and one after: what is new must be its own."""

    def __init__(self, disk: Disk, statement: str) -> None:
        self._disk, self._statement = disk, statement
        self._before: set[str] = set()
        self.new: dict[str, str] = {}

    def look(self, firm: Firm) -> None:
        """Compare with the look before."""
        now = {row[0] for row in self._disk.rows(self._statement)}
        self.new.update(dict.fromkeys(now - self._before, firm.unit))
        self._before = now


class Spy:
    """Looks on while firms answer, then once more when the wave is closed, and takes everything at the end."""

    def __init__(self, disk: Disk, fieldwork: Fieldwork, *, with_naive: bool) -> None:
        self.disk, self.work, self.with_naive = disk, fieldwork, with_naive
        self.where = f"WHERE wave = '{fieldwork.code}'"
        self._mine = f"WHERE m.wave = '{fieldwork.code}'"
        self._real = Polling(disk, _IDS.format(wave=fieldwork.code))
        self.naive = Polling(disk, _NAIVE_IDS.format(wave=fieldwork.code))
        self.receipts: dict[str, str] = {}
        self._days: dict[str, str] = {}
        disk.mark()

    def look(self, firm: Firm, receipt: str) -> None:
        """Note what a firm has just left behind."""
        self.receipts[receipt] = firm.unit
        self._real.look(firm)
        if self.with_naive:
            self.naive.look(firm)

    def night(self, day: str) -> None:
        """Note for whom the association learnt at the snapshot of this day that they have answered."""
        for (unit,) in self.disk.rows(f"SELECT unit FROM invitation {self.where} AND known_answered"):
            self._days.setdefault(unit, day)

    def before_opening(self) -> None:
        """Take a backup of the closed wave: the ballots, in every order that they lie in."""
        self._ballots = {firm.secrets.ballot_id: firm.unit for firm in self.work.firms}
        ids = self._ballots.keys()
        self._ballot_bytes = self.disk.carve(self.disk.pages("ballot"), ids)
        self._ballot_dump = appearing(self.disk.dump(["ballot"]), ids)
        self._ballot_length = dict(self.disk.rows(f"SELECT id, length(sealed) FROM ballot {self.where}"))
        assert len(set(self._ballot_length.values())) == 1

    def real(self) -> Evidence:
        """Return the evidence against the real schema, once the box has been opened."""
        rows = self._response_rows()
        record = self._record()
        by_unit = {firm.unit: firm for firm in self.work.firms}
        return Evidence(
            labels=(
                {unit: (record["labels"][firm.stratum],) for unit, firm in by_unit.items()},
                {row["id"]: (row["stratum"],) for row in rows},
            ),
            attributes=(self._predicted(), {row["id"]: combination(row) for row in rows}),
            orders=self._orders(rows),
            traits={
                **traits(by_unit, rows, self._real.new),
                **self.transactions(),
                "day": (self._days, traits(by_unit, rows, {})["day"][1]),
                "length": ({self._ballots[each]: size for each, size in self._ballot_length.items()}, {}),
            },
            truth=truth(self.work, rows),
        )

    def _response_rows(self) -> list[dict[str, Any]]:
        found = self.disk.rows(f"SELECT id, stratum, weight, answers FROM response {self.where}")
        return [
            {"id": each, "stratum": stratum, "weight": weight, "answers": _read(answers)}
            for each, stratum, weight, answers in found
        ]

    def _record(self) -> dict[str, Any]:
        return _read(self.disk.rows(f"SELECT coarsening FROM wave WHERE code = '{self.work.code}'")[0][0])

    def _predicted(self) -> dict[str, Hashable]:
        """Return the combination of each firm's response: coarsening is deterministic, so the frame predicts it."""
        firms = self.work.firms
        counts = firms_by_stratum(self.work.strata)
        done = coarsen(
            [firm.frame for firm in firms],
            [firm.stratum for firm in firms],
            ASKED,
            stratum_ladder=STRATUM_LADDER,
            frame_counts=counts,
        )
        together = zip(firms, done.labels, done.answers, strict=True)
        return {firm.unit: combination({"stratum": label, "answers": answers}) for firm, label, answers in together}

    def _orders(self, rows: list[dict[str, Any]]) -> dict[str, Orders]:
        ids = [row["id"] for row in rows]
        arrival = [firm.unit for firm in self.work.firms]
        units = {row[0] for row in self.disk.rows(f"SELECT unit FROM invitation {self.where}")}
        pages = self.disk.carve(self.disk.pages("response"), ids)
        logged = self.disk.logged("response", "id", ids)
        stored = [row[0] for row in self.disk.rows("SELECT id FROM response")]
        by_ballot = [self._ballots[each] for each in sorted(self._ballots)]
        orders: dict[str, Orders] = {
            "stored": (arrival, stored),
            "bytes": ([self._ballots[each] for each in self._ballot_bytes], pages),
            "dump": ([self._ballots[each] for each in self._ballot_dump], appearing(self.disk.dump(TABLES), ids)),
            "index": (self.disk.indexed("invitation", "unit", "lookup"), self.disk.indexed("response", "id", "pk")),
            "id": (by_ballot, sorted(ids)),
            "log": (self._logged_firms(units, arrival), logged),
            "box": (by_ballot, logged),
            "length": ([], sorted(ids, key={row["id"]: len(json.dumps(row["answers"])) for row in rows}.__getitem__)),
            "snapshot": (sorted(self._days, key=self._days.__getitem__), stored),
            "message": (self._reminded(), stored),
            "receipt": (self._receipt_firms(), stored),
            "comment": (self._comment_firms(), stored),
        }
        return orders | self.postgres_orders("invitation", "response", "id")

    def _logged_firms(self, units: Iterable[str], arrival: list[str]) -> list[str]:
        return self.disk.logged("invitation", "unit", set(units)) if self.disk.has_xmin else arrival

    def _reminded(self) -> list[str]:
        """Return the firms by how long messages went on to them, and then by the row of the last."""
        messages = f"SELECT i.unit, m.step, m.id FROM message m JOIN invitation i ON i.id = m.invitation {self._mine}"
        last = {unit: (step, row) for unit, step, row in self.disk.rows(f"{messages} ORDER BY m.step, m.id")}
        return sorted(last, key=last.__getitem__)

    def _receipt_firms(self) -> list[str]:
        return [self.receipts[row[0]] for row in self.disk.rows(f"SELECT code FROM receipt {self.where}")]

    def _comment_firms(self) -> list[str]:
        author = {firm.words: firm.unit for firm in self.work.firms}
        return [author[row[0]] for row in self.disk.rows(f"SELECT text FROM comment {self.where}")]

    def postgres_orders(self, firms: str, responses: str, response: str) -> dict[str, Orders]:
        """Return the orders that only PostgreSQL shows: of transactions, and of places in a table."""
        if not self.disk.has_xmin:
            return {}

        def found(table: str, key: str, order: str) -> list[str]:
            return [row[0] for row in self.disk.rows(f"SELECT {key} FROM {table} {self.where} ORDER BY {order}")]

        number = "xmin::text::bigint, ctid"
        return {
            "xmin": (found(firms, "unit", number), found(responses, response, number)),
            "ctid": (found(firms, "unit", "ctid"), found(responses, response, "ctid")),
        }

    def transactions(
        self, firms: str = "invitation", responses: str = "response", key: str = "id"
    ) -> dict[str, Traits]:
        if not self.disk.has_xmin:
            return {}
        return {
            "xmin": (
                dict(self.disk.rows(f"SELECT unit, xmin::text FROM {firms} {self.where}")),
                dict(self.disk.rows(f"SELECT {key}, xmin::text FROM {responses} {self.where}")),
            )
        }


def _read(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def combination(row: Mapping[str, Any]) -> tuple[Hashable, ...]:
    return (row["stratum"], *(row["answers"][code] for code in KEY_VARIABLES))


def truth(work: Fieldwork, rows: list[dict[str, Any]]) -> dict[str, str]:
    owner = {firm.mark: firm.unit for firm in work.firms}
    truth = {row["id"]: owner[row["answers"]["mark"]] for row in rows}
    assert len(set(truth.values())) == len(work.firms)
    return truth


def traits(firms: Mapping[str, Firm], rows: list[dict[str, Any]], new: Mapping[str, str]) -> dict[str, Traits]:
    """Return what firms are known by, and what of it stands anywhere in a response."""
    known: dict[str, dict[str, Hashable]] = {
        "language": {unit: firm.language for unit, firm in firms.items()},
        "instrument": {unit: firm.version for unit, firm in firms.items()},
        "consent": {unit: firm.consent for unit, firm in firms.items()},
        "day": {unit: firm.day for unit, firm in firms.items()},
        "backups": {unit: unit for unit in firms},
    }
    shown: dict[str, dict[str, Hashable]] = {name: {} for name in known}
    for row in rows:
        values = set(_values(row))
        for name in ("language", "instrument", "consent", "day"):
            for value in values & set(known[name].values()):
                shown[name][row["id"]] = value
        for value in values & new.keys():
            shown["backups"][row["id"]] = new[str(value)]
    traits: dict[str, Traits] = {name: (known[name], shown[name]) for name in known}
    keys = {unit: _shape(firm.answers) for unit, firm in firms.items()}
    return traits | {"keys": (keys, {row["id"]: _shape(row["answers"]) for row in rows})}


def _shape(answers: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the keys in their order, without the free text that the real schema keeps elsewhere."""
    return tuple(code for code in answers if code != "words")


def _values(row: Mapping[str, Any]) -> Iterable[str]:
    for value in row.values():
        if isinstance(value, Mapping):
            yield from _values(value)
        else:
            yield str(value)


def replay_is_exact(evidence: Evidence) -> bool:
    """Say whether the attacker's own coarsening of the frame gives the combinations that are stored."""
    return Counter(evidence.attributes[0].values()) == Counter(evidence.attributes[1].values())
