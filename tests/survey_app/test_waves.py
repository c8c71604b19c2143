"""The life of a wave, and what each state refuses."""

from __future__ import annotations

import stat
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from questionnaires.files import framework_path, load_framework
from survey_app.db import transaction
from survey_app.envelopes import Secrets, link_secret, lookup, read_box_key, resume_code
from survey_app.i18n import HERE
from survey_app.keys import Keys
from survey_app.models.fieldwork import FrozenFile, Invitation, SampleUnit, Wave, WaveState
from survey_app.models.response import Ballot, Draft
from survey_app.services import waves
from survey_app.services.box_key import KeyFileExists
from survey_app.services.invitations import standing
from survey_app.services.responses import FilledPage, WaveClosed, cast, save_page
from tests.factories import PASSPHRASE, make_invitation, make_wave
from tests.survey_app.fieldwork_story import CODE, TINY, open_wave_with_key, send

PCI = load_framework(framework_path("pci_2023"))
DAY = date(2027, 3, 1)
NOON = datetime(2027, 3, 1, 12, tzinfo=HERE)


def _create(session: Session, **more: Any) -> Wave:
    values: dict[str, Any] = {
        "title": ("Đợt thử", "Test wave"),
        "documents": (TINY, PCI),
        "days": (DAY, DAY + timedelta(days=14)),
        "consent_version": "2026-11",
        "frame_counts": {"all": 50},
        "stratum_ladder": [],
    }
    return waves.create(session, "spring", **(values | more))


def _open(session: Session, key_file: Path, now: datetime = NOON) -> Wave:
    documents = (TINY, PCI)
    return waves.open_wave(session, "spring", documents=documents, key_file=key_file, passphrase=PASSPHRASE, now=now)


def test_a_new_wave_is_a_draft_without_a_key(session):
    wave = _create(session)
    assert wave.state is WaveState.DRAFT
    assert wave.public_key == b""


def test_two_waves_cannot_share_a_code(session):
    _create(session)
    with pytest.raises(waves.WaveExists, match="spring"):
        _create(session)


@pytest.mark.parametrize("code", ["t/1", "", "Đợt 1", "-x", "a" * 41])
def test_a_code_that_could_not_stand_in_an_address_is_refused(session, code):
    with pytest.raises(waves.BadCode, match="2027-1"):
        waves.create(
            session, code, title=("v", "e"), documents=(TINY, PCI), days=(DAY, DAY), consent_version="c",
            frame_counts={}, stratum_ladder=[],
        )  # fmt: skip


def test_a_wave_cannot_close_before_it_opens(session):
    with pytest.raises(waves.BadDates):
        _create(session, days=(DAY, DAY - timedelta(days=1)))


def test_opening_writes_the_private_key_once_and_keeps_the_public_one(session, tmp_path):
    _create(session)
    path = tmp_path / "off line" / "box.pem"
    wave = _open(session, path)
    assert wave.state is WaveState.OPEN
    private = read_box_key(path.read_bytes(), PASSPHRASE)
    assert private.public_key().public_bytes_raw() == wave.public_key
    assert stat.S_IMODE(path.stat().st_mode) == 0o400
    assert private.private_bytes_raw().hex().encode() not in path.read_bytes()


def test_opening_freezes_the_instrument_as_it_is_then(session, tmp_path):
    _create(session)
    changed = TINY.model_copy(update={"version": "2"})
    wave = waves.open_wave(
        session, "spring", documents=(changed, PCI), key_file=tmp_path / "k", passphrase=PASSPHRASE, now=NOON
    )
    assert wave.instrument_hash == changed.content_hash()
    assert session.get_one(FrozenFile, wave.instrument_hash).content == changed.canonical_json()


def test_a_key_file_is_never_replaced(session, tmp_path):
    _create(session)
    path = tmp_path / "box.pem"
    path.write_text("another key")
    with pytest.raises(KeyFileExists, match=r"box\.pem"):
        _open(session, path)
    assert path.read_text() == "another key"


def test_a_wave_opens_once(session, tmp_path):
    _create(session)
    _open(session, tmp_path / "a.pem")
    with pytest.raises(waves.WrongState, match="is open; this needs a wave that is a draft"):
        _open(session, tmp_path / "b.pem")
    assert not (tmp_path / "b.pem").exists()


