"""Staff know who has answered as of a day, and nothing in between."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from survey_app.envelopes import Secrets, lookup, resume_code
from survey_app.i18n import now_here
from survey_app.models.fieldwork import DailyCount, Invitation, Outcome, Wave, WaveState
from survey_app.services import fieldwork, responses, snapshots
from tests.factories import instrument, item, make_invitation, make_wave

DAY = date(2027, 4, 15)
TINY = instrument(item("a"))


@pytest.fixture
def invited(session, keys):
    """Six invitations of an open wave, in two strata."""
    wave, _ = make_wave(session, TINY, code="spring")
    return [make_invitation(session, keys, wave, stratum=stratum)[0] for stratum in ("a", "a", "a", "a", "b", "b")]


def _counts(session) -> dict[tuple[str, str], tuple[int, int]]:
    return {(str(row.day), row.stratum): (row.issued, row.answered) for row in session.scalars(select(DailyCount))}


def test_an_answer_is_known_from_the_next_snapshot(session, invited):
    assert snapshots.take(session, DAY) == ["spring"]
    invited[0].answered = invited[4].answered = True
    session.flush()
    assert fieldwork.progress_by_wave(session)["spring"].answered == 0
    assert snapshots.take(session, DAY + timedelta(days=1)) == ["spring"]
    session.expire_all()
    assert fieldwork.progress_by_wave(session)["spring"].answered == 2
    assert _counts(session) == {
        ("2027-04-15", "a"): (4, 0),
        ("2027-04-15", "b"): (2, 0),
        ("2027-04-16", "a"): (4, 1),
        ("2027-04-16", "b"): (2, 1),
    }


def test_a_second_snapshot_of_a_day_tells_nothing_new(session, invited):
    snapshots.take(session, DAY)
    invited[0].answered = True
    session.flush()
    assert snapshots.take(session, DAY) == []
    assert not any(session.scalars(select(Invitation.known_answered)))
    assert _counts(session)[("2027-04-15", "a")] == (4, 0)


def test_a_wave_in_draft_has_no_snapshot(session, keys):
    wave, _ = make_wave(session, TINY, code="later", state=WaveState.DRAFT)
    make_invitation(session, keys, wave)
    assert snapshots.take(session, DAY) == []


def test_a_wave_that_is_over_is_counted_until_its_last_answer_is_known_and_no_longer(session, invited):
    wave = session.get_one(Wave, "spring")
    snapshots.take(session, DAY)
    invited[0].answered, wave.state = True, WaveState.CLOSED
    session.flush()
    assert snapshots.take(session, DAY + timedelta(days=1)) == ["spring"]
    assert snapshots.take(session, DAY + timedelta(days=2)) == []
    assert {day for day, _ in _counts(session)} == {"2027-04-15", "2027-04-16"}


def test_sending_a_form_leaves_the_outcome_in_sight_until_the_snapshot(session, keys):
    wave, _ = make_wave(session, TINY, code="spring")
    invitation, link = make_invitation(session, keys, wave)
    invitation.outcome = Outcome.NO_CONTACT
    session.flush()
    responses.cast(session, Secrets(link, resume_code()), lookup(keys.lookup, link), now=now_here())
    session.expire_all()
    assert (invitation.answered, invitation.outcome) == (True, Outcome.NO_CONTACT)
    snapshots.take(session, DAY)
    session.expire_all()
    assert (invitation.known_answered, invitation.outcome) == (True, None)


@pytest.mark.parametrize(("noted", "stays"), [(Outcome.PAPER, Outcome.PAPER), (Outcome.REFUSED, None), (None, None)])
def test_a_firm_that_answered_on_paper_too_stays_in_sight(session, invited, noted, stays):
    invited[0].answered, invited[0].outcome = True, noted
    invited[1].outcome = noted
    session.flush()
    snapshots.take(session, DAY)
    session.expire_all()
    assert (invited[0].known_answered, invited[0].outcome) == (True, stays)
    assert (invited[1].known_answered, invited[1].outcome) == (False, noted)
