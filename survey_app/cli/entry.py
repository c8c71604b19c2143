"""The application of the `flask` command (`.flaskenv`): without keys it makes them, checks and prints files, no more."""

from __future__ import annotations

import click
from flask import Flask
from flask.cli import AppGroup

from survey_app import create_app
from survey_app.cli import backup, instruments, keys
from survey_app.config import BadConfiguration, Config


class _Few(AppGroup):
    """The commands that need neither keys nor a database; for everything else the reason why there is no more."""

    def __init__(self, commands: dict[str, click.Command], reason: BadConfiguration, name: str | None = None) -> None:
        super().__init__(name, commands=commands)
        self.reason = reason

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return one of these commands; for everything else say why the application does not start."""
        found = super().get_command(ctx, cmd_name)
        if found is None:
            raise click.ClickException(str(self.reason))
        return found


def _few(reason: BadConfiguration) -> _Few:
    """Return what authors of questionnaire files need, and whoever has the private key of backups."""
    offline = _Few({"key": backup.key, "check": backup.check}, reason, "backup")
    return _Few({"keys": keys.group, "instruments": instruments.group, "backup": offline}, reason)


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
        app.cli = _few(error)
        return app
