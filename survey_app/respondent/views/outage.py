"""The database does not answer: what was typed comes back on the page, and its button sends the same again."""

from __future__ import annotations

from flask import current_app, render_template, request
from flask.typing import ResponseReturnValue

from survey_app.error_pages import DATABASE_DOWN, show_database_down, unavailable
from survey_app.respondent.views import bp
from survey_app.respondent.views.typed import sent_fields


def keep_what_was_typed(error: Exception) -> ResponseReturnValue:
    """Answer 503 with everything that was sent, to be sent again; a page that was only fetched has nothing to keep."""
    if request.method != "POST":
        return show_database_down(error)
    current_app.logger.error("the database does not answer: %s", type(error).__name__)
    template = "respondent/not_saved.html"
    return unavailable(render_template(template, action=request.path, endpoint=request.endpoint, **sent_fields()))


for kind in DATABASE_DOWN:
    bp.register_error_handler(kind, keep_what_was_typed)
