"""What every request and response must satisfy, whoever asks: hosts, origins, sizes, headers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask, Response, abort, request
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter, Map
from whitenoise import WhiteNoise

from survey_app.config import Config
from survey_app.db import reading
from survey_app.keys import Keys

_BODY_LIMIT = 64 * 1024
_MOST_FIELDS = 300
_YEAR = 365 * 24 * 3600
_POWERS = (
    "accelerometer",
    "autoplay",
    "camera",
    "display-capture",
    "encrypted-media",
    "fullscreen",
    "geolocation",
    "gyroscope",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "picture-in-picture",
    "publickey-credentials-get",
    "screen-wake-lock",
    "usb",
    "xr-spatial-tracking",
)
_CONTENT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'"
)
_ALWAYS: Mapping[str, str] = {
    "Content-Security-Policy": _CONTENT,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{power}=()" for power in _POWERS),
    "X-Robots-Tag": "noindex",
}


#: Views that take a file. They set their own limit once they know who asks, so nothing may read the body before.
UPLOADS = {"association.upload"}
#: Pages whose button mail programs press by themselves (RFC 8058).
PRESSED_BY_MAIL = {"public.messages_stopped"}


class _Number(IntegerConverter):
    """A row's number in an address; a longer one than databases have is no page."""

    def __init__(self, map: Map) -> None:
        super().__init__(map, max=2**31 - 1)


def settings(config: Config, keys: Keys) -> dict[str, Any]:
    """Return the settings of Flask and its extensions that guard requests, cookies and passwords."""
    return {
        "SECRET_KEY": keys.session,
        "MAX_CONTENT_LENGTH": _BODY_LIMIT,
        "MAX_FORM_MEMORY_SIZE": _BODY_LIMIT,
        "MAX_FORM_PARTS": _MOST_FIELDS,
        "TRUSTED_HOSTS": list(config.hosts),
        "SESSION_COOKIE_NAME": "__Host-session" if config.secure else "session",
        "SESSION_COOKIE_SECURE": config.secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "WTF_CSRF_TIME_LIMIT": None,
        "WTF_CSRF_SSL_STRICT": False,  # it wants a Referer, which our pages never send; origins are checked below
        "SESSION_PROTECTION": None,  # no address or browser is kept with a session
        "SECURITY_PASSWORD_HASH": "argon2",
        "SECURITY_PASSWORD_SALT": keys.password.hex(),
        "SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS": {
            "argon2__memory_cost": 19456,
            "argon2__time_cost": 2,
            "argon2__parallelism": 1,
        },
        "SECURITY_CLI_USERS_NAME": None,  # accounts are made by our own command and page
        "SECURITY_CLI_ROLES_NAME": None,
    }


def init_app(app: Flask, config: Config) -> None:
    """Guard every request and response of the application."""
    app.url_map.converters["number"] = _Number
    app.before_request(_note_reading)
    app.before_request(_count_the_body)
    app.before_request(_refuse_what_no_text_holds)
    app.before_request(_refuse_foreign_posts)
    app.before_request(_refuse_too_many_fields)
    app.teardown_request(_forget_reading)
    always = dict(_ALWAYS)
    if config.secure:
        always["Strict-Transport-Security"] = f"max-age={_YEAR}"

    @app.after_request
    def add_headers(response: Response) -> Response:
        for name, value in always.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    def add_static_headers(headers: Any, _path: str, _url: str) -> None:
        for name, value in always.items():
            headers[name] = value

    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]
        app.wsgi_app,
        root=f"{app.root_path}/static",
        prefix="static/",
        max_age=_YEAR,  # addresses carry a hash of the file, see templating.asset
        allow_all_origins=False,
        add_headers_function=add_static_headers,
    )
    if config.proxy_hops:
        hops = config.proxy_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=0)  # type: ignore[method-assign]


def _note_reading() -> None:
    reading.set(request.method in ("GET", "HEAD", "OPTIONS"))


def _forget_reading(_error: BaseException | None) -> None:
    reading.set(False)


def _count_the_body() -> None:
    """Let a body that breaks off before its stated length be refused: the rest would count as left blank.

    gunicorn says that its input ends by itself, and then Werkzeug does not count.
    """
    request.environ.pop("wsgi.input_terminated", None)


def _refuse_foreign_posts() -> None:
    """Refuse a form sent from another site; browsers that name no site are left to the form's token."""
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        abort(403)
    origin = request.headers.get("Origin", "null")  # "null" is what a no-referrer page sends, also to its own site
    if origin != "null" and origin.partition("://")[2] != request.host:  # not parsed: it can be anything
        abort(403)


def _refuse_too_many_fields() -> None:
    """Refuse a form with more fields than any page has; the setting above counts only those sent as parts."""
    if request.endpoint not in UPLOADS and sum(map(len, dict(request.form.lists()).values())) > _MOST_FIELDS:
        abort(413)


def _refuse_what_no_text_holds() -> None:
    """Refuse a NUL, which PostgreSQL takes in no text and would call a fault of ours; firms' forms make it a space."""
    if "\0" in request.path:
        abort(404)
    if request.endpoint in UPLOADS:
        return
    if request.blueprint != "respondent" and any("\0" in value for _, value in request.form.items(multi=True)):
        abort(400)
