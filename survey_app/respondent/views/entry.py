"""What every page of the form needs first: the browser's secrets, the invitation behind them, the draft."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from flask import current_app, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from questionnaires.instrument import Instrument, Page
from survey_app import envelopes
from survey_app.db import db
from survey_app.keys import Keys
from survey_app.models.fieldwork import Wave, WaveState
from survey_app.respondent.browser import Held, held
from survey_app.services import responses
from survey_app.services.instruments import instrument_of
from survey_app.services.invitations import Standing
from survey_app.services.responses import DraftContent


class Elsewhere(Exception):
    """This page is not for this browser now; `answer` is what it gets instead."""

    def __init__(self, answer: ResponseReturnValue) -> None:
        super().__init__()
        self.answer = answer


@dataclass(frozen=True)
class Entry:
    """A firm at its form."""

    held: Held
    secrets: envelopes.Secrets
    standing: Standing
    instrument: Instrument
    draft: DraftContent


def enter() -> Entry:
    """Return who is at the form; raise Elsewhere for a browser without secrets, or a form that takes nothing more."""
    found = held()
    if found is None or found.secrets is None:
        raise Elsewhere(redirect(url_for("respondent.start")))
    at_form = responses.at_form(db.session, found.secrets, lookup_of(found.link))
    if at_form is None:
        is_sent = responses.received_in(db.session, found.secrets) is not None
        raise Elsewhere(redirect(url_for("respondent.sent")) if is_sent else unusable())
    stands = at_form.standing
    if at_form.is_sent or stands.known_answered or not stands.accepts(now()):
        raise Elsewhere(redirect(url_for("respondent.sent")))
    return Entry(found, found.secrets, stands, instrument_of(db.session, stands.instrument_hash), at_form.draft)


def unusable() -> ResponseReturnValue:
    """Return the one page for a link that is unknown, used, replaced or of a closed wave."""
    latest = select(Wave.code, Wave.closes_on).where(Wave.state != WaveState.DRAFT).order_by(Wave.closes_on.desc())
    return render_template("respondent/unusable.html", wave=db.session.execute(latest.limit(1)).one_or_none()), 404


def lookup_of(link: str) -> bytes:
    """Return what the database keeps of a link secret."""
    keys: Keys = current_app.extensions["keys"]
    return envelopes.lookup(keys.lookup, link)


def now() -> datetime:
    """Return the time of this request."""
    return datetime.now(UTC)


def next_page(instrument: Instrument, draft: DraftContent) -> Page | None:
    """Return the first page on the route that was never saved, None where all were."""
    return next((page for page in instrument.route(draft.answers) if not draft.page_version(page)), None)


def address_of(page: Page | None) -> str:
    """Return the address of a page, of the review for None."""
    return url_for("respondent.page", code=page.code) if page else url_for("respondent.review")
