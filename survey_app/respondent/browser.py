"""What the firm's browser holds: one encrypted cookie with both secrets, that no GET ever sets or clears."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response, current_app, request

from survey_app.config import Config
from survey_app.envelopes import Secrets, open_cookie, seal_cookie
from survey_app.keys import Keys

_DAYS_ON_OWN_DEVICE = 14


@dataclass(frozen=True, repr=False)
class Held:
    """What the cookie holds. `resume` is empty until the firm has agreed; the device is the firm's `own`, or `shared`."""

    link: str
    resume: str = ""
    own: bool = False
    shared: bool = False

    @property
    def secrets(self) -> Secrets | None:
        """Return both secrets, or None before the firm has agreed."""
        return Secrets(self.link, self.resume) if self.resume else None


def held() -> Held | None:
    """Return what this browser holds; None without a cookie, or with a spoilt one."""
    text = request.cookies.get(_name())
    content = open_cookie(_keys().cookie, text) if text else None
    if not content or not {"s", "c", "own"} <= set(content):
        return None
    return Held(content["s"], content["c"], content["own"], content.get("shared", False))


def is_shared() -> bool:
    """Say whether the firm said that several people use this device."""
    found = held()
    return found is not None and found.shared


def keep(response: Response, held: Held) -> Response:
    """Let the browser hold this: until it is closed, or for 14 days on the firm's own device."""
    text = seal_cookie(_keys().cookie, {"s": held.link, "c": held.resume, "own": held.own, "shared": held.shared})
    age = _DAYS_ON_OWN_DEVICE * 24 * 3600 if held.own else None
    response.set_cookie(_name(), text, max_age=age, secure=_config().secure, httponly=True, samesite="Strict", path="/")
    return response


def forget(response: Response) -> Response:
    """Let the browser hold nothing."""
    response.delete_cookie(_name(), secure=_config().secure, httponly=True, samesite="Strict", path="/")
    return response


def _name() -> str:
    return "__Host-p" if _config().secure else "p"


def _config() -> Config:
    config: Config = current_app.extensions["config"]
    return config


def _keys() -> Keys:
    keys: Keys = current_app.extensions["keys"]
    return keys
