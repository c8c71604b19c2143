"""Settings of one installation (one province), read once from the environment; secrets come from key files."""

from __future__ import annotations

from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

Audience = Literal["respondent", "association", "staff", "agency", "auth", "public"]
ROOT = Path(__file__).resolve().parent.parent

#: Read if it is there, so that a command in a plain shell knows what the server knows; the environment wins.
SETTINGS_FILE = ROOT / "instance" / "settings.env"


class BadConfiguration(Exception):
    """A setting or a key is missing or unsafe; the message says which and what to do."""


class Config(BaseSettings):
    """Every setting, with the values of a demonstration as defaults; `.env.example` explains each."""

    model_config = SettingsConfigDict(env_prefix="PCI_", env_file=SETTINGS_FILE, frozen=True, extra="ignore")

    base_url: str = "http://127.0.0.1:8000"
    allowed_hosts: tuple[str, ...] = ()
    database_url: str = f"sqlite:///{ROOT / 'instance' / 'survey.sqlite3'}"
    keys_dir: Path = ROOT / "instance" / "keys"
    audiences: tuple[Audience, ...] = ("respondent", "association", "staff", "agency", "auth", "public")
    proxy_hops: int = 0
    demonstration: bool = False

    province: str = "Lạng Sơn"
    association_vi: str = "Hiệp hội Doanh nghiệp tỉnh Lạng Sơn"
    association_en: str = "Lạng Sơn Business Association"
    hotline: str = "0205 000 0000"
    contact_email: str = "lienhe@example.vn"
    controller_vi: str = "Hiệp hội Doanh nghiệp tỉnh Lạng Sơn"
    controller_en: str = "Lạng Sơn Business Association"
    plan: str = "lang_son_2024"
    framework: str = "pci_2023"
    consent_version: str = "2026-11"

    smtp_host: str = ""  # no mail without it
    smtp_port: int = 587
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_user: str = ""
    smtp_password_file: Path | None = None
    mail_sender: str = ""
    mail_per_minute: int = 60
    imap_host: str = ""  # mail that comes back is looked for here
    imap_port: int = 993
    imap_user: str = ""
    imap_password_file: Path | None = None
    gateway_url: str = ""  # of text messages and Zalo; without it they leave as files
    gateway_hosts: tuple[str, ...] = ()
    gateway_token_file: Path | None = None
    backup_recipient: str = ""  # without it no backup can be made
    days_off: tuple[date, ...] = ()

    @classmethod
    def from_env(cls) -> Self:
        """Return the settings of this process; raise BadConfiguration naming each bad one."""
        try:
            config = cls()
        except ValidationError as error:
            bad = "; ".join(f"PCI_{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors())
            raise BadConfiguration(f"Settings to correct: {bad}") from error
        config.require_safe()
        config.require_whole()
        return config

    def require_safe(self) -> None:
        """Raise BadConfiguration unless pages are served over https, or on loopback for a demonstration."""
        address = urlsplit(self.base_url)
        if address.scheme == "https":
            return
        if not (self.demonstration and address.hostname in ("127.0.0.1", "localhost")):
            raise BadConfiguration(
                f"PCI_BASE_URL is {self.base_url}: it must start with https:// "
                "(plain http is only for PCI_DEMONSTRATION=true on 127.0.0.1)"
            )

    def require_whole(self) -> None:
        """Raise BadConfiguration if mail or the gateway are set by half, or could be read on the way."""
        if self.smtp_host and "@" not in self.mail_sender:
            raise BadConfiguration("PCI_MAIL_SENDER is missing: mail needs an address that it comes from")
        if self.smtp_host and self.smtp_security == "none" and not self.demonstration:
            raise BadConfiguration("PCI_SMTP_SECURITY is none: personal links would travel in the clear")
        gateway = urlsplit(self.gateway_url)
        if self.gateway_url and gateway.hostname not in self.gateway_hosts:
            raise BadConfiguration(f"PCI_GATEWAY_URL: {gateway.hostname} is not among PCI_GATEWAY_HOSTS")
        if self.gateway_url and gateway.scheme != "https" and not self.demonstration:
            raise BadConfiguration("PCI_GATEWAY_URL must start with https://")

    @cached_property
    def secure(self) -> bool:
        """Say whether pages are served over https."""
        return urlsplit(self.base_url).scheme == "https"

    @cached_property
    def hosts(self) -> tuple[str, ...]:
        """Return the Host headers that are answered."""
        address = urlsplit(self.base_url)
        names = (
            [f"localhost:{address.port}", f"127.0.0.1:{address.port}"] if self.demonstration and address.port else []
        )
        return (*self.allowed_hosts, address.netloc, *names)
