"""The two envelopes: codes people type, drafts and ballots of one length, ciphertext that any change spoils."""

from __future__ import annotations

import base64
import json
import os
import random
import re

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from questionnaires.demonstration import distribution, draw_answers
from questionnaires.files import instrument_path, load_instrument
from questionnaires.instrument import Instrument, Item
from survey_app.envelopes import (
    BadCode,
    Secrets,
    Unreadable,
    WrongPassphrase,
    ballot_info,
    format_code,
    link_secret,
    lookup,
    new_box,
    open_ballot,
    open_cookie,
    parse_code,
    read_box_key,
    resume_code,
    seal_ballot,
    seal_cookie,
    sizes,
)
from survey_app.services.responses import DraftContent, ballot_content
from tests.factories import PASSPHRASE, instrument, item, option

CODES = st.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ", min_size=16, max_size=16)
SECRETS = Secrets("0123456789ABCDEF", "GHJKMNPQRSTVWXYZ")
INFO = ballot_info("w1", "hash")
HPKE_OVERHEAD = 32 + 16  # the encapsulated X25519 key and the tag of AES-GCM
GCM_OVERHEAD = 12 + 16


@pytest.fixture(scope="module")
def box() -> tuple[X25519PrivateKey, bytes]:
    """A box key, private and public."""
    pem, public = new_box(PASSPHRASE)
    return read_box_key(pem, PASSPHRASE), public


@given(CODES)
def test_a_code_is_read_back_as_it_was_written(code):
    assert parse_code(format_code(code)) == code


@given(CODES, st.randoms())
def test_a_code_survives_how_people_type_it(code, choice: random.Random):
    misread = {"0": "0Oo", "1": "1IiLl"}
    typed = [choice.choice(misread.get(letter, letter + letter.lower())) for letter in code]
    assert (
        parse_code("".join(letter + choice.choice(["", " ", "-", "\u2013", "\n", "\u00a0"]) for letter in typed))
        == code
    )


def test_a_whole_link_may_be_pasted():
    assert parse_code("https://khaosat.langson.gov.vn/p#0123-4567-89ab-cdef") == "0123456789ABCDEF"


@pytest.mark.parametrize("typed", ["", "#", "0123-4567-89AB-CDE", "0123-4567-89AB-CDEFG", "U" * 16, "ạ" * 16, "٣" * 16])
def test_what_is_not_a_code_is_refused(typed):
    with pytest.raises(BadCode):
        parse_code(typed)


def test_codes_have_eighty_bits_of_chance_and_never_repeat():
    codes = [resume_code() for _ in range(2000)]
    assert len(set(codes)) == len(codes)
    assert all(parse_code(code) == code for code in codes)
    assert all(len({code[place] for code in codes}) == 32 for place in range(16))


def test_the_link_of_an_invitation_can_be_rebuilt_and_a_new_issue_replaces_it():
    key = os.urandom(32)
    first = link_secret(key, "w1", "invitation", 1)
    assert first == link_secret(key, "w1", "invitation", 1)
    others = {
        link_secret(key, "w1", "invitation", 2),
        link_secret(key, "w2", "invitation", 1),
        link_secret(key, "w1", "another", 1),
        link_secret(os.urandom(32), "w1", "invitation", 1),
    }
    assert len({first, *others}) == 5


def test_what_the_database_keeps_of_a_link_needs_the_lookup_key():
    key = os.urandom(32)
    assert lookup(key, "0123456789ABCDEF") == lookup(key, "0123456789ABCDEF")
    assert lookup(key, "0123456789ABCDEF") != lookup(os.urandom(32), "0123456789ABCDEF")
    assert b"0123456789ABCDEF" not in lookup(key, "0123456789ABCDEF")


def test_ids_and_receipt_need_both_secrets_and_have_nothing_in_common():
    of_one = {SECRETS.draft_id, SECRETS.ballot_id, SECRETS.receipt}
    of_others = [
        Secrets("0" * 16, SECRETS.resume),
        Secrets(SECRETS.link, "0" * 16),
        Secrets(SECRETS.resume, SECRETS.link),
    ]
    for other in of_others:
        of_one |= {other.draft_id, other.ballot_id, other.receipt}
    assert len(of_one) == 12
    assert re.fullmatch("[0-9a-f]{32}", SECRETS.draft_id)
    assert re.fullmatch("[0-9a-f]{32}", SECRETS.ballot_id)
    assert parse_code(SECRETS.receipt) == SECRETS.receipt


def test_secrets_do_not_show_in_an_error_or_a_log():
    shown = f"{SECRETS!r} {SECRETS}"
    assert SECRETS.link not in shown
    assert SECRETS.resume not in shown


def test_a_draft_opens_with_both_secrets_and_its_version_only():
    blob = SECRETS.seal_draft({"answers": {"q1": "có"}}, 3, 1024)
    assert SECRETS.open_draft(blob, 3) == {"answers": {"q1": "có"}}
    for secrets, version in [
        (SECRETS, 2),
        (Secrets(SECRETS.link, "0" * 16), 3),
        (Secrets("0" * 16, SECRETS.resume), 3),
    ]:
        with pytest.raises(Unreadable):
            secrets.open_draft(blob, version)


def test_a_draft_sealed_twice_looks_different():
    assert SECRETS.seal_draft({}, 1, 1024) != SECRETS.seal_draft({}, 1, 1024)


def test_an_answer_larger_than_its_envelope_is_refused_and_not_shown():
    with pytest.raises(ValueError, match="does not fit into 1024") as refused:
        SECRETS.seal_draft({"answers": {"q1": "canary" * 300}}, 1, 1024)
    assert "canary" not in str(refused.value)


