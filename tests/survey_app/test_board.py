"""The tracking board: response rates by hand, outcomes in two taps and taken back, nothing live."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from survey_app.db import transaction
from survey_app.i18n import now_here
from survey_app.models.fieldwork import Invitation, Outcome
from survey_app.models.people import RoleName
from survey_app.services import board, snapshots
from survey_app.services.frame_columns import fold
from tests.factories import instrument, item, make_invitation, make_wave
from tests.survey_app.signing_in import signed_in, token

TINY = instrument(item("p03", "choice", options=[{"code": "x", "text": {"vi": "Một", "en": "One"}}], ladder=[
    [{"code": "ns", "of": ["x"], "text": {"vi": "Một", "en": "One"}}]]), key_variables=["p03"])  # fmt: skip

#: Stratum a: 10 asked of 100; stratum b: 5 asked of 20.
FATES = {
    "a": ["answered"] * 4 + [Outcome.REFUSED, Outcome.NO_CONTACT, Outcome.CLOSED_FIRM, Outcome.PAPER, None, None],
    "b": ["answered", Outcome.REFUSED, Outcome.WRONG_FIRM, Outcome.DUPLICATE, None],
}


@pytest.fixture
def wave(app, keys):
    """An open wave in which all that can become of a firm has become of some."""
    with app.app_context(), transaction() as session:
        wave, _ = make_wave(session, TINY, code="spring", frame_counts={"a": 100, "b": 20})
        for stratum, fates in FATES.items():
            for number, fate in enumerate(fates):
                name = f"Công ty Đá Vôi {stratum}{number}"
                made, _ = make_invitation(session, keys, wave, stratum=stratum, name=name, folded=fold(name))
                made.answered = fate == "answered"
                made.outcome = fate if isinstance(fate, Outcome) else None
        session.flush()
        snapshots.take(session, now_here().date())
        return wave.code


def test_the_rates_are_those_worked_out_by_hand(app, wave):
    with app.app_context(), transaction() as session:
        standing = board.standing(session, session.get_one(board.Wave, wave))
    # complete 4+1 paper+1 = 6, refusal 2, no contact 1, unknown 3, ineligible 3; known to belong 9
    assert standing.found.complete == 6
    assert standing.rates["RR1"] == pytest.approx(6 / 12)
    assert standing.rates["RR5"] == pytest.approx(6 / 9)
    assert standing.rates["e"] == pytest.approx(9 / 12)
    assert standing.rates["RR3"] == pytest.approx(6 / (9 + 0.75 * 3))
    assert standing.rates["COOP1"] == pytest.approx(6 / 8)
    assert standing.rates["REF1"] == pytest.approx(2 / 12)
    assert standing.rates["CON1"] == pytest.approx(8 / 12)
    # a firm of a stands for 10, one of b for 4
    assert standing.weighted["RR1"] == pytest.approx((5 * 10 + 4) / ((5 + 2 + 2) * 10 + 3 * 4))
    by_label = {stratum.label: stratum.rates["RR1"] for stratum in standing.strata}
    assert by_label == {"a": pytest.approx(5 / 9), "b": pytest.approx(1 / 3)}


def test_a_firm_that_answered_by_link_and_on_paper_is_shown_to_have_done_both(app, wave):
    with app.app_context(), transaction() as session:
        session.scalars(select(Invitation).where(Invitation.known_answered)).first().outcome = Outcome.PAPER
    client = signed_in(app, RoleName.ASSOCIATION)
    assert client.get("/hh/dot/spring/theo-doi").text.count("Cả trên giấy hoặc qua điện thoại") == 1


def test_a_firm_is_found_without_marks_and_its_outcome_set_in_two_taps(app, wave):
    client = signed_in(app, RoleName.ASSOCIATION)
    page = client.get("/hh/dot/spring/theo-doi?tim=da+voi+a9").text
    assert "Số doanh nghiệp tìm thấy: 1" in page
    address = next(part for part in page.split('"') if part.startswith("/hh/dot/spring/theo-doi/") and len(part) > 40)
    client.post(f"{address}/ket-qua", data=token(client) | {"outcome": "refused"})
    assert "Không muốn trả lời" in client.get("/hh/dot/spring/theo-doi?tim=a9").text
    assert "Bỏ kết quả này" in client.get(address).text
    client.post(f"{address}/ket-qua", data=token(client) | {"outcome": ""})
    assert "Bỏ kết quả này" not in client.get(address).text
    assert client.post(f"{address}/ket-qua", data=token(client) | {"outcome": "dead"}).status_code == 400


def test_what_happens_during_the_day_shows_nowhere(app, wave):
    client = signed_in(app, RoleName.ASSOCIATION)
    addresses = ["/hh/dot/spring/theo-doi", "/hh/dot/spring/theo-doi?loc=waiting", "/hh/dot/spring/theo-doi/goi",
                 "/hh/dot/spring", "/hh/dot"]  # fmt: skip

    def shown() -> list[str]:
        pages = [client.get(address).text for address in addresses]
        return [re.sub(r'name="csrf_token" value="[^"]+"', "", page) for page in pages]

    before = shown()
    with app.app_context(), transaction() as session:
        waiting = session.query(Invitation).filter_by(answered=False, outcome=None).all()
        for each in waiting:
            each.answered = True
    assert shown() == before
    with app.app_context(), transaction() as session:
        snapshots.take(session, now_here().date() + timedelta(days=1))
    after = client.get("/hh/dot/spring/theo-doi").text
    assert "Số phiếu theo ngày" in after
    assert after != before[0]


@pytest.mark.parametrize("query", ["?trang=0", "?trang=x", "?trang=9999999999", "?loc=%27", "?trang=²", "?tim=%25"])
def test_an_address_that_makes_no_sense_shows_the_board(app, wave, query):
    assert signed_in(app, RoleName.ASSOCIATION).get(f"/hh/dot/spring/theo-doi{query}").status_code == 200


def test_a_firm_of_another_wave_is_not_found(app, wave, keys):
    with app.app_context(), transaction() as session:
        other, _ = make_wave(session, TINY, code="other")
        made, _ = make_invitation(session, keys, other)
        address = f"/hh/dot/spring/theo-doi/{made.id}"
    assert signed_in(app, RoleName.ASSOCIATION).get(address).status_code == 404
