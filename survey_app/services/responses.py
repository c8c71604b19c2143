"""The inner envelope: a firm's draft, its sending in one transaction, its withdrawal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, exists, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from questionnaires.instrument import Instrument, Page
from survey_app.db import is_sqlite, lock_wave, rows_changed, table_of
from survey_app.envelopes import Secrets, ballot_info, seal_ballot, sizes
from survey_app.errors import DomainError
from survey_app.models.fieldwork import Invitation, Wave, WaveState
from survey_app.models.response import Ballot, Draft, Receipt
from survey_app.services.instruments import instrument_of
from survey_app.services.invitations import Standing, standing, standing_query

_TRIES = 10

# Made once, of columns and not of models: every page of the form asks this, and making it took as long as running it.
_DRAFTS, _WAVES = table_of(Draft), table_of(Wave)
_THIS_DRAFT = _DRAFTS.c.id == bindparam("draft")
_DRAFT = select(_DRAFTS.c.version, _DRAFTS.c.blob).where(_THIS_DRAFT)
_DRAFT_IN_WAVE = (
    select(_WAVES.c.state, _DRAFTS.c.version, _DRAFTS.c.blob)
    .select_from(_WAVES.outerjoin(_DRAFTS, _THIS_DRAFT))
    .where(_WAVES.c.code == bindparam("wave"))
)
_IS_SENT = exists().where(table_of(Ballot).c.id == bindparam("ballot"))
_AT_FORM = standing_query().outerjoin(_DRAFTS, _THIS_DRAFT).add_columns(_IS_SENT, _DRAFTS.c.version, _DRAFTS.c.blob)
_REPLACE = update(_DRAFTS).where(_THIS_DRAFT, _DRAFTS.c.version == bindparam("before"))


class StalePage(DomainError):
    """Somebody else has saved this page since it was shown; `draft` is what is saved now."""

    vi = "Trang này vừa được sửa ở một máy khác. Chọn bản muốn giữ."
    en = "This page has just been changed on another device. Choose which answers to keep."

    def __init__(self, draft: DraftContent) -> None:
        super().__init__()
        self.draft = draft


class WaveClosed(DomainError):
    """The wave takes no answers any more; nothing was sent."""

    vi = "Đợt khảo sát đã kết thúc, phiếu này chưa được gửi."
    en = "The survey has closed; this form has not been sent."


class AlreadyAnswered(DomainError):
    """Another form of the same firm was sent first; this one was not."""

    vi = "Đã nhận một phiếu của doanh nghiệp này; phiếu trên máy này chưa được gửi."
    en = "A form from this firm has been received; the one on this device has not been sent."


class LinkReplaced(DomainError):
    """The link is unknown: mistyped, or replaced by a new one."""

    vi = "Liên kết đã được thay, phiếu này chưa được gửi. Dùng liên kết mới, hoặc gọi Hiệp hội."
    en = "The link has been replaced; this form has not been sent. Use the new link, or call the association."


@dataclass(frozen=True)
class DraftContent:
    """What a draft holds. `version` is the row's, 0 before anything is saved; `pages` counts the saves of each page."""

    answers: Mapping[str, Any] = field(default_factory=dict)
    pages: Mapping[str, int] = field(default_factory=dict)
    quoted: bool = False  # the firm agrees that its comment is quoted
    version: int = 0

    def page_version(self, page: Page) -> int:
        """Return how often a page has been saved."""
        return self.pages.get(page.code, 0)


def open_draft(session: Session, secrets: Secrets) -> DraftContent:
    """Return the saved draft, an empty one if nothing is saved."""
    row = session.execute(_DRAFT, {"draft": secrets.draft_id}).one_or_none()
    return _opened(secrets, *row) if row else DraftContent()


@dataclass(frozen=True)
class AtForm:
    """A form before it is shown. `is_sent`: this very form, whose two codes the browser holds, lies in the box."""

    standing: Standing
    is_sent: bool
    draft: DraftContent


def at_form(session: Session, secrets: Secrets, lookup: bytes) -> AtForm | None:
    """Return how the invitation stands and what is saved, in one query; None if there is no such invitation (any more)."""
    codes = {"lookup": lookup, "draft": secrets.draft_id, "ballot": secrets.ballot_id}
    row = session.execute(_AT_FORM, codes).one_or_none()
    if row is None:
        return None
    *stands, is_sent, version, blob = row
    return AtForm(Standing(*stands), is_sent, DraftContent() if version is None else _opened(secrets, version, blob))


def _opened(secrets: Secrets, version: int, blob: bytes) -> DraftContent:
    return DraftContent(**secrets.open_draft(blob, version), version=version)


@dataclass(frozen=True)
class FilledPage:
    """One page as a firm sent it. `seen` is the page version that the form was shown with."""

    page: Page
    answers: Mapping[str, Any]
    seen: int
    quoted: bool | None = None  # None: the page does not ask


def save_page(
    session: Session, secrets: Secrets, standing: Standing, instrument: Instrument, filled: FilledPage, *, now: datetime
) -> DraftContent:
    """Save the answers of one page beside the others and return the draft.

    Raises StalePage if the page was saved since it was shown, with nothing changed; WaveClosed or AlreadyAnswered if the
    form can no longer be sent.
    """
    _require_writable(standing, now)
    lock_wave(session, standing.wave, exclusive=False)
    for _ in range(_TRIES):
        draft = _draft_while_open(session, secrets, standing.wave)
        if draft.page_version(filled.page) != filled.seen:
            raise StalePage(draft)
        changed = DraftContent(
            answers={**draft.answers, **filled.answers},
            pages={**draft.pages, filled.page.code: filled.seen + 1},
            quoted=draft.quoted if filled.quoted is None else filled.quoted,
            version=draft.version + 1,
        )
        if _write(session, secrets, standing.wave, changed, sizes(instrument)[0]):
            return changed
    raise StalePage(draft)


