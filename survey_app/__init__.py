"""The web application: who is asked, and who must act."""

from __future__ import annotations

from importlib import import_module

from flask import Flask
from flask_wtf import CSRFProtect

from survey_app import access, cli, db, error_pages, i18n, security, templating
from survey_app.config import Config
from survey_app.keys import Keys


def create_app(config: Config, keys: Keys | None = None) -> Flask:
    """Return the application for these settings; raise BadConfiguration if a key is missing."""
    app = Flask(__name__, static_folder=None)
    app.extensions["config"] = config
    app.extensions["keys"] = keys or Keys.read(config.keys_dir)
    app.config.from_mapping(
        SQLALCHEMY_ENGINES={"default": config.database_url},
        **security.settings(config, app.extensions["keys"]),
    )
    db.init_app(app)
    security.init_app(app, config)  # first: it tells the database whether a request only reads
    csrf = CSRFProtect(app)
    i18n.init_app(app, config.secure)
    templating.init_app(app, config)
    access.init_app(app)
    error_pages.init_app(app)
    for audience in config.audiences:
        app.register_blueprint(import_module(f"survey_app.{audience}.views").bp)
    if "respondent" in app.blueprints:
        csrf.exempt(app.blueprints["respondent"])  # its forms check their own token, and come back with what was typed
    for endpoint in security.UPLOADS & app.view_functions.keys():
        csrf.exempt(app.view_functions[endpoint])  # its form checks its own token, once it is known who asks
    for endpoint in security.PRESSED_BY_MAIL & app.view_functions.keys():
        csrf.exempt(app.view_functions[endpoint])  # a mail program has no token; the address itself is one
    cli.register(app)
    return app
