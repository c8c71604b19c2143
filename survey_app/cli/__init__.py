"""The `flask` commands, one file for each subject: the same services and transaction edge as the pages."""

from __future__ import annotations

from flask import Flask

from survey_app.cli import (
    backup,
    box,
    database,
    demo,
    frame,
    instruments,
    keys,
    messages,
    plan,
    responses,
    sample,
    scores,
    users,
    waves,
)

GROUPS = (
    keys.group,
    database.group,
    backup.group,
    plan.group,
    frame.group,
    waves.group,
    sample.group,
    messages.group,
    box.group,
    responses.group,
    scores.group,
    demo.group,
    instruments.group,
    users.group,
)


def register(app: Flask) -> None:
    """Give the application its commands."""
    for group in GROUPS:
        app.cli.add_command(group)
