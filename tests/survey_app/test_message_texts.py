"""The words of messages and the hours in which they go."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from survey_app.models.message import Channel
from survey_app.services import message_texts, messages
from survey_app.services.message_texts import Words
from survey_app.services.working_hours import is_working_time


@pytest.mark.parametrize(
    ("channel", "words", "said"),
    [
        (Channel.EMAIL, Words("Mời", "Kính gửi {firm}"), "Thiếu {link}."),
        (Channel.EMAIL, Words("Mời", "{link} {secret}"), "Không có {secret}"),
        (Channel.EMAIL, Words("Mời", "{link} {firm.__class__}"), "Không có {firm.__class__}"),
        (Channel.EMAIL, Words("Mời", "{link} {"), "phải đi thành đôi"),
        (Channel.EMAIL, Words("x" * 51, "{link}"), "Tiêu đề dài 51 ký tự"),
        (Channel.EMAIL, Words("Mời\r\nBcc: x@y.vn", "{link}"), "trên một dòng"),
        (Channel.SMS, Words("", "x" * 260 + "{link}"), "dài 312 ký tự"),
        (Channel.ZALO, Words("Ngắn", "{link}"), "Tiêu đề dài 4 ký tự khi điền mẫu; phải từ 9 đến 65"),
        (Channel.ZALO, Words("Mời khảo sát", "x" * 400 + "{link}"), "phải từ 9 đến 400"),
    ],
)
def test_a_text_that_cannot_be_sent_is_refused_in_words(channel, words, said):
    assert any(said in fault.vi for fault in message_texts.faults(channel, words))


@pytest.mark.parametrize("channel", Channel)
@pytest.mark.parametrize("number", messages.STEPS)
@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("consults", [False, True])
def test_the_usual_texts_can_be_sent(channel, number, language, consults):
    words = message_texts.first_words(channel, number, language, consults=consults)
    assert message_texts.faults(channel, words) == []


def test_marks_are_taken_off_and_double_signs_counted():
    assert message_texts.without_marks("Đặng Thị Hồng, ₫ 5") == "Dang Thi Hong,   5"
    assert message_texts.sms_length("a[b]") == 6
    assert [message_texts.segments(n) for n in (160, 161, 306, 307)] == [1, 2, 2, 3]


@pytest.mark.parametrize(
    ("moment", "is_time"),
    [
        ("2027-04-15 08:00", True),
        ("2027-04-15 07:59", False),
        ("2027-04-15 11:30", False),
        ("2027-04-15 13:30", True),
        ("2027-04-15 18:00", False),
        ("2027-04-17 09:00", False),  # a Saturday
        ("2027-04-30 09:00", False),  # the day of reunification
        ("2027-02-08 09:00", False),  # Tet, by the settings
    ],
)
def test_firms_are_written_to_in_working_hours(moment, is_time):
    assert is_working_time(datetime.fromisoformat(moment), {date(2027, 2, 8)}) is is_time
