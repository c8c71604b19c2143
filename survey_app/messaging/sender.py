"""The sender: `python -m survey_app.messaging.sender`, a process that the job runner starts when messages wait.

It sends one message after the other until none is due, and is the only one of its kind on the machine: a file is locked, and
the lock goes with the process. What it dies in the middle of is put right by the next.
"""

from __future__ import annotations

import fcntl
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from imaplib import IMAP4
from pathlib import Path
from typing import cast

from flask import Flask, current_app

from survey_app.config import Config
from survey_app.db import transaction
from survey_app.i18n import now_here
from survey_app.keys import Keys
from survey_app.messaging import bounces, unsubscribing
from survey_app.messaging.channels import Later, Letter, Refused, Unknown, Way, ways
from survey_app.models.message import Channel, MessageState
from survey_app.services import outbox
from survey_app.services.letters import Outgoing
from survey_app.services.working_hours import is_working_time

#: So many refusals in a row are no accident: the step is stopped and a person looks.
MOST_REFUSALS = 10


class Sender:
    """Sends what is due, at the pace of the settings."""

    def __init__(self, config: Config, keys: Keys, found: dict[Channel, Way]) -> None:
        self._config, self._keys, self._ways = config, keys, found
        self._refusals = 0

    def run(self) -> int:
        """Send until nothing is due or the working hours end; return how many messages were handed over."""
        sent = 0
        with transaction() as session:
            outbox.recover(session, now=now_here())
        while is_time(self._config) and (taken := self._next()) is not None:
            sent += self._send(taken)
            time.sleep(60 / self._config.mail_per_minute)
        for way in self._ways.values():
            way.close()
        return sent

    def _next(self) -> Outgoing | None:
        with transaction() as session:
            return outbox.take_next(session, self._keys, self._config, now=now_here(), channels=self._ways)

    def _send(self, taken: Outgoing) -> bool:
        words, stop = taken.words, unsubscribing.address_of(self._config, self._keys, taken.unit)
        letter = Letter(taken.id, taken.channel, taken.address, words.subject, words.text, stop)
        try:
            self._ways[taken.channel].hand_over(letter, lambda: _note(taken, MessageState.HANDING))
        except Unknown as error:
            _note(taken, MessageState.UNSURE, error.reason)
        except Later as error:
            with transaction() as session:
                outbox.put_back(session, taken, now=now_here(), reason=error.reason)
        except Refused as error:
            _note(taken, MessageState.FAILED, error.reason)
            self._refused(taken, error.reason)
        else:
            _note(taken, MessageState.SENT)
            self._refusals = 0
            return True
        return False

    def _refused(self, taken: Outgoing, reason: str) -> None:
        self._refusals += 1
        if self._refusals >= MOST_REFUSALS:
            with transaction() as session:
                outbox.stop(session, taken.id, reason)
            self._refusals = 0


def _note(taken: Outgoing, state: MessageState, reason: str | None = None) -> None:
    with transaction() as session:
        outbox.note(session, taken.id, state, now=now_here(), reason=reason)


def is_time(config: Config) -> bool:
    """Say whether firms may be written to now; a demonstration keeps no hours."""
    return config.demonstration or is_working_time(now_here(), config.days_off)


@contextmanager
def alone(folder: Path) -> Iterator[bool]:
    """Say whether this is the only sender, and stay it until the block ends."""
    with (folder / "sender.lock").open("a", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def send_all(app: Flask) -> int | None:
    """Send what is due; return how many messages were handed over, or None if another sender is at work."""
    with app.app_context():
        config = cast(Config, current_app.extensions["config"])
        with alone(config.keys_dir) as is_alone:
            if not is_alone:
                return None
            sent = Sender(config, current_app.extensions["keys"], ways(config)).run()
            if config.imap_host:
                with suppress(OSError, IMAP4.error):  # the next look finds what this one did not
                    bounces.collect(config)
            return sent


def main() -> None:
    """Send what is due, in a process of its own."""
    from survey_app import create_app  # which knows this module by its commands

    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    send_all(create_app(Config.from_env()))


if __name__ == "__main__":
    main()
