"""A text as one firm reads it, its link filled in. It is written when it is sent, and kept nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import cast

from questionnaires.base import Language
from survey_app import contacts
from survey_app.config import Config
from survey_app.keys import Keys
from survey_app.models.fieldwork import Invitation, SampleUnit, Wave
from survey_app.models.message import Channel, ContactStep, Notice
from survey_app.services import message_texts
from survey_app.services.invitations import link_of
from survey_app.services.message_texts import Words

_FIRM_LENGTH = 40  # letters of a firm's name in a text message


@dataclass(frozen=True, repr=False)
class Outgoing:
    """A message that a sender may hand over now; `id` is the message's, `unit` the firm's."""

    id: str
    attempt: int
    channel: Channel
    address: str
    unit: str
    words: Words


def address_of(keys: Keys, channel: Channel, unit: SampleUnit) -> str | None:
    """Return where a firm is reached by a channel, None where it is not."""
    found = contacts.unseal(keys.contact, unit.id, unit.contact)
    return found.email if channel is Channel.EMAIL else found.phone


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
        values = {
            "link": link,
            "closes": f"{self.wave.closes_on:%d/%m/%Y}",
            "days_left": str(max((self.wave.closes_on - self.today).days, 0)),
            "minutes": str(self.minutes),
            "year": str(self.wave.opens_on.year),
            "title": self.wave.title_vi if language == "vi" else self.wave.title_en,
            "document": self.wave.document or "",
        }
        return fill(self.step, language, values | _known_of(self.step, self.config, language, firm))


def fill_notice(notice: Notice, config: Config, language: Language, firm: str) -> Words:
    """Return a notice in this language to a firm of this name."""
    return fill(notice, language, _known_of(notice, config, language, firm))


def _known_of(source: ContactStep | Notice, config: Config, language: Language, firm: str) -> dict[str, str]:
    name = " ".join(firm.split())
    return {
        "firm": name[:_FIRM_LENGTH] if source.channel is Channel.SMS else name,
        "hotline": config.hotline,
        "association": config.association_vi if language == "vi" else config.association_en,
    }


def fill(source: ContactStep | Notice, language: Language, values: Mapping[str, str]) -> Words:
    """Return the text in a language with its placeholders filled in, as its channel carries it."""
    words = words_of(source, language)
    subject, text = (message_texts.filled_in(part, values) for part in (words.subject, words.text))
    return Words(
        " ".join(subject.split()), message_texts.without_marks(text) if source.channel is Channel.SMS else text
    )


def words_of(source: ContactStep | Notice, language: Language) -> Words:
    """Return the text in a language, its placeholders as they stand."""
    return Words(source.subject_vi, source.text_vi) if language == "vi" else Words(source.subject_en, source.text_en)
