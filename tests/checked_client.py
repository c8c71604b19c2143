"""A browser without JavaScript, in tests: it checks every page it gets, and fills in forms as a person would."""

from __future__ import annotations

import re
from contextvars import Context
from html.parser import HTMLParser
from typing import Any

from flask import has_app_context
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from survey_app.db import db


class CheckedClient(FlaskClient):
    """Fails a page that no user should see: no title, no language, not one h1, no policy, a traceback."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        if has_app_context():
            db.session.rollback()  # a test that only looked must not hold the database
        # a context of its own, as in a server: two browsers must not share what Flask keeps for one request
        response: TestResponse = Context().run(super().open, *args, **kwargs)
        if response.mimetype == "text/html" and response.status_code not in (301, 302, 303, 307, 308):
            check_page(response)
        return response

    def post_form(self, path: str, data: dict[str, Any] | None = None, **kwargs: Any) -> TestResponse:
        """Fetch the page at `path`, and send its form with its hidden fields and `data`."""
        page = self.get(path)
        return self.post(path, data={**hidden_fields(page.text), **(data or {})}, **kwargs)


def check_page(response: TestResponse) -> None:
    """Assert what holds of every page."""
    html = response.text
    assert re.search(r"<title>[^<]+</title>", html), "a page without a title"
    assert re.search(r'<html[^>]* lang="(vi|en)"', html), "a page without its language"
    assert len(re.findall(r"<h1[\s>]", html)) == 1, "a page must have one h1"
    assert "default-src 'none'" in response.headers.get("Content-Security-Policy", ""), "a page without a policy"
    assert "Traceback" not in html, "a traceback reached a user"
    assert not re.search(r"<script>(?!</script>)|\son\w+=|style=\"", html), "inline script or style"


def hidden_fields(html: str) -> dict[str, str]:
    """Return the hidden fields of a page's forms."""
    parser = _Hidden()
    parser.feed(html)
    return parser.fields


class _Hidden(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "input" and found.get("type") == "hidden" and found.get("name"):
            self.fields[str(found["name"])] = found.get("value") or ""
