"""Firms that answer by the real path, for the tests of waves and of the box."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from questionnaires.instrument import Instrument
from survey_app.db import transaction
from survey_app.envelopes import Secrets, lookup, resume_code
from survey_app.i18n import HERE
from survey_app.keys import Keys
from survey_app.models.fieldwork import Wave
from survey_app.services import box, box_key, waves
from survey_app.services.box import Counts, Step
from survey_app.services.invitations import standing
from survey_app.services.responses import FilledPage, cast, save_page
from tests.factories import PASSPHRASE, instrument, item, make_invitation, make_wave, option, text

CODE = "w1"
FIRMS = 24


def _rung(code: str, *of: str) -> dict[str, Any]:
    return {"code": code, "of": of, "text": text(code)}


#: One key variable, one number that tells firms apart, one comment.
TINY: Instrument = instrument(
    item(
        "size",
        "choice",
        options=[option("s"), option("m"), option("l")],
        ladder=[[_rung("s", "s"), _rung("ml", "m", "l")], [_rung("ns", "s", "m", "l")]],
    ),
    item("number", "number", range={"min": 0, "max": 9999}),
    item("words", "text", max_length=100),
    key_variables=["size"],
    comment_item="words",
)


@dataclass(frozen=True)
class Sent:
    """A form that was sent: what only the firm and the association know of it."""

    number: int
    invitation: str
    secrets: Secrets
    receipt: str


def now() -> datetime:
    """Return the time in the province."""
    return datetime.now(HERE)


def open_wave_with_key(folder: Path, firms: int) -> Path:
    """Make an open wave CODE for so many firms, write its box key (PASSPHRASE) into `folder`, and return the file."""
    path = folder / "box.pem"
    with transaction() as session:
        wave, pem = make_wave(session, TINY, code=CODE, frame_counts={"all": firms})
        path.write_bytes(box_key.header(wave) + pem)
    return path


def send(keys: Keys, number: int, *, size: str = "s", comment: str | None = None) -> Sent:
    """Let one firm answer and send, each step in its own transaction."""
    with transaction() as session:
        wave = session.get_one(Wave, CODE)
        invitation, link = make_invitation(session, keys, wave)
        invited = invitation.id
    secrets = Secrets(link, resume_code())
    found = lookup(keys.lookup, link)
    given = {"size": size, "number": number, "words": comment}
    for page in TINY.pages:
        answers = {code: given[code] for code in page.items}
        with transaction() as session:
            place = standing(session, found)
            assert place is not None
            filled = FilledPage(page, answers, seen=0, quoted=True if "words" in answers else None)
            save_page(session, secrets, place, TINY, filled, now=now())
    with transaction() as session:
        receipt = cast(session, secrets, found, now=now())
    return Sent(number, invited, secrets, receipt)


def send_all(keys: Keys, numbers: Sequence[int]) -> list[Sent]:
    """Let firms answer one after the other, every second one with a comment."""
    return [send(keys, number, comment=f"comment {number}" if number % 2 else None) for number in numbers]


def close_wave() -> None:
    """Close the wave CODE."""
    with transaction() as session:
        waves.close(session, CODE)


def filled_box(keys: Keys, folder: Path) -> Path:
    """Make a closed wave with FIRMS ballots and return its key file."""
    path = open_wave_with_key(folder, FIRMS)
    send_all(keys, range(FIRMS))
    close_wave()
    return path


def open_box(key_file: Path, report: Callable[[Step], None] = lambda _step: None) -> Counts:
    """Open the box of the wave CODE with its key and passphrase."""
    key = box_key.read(key_file, CODE, lambda: PASSPHRASE)
    return box.open_box(transaction, CODE, key, key_file, report=report)


def counts() -> Counts:
    """Return where the answers of the wave CODE are."""
    with transaction() as session:
        return box.check(session, CODE)
