"""Pages for analysts and administrators, one file for each task."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("staff", __name__)

from survey_app.staff.views import accounts, keying, runs, waves  # noqa: E402 - the pages add themselves to `bp`

__all__ = ["accounts", "bp", "keying", "runs", "waves"]
