"""Pages for analysts and administrators."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("staff", __name__)
