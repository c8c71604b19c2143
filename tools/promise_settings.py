"""What servers may be told: no access log, no statements or times in PostgreSQL's log, nothing that risks an answer."""

from __future__ import annotations

import re
from collections.abc import Iterator

_ACCESS_LOG = r"--access-log(?:file|format)|--log-config|--statsd|accesslog\s*=|--print-config"
_TALKATIVE = r"--log-level[=\s\",']+(?:debug|info)"
_PROXY_LOG = r"access_log\s+(?!off)\S+"

#: PostgreSQL's settings that deployment must name, with what they must be.
REQUIRED = {
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_parameter_max_length_on_error": "0",
    "log_error_verbosity": "terse",
    "track_commit_timestamp": "off",
    "synchronous_commit": "on",
}
_FORBIDDEN = {
    r"^\s*fsync\s*=\s*off": "an acknowledged answer could be lost",
    r"^\s*full_page_writes\s*=\s*off": "an acknowledged answer could be lost",
    r"^\s*log_(?:connections|disconnections|duration)\s*=\s*on": "a log of connections tells when answers came",
    r"^\s*log_parameter_max_length\s*=\s*(?!0\b)\S+": "a log of what is bound holds answers",
    r"^\s*shared_preload_libraries\s*=.*pg_stat_statements": "it keeps the text of statements",
}


def command_faults(text: str) -> list[str]:
    """Return what in the commands of a file would write down who answered when."""
    found = [f"{match}: a log of requests tells who answered when" for match in re.findall(_ACCESS_LOG, text)]
    found += [f"{match}: a talkative server logs requests" for match in re.findall(_TALKATIVE, text)]
    return found + [f"{match}: a log of requests tells who answered when" for match in re.findall(_PROXY_LOG, text)]


def settings_faults(text: str) -> list[str]:
    """Return what the settings of nginx and PostgreSQL in a document leave out or get wrong."""
    return [*_nginx(text), *_postgres(text)]


def _nginx(text: str) -> Iterator[str]:
    for server in re.findall(r"^ *server \{\n(?:.*\n)*?^ {4}\}", text, re.MULTILINE):
        if not re.search(r"access_log\s+off;", server):
            yield "nginx: access_log off is missing"
        if not re.search(r"client_max_body_size\s+64k;", server):
            yield "nginx: client_max_body_size 64k is missing"
        if re.search(r"error_log\s+\S+\s+(?:debug|info|notice|warn|error);", server):
            yield "nginx: its error log names addresses and times below the level crit"
    if not re.search(r"^ *server \{", text, re.MULTILINE):
        yield "nginx: its settings are missing"


def _postgres(text: str) -> Iterator[str]:
    for name, wanted in REQUIRED.items():
        values = re.findall(rf"^\s*{name}\s*=\s*(\S+)", text, re.MULTILINE)
        if not values or any(value != wanted for value in values):
            yield f"PostgreSQL: {name} must be {wanted}"
    for pattern, why in _FORBIDDEN.items():
        for found in re.findall(pattern, text, re.MULTILINE):
            yield f"PostgreSQL: {found.strip()}: {why}"
