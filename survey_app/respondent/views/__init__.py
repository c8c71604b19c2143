"""The pages of the respondent, by task."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("respondent", __name__)

from survey_app.respondent.views import outage, pages, sending, start  # noqa: E402, F401 - they add their routes to bp
