"""Tables by subject. They import without an app, so that notebooks, migrations and tests need no context."""

from survey_app.models import extract, fieldwork, job, people, response, score

__all__ = ["extract", "fieldwork", "job", "people", "response", "score"]
