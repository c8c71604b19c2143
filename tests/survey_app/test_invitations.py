"""The outer envelope: what a link leads to, and what people find out about a firm."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from survey_app.envelopes import Secrets, link_secret, lookup, parse_code, resume_code
from survey_app.i18n import HERE
from survey_app.models.fieldwork import Invitation, Outcome, WaveState
from survey_app.services import snapshots
from survey_app.services.invitations import closing_moment, first_unanswered, link_of, set_outcome, standing
from survey_app.services.responses import cast
from tests.factories import instrument, item, make_invitation, make_wave

TINY = instrument(item("q1"))
NOW = datetime.now(HERE)


@pytest.fixture
def wave(session):
    return make_wave(session, TINY)[0]


@pytest.fixture
def invited(session, keys, wave):
    """An invitation and its lookup."""
    invitation, link = make_invitation(session, keys, wave)
    return invitation, lookup(keys.lookup, link)


def test_a_link_leads_to_its_invitation_and_its_wave(session, wave, invited):
    invitation, found = invited
    stands = standing(session, found)
    assert (stands.invitation, stands.wave, stands.known_answered) == (invitation.id, wave.code, False)
    assert stands.instrument_hash == TINY.content_hash()
    assert stands.accepts(NOW)


def test_an_unknown_link_leads_nowhere_and_changes_nothing(session, keys, invited):
    unknown = lookup(keys.lookup, resume_code())
    assert standing(session, unknown) is None
    assert not set_outcome(session, unknown, Outcome.REFUSED)
    assert session.scalars(select(Invitation.outcome)).all() == [None]


def test_the_secret_itself_is_not_in_the_database(session, keys, invited):
    invitation, _ = invited
    secret = link_secret(keys.link, invitation.wave, invitation.id, invitation.issue)
    kept = [str(value) for row in session.execute(select(Invitation.__table__)) for value in row]
    assert not any(secret in value for value in kept)


def test_the_link_carries_its_secret_behind_the_fragment_sign(session, keys, invited):
    invitation, found = invited
    link = link_of("https://khaosat.example.vn", keys.link, invitation)
    address, _, fragment = link.partition("#")
    assert address == "https://khaosat.example.vn/p"
    assert lookup(keys.lookup, parse_code(fragment)) == found


def test_a_new_issue_makes_the_old_link_unknown(session, keys, invited):
    invitation, old = invited
    invitation.issue = 2
    secret = link_secret(keys.link, invitation.wave, invitation.id, 2)
    invitation.lookup = lookup(keys.lookup, secret)
    session.flush()
    assert standing(session, old) is None
    assert standing(session, lookup(keys.lookup, secret)).invitation == invitation.id


@pytest.mark.parametrize("state", [state for state in WaveState if state is not WaveState.OPEN])
def test_only_an_open_wave_takes_answers(session, wave, invited, state):
    wave.state = state
    session.flush()
    assert not standing(session, invited[1]).accepts(NOW)


def test_a_wave_closes_at_five_in_the_province_wherever_the_server_stands():
    assert closing_moment(date(2027, 3, 1)).isoformat() == "2027-03-01T17:00:00+07:00"


@pytest.mark.parametrize("outcome", list(Outcome))
def test_what_a_person_found_out_is_kept_and_can_be_put_right(session, invited, outcome):
    _, found = invited
    assert set_outcome(session, found, outcome)
    assert session.scalars(select(Invitation.outcome)).one() is outcome
    assert set_outcome(session, found, Outcome.REFUSED)
    assert session.scalars(select(Invitation.outcome)).one() is Outcome.REFUSED


def test_a_firm_that_refused_may_still_answer_and_then_no_longer_counts_as_refusing(session, keys, wave):
    invitation, link = make_invitation(session, keys, wave)
    found = lookup(keys.lookup, link)
    set_outcome(session, found, Outcome.REFUSED)
    cast(session, Secrets(link, resume_code()), found, now=NOW)
    session.refresh(invitation)
    assert (invitation.answered, invitation.outcome) == (True, Outcome.REFUSED)
    snapshots.take(session, NOW.date())
    session.refresh(invitation)
    assert (invitation.known_answered, invitation.outcome) == (True, None)


def test_a_firm_known_to_have_answered_cannot_be_noted_as_refusing(session, keys, wave):
    invitation, link = make_invitation(session, keys, wave)
    found = lookup(keys.lookup, link)
    cast(session, Secrets(link, resume_code()), found, now=NOW)
    snapshots.take(session, NOW.date())
    assert not set_outcome(session, found, Outcome.REFUSED)
    session.refresh(invitation)
    assert invitation.outcome is None


def test_the_first_unanswered_invitation_is_the_same_every_time(session, keys, wave):
    invitations = sorted((make_invitation(session, keys, wave)[0] for _ in range(4)), key=lambda each: each.id)
    for expected in invitations:
        assert first_unanswered(session, wave.code).id == expected.id
        assert first_unanswered(session, wave.code).id == expected.id
        expected.answered = True
        session.flush()
    assert first_unanswered(session, wave.code) is None


def test_nobody_is_shown_the_link_of_a_firm_that_refused_or_of_a_closed_wave(session, wave, invited):
    invitation, found = invited
    set_outcome(session, found, Outcome.CLOSED_FIRM)
    session.refresh(invitation)
    assert first_unanswered(session, wave.code) is None
    invitation.outcome = None
    wave.state = WaveState.CLOSED
    wave.closes_on = wave.opens_on + timedelta(days=1)
    session.flush()
    assert first_unanswered(session, wave.code) is None


def test_nothing_is_noted_once_the_wave_is_closed(session, wave, invited):
    invitation, found = invited
    wave.state = WaveState.CLOSED
    session.flush()
    assert not set_outcome(session, found, Outcome.REFUSED)
    session.refresh(invitation)
    assert invitation.outcome is None
