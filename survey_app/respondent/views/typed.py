"""What a browser has just sent, to be carried by the page that answers it: nothing that was typed is lost."""

from __future__ import annotations

from flask import request

Fields = list[tuple[str, str]]


def sent_fields(*, without: tuple[str, ...] = ()) -> dict[str, Fields]:
    """Return all fields that were sent: `words`, which people typed and may want to see, and the `hidden` rest."""
    sent = [field for field in request.form.items(multi=True) if field[0] not in without]
    words = [field for field in sent if any(mark.isspace() for mark in field[1])]
    return {"words": words, "hidden": [field for field in sent if field not in words]}
