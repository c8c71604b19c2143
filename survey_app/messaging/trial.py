"""A message tried on oneself: its text with an invented firm and a link that leads to nobody's form."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import date

from sqlalchemy.orm import Session

from questionnaires.base import LANGUAGES
from survey_app.config import Config
from survey_app.errors import DomainError
from survey_app.keys import Keys
from survey_app.messaging.channels import Letter, Refused, ways
from survey_app.models.message import Channel
from survey_app.services import messages, notices, waves
from survey_app.services.instruments import instrument_of
from survey_app.services.letters import Writer, fill_notice
from survey_app.services.message_texts import Words

_FIRM = {"vi": "[THỬ] Công ty TNHH Minh Họa", "en": "[TRIAL] Example Company Limited"}


class NoMail(DomainError):
    """The installation sends no mail."""

    vi = "Hệ thống chưa được đặt máy chủ thư: hỏi người quản trị."
    en = "No mail server is set: ask the administrator."


class NotSent(DomainError):
    """The mail server did not take the trial."""

    vi = "Máy chủ thư không nhận: {reason}. Hỏi người quản trị."
    en = "The mail server did not take it: {reason}. Ask the administrator."


def of_step(
    session: Session, code: str, number: int, config: Config, keys: Keys, *, to: str, today: date
) -> list[Letter]:
    """Return the step's message in each language, as mail to one's own address whatever its channel."""
    wave = waves.get(session, code)
    step = messages.step_of(session, wave, number)
    writer = Writer(step, wave, instrument_of(session, wave.instrument_hash).minutes, config, keys, today)
    link = f"{config.base_url}/p#XXXX-XXXX-XXXX-XXXX"
    return _letters([writer.fill(language, _FIRM[language], link) for language in LANGUAGES], config, to)


def of_notice(session: Session, number: int, config: Config, *, to: str) -> list[Letter]:
    """Return a notice in each language, as mail to one's own address whatever its channel."""
    notice = notices.get(session, number)
    return _letters([fill_notice(notice, config, language, _FIRM[language]) for language in LANGUAGES], config, to)


def _letters(written: Sequence[Words], config: Config, to: str) -> list[Letter]:
    return [
        Letter(secrets.token_hex(16), Channel.EMAIL, to, f"[THỬ] {words.subject}", words.text, config.base_url)
        for words in written
    ]


def send(found: Sequence[Letter], config: Config) -> None:
    """Send the trial now; raise NoMail or NotSent."""
    way = ways(config).get(Channel.EMAIL)
    if way is None:
        raise NoMail
    try:
        for letter in found:
            way.hand_over(letter, lambda: None)
    except Refused as error:
        raise NotSent(reason=error.reason) from None
    finally:
        way.close()
