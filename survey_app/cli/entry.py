"""The application of the `flask` command (`.flaskenv`): without keys it makes them, checks and prints files, no more."""

from __future__ import annotations

import click
from flask import Flask
from flask.cli import AppGroup

from survey_app import create_app
from survey_app.cli import instruments, keys
from survey_app.config import BadConfiguration, Config


class _KeysOnly(AppGroup):
    """The commands of an installation that cannot start yet: authors of questionnaire files need no more."""

    def __init__(self, reason: BadConfiguration) -> None:
        super().__init__(commands={"keys": keys.group, "instruments": instruments.group})
        self.reason = reason

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return `keys` or `instruments`; for everything else say why the application does not start."""
        found = super().get_command(ctx, cmd_name)
        if found is None:
            raise click.ClickException(str(self.reason))
        return found


def create() -> Flask:
    """Return the application of the environment's settings; one that makes keys and reads files while keys are missing."""
    try:
        config = Config.from_env()
    except BadConfiguration as error:
        raise click.ClickException(str(error)) from error
    try:
        return create_app(config)
    except BadConfiguration as error:
        app = Flask(__name__)
        app.extensions["config"] = config
        app.cli = _KeysOnly(error)
        return app
