"""The application for gunicorn and for the `flask` command."""

from survey_app import create_app
from survey_app.config import Config

app = create_app(Config.from_env())
