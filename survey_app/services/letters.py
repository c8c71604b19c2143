"""A step's text as one firm reads it, its link filled in. It is written when it is sent, and kept nowhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import cast

from questionnaires.base import Language
from survey_app.config import Config
from survey_app.keys import Keys
from survey_app.models.fieldwork import Invitation, SampleUnit, Wave
from survey_app.models.message import Channel, ContactStep
from survey_app.services import message_texts
from survey_app.services.invitations import link_of
from survey_app.services.message_texts import Words

_FIRM_LENGTH = 40  # letters of a firm's name in a text message


@dataclass(frozen=True, repr=False)
class Writer:
    """Writes the messages of a step on a day."""

    step: ContactStep
    wave: Wave
    minutes: int
    config: Config
    keys: Keys
    today: date

    def write(self, invitation: Invitation, unit: SampleUnit) -> Words:
        """Return the message to one firm, in its language."""
        return self.fill(
            cast(Language, unit.language), unit.name, link_of(self.config.base_url, self.keys.link, invitation)
        )

    def fill(self, language: Language, firm: str, link: str) -> Words:
        """Return the message in this language to a firm of this name."""
        config, is_sms = self.config, self.step.channel is Channel.SMS
        name = " ".join(firm.split())
        values = {
            "firm": name[:_FIRM_LENGTH] if is_sms else name,
            "link": link,
            "closes": f"{self.wave.closes_on:%d/%m/%Y}",
            "days_left": str(max((self.wave.closes_on - self.today).days, 0)),
            "minutes": str(self.minutes),
            "year": str(self.wave.opens_on.year),
            "hotline": config.hotline,
            "title": self.wave.title_vi if language == "vi" else self.wave.title_en,
            "document": self.wave.document or "",
            "association": config.association_vi if language == "vi" else config.association_en,
        }
        words = words_of(self.step, language)
        subject, text = (message_texts.filled_in(part, values) for part in (words.subject, words.text))
        return Words(" ".join(subject.split()), message_texts.without_marks(text) if is_sms else text)


def words_of(step: ContactStep, language: Language) -> Words:
    """Return the step's text in a language, its placeholders as they stand."""
    return Words(step.subject_vi, step.text_vi) if language == "vi" else Words(step.subject_en, step.text_en)
