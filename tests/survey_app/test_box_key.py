"""The box key file: whose it is, and how it ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from survey_app.services import box_key
from tests.factories import PASSPHRASE, instrument, item, make_wave

LINE = b"Box key of wave w1, public key 00\n"


def test_the_key_file_of_the_box_is_deleted(tmp_path):
    path = tmp_path / "box.pem"
    path.write_bytes(LINE + b"key")
    box_key.destroy(path, LINE)
    assert not path.exists()


def test_another_file_is_never_deleted(tmp_path):
    path = tmp_path / "report.docx"
    path.write_bytes(b"something else")
    box_key.destroy(path, LINE)
    assert path.exists()


def test_a_key_file_that_is_gone_is_no_error(tmp_path):
    box_key.destroy(tmp_path / "gone.pem", LINE)


def test_a_key_that_cannot_be_deleted_is_left_to_people_in_words():
    # nobody, root neither, can remove a file of /proc, as on a memory stick that is mounted read-only
    path = Path("/proc/self/comm")
    with pytest.raises(box_key.KeyLeft, match="destroy it yourself"):
        box_key.destroy(path, path.read_bytes())


def test_a_key_file_without_its_first_line_opens_nothing(session, tmp_path):
    wave, pem = make_wave(session, instrument(item("q1")))
    path = tmp_path / "copy.pem"
    path.write_bytes(pem)
    key = box_key.read(path, wave.code, lambda: PASSPHRASE)
    with pytest.raises(box_key.NoFirstLine):
        box_key.require_right(key, wave, path)
    path.write_bytes(box_key.header(wave) + pem)
    assert box_key.require_right(key, wave, path) is key
