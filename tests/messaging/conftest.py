"""A wave whose firms have met every fate, and a mail server."""

from __future__ import annotations

from datetime import date

import pytest

from survey_app import contacts
from survey_app.contacts import Contact
from survey_app.db import transaction
from survey_app.models.fieldwork import Outcome, SampleUnit
from tests.factories import make_invitation, make_wave
from tests.mail import smtp_server
from tests.messaging.story import FATES, NOW, TINY


@pytest.fixture
def wave(app, keys):
    """An open wave whose firms have met every fate; invitation ids by fate. `now` has answered since midnight."""
    with app.app_context(), transaction() as session:
        made, _ = make_wave(session, TINY, code="spring", opens_on=NOW.date(), closes_on=date(2099, 5, 10))
        made.snapshot_on = NOW.date()
        ids = {}
        for fate in FATES:
            invitation, _ = make_invitation(session, keys, made, name=f"Công ty {fate}\r\nBcc: x@y.vn", folded=fate)
            unit = session.get_one(SampleUnit, invitation.unit)
            reachable = Contact("Lan", "+84912345678", f"{fate}@example.vn")
            unit.contact = None if fate == "nowhere" else contacts.seal(keys.contact, unit.id, reachable)
            unit.opted_out = fate == "silent"
            invitation.answered = fate in ("answered", "now")
            invitation.known_answered = fate == "answered"
            invitation.outcome = Outcome.REFUSED if fate == "refused" else None
            ids[fate] = invitation.id
        return ids


@pytest.fixture
def postbox(app, config):
    """A mail server, and the application set to use it."""
    with smtp_server() as box:
        mail = {"smtp_host": "127.0.0.1", "smtp_port": box.port, "smtp_security": "none"}
        app.extensions["config"] = config.model_copy(
            update={**mail, "mail_sender": "khaosat@example.vn", "mail_per_minute": 60_000}
        )
        yield box
