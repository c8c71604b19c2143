"""The words of messages: the texts that a wave begins with, what may stand in them, how long each channel lets them be."""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from questionnaires.base import Language, Text
from survey_app.errors import DomainError
from survey_app.models.message import Channel

#: What a text may name, with an example as long as things get.
PLACEHOLDERS: dict[str, str] = {
    "firm": "Cong ty TNHH Mot thanh vien Minh Hoa",
    "link": "https://khaosat.langson.gov.vn/p#XXXX-XXXX-XXXX-XXXX",
    "closes": "31/12/2027",
    "days_left": "25",
    "minutes": "20",
    "year": "2027",
    "hotline": "0205 000 0000",
    "association": "Hiệp hội Doanh nghiệp tỉnh Lạng Sơn",
    "title": "Lấy ý kiến về dự thảo nghị quyết hỗ trợ doanh nghiệp nhỏ và vừa",
    "document": "https://langson.gov.vn/du-thao-nghi-quyet-ho-tro-doanh-nghiep-nho-va-vua",
}
#: What a notice may name.
IN_NOTICES = ("firm", "association", "hotline")
SUBJECT_LENGTH = 50
SMS_SEGMENT, SMS_TWO_SEGMENTS = 160, 306
ZALO_TITLE, ZALO_BODY = (9, 65), (9, 400)
#: Letters that count twice in a text message (GSM 03.38, extension table).
_TWICE = frozenset("^{}\\[~]|€")


class BadTexts(DomainError):
    """Texts that cannot be sent; `faults` says which field and why."""

    vi = "Cần sửa nội dung tin."
    en = "The texts must be mended."

    def __init__(self, faults: Mapping[str, list[Text]]) -> None:
        super().__init__()
        self.faults = faults


@dataclass(frozen=True)
class Words:
    """A subject (title, for Zalo) and a text, in one language."""

    subject: str
    text: str


