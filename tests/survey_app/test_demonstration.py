"""The demonstration: an invented frame whose firms answer by the real path."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from questionnaires.files import instrument_path, load_instrument
from survey_app.db import transaction
from survey_app.i18n import HERE
from survey_app.keys import Keys
from survey_app.models.fieldwork import Invitation, SampleUnit, Wave, WaveState
from survey_app.models.people import RoleName
from survey_app.models.response import Ballot
from survey_app.services import demonstration as demo
from survey_app.services import people
from survey_app.services.waves import WaveExists

PCI = load_instrument(instrument_path("pci_domestic"))
SEED = 2023
NOW = datetime.now(HERE)


@pytest.fixture
def made_up(session: Session, keys: Keys, tmp_path: Path) -> list[demo.Firm]:
    """A demonstration in which nobody has answered yet."""
    with transaction() as writing:
        _prepare(writing, keys, tmp_path)
    with transaction() as reading:
        return demo.still_to_answer(reading, SEED)


def _prepare(session: Session, keys: Keys, folder: Path, seed: int = SEED) -> None:
    box = demo.Box(folder / "box.pem", b"for tests only")
    demo.prepare(session, seed=seed, keys=keys, box=box, consent_version="2026-11", now=NOW)


def _answer(keys: Keys, firms: list[demo.Firm]) -> None:
    for _ in demo.answer_all(transaction, firms, seed=SEED, keys=keys, now=NOW):
        pass


def test_the_frame_is_invented_the_same_from_one_seed():
    first, again, other = (demo.invent_frame(PCI, seed) for seed in (1, 1, 2))
    assert [(u.id, u.name, u.size) for u in first] == [(u.id, u.name, u.size) for u in again]
    assert {u.id for u in first}.isdisjoint(u.id for u in other)


def test_firms_have_names_of_their_own_that_say_they_are_invented():
    names = [unit.name for unit in demo.invent_frame(PCI, SEED)]
    assert len(set(names)) == demo.FIRMS
    assert all("Minh Họa" in name for name in names)


def test_sizes_follow_the_distribution():
    sizes = Counter(unit.size for seed in range(20) for unit in demo.invent_frame(PCI, seed))
    assert sizes["n1_4"] / sizes.total() == pytest.approx(0.34, abs=0.02)
    assert sizes["n10_49"] / sizes.total() == pytest.approx(0.29, abs=0.02)


def test_all_firms_are_invited_in_three_strata_to_an_open_wave(session, made_up):
    wave = session.get_one(Wave, demo.WAVE)
    assert wave.state is WaveState.OPEN
    assert (wave.closes_on - NOW.date()).days == demo.DAYS
    invited = Counter(session.scalars(select(Invitation.stratum)))
    assert dict(invited) == wave.frame_counts
    assert set(invited) == {"n1_9", "n10_49", "n50"}
    assert invited.total() == demo.FIRMS


def test_those_who_answer_are_a_simple_random_draw(session, made_up):
    assert len(made_up) == demo.ANSWERING
    assert len({firm.unit for firm in made_up}) == demo.ANSWERING
    units = {unit.id: unit for unit in session.scalars(select(SampleUnit))}
    assert all(firm.known["p03"] == units[firm.unit].size for firm in made_up)


def test_firms_give_the_size_sector_and_age_of_the_frame(made_up):
    for firm in made_up[:30]:
        pages = list(demo.filled_pages(PCI, firm, random.Random(1)))
        given = {code: answer for filled in pages for code, answer in filled.answers.items()}
        if given["p02"] not in PCI.item("p02").end_if:
            assert {code: given[code] for code in ("p03", "p04", "p06")} == firm.known


def test_a_load_that_was_interrupted_goes_on_where_it_stopped(session, keys, made_up, tmp_path):
    _answer(keys, made_up[:3])
    with transaction() as writing:
        _prepare(writing, keys, tmp_path)
        left = demo.still_to_answer(writing, SEED)
    assert left == made_up[3:]
    _answer(keys, left[:2])
    assert session.scalar(select(func.count()).select_from(Ballot)) == 5
    answered = session.scalars(select(Invitation.id).where(Invitation.answered)).all()
    assert set(answered) == {firm.invitation for firm in made_up[:5]}


def test_another_seed_does_not_mix_into_a_demonstration(session, keys, made_up, tmp_path):
    with pytest.raises(WaveExists), transaction() as writing:
        _prepare(writing, keys, tmp_path, seed=7)


def test_each_role_and_each_agency_that_leads_today_has_an_account(session):
    wanted = demo.accounts("lang_son_2024", date(2026, 11, 24))
    with transaction() as writing:
        demo.make_accounts(writing, wanted, "a password for tests only")
        demo.make_accounts(writing, wanted, "another password for tests")
    found = people.accounts(session)
    assert {role.name for user in found for role in user.roles} == {role.value for role in RoleName}
    agencies = {user.agency_code for user in found if user.agency_code}
    assert {"STC_2025", "SNNMT", "SNV_2025"} <= agencies
    assert not agencies & {"SKHDT", "STNMT", "SLDTBXH"}
    assert all(people.password_matches("a password for tests only", user.password) for user in found[:1])
