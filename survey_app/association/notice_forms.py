"""The form of a notice."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from questionnaires.base import LANGUAGES
from survey_app.association.wave_forms import CHANNELS, choices
from survey_app.models.message import Channel
from survey_app.services.message_texts import IN_NOTICES, Words
from survey_app.services.notices import Content

_BEGINNING = {
    "vi": "Kính gửi {firm},\n\n\n\nHỏi, hoặc không muốn nhận tin: {hotline}.\n{association}",
    "en": "To {firm},\n\n\n\nQuestions, or no more messages: {hotline}.\n{association}",
}


class NoticeForm(FlaskForm):
    """What a notice says and to whom."""

    placeholders = IN_NOTICES
    channel = SelectField(_("Channel"), choices=choices(CHANNELS))
    vsic = SelectField(_("Line of business"))
    area = SelectField(_("Commune or ward"))
    duty = SelectField(_("Line of the plan it serves"))
    subject_vi = StringField(_("Subject in Vietnamese"), [Length(max=200)])
    text_vi = TextAreaField(_("Text in Vietnamese"), [InputRequired(_("Enter the text")), Length(max=4000)])
    subject_en = StringField(_("Subject in English"), [Length(max=200)])
    text_en = TextAreaField(_("Text in English"), [InputRequired(_("Enter the text")), Length(max=4000)])

    def __init__(self, audiences: tuple[list[str], list[str]], duties: dict[str, str], **more: Any) -> None:
        super().__init__(**more)
        lines, areas = audiences
        self.vsic.choices = [("", _("All")), *((each, each) for each in lines)]
        self.area.choices = [("", _("All")), *((each, each) for each in areas)]
        self.duty.choices = [("", _("None")), *duties.items()]

    def begin(self) -> None:
        """Fill in how a text usually begins and ends."""
        self.text_vi.data, self.text_en.data = _BEGINNING["vi"], _BEGINNING["en"]

    def content(self) -> Content:
        """Return what was typed."""
        texts = {
            lang: Words(self[f"subject_{lang}"].data or "", self[f"text_{lang}"].data.replace("\r\n", "\n"))
            for lang in LANGUAGES
        }
        chosen = {name: self[name].data or None for name in ("vsic", "area", "duty")}
        return Content(Channel(self.channel.data), texts, **chosen)
