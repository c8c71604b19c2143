"""The pages of the respondent, by task."""

from __future__ import annotations

from flask import Blueprint

from survey_app.respondent.browser import is_shared

bp = Blueprint("respondent", __name__)
bp.context_processor(lambda: {"is_shared": is_shared()})

from survey_app.respondent.views import open_link, outage, pages, sending, start  # noqa: E402, F401 - they add their routes to bp