_EMAIL_END = {
    "vi": "\n\nTrả lời là tự nguyện. Phiếu không ghi tên, được niêm phong khi gửi và trộn cùng các phiếu khác rồi mới mở.\n"
    "Hỏi hoặc không muốn nhận thư: {hotline}.\n{association}",
    "en": "\n\nTaking part is voluntary. The form has no name; it is sealed when sent and mixed with others before it is "
    "opened.\nQuestions, or no more messages: {hotline}.\n{association}",
}
_EMAIL = (
    {
        "vi": (
            "Mời trả lời khảo sát doanh nghiệp {year}",
            "Kính gửi {firm},\n\n{association} mời doanh nghiệp trả lời khảo sát về môi trường kinh doanh. Khoảng {minutes} "
            "phút, có thể dừng và làm tiếp. Liên kết sau chỉ dành cho doanh nghiệp:\n\n{link}\n\nHạn: 17:00 ngày {closes}.",
        ),
        "en": (
            "Invitation to the survey of firms {year}",
            "To {firm},\n\n{association} asks your firm about doing business here. It takes about {minutes} minutes; you can "
            "stop and go on later. This link is for your firm alone:\n\n{link}\n\nUntil 17:00 on {closes}.",
        ),
    },
    {
        "vi": (
            "Khảo sát doanh nghiệp: còn {days_left} ngày",
            "Kính gửi {firm},\n\nChúng tôi chưa nhận được phiếu khảo sát của doanh nghiệp. Liên kết riêng:\n\n{link}\n\n"
            "Hạn: 17:00 ngày {closes}.",
        ),
        "en": (
            "Survey of firms: {days_left} days left",
            "To {firm},\n\nWe have not received your firm's form. Its own link:\n\n{link}\n\nUntil 17:00 on {closes}.",
        ),
    },
    {
        "vi": (
            "Khảo sát doanh nghiệp: làm tiếp trên điện thoại",
            "Kính gửi {firm},\n\nNếu đã bắt đầu, mở lại liên kết trên máy cũ hoặc dùng mã tiếp tục. Nếu chưa, chỉ cần khoảng "
            "{minutes} phút:\n\n{link}\n\nHạn: 17:00 ngày {closes}.",
        ),
        "en": (
            "Survey of firms: go on where you stopped",
            "To {firm},\n\nIf you have begun, open the link on the same device or use the resume code. If not, it takes about "
            "{minutes} minutes:\n\n{link}\n\nUntil 17:00 on {closes}.",
        ),
    },
    {
        "vi": (
            "Khảo sát doanh nghiệp đóng ngày {closes}",
            "Kính gửi {firm},\n\nĐợt khảo sát đóng lúc 17:00 ngày {closes}. Ý kiến của doanh nghiệp còn thiếu:\n\n{link}",
        ),
        "en": (
            "The survey of firms closes on {closes}",
            "To {firm},\n\nThe survey closes at 17:00 on {closes}. Your firm's view is still missing:\n\n{link}",
        ),
    },
)
_CONSULTATION = {
    "vi": (
        "Mời góp ý dự thảo chính sách",
        "Kính gửi {firm},\n\n{association} mời doanh nghiệp góp ý: {title}.\nĐọc dự thảo: {document}\n\nPhiếu góp ý khoảng "
        "{minutes} phút. Liên kết sau chỉ dành cho doanh nghiệp:\n\n{link}\n\nHạn: 17:00 ngày {closes}.",
    ),
    "en": (
        "Your view on a draft policy",
        "To {firm},\n\n{association} asks for your firm's view: {title}.\nRead the draft: {document}\n\nThe form takes about "
        "{minutes} minutes. This link is for your firm alone:\n\n{link}\n\nUntil 17:00 on {closes}.",
    ),
}
_SHORT = (
    {
        "vi": "Hiep hoi DN moi {firm} tra loi khao sat {year}, {minutes} phut, giu kin. Lien ket danh rieng cho DN: {link}. "
        "Han: {closes}. Hoi: {hotline}",
        "en": "The business association asks {firm} to answer its survey {year}, {minutes} minutes, confidential. Your own link: "
        "{link}. Until {closes}. Call {hotline}",
    },
    {
        "vi": "Khao sat DN: con {days_left} ngay, chua nhan duoc phieu cua {firm}. {link}. "
        "Hoi, hoac khong muon nhan tin: {hotline}",
        "en": "Survey of firms: {days_left} days left, no form from {firm} yet. {link}. "
        "Questions, or no more messages: {hotline}",
    },
    {
        "vi": "Khao sat DN: neu da bat dau, mo lai tren dien thoai cu hoac dung ma tiep tuc: {link}. Hoi: {hotline}",
        "en": "Survey of firms: if you have begun, open it on the same phone or use the resume code: {link}. Call {hotline}",
    },
    {
        "vi": "Khao sat DN dong luc 17h ngay {closes}. Y kien cua {firm} con thieu. {link}. Hoi: {hotline}",
        "en": "The survey of firms closes at 17:00 on {closes}. The view of {firm} is missing. {link}. Call {hotline}",
    },
)
_ZALO_TITLE = {"vi": "Mời tham gia khảo sát môi trường kinh doanh", "en": "Invitation to a survey on doing business"}
_ZALO = {
    "vi": "{association} mời {firm} trả lời khảo sát năm {year}. Khoảng {minutes} phút, có thể dừng và làm tiếp. Câu trả lời "
    "được giữ kín, chỉ công bố số liệu gộp. Hạn trả lời: {closes}. {link}",
    "en": "{association} asks {firm} to answer its survey {year}. About {minutes} minutes; you can stop and go on later. Answers "
    "are confidential, only totals are published. Until {closes}. {link}",
}


def first_words(channel: Channel, number: int, language: Language, *, consults: bool = False) -> Words:
    """Return the text that step `number` (1-4) of a plan begins with; consults: the wave is about a draft policy."""
    if channel is Channel.EMAIL:
        subject, text = (_CONSULTATION if consults and number == 1 else _EMAIL[number - 1])[language]
        return Words(subject, text + _EMAIL_END[language])
    if channel is Channel.ZALO:
        return Words(_ZALO_TITLE[language], _ZALO[language])
    return Words("", _SHORT[number - 1][language])


