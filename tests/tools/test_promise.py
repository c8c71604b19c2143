"""Each rule of the promise catches the change it is there for, and the project breaks none."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import JSON, Column, DateTime, ForeignKey, Identity, Index, Integer, MetaData, String, Table, func

import survey_app.models  # noqa: F401 - fills the metadata
from survey_app.config import ROOT
from survey_app.db import Base
from tools import promise
from tools.promise_schema import ALLOWED, schema_faults
from tools.promise_settings import command_faults, settings_faults
from tools.promise_source import source_faults

DEPLOYMENT = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
VIEW = "survey_app/respondent/views/start.py"
SERVICE = "survey_app/services/responses.py"


def test_the_project_keeps_its_promise():
    assert promise.schema() == []
    assert promise.sources() == []
    assert promise.documents() == []


def copied() -> MetaData:
    """Return the schema, to be broken."""
    metadata = MetaData()
    for table in Base.metadata.sorted_tables:
        table.to_metadata(metadata)
    return metadata


def add(table: str, *columns: Column) -> Callable[[MetaData], None]:
    """Return what puts columns into a table."""

    def change(metadata: MetaData) -> None:
        for column in columns:
            metadata.tables[table].append_column(column)

    return change


def indexed(metadata: MetaData) -> None:
    """Put an index on a table of answers."""
    Index("ix_response_stratum", metadata.tables["response"].c.stratum)


def numbered(metadata: MetaData) -> None:
    """Let SQLite number the ballots."""
    metadata.tables["ballot"].dialect_options["sqlite"]["with_rowid"] = True


def retyped(metadata: MetaData) -> None:
    """Keep the answers as something else."""
    metadata.tables["response"].c.answers.type = String()


def counted(metadata: MetaData) -> None:
    """Give the comments a serial number as their key."""
    comments = metadata.tables["comment"]
    metadata.remove(comments)
    Table("comment", metadata, Column("id", Integer, Identity(), primary_key=True), sqlite_with_rowid=False)


def pointed_at(metadata: MetaData) -> None:
    """Let another table refer to an answer."""
    Table("flag", metadata, Column("response", ForeignKey("response.id"), primary_key=True))


BROKEN_SCHEMAS = {
    "a time on a ballot": (lambda: add("ballot", Column("sent_at", DateTime)), "ballot.sent_at: a date or a time"),
    "a time on an invitation": (lambda: add("invitation", Column("seen_on", DateTime)), "invitation.seen_on: a date"),
    "an invitation on a response": (
        lambda: add("response", Column("invitation", ForeignKey("invitation.id"))),
        "refers to invitation.id",
    ),
    "a unit by its name only": (lambda: add("response", Column("unit", String)), "response.unit: not among"),
    "who typed it": (lambda: add("ballot", Column("author", ForeignKey("user.id"))), "refers to user.id"),
    "when it was typed": (lambda: add("keyed_form", Column("typed_at", DateTime)), "keyed_form.typed_at: a date"),
    "a network address": (lambda: add("draft", Column("address", String)), "draft.address: not among"),
    "a browser": (lambda: add("receipt", Column("user_agent", String)), "receipt.user_agent: not among"),
    "consent beside a draft": (lambda: add("draft", Column("consent", JSON)), "draft.consent: not among"),
    "a language": (lambda: add("comment", Column("language", String)), "comment.language: not among"),
    "a value the database makes": (
        lambda: add("comment", Column("item2", String, server_default=func.now())),
        "makes up could be a time",
    ),
    "an index": (lambda: indexed, "index ix_response_stratum"),
    "row numbers of SQLite": (lambda: numbered, "ballot: without sqlite_with_rowid=False"),
    "another type": (lambda: retyped, "response.answers: String instead of JSON"),
    "a serial number": (lambda: counted, "comment.id: a key that counts"),
    "a reference back": (lambda: pointed_at, "flag.response: refers to response.id"),
}


@pytest.mark.parametrize(("make", "words"), BROKEN_SCHEMAS.values(), ids=BROKEN_SCHEMAS)
def test_a_schema_that_could_tell_whose_is_refused(make, words):
    metadata = copied()
    make()(metadata)
    assert any(words in fault for fault in schema_faults(metadata)), schema_faults(metadata)


@pytest.mark.parametrize("table", ALLOWED)
def test_a_table_of_answers_that_is_missing_is_named(table):
    metadata = copied()
    metadata.remove(metadata.tables[table])
    assert any(fault.startswith(f"{table}: the table is missing") for fault in schema_faults(metadata))


BROKEN_SOURCES = {
    "a print": (SERVICE, "print('sent')", "print() where answers pass"),
    "a command's echo": ("survey_app/services/box.py", "click.echo(code)", "echo() where answers pass"),
    "a logger of one's own": (
        "survey_app/services/invitations.py",
        "logging.getLogger(__name__).info('x')",
        "where answers pass",
    ),
    "standard error": (VIEW, "sys.stderr.write('x')", "where answers pass"),
    "a warning": ("survey_app/envelopes.py", "warnings.warn('x')", "where answers pass"),
    "a link in a log": (VIEW, "current_app.logger.error('unknown: %s', link)", "link could hold"),
    "a code in a log": (VIEW, "current_app.logger.error('bad: %s', code)", "code could hold"),
    "a form in a log": ("survey_app/jobs.py", "log.info('got %s', request.form)", "request.form could hold"),
    "a text put together": ("survey_app/jobs.py", "log.info(f'got {answer}')", "must be fixed"),
    "a traceback": ("survey_app/jobs.py", "log.exception('failed')", "a traceback prints"),
    "a traceback by keyword": ("survey_app/jobs.py", "log.error('failed', exc_info=True)", "a traceback prints"),
    "statements on the screen": ("survey_app/db.py", "create_engine(url, echo=True)", "prints statements"),
    "bind values in errors": ("survey_app/db.py", "create_engine(url, hide_parameters=False)", "must be True"),
    "an entity tag": ("survey_app/public/views.py", "response.add_etag()", "add_etag()"),
    "a file with its date": ("survey_app/public/views.py", "send_file(path)", "send_file()"),
    "a header with a date": ("survey_app/public/views.py", "response.headers['Last-Modified'] = day", "Last-Modified"),
    "an open door": (VIEW, "response.headers['Access-Control-Allow-Origin'] = '*'", "no page of ours sends"),
    "a page that is kept": (VIEW, "response.headers['Cache-Control'] = 'private, max-age=60'", "kept nowhere"),
    "a page that is kept by default": (
        VIEW,
        "response.headers.setdefault('Cache-Control', 'no-cache')",
        "asked for again",
    ),
    "a page that is kept by attribute": (VIEW, "response.cache_control.max_age = 60", "kept nowhere"),
    "a cookie elsewhere": (
        VIEW,
        "def begin():\n    r.set_cookie('x', 'y', secure=True, httponly=True, samesite='Strict')",
        "begin() sets a cookie",
    ),
    "a cookie that scripts read": (
        "survey_app/respondent/browser.py",
        "def keep():\n    r.set_cookie('x', 'y', secure=True, httponly=False, samesite='Strict')",
        "without secure, httponly",
    ),
    "a cookie for other sites": (
        "survey_app/i18n.py",
        "def remember():\n    r.set_cookie('x', 'y', secure=True, httponly=True)",
        "without secure, httponly",
    ),
    "a GET that sets the form's cookie": (
        VIEW,
        "@bp.get('/p')\ndef start():\n    return keep(r, held)",
        "no GET sets or clears",
    ),
    "a GET that clears it": (VIEW, "@bp.get('/p')\ndef start():\n    return forget(r)", "no GET sets or clears"),
    "a GET beside a POST": (
        VIEW,
        "@bp.route('/p/ma', methods=['GET', 'POST'])\ndef resume():\n    return keep(r, held)",
        "no GET sets or clears",
    ),
    "consent with a draft": (
        SERVICE,
        "def save():\n    s.execute(update(Invitation).values(consent_version='x'))",
        "noted before sending",
    ),
    "consent by attribute": (VIEW, "invitation.consent_version = 'x'", "noted before sending"),
}


@pytest.mark.parametrize(("path", "source", "words"), BROKEN_SOURCES.values(), ids=BROKEN_SOURCES)
def test_code_that_could_tell_whose_is_refused(path, source, words):
    faults = source_faults(path, source)
    assert any(words in fault for fault in faults), faults


HARMLESS = {
    "the kind of an error": (VIEW, "current_app.logger.error('the database: %s', type(error).__name__)"),
    "a cookie after a POST": (
        VIEW,
        "@bp.route('/p/ma', methods=['GET', 'POST'])\ndef resume():\n"
        "    if request.method == 'POST':\n        return keep(r, held)\n    return page",
    ),
    "a cookie after every GET was answered": (
        VIEW,
        "@bp.route('/p/ma', methods=['GET', 'POST'])\ndef resume():\n"
        "    if request.method == 'GET' or form:\n        return page\n    return keep(r, held)",
    ),
    "a chart of a release": (
        "survey_app/agency/views.py",
        "response.headers['Cache-Control'] = 'private, max-age=86400'",
    ),
    "consent while sending": (
        SERVICE,
        "def _mark_answered():\n    s.execute(update(Invitation).values(consent_version='x'))",
    ),
}


@pytest.mark.parametrize(("path", "source"), HARMLESS.values(), ids=HARMLESS)
def test_code_that_tells_nothing_passes(path, source):
    assert source_faults(path, source) == []


@pytest.mark.parametrize(
    "command",
    [
        "gunicorn --access-logfile - wsgi:app",
        "gunicorn --access-logformat '%(h)s' wsgi:app",
        "gunicorn --log-level debug wsgi:app",
        '["--log-level", "info"]',
        "gunicorn --statsd-host localhost:8125 wsgi:app",
        "access_log /var/log/nginx/access.log;",
    ],
)
def test_a_command_that_writes_down_requests_is_refused(command):
    assert command_faults(command) != []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("access_log off;", ""),
        ("access_log off;", "access_log /var/log/nginx/access.log;"),
        ("client_max_body_size 64k;", "client_max_body_size 8m;"),
        ("survey.log crit;", "survey.log warn;"),
        ("log_statement = none", "log_statement = all"),
        ("log_min_duration_statement = -1", "log_min_duration_statement = 250"),
        ("log_parameter_max_length_on_error = 0", ""),
        ("log_error_verbosity = terse", "log_error_verbosity = default"),
        ("track_commit_timestamp = off", "track_commit_timestamp = on"),
        ("synchronous_commit = on", "synchronous_commit = off"),
        ("synchronous_commit = on", "synchronous_commit = on\n    fsync = off"),
        ("synchronous_commit = on", "synchronous_commit = on\n    log_connections = on"),
        ("synchronous_commit = on", "synchronous_commit = on\n    shared_preload_libraries = 'pg_stat_statements'"),
    ],
)
def test_a_setting_that_breaks_the_promise_is_refused(before, after):
    assert before in DEPLOYMENT
    broken = DEPLOYMENT.replace(before, after)
    assert settings_faults(broken) + command_faults(broken) != []
    assert settings_faults(DEPLOYMENT) == []
