"""The address by which a firm says that it wants no more messages: only we can tell which firm, and it opens no form."""

from __future__ import annotations

import hmac

from survey_app.config import Config
from survey_app.envelopes import derive
from survey_app.keys import Keys

_ID, _MARK = 32, 16


def address_of(config: Config, keys: Keys, unit: str) -> str:
    """Return the address for this firm."""
    return f"{config.base_url}/khong-nhan-tin/{unit}{_mark(keys, unit)}"


def unit_of(keys: Keys, token: str) -> str | None:
    """Return the firm that an address names; None for an address that we did not make."""
    unit, mark = token[:_ID], token[_ID:]
    return unit if hmac.compare_digest(_mark(keys, unit).encode(), mark.encode()) else None


def _mark(keys: Keys, unit: str) -> str:
    return hmac.digest(derive(keys.link, "unsubscribe", 32), unit.encode(), "sha256").hex()[:_MARK]
