"""Small things that tests make: instruments, waves, invitations."""

from __future__ import annotations

import secrets
from datetime import date, timedelta
from functools import cache
from typing import Any

from sqlalchemy.orm import Session

from questionnaires.files import framework_path, load_framework
from questionnaires.framework import Framework
from questionnaires.instrument import Instrument
from survey_app.envelopes import link_secret, lookup, new_box
from survey_app.keys import Keys
from survey_app.models.fieldwork import Invitation, SampleUnit, Wave, WaveState
from survey_app.services.instruments import freeze

PASSPHRASE = b"a passphrase for tests only"
YES_NO = [
    {"code": "yes", "text": {"vi": "Có", "en": "Yes"}},
    {"code": "no", "text": {"vi": "Không", "en": "No"}},
]


def text(words: str) -> dict[str, str]:
    """Return the same words in both languages, told apart."""
    return {"vi": f"{words} (vi)", "en": f"{words} (en)"}


def option(code: str, **more: Any) -> dict[str, Any]:
    """Return an option named after its code."""
    return {"code": code, "text": text(code), **more}


def item(code: str, type: str = "yesno", **more: Any) -> dict[str, Any]:
    """Return an item; a yes/no question unless said otherwise."""
    options = {} if type in ("number", "text") or "options" in more else {"options": YES_NO}
    return {"code": code, "type": type, "text": text(f"Question {code}"), **options, **more}


def instrument(*items: dict[str, Any], pages: list[list[str]] | None = None, **more: Any) -> Instrument:
    """Return an instrument with these items, one on each page unless `pages` says otherwise."""
    pages = pages or [[each["code"]] for each in items]
    content = {
        "code": "tiny",
        "version": "1",
        "title": text("Tiny survey"),
        "population": text("Firms"),
        "recall": text("12 months"),
        "special": {"dk": text("Don't know"), "na": text("Does not apply"), "ref": text("Prefer not to answer")},
        "seconds": {"agree": 7, "scale": 8, "choice": 10, "multi": 15, "number": 15, "yesno": 8, "text": 40},
        "minutes": 1,
        "sections": [{"code": "main", "title": text("Main section")}],
        "pages": [
            {"code": f"page{n}", "section": "main", "title": text(f"Page {n}"), "items": codes}
            for n, codes in enumerate(pages, start=1)
        ],
        "items": list(items),
    }
    return Instrument.model_validate({**content, **more})


@cache
def _framework() -> Framework:
    return load_framework(framework_path("pci_2023"))


def make_wave(session: Session, instrument: Instrument, *, code: str = "w1", **more: Any) -> tuple[Wave, bytes]:
    """Return an open wave that asks with `instrument`, and its box key as PEM (passphrase: PASSPHRASE)."""
    pem, public = new_box(PASSPHRASE)
    framework = _framework()
    today = date.today()
    values: dict[str, Any] = {
        "code": code,
        "title_vi": "Đợt thử",
        "title_en": "Test wave",
        "state": WaveState.OPEN,
        "instrument_hash": freeze(session, "instrument", instrument.code, instrument),
        "framework_hash": freeze(session, "framework", framework.code, framework),
        "opens_on": today,
        "closes_on": today + timedelta(days=30),
        "consent_version": "2026-11",
        "public_key": public,
        "stratum_ladder": [],
        "frame_counts": {},
    }
    wave = Wave(**{**values, **more})
    session.add(wave)
    session.flush()
    return wave, pem


def make_invitation(
    session: Session, keys: Keys, wave: Wave, *, stratum: str = "all", **unit: Any
) -> tuple[Invitation, str]:
    """Return an invitation to a new firm of the frame, and its link secret."""
    firm = SampleUnit(**{"id": secrets.token_hex(16), "name": "Doanh nghiệp thử", **unit})
    invitation_id = secrets.token_hex(16)
    link = link_secret(keys.link, wave.code, invitation_id, 1)
    invitation = Invitation(
        id=invitation_id, wave=wave.code, unit=firm.id, issue=1, lookup=lookup(keys.lookup, link), stratum=stratum
    )
    session.add(firm)
    session.flush()
    session.add(invitation)
    session.flush()
    return invitation, link
