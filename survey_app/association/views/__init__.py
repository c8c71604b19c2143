"""Pages for the association and the coordinator, one file for each task."""

from __future__ import annotations

from flask import Blueprint

from survey_app.models.people import RoleName

bp = Blueprint("association", __name__)
WHO = (RoleName.ASSOCIATION, RoleName.COORDINATOR)

from survey_app.association.views import board, frame, links, messages, notices, sample, waves  # noqa: E402 - the pages add themselves to `bp`

__all__ = ["WHO", "board", "bp", "frame", "links", "messages", "notices", "sample", "waves"]
