"""The sender is killed at random moments: nothing is lost, nothing goes twice, and what nobody can know is said to be so."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from survey_app import contacts, create_app
from survey_app.config import ROOT, Config
from survey_app.contacts import Contact
from survey_app.db import db, transaction
from survey_app.i18n import now_here
from survey_app.keys import Keys
from survey_app.models.fieldwork import SampleUnit
from survey_app.models.message import Channel, Message, MessageState
from survey_app.services import messages
from tests.factories import instrument, item, make_invitation, make_wave
from tests.mail import smtp_server
from tests.server import installation

LONG = os.environ.get("PCI_TORTURE") == "long"
KILLS = 20 if LONG else 5
FIRMS = 40 * KILLS


def test_a_killed_sender_neither_loses_nor_doubles(tmp_path: Path, database_url: str, capsys):
    place = installation(tmp_path, database_url)
    with smtp_server() as box:
        box.delay = 0.01  # the server has the message, and the sender does not know yet
        place.settings = {
            "PCI_SMTP_HOST": "127.0.0.1",
            "PCI_SMTP_PORT": str(box.port),
            "PCI_SMTP_SECURITY": "none",
            "PCI_MAIL_SENDER": "khaosat@example.vn",
            "PCI_MAIL_PER_MINUTE": "60000",
        }
        app = create_app(Config(database_url=database_url, keys_dir=tmp_path / "keys", demonstration=True))
        queue(app)
        killed = [kill_one(place.environment, random.Random(number), lambda: len(box.taken)) for number in range(KILLS)]
        command = [sys.executable, "-m", "survey_app.messaging.sender"]
        subprocess.run(command, cwd=ROOT, env=place.environment, check=True, timeout=120)
        with app.app_context():
            states = dict(db.session.execute(select(Message.id, Message.state)).all())
            db.engine.dispose()
        taken = Counter(box.ids)
    found = Counter(states.values())
    sent = {number for number, state in states.items() if state is MessageState.SENT}
    unsure = {number for number, state in states.items() if state is MessageState.UNSURE}
    lost = sent - taken.keys()
    doubled = {number for number, times in taken.items() if times > 1}
    with capsys.disabled():
        arrived = len(unsure & taken.keys())
        print(
            f"\n{FIRMS} messages, sender killed {sum(killed)} times: {len(sent)} sent, {len(unsure)} not sure ({arrived} of "
            f"them arrived), lost {len(lost)}, doubled {len(doubled)}"
        )
    assert sum(killed) >= KILLS // 2  # the killing met a living sender
    assert lost == doubled == set()
    assert taken.keys() <= sent | unsure
    assert set(found) <= {MessageState.SENT, MessageState.UNSURE}
    assert len(unsure) <= sum(killed)


def queue(app) -> None:
    """Queue a message for every firm of a wave."""
    now = now_here()
    with app.app_context():
        keys: Keys = app.extensions["keys"]
        with transaction() as session:
            wave, _ = make_wave(
                session, instrument(item("a")), code="spring", closes_on=now.date() + timedelta(days=20)
            )
            for number in range(FIRMS):
                invitation, _ = make_invitation(session, keys, wave)
                unit = session.get_one(SampleUnit, invitation.unit)
                unit.contact = contacts.seal(keys.contact, unit.id, Contact(email=f"dn{number}@example.vn"))
            messages.turn(session, "spring", 1, on=True)
        with transaction() as session:
            assert messages.queue_due(session, keys, now=now, channels={Channel.EMAIL}) == FIRMS


def kill_one(environment: dict[str, str], rng: random.Random, count) -> bool:
    """Start a sender, let it send a little, kill it at a random moment; say whether it was still at work."""
    before = count()
    with subprocess.Popen([sys.executable, "-m", "survey_app.messaging.sender"], cwd=ROOT, env=environment) as process:
        end = time.monotonic() + 30
        while count() == before and process.poll() is None and time.monotonic() < end:
            time.sleep(0.01)
        time.sleep(rng.uniform(0, 0.4))
        was_at_work = process.poll() is None
        process.kill()
    return was_at_work