def _draft_while_open(session: Session, secrets: Secrets, wave: str) -> DraftContent:
    """Return the saved draft under the lock; raise WaveClosed: a draft written after the closing would never go away."""
    state, version, blob = session.execute(_DRAFT_IN_WAVE, {"draft": secrets.draft_id, "wave": wave}).one()
    if state is not WaveState.OPEN:
        raise WaveClosed
    return DraftContent() if version is None else _opened(secrets, version, blob)


def _require_writable(standing: Standing, now: datetime) -> None:
    if standing.known_answered:
        raise AlreadyAnswered
    if not standing.accepts(now):
        raise WaveClosed


def _write(session: Session, secrets: Secrets, wave: str, draft: DraftContent, size: int) -> bool:
    """Write a draft over the version before it; return False if somebody else was quicker."""
    content = {"answers": dict(draft.answers), "pages": dict(draft.pages), "quoted": draft.quoted}
    blob = secrets.seal_draft(content, draft.version, size)
    if draft.version == 1:
        new = (sqlite if is_sqlite(session) else postgresql).insert(_DRAFTS).on_conflict_do_nothing()
        values = {"id": secrets.draft_id, "wave": wave, "version": 1, "blob": blob}
        return rows_changed(session, new.values(values)) == 1
    found = {"draft": secrets.draft_id, "before": draft.version - 1, "version": draft.version, "blob": blob}
    return rows_changed(session, _REPLACE, found) == 1


def cast(session: Session, secrets: Secrets, lookup: bytes, *, now: datetime) -> str:
    """Send the draft: mark the invitation answered, put the sealed ballot in, delete the draft; return the receipt.

    One transaction. Sending again after a lost reply gives the same receipt, also if the link was replaced meanwhile.
    Raises AlreadyAnswered, WaveClosed or LinkReplaced, with nothing changed.
    """
    found = standing(session, lookup)
    if found is None:
        if received_in(session, secrets):
            return secrets.receipt
        raise LinkReplaced
    lock_wave(session, found.wave, exclusive=False)
    if not found.accepts(now) or not _mark_answered(session, lookup, found):
        return _why_not(session, secrets, found)
    draft, instrument = open_draft(session, secrets), instrument_of(session, found.instrument_hash)
    public, stratum = _seal_with(session, found)
    content = ballot_content(instrument, draft, receipt=secrets.receipt, stratum=stratum)
    info = ballot_info(found.wave, found.instrument_hash)
    sealed = seal_ballot(public, content, sizes(instrument)[1], info)
    session.execute(insert(Ballot).values(id=secrets.ballot_id, wave=found.wave, sealed=sealed))
    session.execute(delete(Draft).where(Draft.id == secrets.draft_id))
    if found.by_open_link:
        session.execute(update(Wave).where(Wave.code == found.wave).values(open_link=Wave.open_link + 1))
    return secrets.receipt


def ballot_content(instrument: Instrument, draft: DraftContent, *, receipt: str, stratum: str) -> dict[str, Any]:
    """Return what is sealed: what the route asked, the receipt, the stratum; never a unit, a time or a language.

    Free text stays out of the answers; it goes along only if the firm agreed to be quoted.
    """
    asked = instrument.answers_asked(draft.answers)
    texts = {code: asked.pop(code) for code in list(asked) if instrument.item(code).type == "text"}
    comments = {code: text for code, text in texts.items() if text and draft.quoted}
    return {"answers": asked, "receipt": receipt, "stratum": stratum, "comments": comments}


def _mark_answered(session: Session, lookup: bytes, found: Standing) -> bool:
    open_wave = exists().where(Wave.code == found.wave, Wave.state == WaveState.OPEN)
    statement = (
        update(Invitation)
        .where(Invitation.lookup == lookup, ~Invitation.answered, open_wave)
        .values(answered=True, consent_version=found.consent_version)
    )
    return rows_changed(session, statement) == 1


def _seal_with(session: Session, found: Standing) -> tuple[bytes, str]:
    statement = (
        select(Wave.public_key, Invitation.stratum)
        .join(Invitation, Invitation.wave == Wave.code)
        .where(Invitation.id == found.invitation)
    )
    public, stratum = session.execute(statement).one()
    return public, stratum


def _why_not(session: Session, secrets: Secrets, found: Standing) -> str:
    if received_in(session, secrets):
        return secrets.receipt
    again = session.execute(select(Invitation.answered).where(Invitation.id == found.invitation)).scalar_one()
    raise AlreadyAnswered if again else WaveClosed


def received_in(session: Session, secrets: Secrets) -> str | None:
    """Return the wave that has received the form with these secrets, before its box is opened or after; None if none has.

    It asks the form and not the invitation, whose link may have been replaced since.
    """
    in_box = select(Ballot.wave).where(Ballot.id == secrets.ballot_id)
    counted = select(Receipt.wave).where(Receipt.code == secrets.receipt)
    return session.scalar(in_box.union_all(counted))


def withdraw(session: Session, secrets: Secrets, wave: str) -> None:
    """Take a sent form out of the box again, if it is there and the box is not opened yet; tells nobody which."""
    lock_wave(session, wave, exclusive=False)
    sealed = exists().where(Wave.code == wave, Wave.state.in_([WaveState.OPEN, WaveState.CLOSED]))
    if rows_changed(session, delete(Ballot).where(Ballot.id == secrets.ballot_id, sealed)) == 1:
        session.execute(update(Wave).where(Wave.code == wave).values(withdrawn=Wave.withdrawn + 1))
