"""Tables by subject. They import without an app, so that notebooks, migrations and tests need no context."""

from survey_app.models import draw, extract, fieldwork, frame, handout, job, message, people, response, score

__all__ = ["draw", "extract", "fieldwork", "frame", "handout", "job", "message", "people", "response", "score"]
