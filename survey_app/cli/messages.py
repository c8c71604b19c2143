"""`flask messages`: what became of the contact plan, and sending by hand."""

from __future__ import annotations

import click
from flask import current_app

from survey_app.cli.subject import Subject, config, installed_keys, say
from survey_app.db import db, transaction
from survey_app.i18n import now_here
from survey_app.messaging import sender
from survey_app.messaging.channels import ways
from survey_app.services import messages, waves

group = Subject("messages", help="Messages to firms.")


@group.command("show")
@click.argument("wave")
def show(wave: str) -> None:
    """Say what became of each step of the contact plan of WAVE."""
    found = waves.get(db.session, wave)
    counts = messages.counts(db.session, wave)
    for step in messages.plan_of(db.session, found):
        states = ", ".join(f"{state.value} {count}" for state, count in sorted(counts[step.number].items()))
        click.echo(f"{step.number}  {step.send_on:%d/%m/%Y}  {step.channel.value:<6} {states or '-'}")


@group.command("send")
def send() -> None:
    """Queue the messages whose day has come and send what is due, in working hours, as the job runner does."""
    with transaction() as session:
        messages.queue_due(session, installed_keys(), now=now_here(), channels=set(ways(config())))
    sent = sender.send_all(current_app._get_current_object())  # type: ignore[attr-defined]  # Flask's own way
    if sent is None:
        say(vi="Đang có một bộ gửi khác làm việc.", en="Another sender is at work.")
    else:
        say(vi=f"Đã giao {sent} tin.", en=f"{sent} messages were handed over.")
