"""A browser that keeps no cookies: told so once, with the link to open in another one."""

from __future__ import annotations

from flask import current_app, render_template, request
from flask.typing import ResponseReturnValue

from survey_app.config import Config
from survey_app.envelopes import BadCode, format_code, parse_code


def keeps_cookies() -> bool:
    """Say whether the browser sent back the cookie that came with the form."""
    return current_app.config["SESSION_COOKIE_NAME"] in request.cookies


def without_cookies(typed: str | None) -> ResponseReturnValue:
    """Return the page that says that cookies are needed, with the personal link if it was sent."""
    config: Config = current_app.extensions["config"]
    try:
        link = f"{config.base_url}/p#{format_code(parse_code(typed or ''))}"
    except BadCode:
        link = None
    return render_template("respondent/cookies.html", link=link, typed=typed or "")
