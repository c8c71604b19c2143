"""Pages for everyone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from survey_app.db import transaction
from survey_app.models.fieldwork import WaveState
from survey_app.models.response import Receipt
from survey_app.services import health, jobs
from tests.factories import instrument, item, make_wave

PAGES = ["/", "/rieng-tu", "/tro-nang", "/lien-he", "/lien-ket-that"]
CODES = ["7ABCDEFGHJKMNPQR", "0123456789ABCDEF"]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["vi", "en"])
def test_each_page_speaks_one_language_and_leads_to_privacy_and_contact(client, path, language):
    page = client.get(f"{path}?lang={language}").text
    assert f'lang="{language}"' in page
    for address in ("/rieng-tu", "/tro-nang", "/lien-he", "/lien-ket-that"):
        assert f'href="{address}"' in page
    assert ("Quyền riêng tư" in page) is (language == "vi")


def test_the_language_is_remembered(client):
    client.get("/?lang=en")
    assert 'lang="en"' in client.get("/rieng-tu").text


def test_the_privacy_page_says_what_is_not_promised(client, config):
    page = client.get("/rieng-tu").text
    assert "Điều không thể cam kết" in page
    assert config.controller_vi in page
    assert config.hotline in page
    assert "356/2025" in page


def test_the_real_address_is_the_one_of_the_settings(client, config):
    assert f"{config.base_url}/p#" in client.get("/lien-ket-that", headers={"Host": "localhost"}).text


def opened(session, state):
    """Make a wave in this state with two receipts."""
    with transaction():
        wave, _ = make_wave(session, instrument(item("a")), state=state, discarded=7)
        session.add_all([Receipt(wave=wave.code, code=code) for code in CODES])


def test_counted_receipts_are_listed_sorted_after_the_opening(client, session):
    opened(session, WaveState.OPENED)
    page = client.get("/ket-qua/w1/phieu-da-dem").text
    assert page.index("0123-4567-89AB-CDEF") < page.index("7ABC-DEFG-HJKM-NPQR")
    assert "Đã đếm 2 phiếu" in page


@pytest.mark.parametrize(
    ("state", "words"), [(WaveState.CLOSED, "hòm phiếu đã mở"), (WaveState.DISCARDED, "đã có 7 phiếu")]
)
def test_no_receipt_is_shown_before_the_opening_or_after_a_discard(client, session, state, words):
    opened(session, state)
    page = client.get("/ket-qua/w1/phieu-da-dem").text
    assert words in page
    assert "0123" not in page


def test_an_unknown_wave_is_not_found(client):
    assert client.get("/ket-qua/khong-co/phieu-da-dem").status_code == 404


def test_health_is_good_only_while_the_job_runner_lives(client, session):
    answer = client.get("/health")
    assert (answer.status_code, set(answer.json["faults"])) == (503, {"jobs"})
    with transaction():
        jobs.note_runner(session, "jobs", now=datetime.now(UTC))
    answer = client.get("/health")
    assert (answer.status_code, answer.json) == (200, {"status": "ok", "faults": {}})
    with transaction():
        jobs.note_runner(session, "jobs", now=datetime.now(UTC) - health.RUNNER_SILENT_AFTER - timedelta(seconds=1))
    assert client.get("/health").status_code == 503


def test_health_names_keys_that_were_lost_or_changed(client, config):
    lost = config.keys_dir / "link.key"
    content = lost.read_bytes()
    lost.unlink()
    assert "missing" in client.get("/health").json["faults"]["keys"]
    lost.write_bytes(content[::-1])
    lost.chmod(0o400)
    assert "restart" in client.get("/health").json["faults"]["keys"]


def test_search_engines_are_sent_away_and_icons_found(client):
    assert "Disallow: /" in client.get("/robots.txt").text
    assert client.get("/favicon.ico", follow_redirects=True).mimetype == "image/svg+xml"