def test_a_ballot_opens_with_the_box_key_and_only_for_its_wave_and_instrument(box):
    private, public = box
    sealed = seal_ballot(public, {"answers": {"q1": "có"}}, 1024, INFO)
    assert open_ballot(private, sealed, INFO) == {"answers": {"q1": "có"}}
    for key, info in [
        (X25519PrivateKey.generate(), INFO),
        (private, ballot_info("w2", "hash")),
        (private, ballot_info("w1", "other")),
    ]:
        with pytest.raises(Unreadable):
            open_ballot(key, sealed, info)


@pytest.mark.parametrize("place", [0, 31, 32, 500, -1])
def test_a_ballot_with_one_changed_bit_cannot_be_opened(box, place):
    private, public = box
    sealed = bytearray(seal_ballot(public, {"answers": {}}, 1024, INFO))
    sealed[place] ^= 1
    with pytest.raises(Unreadable):
        open_ballot(private, bytes(sealed), INFO)


@pytest.mark.parametrize("length", [0, 1, 31, 32, 47, 48, 200])
def test_a_ballot_cut_short_cannot_be_opened(box, length):
    private, public = box
    with pytest.raises(Unreadable):
        open_ballot(private, seal_ballot(public, {"answers": {}}, 1024, INFO)[:length], INFO)


def test_the_box_key_is_read_with_its_passphrase_only():
    pem, public = new_box(PASSPHRASE)
    assert read_box_key(pem, PASSPHRASE).public_key().public_bytes_raw() == public
    for wrong in (b"another", b""):
        with pytest.raises(WrongPassphrase):
            read_box_key(pem, wrong)


def test_a_key_of_another_kind_or_without_passphrase_is_no_box_key():
    protection = BestAvailableEncryption(PASSPHRASE)
    signing = ed25519.Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, protection)
    bare = X25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for pem in (signing, bare, b"", b"not a key"):
        with pytest.raises(WrongPassphrase):
            read_box_key(pem, PASSPHRASE)


def test_a_cookie_is_read_back_and_hides_what_it_holds():
    key = os.urandom(32)
    cookie = seal_cookie(key, {"s": SECRETS.link, "c": SECRETS.resume, "own": False})
    assert open_cookie(key, cookie) == {"s": SECRETS.link, "c": SECRETS.resume, "own": False}
    assert SECRETS.link.encode() not in base64.urlsafe_b64decode(cookie + "==")
    assert open_cookie(os.urandom(32), cookie) is None


@given(st.text(max_size=300))
def test_a_spoilt_cookie_is_no_cookie_and_never_an_error(text):
    assert open_cookie(b"k" * 32, text) is None


def test_a_cookie_that_holds_no_mapping_is_no_cookie():
    key = os.urandom(32)
    assert open_cookie(key, seal_cookie(key, ["s", "c"])) is None


def _fullest(item: Item) -> object:
    if item.type == "multi":
        return list(item.option_codes)
    if item.type == "text":
        return "😀" * (item.max_length or 0)
    return max((*item.option_codes, *item.specials), key=len, default=999_999_999)


FULL = instrument(
    item("q1", ref=True),
    item("q2", "multi", options=[option(f"option_number_{n:03}") for n in range(40)]),
    item("q3", "number", range={"min": 0, "max": 999_999_999}),
    item("q4", "text", max_length=3000),
    item("q5", "text", max_length=500),
    comment_item="q4",
)
INSTRUMENTS = [
    FULL,
    *(load_instrument(instrument_path(name)) for name in ("pci_domestic", "pci_pulse", "satisfaction")),
]


def _sealed(instrument: Instrument, answers: dict[str, object], public: bytes) -> tuple[int, int]:
    pages = {page.code: 999_999 for page in instrument.pages} if answers else {}
    draft_size, ballot_size = sizes(instrument)
    draft = {"answers": answers, "pages": pages, "quoted": True}
    content = {"receipt": SECRETS.receipt, "stratum": "s" * 40, "comments": {}, "answers": answers}
    return (
        len(SECRETS.seal_draft(draft, 999_999, draft_size)) - GCM_OVERHEAD - draft_size,
        len(seal_ballot(public, content, ballot_size, INFO)) - HPKE_OVERHEAD - ballot_size,
    )


@pytest.mark.parametrize("instrument", INSTRUMENTS, ids=lambda each: each.code)
def test_the_fullest_answer_fits_and_is_as_long_as_an_empty_one(box, instrument):
    fullest = {item.code: _fullest(item) for item in instrument.items}
    assert _sealed(instrument, fullest, box[1]) == (0, 0)
    assert _sealed(instrument, {}, box[1]) == (0, 0)
    assert all(size % 1024 == 0 for size in sizes(instrument))


@pytest.mark.parametrize("awkward", ['"', "\\", "\n", "\u2028", "ệ", "😀"])
def test_no_letter_makes_a_text_longer_than_its_envelope(box, awkward):
    texts = {"q4": awkward * 3000, "q5": awkward * 500}
    assert _sealed(FULL, {item.code: texts.get(item.code, _fullest(item)) for item in FULL.items}, box[1]) == (0, 0)


def test_what_a_ballot_holds_is_the_route_the_receipt_and_the_label_and_no_more():
    domestic = load_instrument(instrument_path("pci_domestic"))
    answers = draw_answers(domestic, distribution(), random.Random(1))
    content = ballot_content(domestic, DraftContent(answers=answers), receipt=SECRETS.receipt, stratum="small")
    assert set(content) == {"answers", "receipt", "stratum", "comments"}
    texts = {item.code for item in domestic.items if item.type == "text"}
    assert set(content["answers"]) == set(domestic.answers_asked(answers)) - texts
    assert json.loads(json.dumps(content)) == content
