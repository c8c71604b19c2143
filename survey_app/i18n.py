"""Vietnamese first, English complete: which language a page speaks, and how it writes dates and numbers."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Flask, Response, request
from flask_babel import Babel

from questionnaires.base import LANGUAGES, Language

HERE = ZoneInfo("Asia/Ho_Chi_Minh")
_COOKIE = "lang"


def language() -> Language:
    """Return the language of this request: `?lang=`, else the cookie, else Vietnamese."""
    for wanted in (request.args.get("lang"), request.cookies.get(_COOKIE)):
        for known in LANGUAGES:
            if wanted == known:
                return known
    return "vi"


def init_app(app: Flask, secure: bool) -> None:
    """Let pages speak both languages and remember the choice in a cookie of its own."""
    Babel(app, locale_selector=language, default_timezone="Asia/Ho_Chi_Minh")
    app.context_processor(lambda: {"language": language()})

    @app.after_request
    def remember(response: Response) -> Response:
        if request.args.get("lang") in LANGUAGES:
            response.set_cookie(_COOKIE, language(), secure=secure, httponly=True, samesite="Lax", path="/")
        return response


def now_here() -> datetime:
    """Return the time in the province."""
    return datetime.now(HERE)
