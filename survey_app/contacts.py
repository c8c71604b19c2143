"""Whom to write to at a firm: encrypted at rest with a key outside the database."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from survey_app.envelopes import decrypt, derive, encrypt


@dataclass(frozen=True, repr=False)
class Contact:
    """A person to write to; any part may be missing."""

    name: str | None = None
    phone: str | None = None
    email: str | None = None


def seal(contact_key: bytes, unit: str, contact: Contact) -> bytes | None:
    """Return a contact encrypted for its firm alone, or None where there is nothing to keep."""
    known = {part: value for part, value in asdict(contact).items() if value}
    if not known:
        return None
    return encrypt(_key(contact_key), json.dumps(known, ensure_ascii=False).encode(), _place(unit))


def unseal(contact_key: bytes, unit: str, blob: bytes | None) -> Contact:
    """Return what `seal` encrypted; raise envelopes.Unreadable, also for the contact of another firm."""
    if blob is None:
        return Contact()
    known: dict[str, Any] = json.loads(decrypt(_key(contact_key), blob, _place(unit)))
    return Contact(**known)


def _key(contact_key: bytes) -> bytes:
    return derive(contact_key, "contact", 32)


def _place(unit: str) -> bytes:
    return f"contact:{unit}".encode()
