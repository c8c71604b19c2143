"""The inner envelope: saving page by page, sending in one transaction, withdrawing; and all of it in a race."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import event, select, update
from sqlalchemy.orm import Session

from survey_app.db import db, transaction
from survey_app.envelopes import Secrets, ballot_info, lookup, open_ballot, read_box_key, resume_code
from survey_app.errors import DomainError
from survey_app.keys import Keys
from survey_app.models.fieldwork import Invitation, Wave, WaveState
from survey_app.models.response import Ballot, Draft, Receipt, Response
from survey_app.services import responses, snapshots, waves
from survey_app.services.instruments import instrument_of
from survey_app.services.invitations import Standing, standing
from survey_app.services.responses import FilledPage
from survey_app.services.storage import StorageBusy
from tests.factories import PASSPHRASE, instrument, item, make_invitation, make_wave, option
from tests.survey_app.fieldwork_story import CODE, close_wave, counts, now, open_box, open_wave_with_key, send_all

TINY = instrument(
    item("q1"),
    item("q2", "multi", options=[option("a"), option("b"), option("none", exclusive=True)]),
    item("q3", "number", range={"min": 0, "max": 365}, ask_if={"item": "q1", "in": ["yes"]}),
    item("q4", "text", max_length=100),
    comment_item="q4",
)
Q1, Q2, Q3, Q4 = TINY.pages
PEM: dict[str, bytes] = {}


@dataclass(frozen=True)
class Firm:
    """One firm at its form."""

    secrets: Secrets
    lookup: bytes

    def place(self, session: Session) -> Standing:
        """Return how its invitation stands."""
        found = standing(session, self.lookup)
        assert found is not None
        return found

    def save(self, session: Session, page, seen: int = 0, quoted: bool | None = None, **answers: object):
        """Save one page."""
        filled = FilledPage(page, answers, seen, quoted)
        return responses.save_page(session, self.secrets, self.place(session), TINY, filled, now=now())

    def send(self, session: Session) -> str:
        """Send the form."""
        return responses.cast(session, self.secrets, self.lookup, now=now())


@pytest.fixture
def wave(session):
    wave, PEM[CODE] = make_wave(session, TINY, code=CODE)
    return wave


@pytest.fixture
def firm(session, keys, wave):
    return _firm(session, keys, wave)


def _firm(session: Session, keys: Keys, wave: Wave, stratum: str = "small") -> Firm:
    _, link = make_invitation(session, keys, wave, stratum=stratum)
    return Firm(Secrets(link, resume_code()), lookup(keys.lookup, link))


def _unsealed(session: Session) -> list[dict]:
    private, info = read_box_key(PEM[CODE], PASSPHRASE), ballot_info(CODE, TINY.content_hash())
    return [open_ballot(private, sealed, info) for sealed in session.scalars(select(Ballot.sealed))]


def test_a_form_that_was_never_saved_is_empty(session, firm):
    draft = responses.open_draft(session, firm.secrets)
    assert (draft.answers, draft.pages, draft.version) == ({}, {}, 0)


def test_each_page_is_saved_beside_the_others(session, firm):
    firm.save(session, Q1, q1="yes")
    firm.save(session, Q2, q2=["a", "b"])
    saved = firm.save(session, Q3, q3=12)
    assert responses.open_draft(session, firm.secrets) == saved
    assert saved.answers == {"q1": "yes", "q2": ["a", "b"], "q3": 12}
    assert (saved.version, saved.page_version(Q2), saved.page_version(Q4)) == (3, 1, 0)
    assert len(session.scalars(select(Draft.id)).all()) == 1


def test_a_link_without_the_resume_code_opens_no_draft(session, firm):
    firm.save(session, Q1, q1="yes")
    for resume in (resume_code(), firm.secrets.link, ""):
        assert responses.open_draft(session, Secrets(firm.secrets.link, resume)).answers == {}


def test_a_page_saved_meanwhile_is_not_overwritten_and_both_answers_are_at_hand(session, firm):
    firm.save(session, Q1, q1="yes")
    with pytest.raises(responses.StalePage, match="another device") as stale:
        firm.save(session, Q1, seen=0, q1="no")
    assert stale.value.draft.answers == {"q1": "yes"}
    assert responses.open_draft(session, firm.secrets).answers == {"q1": "yes"}
    firm.save(session, Q1, seen=stale.value.draft.page_version(Q1), q1="no")
    assert responses.open_draft(session, firm.secrets).answers == {"q1": "no"}


def test_consent_to_be_quoted_can_be_given_and_taken_back_and_other_pages_leave_it(session, firm):
    assert not firm.save(session, Q1, q1="yes").quoted
    assert firm.save(session, Q4, quoted=True, q4="lời").quoted
    assert firm.save(session, Q2, q2=["a"]).quoted
    assert not firm.save(session, Q4, seen=1, quoted=False, q4="lời").quoted


def test_what_is_sealed_is_the_route_with_its_blanks_the_receipt_and_the_label(session, firm):
    firm.save(session, Q1, q1="yes")
    firm.save(session, Q3, q3=12)
    firm.save(session, Q4, quoted=True, q4="lời")
    receipt = firm.send(session)
    assert _unsealed(session) == [
        {
            "answers": {"q1": "yes", "q2": None, "q3": 12},
            "receipt": receipt,
            "stratum": "small",
            "comments": {"q4": "lời"},
        }
    ]


def test_an_answer_the_route_no_longer_reaches_is_not_sealed(session, firm):
    firm.save(session, Q1, q1="yes")
    firm.save(session, Q3, q3=12)
    firm.save(session, Q1, seen=1, q1="no")
    firm.send(session)
    assert _unsealed(session)[0]["answers"] == {"q1": "no", "q2": None}


def test_sending_marks_the_invitation_and_deletes_the_draft(session, firm, wave):
    firm.save(session, Q1, q1="yes")
    firm.send(session)
    invitation = session.scalars(select(Invitation)).one()
    assert (invitation.answered, invitation.consent_version) == (True, wave.consent_version)
    assert session.scalars(select(Draft.id)).all() == []
    assert session.scalars(select(Ballot.id)).all() == [firm.secrets.ballot_id]


def test_nothing_about_consent_is_kept_before_sending(session, firm):
    firm.save(session, Q1, q1="yes")
    invitation = session.scalars(select(Invitation)).one()
    assert (invitation.answered, invitation.consent_version, invitation.outcome) == (False, None, None)


def test_sending_again_after_a_lost_reply_gives_the_same_receipt(session, firm):
    firm.save(session, Q1, q1="yes")
    first = firm.send(session)
    assert [firm.send(session) for _ in range(3)] == [first] * 3
    assert len(session.scalars(select(Ballot.id)).all()) == 1


def test_the_second_form_of_a_firm_is_refused_and_its_draft_stays(session, firm):
    second = Firm(Secrets(firm.secrets.link, resume_code()), firm.lookup)
    firm.save(session, Q1, q1="yes")
    second.save(session, Q1, q1="no")
    firm.send(session)
    with pytest.raises(responses.AlreadyAnswered):
        second.send(session)
    snapshots.take(session, now().date())
    with pytest.raises(responses.AlreadyAnswered):
        second.save(session, Q2, q2=["a"])
    assert responses.open_draft(session, second.secrets).answers == {"q1": "no"}
    assert len(session.scalars(select(Ballot.id)).all()) == 1


def test_a_replaced_link_sends_nothing(session, firm):
    firm.save(session, Q1, q1="yes")
    session.execute(update(Invitation).values(lookup=b"another lookup of another issue."))
    with pytest.raises(responses.LinkReplaced):
        firm.send(session)
    assert session.scalars(select(Ballot.id)).all() == []
    assert responses.open_draft(session, firm.secrets).answers == {"q1": "yes"}


@pytest.mark.parametrize("late", [{"state": WaveState.CLOSED}, {"closes_on": now().date() - timedelta(days=1)}])
def test_a_wave_that_is_over_saves_nothing_and_sends_nothing(session, firm, wave, late):
    firm.save(session, Q1, q1="yes")
    session.execute(update(Wave).values(opens_on=now().date() - timedelta(days=9), **late))
    with pytest.raises(responses.WaveClosed):
        firm.save(session, Q2, q2=["a"])
    with pytest.raises(responses.WaveClosed):
        firm.send(session)
    assert responses.open_draft(session, firm.secrets).answers == {"q1": "yes"}
    assert session.scalars(select(Ballot.id)).all() == []
    assert session.scalars(select(Invitation.answered)).one() is False


def test_a_form_sent_before_the_wave_closed_still_shows_its_receipt_afterwards(session, firm):
    receipt = firm.send(session)
    session.execute(update(Wave).values(state=WaveState.CLOSED))
    assert firm.send(session) == receipt
    session.execute(update(Wave).values(state=WaveState.OPENED))
    session.execute(Ballot.__table__.delete())
    session.add(Receipt(wave=CODE, code=receipt))
    session.flush()
    assert firm.send(session) == receipt


def test_withdrawing_needs_both_codes(session, firm):
    firm.send(session)
    responses.withdraw(session, Secrets(firm.secrets.link, resume_code()), CODE)
    responses.withdraw(session, Secrets(resume_code(), firm.secrets.resume), CODE)
    assert len(session.scalars(select(Ballot.id)).all()) == 1
    assert session.scalars(select(Wave.withdrawn)).one() == 0


@pytest.mark.parametrize("state", [WaveState.OPEN, WaveState.CLOSED])
def test_a_withdrawn_form_is_gone_counted_once_and_cannot_be_sent_again(session, firm, state):
    firm.send(session)
    session.execute(update(Wave).values(state=state))
    responses.withdraw(session, firm.secrets, CODE)
    responses.withdraw(session, firm.secrets, CODE)
    assert session.scalars(select(Ballot.id)).all() == []
    assert session.scalars(select(Wave.withdrawn)).one() == 1
    with pytest.raises(responses.AlreadyAnswered):
        firm.send(session)


def test_what_is_in_the_tables_before_the_opening_says_nothing_of_the_answers(session, firm):
    canary = "chim hoàng yến"
    firm.save(session, Q1, q1="yes")
    firm.save(session, Q4, quoted=True, q4=canary)
    before = _everything(session)
    firm.send(session)
    for content in (before, _everything(session)):
        for secret in (canary, firm.secrets.link, firm.secrets.resume, firm.secrets.receipt):
            assert secret.encode() not in content


def _everything(session: Session) -> bytes:
    rows = [row for table in (Draft, Ballot, Invitation) for row in session.execute(select(table.__table__))]
    return b"|".join(value if isinstance(value, bytes) else str(value).encode() for row in rows for value in row)


def test_drafts_and_ballots_have_one_length_whatever_they_hold(session, keys, wave, firm):
    other = _firm(session, keys, wave, stratum="a label of another length")
    firm.save(session, Q1, q1="no")
    other.save(session, Q1, q1="yes")
    other.save(session, Q2, q2=["a", "b"])
    other.save(session, Q4, quoted=True, q4="😀" * 100)
    assert len({len(blob) for blob in session.scalars(select(Draft.blob))}) == 1
    firm.send(session), other.send(session)
    assert len({len(sealed) for sealed in session.scalars(select(Ballot.sealed))}) == 1


def _queries(act: Callable[[], object]) -> int:
    executed: list[str] = []

    def note(_connection, _cursor, statement: str, *_rest) -> None:
        executed.append(statement.split(maxsplit=1)[0])

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        act()
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return sum(word in ("SELECT", "INSERT", "UPDATE", "DELETE") for word in executed)


def test_saving_and_sending_need_few_queries(session, firm, dialect):
    firm.save(session, Q1, q1="yes")
    lock = dialect == "postgresql"  # SQLite needs no query for it
    assert _queries(lambda: firm.save(session, Q2, q2=["a"])) == 3 + lock
    instrument_of(session, TINY.content_hash())  # from now on at hand in this process
    assert _queries(lambda: firm.send(session)) == 6 + lock


# Races: each firm in a thread with a context, a session and transactions of its own.


def _together(app: Flask, tasks: list[Callable[[], str]]) -> Counter[str]:
    """Run all tasks at the same moment and count what became of them."""
    start = threading.Barrier(len(tasks))

    def run(task: Callable[[], str]) -> str:
        with app.app_context():
            start.wait(timeout=30)
            try:
                return task()
            except DomainError as error:
                return type(error).__name__

    with ThreadPoolExecutor(len(tasks)) as pool:
        return Counter(pool.map(run, tasks))


def _in_transaction(act: Callable[[Session], object], told: str) -> Callable[[], str]:
    def task() -> str:
        with transaction() as session:
            act(session)
        return told

    return task


def test_fifty_sends_racing_a_close_are_each_received_or_refused_and_nothing_between(app, session, keys):
    with transaction() as writing:
        wave, PEM[CODE] = make_wave(writing, TINY, code=CODE)
        firms = [_firm(writing, keys, wave) for _ in range(51)]
        for each in firms:
            each.save(writing, Q1, q1="yes")
    late = firms.pop()
    tasks = [_in_transaction(each.send, "received") for each in firms]
    tasks.insert(25, _in_transaction(lambda writing: waves.close(writing, CODE), "closed"))
    became = _together(app, tasks)
    assert became["closed"] == 1
    assert became["received"] + became["WaveClosed"] == 50
    with pytest.raises(responses.WaveClosed), transaction() as writing:
        late.send(writing)
    held = set(session.scalars(select(Ballot.id)))
    assert len(held) == became["received"]
    assert held <= {each.secrets.ballot_id for each in firms}
    assert counts().answered == became["received"]
    assert session.scalars(select(Draft.id)).all() == []
    assert all(each["answers"] == {"q1": "yes", "q2": None, "q3": None} for each in _unsealed(session))


def test_pages_saved_while_the_wave_closes_leave_no_draft_behind(app, session, keys):
    with transaction() as writing:
        wave, _ = make_wave(writing, TINY, code=CODE)
        firms = [_firm(writing, keys, wave) for _ in range(40)]

    def save(each: Firm) -> Callable[[Session], object]:
        return lambda writing: each.save(writing, Q1, q1="yes")

    tasks = [_in_transaction(save(each), "saved") for each in firms]
    tasks.insert(20, _in_transaction(lambda writing: waves.close(writing, CODE), "closed"))
    became = _together(app, tasks)
    assert became["saved"] + became["WaveClosed"] == 40
    assert session.scalars(select(Draft.id)).all() == []


def test_one_form_sent_from_twenty_windows_at_once_is_one_ballot_with_one_receipt(app, session, keys):
    with transaction() as writing:
        wave, PEM[CODE] = make_wave(writing, TINY, code=CODE)
        one = _firm(writing, keys, wave)
        one.save(writing, Q1, q1="yes")

    def send() -> str:
        with transaction() as writing:
            return one.send(writing)

    assert _together(app, [send] * 20) == {one.secrets.receipt: 20}
    assert [each["answers"]["q1"] for each in _unsealed(session)] == ["yes"]


def test_of_twenty_forms_of_one_firm_sent_at_once_one_is_received(app, session, keys):
    with transaction() as writing:
        wave, PEM[CODE] = make_wave(writing, TINY, code=CODE)
        first = _firm(writing, keys, wave)
    forms = [Firm(Secrets(first.secrets.link, resume_code()), first.lookup) for _ in range(20)]
    became = _together(app, [_in_transaction(each.send, "received") for each in forms])
    assert became == {"received": 1, "AlreadyAnswered": 19}
    assert len(session.scalars(select(Ballot.id)).all()) == 1


def test_all_pages_saved_at_once_on_several_devices_are_kept(app, session, keys):
    with transaction() as writing:
        wave, _ = make_wave(writing, TINY, code=CODE)
        one = _firm(writing, keys, wave)
        one.save(writing, Q1, q1="yes")
    filled = [(Q2, {"q2": ["a"]}), (Q3, {"q3": 3}), (Q4, {"q4": "lời"})]
    tasks = [
        _in_transaction(lambda writing, page=page, answers=answers: one.save(writing, page, **answers), "saved")
        for page, answers in filled
    ]
    assert _together(app, tasks) == {"saved": 3}
    assert responses.open_draft(session, one.secrets).answers == {"q1": "yes", "q2": ["a"], "q3": 3, "q4": "lời"}


def test_withdrawals_racing_an_opening_are_each_taken_out_or_counted(app, session, keys, tmp_path: Path):
    path = open_wave_with_key(tmp_path, 40)
    sent = send_all(keys, range(40))
    close_wave()
    session.rollback()

    def open_it() -> str:
        try:
            open_box(path)
        except StorageBusy:  # somebody was reading: the command says to run it again, which is done below
            return "busy"
        return "opened"

    def take_out(secrets: Secrets) -> Callable[[Session], object]:
        return lambda writing: responses.withdraw(writing, secrets, CODE)

    tasks = [_in_transaction(take_out(each.secrets), "asked") for each in sent[:15]]
    random.Random(1).shuffle(tasks)
    tasks.insert(7, open_it)
    became = _together(app, tasks)
    assert became["asked"] == 15
    if became["busy"]:
        open_box(path)
    after = counts()
    assert after.agree
    assert after.ballots == 0
    assert after.responses + after.withdrawn == 40
    assert after.responses == len(session.scalars(select(Response.id)).all())
    counted = set(session.scalars(select(Receipt.code)))
    assert {each.receipt for each in sent[15:]} <= counted <= {each.receipt for each in sent}
