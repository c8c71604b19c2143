"""A schema that many would call anonymous: no key in common, but one transaction and everything in the order of arrival.

The same matchers run against it. One that finds nothing here is blind, and its silence elsewhere proves nothing.
"""

from __future__ import annotations

import json
import os
import secrets

from sqlalchemy import text

from survey_app.db import is_sqlite, transaction
from tests.proof.world import Firm

TABLES = ("naive_answered", "naive_response", "naive_comment", "naive_receipt")
#: PostgreSQL pads CHAR, so rows are alike in length and never fill a gap in an earlier page: the order of arrival stays.
_CREATE = (
    "CREATE TABLE naive_answered (id {serial}, wave CHAR(8), unit TEXT, token TEXT)",
    "CREATE TABLE naive_draft (unit TEXT, draft {bytes})",
    "CREATE TABLE naive_response (id {serial}, wave CHAR(8), token TEXT, stratum CHAR(20), language CHAR(8), "
    "instrument CHAR(8), consent CHAR(12), day CHAR(10), answers CHAR(700))",
    "CREATE TABLE naive_comment (id {serial}, wave CHAR(8), text CHAR(400))",
    "CREATE TABLE naive_receipt (id {serial}, wave CHAR(8), code TEXT)",
)
_INSERT = (
    "INSERT INTO naive_answered (wave, unit, token) VALUES (:wave, :unit, :mine)",
    "INSERT INTO naive_draft (unit, draft) VALUES (:unit, :draft)",
    "INSERT INTO naive_response (wave, token, stratum, language, instrument, consent, day, answers) "
    "VALUES (:wave, :token, :stratum, :language, :instrument, :consent, :day, :answers)",
    "INSERT INTO naive_comment (wave, text) VALUES (:wave, :words)",
    "INSERT INTO naive_receipt (wave, code) VALUES (:wave, :receipt)",
)


def create() -> None:
    """Create the naive tables beside the real ones."""
    with transaction() as session:
        kinds = ("INTEGER PRIMARY KEY", "BLOB") if is_sqlite(session) else ("SERIAL PRIMARY KEY", "BYTEA")
        for statement in _CREATE:
            session.execute(text(statement.format(serial=kinds[0], bytes=kinds[1])))


def answer(wave: str, firm: Firm, receipt: str) -> None:
    """Store a firm's form and that it has answered, in one transaction; the draft's ciphertext is as long as its text."""
    answers = json.dumps(firm.answers)
    values = {
        "wave": wave,
        "unit": firm.unit,
        "mine": secrets.token_hex(16),
        "token": secrets.token_hex(16),
        "draft": os.urandom(len(answers) + 28),
        "stratum": firm.stratum,
        "language": firm.language,
        "instrument": firm.version,
        "consent": firm.consent,
        "day": firm.day,
        "answers": answers,
        "words": firm.words,
        "receipt": receipt,
    }
    with transaction() as session:
        for statement in _INSERT:
            session.execute(text(statement), values)
