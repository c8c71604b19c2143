"""Whom a wave asks: drawn by stratum, repeatable, none too small to hide in, and written down."""

from __future__ import annotations

import csv
import re
from collections import Counter
from datetime import date, timedelta
from functools import cache

import pytest
from sqlalchemy import select

from questionnaires.files import framework_path, instrument_path, load_framework, load_instrument
from survey_app.i18n import now_here
from survey_app.models.fieldwork import Invitation, SampleUnit
from survey_app.services import frame, sampling, waves
from survey_app.services.frame_columns import guess
from survey_app.services.frame_file import read
from survey_app.services.sampling import CannotDraw, NotDrawn, Plan
from tests.survey_app.test_frame import HEADER, codes, row, xlsx

LADDER = [["n50", "n10_49"], ["n10_49", "n1_9"]]


@pytest.fixture
def wave(session, keys):
    """A wave in draft beside a frame of 240 small, 40 middle and 20 large firms."""
    sizes = ["3"] * 240 + ["20"] * 40 + ["80"] * 20
    rows = [row(code, f"Công ty {n}", size=size) for n, (code, size) in enumerate(zip(codes(300), sizes, strict=True))]
    sheet = read(xlsx(HEADER, *rows))
    frame.save(session, frame.examine(sheet, guess(sheet.header)).firms, keys.contact)
    made = make(session, "2027-1", date.today())
    session.commit()
    return made


@cache
def documents():
    return load_instrument(instrument_path("pci_domestic")), load_framework(framework_path("pci_2023"))


def make(session, code: str, opens: date):
    return waves.create(
        session,
        code,
        title=("Đợt", "Wave"),
        documents=documents(),
        days=(opens, opens + timedelta(days=30)),
        consent_version="2026-11",
        frame_counts={},
        stratum_ladder=[],
    )


def drawn(session, code: str) -> dict[str, str]:
    """Return the stratum of each unit that a wave invites."""
    found = session.execute(select(Invitation.unit, Invitation.stratum).where(Invitation.wave == code))
    return {unit: stratum for unit, stratum in found}


def draw(session, keys, code: str = "2027-1", **plan):
    return sampling.draw(session, code, Plan(**{"size": 150, "seed": "s"} | plan), keys, by="an", now=now_here())


def test_a_draw_is_stratified_and_sets_the_frame_of_the_wave(session, keys, wave):
    record = draw(session, keys, ladder=LADDER)
    assert Counter(drawn(session, "2027-1").values()) == {"n1_9": 120, "n10_49": 20, "n50": 10}
    assert wave.frame_counts == {"n1_9": 240, "n10_49": 40, "n50": 20}
    assert record.strata["n50"] == {"frame": 20, "eligible": 20, "drawn": 10}


def test_the_same_seed_draws_the_same_firms_and_a_new_draw_replaces_the_old(session, keys, wave):
    draw(session, keys)
    first = drawn(session, "2027-1")
    draw(session, keys, seed="other")
    assert drawn(session, "2027-1") != first
    draw(session, keys)
    assert drawn(session, "2027-1") == first
    assert len(first) == 150


def test_a_stratum_of_which_too_few_were_drawn_joins_its_neighbour(session, keys, wave):
    draw(session, keys, size=60, ladder=LADDER)  # 48, 8 and 4
    assert Counter(drawn(session, "2027-1").values()) == {"n1_9": 48, "n10_49": 12}
    assert wave.frame_counts == {"n1_9": 240, "n10_49": 60}


def test_firms_that_want_no_messages_or_were_asked_lately_are_counted_and_not_drawn(session, keys, wave):
    quiet = session.scalars(select(SampleUnit).order_by(SampleUnit.id)).first()
    quiet.opted_out = True
    make(session, "2026-2", date.today() - timedelta(days=100))
    draw(session, keys, "2026-2", size=100, by=())
    asked = set(drawn(session, "2026-2"))
    record = draw(session, keys, size=150, by=(), rested_months=6)
    assert not set(drawn(session, "2027-1")) & (asked | {quiet.id})
    assert record.strata["all"]["frame"] == 300
    assert record.strata["all"]["eligible"] == 300 - len(asked | {quiet.id})
    draw(session, keys, size=250, by=(), rested_months=3)  # a hundred days are more than three months
    assert set(drawn(session, "2027-1")) & asked


def test_a_sample_that_the_frame_cannot_give_is_refused_in_words(session, keys, wave):
    with pytest.raises(CannotDraw) as refused:
        draw(session, keys, size=301)
    assert "Không chọn được 301 doanh nghiệp" in refused.value.message("vi")
    with pytest.raises(NotDrawn):
        sampling.record_of(session, "2027-1")


def test_a_wave_that_is_open_is_not_drawn_again(session, keys, wave, tmp_path):
    draw(session, keys)
    waves.open_wave(
        session, "2027-1", documents=documents(), key_file=tmp_path / "k", passphrase=b"twelve words", now=now_here()
    )
    with pytest.raises(waves.WrongState):
        draw(session, keys)


def test_from_the_list_to_links_that_open_by_command(app, session, wave, tmp_path, client):
    runner, out, secret = app.test_cli_runner(), tmp_path / "links.csv", tmp_path / "words"
    secret.write_text("một mật khẩu dài", encoding="utf-8")
    run = runner.invoke(
        args=["sample", "draw", "2027-1", "--size", "150", "--seed", "s", "--by", "size", "--lang", "vi"]
    )
    assert "hạt giống s" in run.output, run.output
    assert re.search(r"n1_9 +240 +240 +120 +2\.00", run.output)
    assert runner.invoke(args=["sample", "show", "2027-1", "--lang", "vi"]).output == run.output
    key = ["--key", str(tmp_path / "k"), "--passphrase-file", str(secret)]
    assert runner.invoke(args=["waves", "open", "2027-1", *key]).exit_code == 0
    assert "150" in runner.invoke(args=["sample", "links", "2027-1", "--out", str(out)]).output
    with out.open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert len({each["link"] for each in rows}) == 150
    assert rows[0]["phone"] == "0912345678"
    assert oct(out.stat().st_mode)[-3:] == "600"
    code = rows[0]["link"].split("#")[1]
    assert client.post_form("/p", {"code": code, "action": "start"}).location == "/p/dong-y"
