"""A wave whose messages are due: its day, what becomes of its firms, how a step is let go."""

from __future__ import annotations

from sqlalchemy import select

from survey_app.db import db, transaction
from survey_app.i18n import now_here
from survey_app.models.message import Channel, Message, MessageState
from survey_app.services import message_texts, messages
from tests.factories import instrument, item

TINY = instrument(item("a"))
NOW = now_here().replace(hour=0, minute=0, second=0, microsecond=0)
FATES = ("waits", "answered", "refused", "silent", "nowhere", "now")


def switch_on(app, keys, *, channel: Channel = Channel.EMAIL, number: int = 1) -> None:
    """Let a step go and queue what is due."""
    with app.app_context(), transaction() as session:
        texts = {lang: message_texts.first_words(channel, number, lang) for lang in ("vi", "en")}
        messages.save_step(session, "spring", number, send_on=NOW.date(), channel=channel, texts=texts)
        messages.turn(session, "spring", number, on=True)
    with app.app_context(), transaction() as session:
        messages.queue_due(session, keys, now=NOW, channels=set(Channel))


def states(app) -> dict[str, MessageState]:
    """Return the state of each invitation's message."""
    with app.app_context():
        return dict(db.session.execute(select(Message.invitation, Message.state)).all())
