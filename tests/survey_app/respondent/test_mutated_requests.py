"""What no browser sends gets a plain answer: no fault of ours, no traceback, nothing half changed. `make fuzz` sends more."""

from __future__ import annotations

import logging

from flask import Flask

from tests.fuzz.run import fuzz


def test_mutated_requests_find_no_fault(app: Flask, keys, capsys):
    app.config["PROPAGATE_EXCEPTIONS"] = False
    logging.disable(logging.CRITICAL)
    try:
        outcome = fuzz(app, keys, requests=1500, seed=7)
    finally:
        logging.disable(logging.NOTSET)
    assert outcome.faults == []
    assert outcome.requests == 1500
    assert {200, 302, 400, 403, 404, 405, 413} <= set(outcome.statuses), "mutations that all look alike find nothing"


def test_the_look_at_answers_is_not_blind(app: Flask, keys):
    from survey_app.access import EVERYONE, allow

    app.config["PROPAGATE_EXCEPTIONS"] = False
    logging.disable(logging.CRITICAL)
    view = app.view_functions["respondent.page"]
    try:
        app.view_functions["respondent.page"] = allow(EVERYONE)(lambda code: {}[code])
        faults = fuzz(app, keys, requests=200, seed=7).faults
    finally:
        app.view_functions["respondent.page"] = view
        logging.disable(logging.NOTSET)
    assert any(fault.startswith("a fault of ours: 500") for fault in faults)
