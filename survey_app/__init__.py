"""The web application: who is asked, and who must act."""

from __future__ import annotations

from importlib import import_module

from flask import Flask
from flask_wtf import CSRFProtect

from survey_app import access, i18n
from survey_app.config import Config
from survey_app.db import db
from survey_app.keys import Keys


def create_app(config: Config, keys: Keys | None = None) -> Flask:
    """Return the application for these settings; raise BadConfiguration if a key is missing."""
    app = Flask(__name__)
    app.extensions["config"] = config
    app.extensions["keys"] = keys or Keys.read(config.keys_dir)
    app.config.from_mapping(
        SECRET_KEY=app.extensions["keys"].session,
        SQLALCHEMY_ENGINES={"default": config.database_url},
        MAX_CONTENT_LENGTH=64 * 1024,
        MAX_FORM_MEMORY_SIZE=64 * 1024,
        MAX_FORM_PARTS=300,
        SESSION_COOKIE_NAME="__Host-session" if config.secure else "session",
        SESSION_COOKIE_SECURE=config.secure,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,
        TRUSTED_HOSTS=list(config.hosts),
    )
    db.init_app(app)
    CSRFProtect(app)
    i18n.init_app(app, config.secure)
    access.close_by_default(app)
    for audience in config.audiences:
        app.register_blueprint(import_module(f"survey_app.{audience}.views").bp)
    return app
