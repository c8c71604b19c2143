"""How a message leaves: by SMTP, or through a gateway for text messages and Zalo. One interface, two ways.

`hand_over` calls `now` at the last moment before the other side could have the message, and returns when it has it.
"""

from __future__ import annotations

import json
import smtplib
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr
from http.client import HTTPException, HTTPMessage
from pathlib import Path
from socket import gaierror
from typing import IO, Protocol
from urllib.parse import urlsplit

from survey_app.config import Config
from survey_app.models.message import Channel

_TIMEOUT = 30
#: An address in a header stands on one line: broken up it would be encoded, and mail programs would not know it.
_MAIL = SMTP.clone(max_line_length=500)


class Refused(Exception):
    """The other side refuses this message for good; `reason` is its code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Later(Refused):
    """It did not take the message now, and does not have it."""


class Unknown(Refused):
    """The line broke while the message was handed over: it may have it."""


@dataclass(frozen=True, repr=False)
class Letter:
    """One message to one address. `id` is random and tells nothing of the firm."""

    id: str
    channel: Channel
    address: str
    subject: str
    text: str
    stop_address: str  # where whoever wants no more messages goes


class Way(Protocol):
    """A way out."""

    def hand_over(self, letter: Letter, now: Callable[[], None]) -> None:
        """Hand the letter over. Raises Refused, Later or Unknown."""

    def close(self) -> None:
        """Let go of what is held open."""


class Mail:
    """Mail by SMTP, one recipient in each, over one connection."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._line: smtplib.SMTP | None = None

    def hand_over(self, letter: Letter, now: Callable[[], None]) -> None:
        """Hand a letter to the mail server."""
        try:
            content = as_mail(letter, self._config).as_bytes()
        except ValueError:  # a line break where none may be
            raise Refused("header") from None
        try:
            line = self._connected()
            line.rset()
            self._take(*line.mail(self._config.mail_sender))
            self._take(*line.rcpt(letter.address))
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise Later(_code(error)) from None
        now()
        try:
            code, _words = line.data(content)
        except smtplib.SMTPDataError as error:  # the server did not want to hear it
            self._take(error.smtp_code, b"")
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise Unknown(_code(error)) from None
        else:
            self._take(code, b"")

    @staticmethod
    def _take(code: int, _words: bytes) -> None:
        if 400 <= code < 500:
            raise Later(str(code))
        if code >= 500:
            raise Refused(str(code))

    def _connected(self) -> smtplib.SMTP:
        if self._line is not None:
            return self._line
        config, safe = self._config, ssl.create_default_context()
        if config.smtp_security == "tls":
            line: smtplib.SMTP = smtplib.SMTP_SSL(config.smtp_host, config.smtp_port, timeout=_TIMEOUT, context=safe)
        else:
            line = smtplib.SMTP(config.smtp_host, config.smtp_port, timeout=_TIMEOUT)
        if config.smtp_security == "starttls":
            line.starttls(context=safe)
        if config.smtp_user:
            line.login(config.smtp_user, secret_in(config.smtp_password_file))
        line.ehlo_or_helo_if_needed()
        self._line = line
        return line

    def close(self) -> None:
        """End the connection."""
        if self._line is not None:
            self._line.close()
            self._line = None


def as_mail(letter: Letter, config: Config) -> EmailMessage:
    """Return a letter as mail: plain text, nothing that could tell when it is read."""
    mail = EmailMessage(policy=_MAIL)
    mail["From"] = formataddr((config.association_vi, config.mail_sender))
    mail["To"] = letter.address
    mail["Subject"] = letter.subject
    mail["Date"] = format_datetime(datetime.now(UTC))
    mail["Message-ID"] = f"<{letter.id}@{urlsplit(config.base_url).hostname}>"
    mail["List-Unsubscribe"] = f"<{letter.stop_address}>, <mailto:{config.contact_email}>"
    mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(letter.text)
    return mail


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        """Follow nothing: a message goes to the host that was allowed, or nowhere."""


class Gateway:
    """Text messages and Zalo through an HTTP gateway (docs/messages.md). It knows a message by its id and takes it once."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._open = urllib.request.build_opener(_NoRedirects).open

    def hand_over(self, letter: Letter, now: Callable[[], None]) -> None:
        """Hand a message to the gateway."""
        fields = {"id": letter.id, "channel": letter.channel.value, "to": letter.address}
        body = json.dumps(fields | {"title": letter.subject, "text": letter.text}, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json; charset=utf-8", "Idempotency-Key": letter.id}
        if self._config.gateway_token_file:
            headers["Authorization"] = f"Bearer {secret_in(self._config.gateway_token_file)}"
        request = urllib.request.Request(self._config.gateway_url, body, headers)  # noqa: S310 - https, and an allowed host
        now()
        try:
            self._open(request, timeout=_TIMEOUT).close()
        except urllib.error.HTTPError as error:
            error.close()
            raise (Later if error.code in (408, 425, 429) or error.code >= 500 else Refused)(str(error.code)) from None
        except urllib.error.URLError as error:
            never_spoke = isinstance(error.reason, ConnectionRefusedError | gaierror | ssl.SSLError)
            raise (Later if never_spoke else Unknown)(type(error.reason).__name__) from None
        except (OSError, HTTPException) as error:
            raise Unknown(type(error).__name__) from None

    def close(self) -> None:
        """Nothing is held open."""


def ways(config: Config) -> dict[Channel, Way]:
    """Return the ways that this installation has."""
    found: dict[Channel, Way] = {}
    if config.smtp_host:
        found[Channel.EMAIL] = Mail(config)
    if config.gateway_url:
        found |= dict.fromkeys((Channel.SMS, Channel.ZALO), Gateway(config))
    return found


def secret_in(path: Path | None) -> str:
    """Return the password in a file; empty where there is none."""
    return path.read_text(encoding="utf-8").strip() if path else ""


def _code(error: Exception) -> str:
    """Return what went wrong without the words, which could name the address."""
    return str(getattr(error, "smtp_code", "") or type(error).__name__)