def test_a_wave_without_a_frame_does_not_open(session, tmp_path):
    _create(session, frame_counts={})
    with pytest.raises(waves.NoFrame):
        _open(session, tmp_path / "a.pem")


def test_a_wave_whose_last_day_is_over_does_not_open(session, tmp_path):
    _create(session)
    with pytest.raises(waves.BadDates):
        _open(session, tmp_path / "a.pem", now=NOON + timedelta(days=30))


def test_every_state_but_draft_refuses_opening_in_words_of_both_languages(session):
    wave, _ = make_wave(session, TINY, code="spring", state=WaveState.DISCARDED)
    with pytest.raises(waves.WrongState) as refused:
        waves.extend(session, wave.code, DAY, now=NOON)
    assert refused.value.message("vi") == "Đợt spring đã hủy phiếu; việc này cần đợt đang mở hoặc đã đóng."
    assert "is discarded; this needs a wave that is open or closed" in refused.value.message("en")


def test_a_later_last_day_opens_a_closed_wave_again(session):
    wave, _ = make_wave(session, TINY, opens_on=DAY, closes_on=DAY, state=WaveState.CLOSED)
    waves.extend(session, wave.code, DAY + timedelta(days=7), now=NOON + timedelta(days=2))
    assert wave.state is WaveState.OPEN
    assert wave.closes_on == DAY + timedelta(days=7)


@pytest.mark.parametrize("days", [-1, 0, 2])
def test_the_last_day_only_moves_into_the_future(session, days):
    wave, _ = make_wave(session, TINY, opens_on=DAY - timedelta(days=9), closes_on=DAY, state=WaveState.CLOSED)
    with pytest.raises(waves.BadDates):
        waves.extend(session, wave.code, DAY + timedelta(days=days), now=NOON + timedelta(days=3))
    assert wave.state is WaveState.CLOSED


def test_closing_deletes_what_was_not_sent_and_keeps_what_was(session, keys, tmp_path):
    open_wave_with_key(tmp_path, 2)
    send(keys, 1)
    with transaction() as writing:
        _, link = make_invitation(writing, keys, writing.get_one(Wave, CODE))
        unsent = Secrets(link, resume_code())
        place = standing(writing, lookup(keys.lookup, link))
        filled = FilledPage(TINY.pages[0], {"size": "s"}, seen=0)
        save_page(writing, unsent, place, TINY, filled, now=datetime.now(HERE))
    with transaction() as writing:
        waves.close(writing, CODE)
    assert session.scalars(select(Draft.id)).all() == []
    assert len(session.scalars(select(Ballot.id)).all()) == 1


def test_a_closed_wave_takes_nothing(session, keys):
    wave, _ = make_wave(session, TINY)
    _, link = make_invitation(session, keys, wave)
    waves.close(session, wave.code)
    with pytest.raises(WaveClosed):
        cast(session, Secrets(link, resume_code()), lookup(keys.lookup, link), now=datetime.now(HERE))


def test_a_wave_takes_nothing_after_five_in_the_afternoon_of_its_last_day(session, keys):
    wave, _ = make_wave(session, TINY, opens_on=DAY, closes_on=DAY)
    _, link = make_invitation(session, keys, wave)
    place = standing(session, lookup(keys.lookup, link))
    assert place.accepts(datetime(2027, 3, 1, 16, 59, 59, tzinfo=HERE))
    assert not place.accepts(datetime(2027, 3, 1, 17, 0, tzinfo=HERE))


def test_the_link_of_an_invitation_follows_from_the_keys(session, keys: Keys):
    wave, _ = make_wave(session, TINY)
    session.add_all([SampleUnit(id=name, name=name) for name in ("firm a", "firm b")])
    session.flush()
    waves.invite(session, wave, {"firm a": "small", "firm b": "large"}, keys)
    invitations = session.scalars(select(Invitation)).all()
    assert {(each.unit, each.stratum) for each in invitations} == {("firm a", "small"), ("firm b", "large")}
    for each in invitations:
        link = link_secret(keys.link, wave.code, each.id, each.issue)
        assert standing(session, lookup(keys.lookup, link)).invitation == each.id


def test_an_unknown_wave_is_named(session):
    with pytest.raises(waves.UnknownWave, match="nowhere"):
        waves.close(session, "nowhere")
