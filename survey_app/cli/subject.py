"""What every command shares: it speaks Vietnamese or English, and says a broken rule in one sentence."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError

from questionnaires.base import LANGUAGES, Language
from questionnaires.faults import BadFile
from survey_app.config import Config
from survey_app.errors import DomainError
from survey_app.i18n import HERE
from survey_app.keys import Keys

_LANGUAGE = "survey_app.language"


class Refusal(click.ClickException):
    """Ends a command with a sentence for a person, in the command's language, and exit code 1."""

    def __init__(self, *, vi: str, en: str) -> None:
        super().__init__(pick(vi=f"Lỗi: {vi}", en=f"Error: {en}"))

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the sentence."""
        click.echo(self.message, file=file, err=file is None)


class Command(click.Command):
    """A command with `--lang` whose broken rules end it without a traceback."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = click.Option(
            ["--lang"],
            type=click.Choice(LANGUAGES),
            default=_language_of_the_terminal,
            expose_value=False,
            is_eager=True,
            callback=_remember,
            help="Language of the messages; vi, or en where LANG says so.",
        )
        self.params.append(language)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; turn what services refuse into a Refusal."""
        try:
            return super().invoke(ctx)
        except DomainError as error:
            raise Refusal(vi=error.message("vi"), en=error.message("en")) from error
        except BadFile as error:
            raise Refusal(**{each: _sentences(error, each) for each in LANGUAGES}) from error
        except OperationalError as error:
            raise _unusable(error) from error
        except ProgrammingError as error:  # PostgreSQL says so of a missing table
            raise _unusable(error) from error


def _unusable(error: DBAPIError) -> Refusal:
    if "locked" in str(error.orig):
        return Refusal(
            vi="Cơ sở dữ liệu đang bận ghi việc khác. Thử lại sau ít giây.",
            en="The database is busy with other work. Try again in a few seconds.",
        )
    if "no such table" in str(error.orig) or "does not exist" in str(error.orig):
        return Refusal(
            vi="Cơ sở dữ liệu chưa có đủ bảng. Chạy `flask db upgrade`.",
            en="The database lacks tables. Run `flask db upgrade`.",
        )
    return Refusal(
        vi=f"Cơ sở dữ liệu không trả lời ({type(error.orig).__name__}). Xem máy chủ cơ sở dữ liệu, rồi thử lại.",
        en=f"The database does not answer ({type(error.orig).__name__}). Look at the database server, then try again.",
    )


def _sentences(error: BadFile, language: Language) -> str:
    return "\n".join(fault.sentence(language) for fault in error.faults)


class Subject(AppGroup):
    """The commands on one subject; each runs in the application's context."""

    command_class = Command


def _language_of_the_terminal() -> str:
    return "en" if os.environ.get("LANG", "").startswith("en") else "vi"


def _remember(context: click.Context, _option: click.Parameter, value: str) -> None:
    context.meta[_LANGUAGE] = value


def spoken() -> Language:
    """Return the language of the running command."""
    return "en" if click.get_current_context().meta.get(_LANGUAGE) == "en" else "vi"


def pick(*, vi: str, en: str) -> str:
    """Return the words in the language of the running command."""
    return vi if spoken() == "vi" else en


def say(*, vi: str, en: str) -> None:
    """Print the words in the language of the running command."""
    click.echo(pick(vi=vi, en=en))


def moment(stored: datetime) -> str:
    """Return a stored time as the clocks of the province show it; one without a zone is UTC."""
    aware = stored if stored.tzinfo else stored.replace(tzinfo=UTC)
    return f"{aware.astimezone(HERE):%d/%m/%Y %H:%M}"


def config() -> Config:
    """Return the settings of the running application."""
    found: Config = current_app.extensions["config"]
    return found


def installed_keys() -> Keys:
    """Return the keys of the running application."""
    found: Keys = current_app.extensions["keys"]
    return found


def passphrase(path: Path | None, *, confirm: bool = False) -> bytes:
    """Return the passphrase in a file, or ask for it on the terminal; it is never an argument of a command."""
    if path is not None:
        return path.read_bytes().strip()
    words: str = click.prompt(
        pick(vi="Mật khẩu của khóa hòm phiếu", en="Passphrase of the box key"),
        hide_input=True,
        confirmation_prompt=confirm,
    )
    return words.encode()


#: An argument that names a file to read.
existing_file = click.Path(exists=True, dir_okay=False, path_type=Path)