def require_good(channel: Channel, texts: Mapping[Language, Words], *, is_notice: bool = False) -> None:
    """Raise BadTexts unless every text can be sent."""
    found = {f"text_{language}": faults(channel, words, is_notice=is_notice) for language, words in texts.items()}
    if any(found.values()):
        raise BadTexts(found)


def faults(channel: Channel, words: Words, *, is_notice: bool = False) -> list[Text]:
    """Return what is wrong with a text; empty if it can be sent. A wave's message needs the link, a notice has none."""
    known, needed = (IN_NOTICES, ()) if is_notice else (tuple(PLACEHOLDERS), ("link",))
    found = [*_placeholder_faults(words.subject, known, ()), *_placeholder_faults(words.text, known, needed)]
    if found:
        return found
    filled = Words(filled_in(words.subject, PLACEHOLDERS), filled_in(words.text, PLACEHOLDERS))
    if re.search(r"[\x00-\x1f]", words.subject):
        found.append(Text(vi="Tiêu đề phải nằm trên một dòng.", en="The subject must stand on one line."))
    return found + _too_long(channel, filled)


def _too_long(channel: Channel, filled: Words) -> list[Text]:
    if channel is Channel.EMAIL:
        return _between("Tiêu đề", "The subject", len(filled.subject), (1, SUBJECT_LENGTH))
    if channel is Channel.ZALO:
        title = _between("Tiêu đề", "The title", len(filled.subject), ZALO_TITLE)
        return title + _between("Nội dung", "The text", len(filled.text), ZALO_BODY)
    return _between("Tin nhắn", "The message", sms_length(filled.text), (1, SMS_TWO_SEGMENTS))


def _between(vi: str, en: str, length: int, limits: tuple[int, int]) -> list[Text]:
    least, most = limits
    if least <= length <= most:
        return []
    return [
        Text(
            vi=f"{vi} dài {length} ký tự khi điền mẫu; phải từ {least} đến {most}.",
            en=f"{en} has {length} characters when filled in; it must have {least} to {most}.",
        )
    ]


def _placeholder_faults(text: str, known: Sequence[str], needed: Sequence[str]) -> list[Text]:
    try:
        names = [
            # with what stands behind it, which makes it a name that nobody knows: a width could be a text of gigabytes
            f"{name}{f'!{how}' if how else ''}{f':{spec}' if spec else ''}"
            for _text, name, spec, how in string.Formatter().parse(text)
            if name is not None
        ]
    except ValueError:
        return [Text(vi="Dấu { và } phải đi thành đôi quanh một tên.", en="{ and } must stand in pairs around a name.")]
    listed = ", ".join(f"{{{name}}}" for name in known)
    found = [
        Text(vi=f"Không có {{{name}}}: chỉ dùng {listed}.", en=f"There is no {{{name}}}: only {listed}.")
        for name in names
        if name not in known
    ]
    return found + [Text(vi=f"Thiếu {{{name}}}.", en=f"{{{name}}} is missing.") for name in needed if name not in names]


def filled_in(text: str, values: Mapping[str, str]) -> str:
    """Return a text with its placeholders filled in."""
    return text.format_map(values)


def without_marks(text: str) -> str:
    """Return a text as a text message carries it at one byte a letter: no marks, đ as d; what is left over becomes a space."""
    plain = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return "".join(letter if letter.isascii() and (letter.isprintable() or letter == "\n") else " " for letter in plain)


def sms_length(text: str) -> int:
    """Return how many places a text without marks takes in a text message."""
    return sum(2 if letter in _TWICE else 1 for letter in without_marks(text))


def segments(length: int) -> int:
    """Return how many text messages so many places are."""
    return 1 if length <= SMS_SEGMENT else -(-length // (SMS_TWO_SEGMENTS // 2))
