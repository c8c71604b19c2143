"""The sample of a wave: how precise so many answers are, the draw, and its record for an auditor."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import current_app, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from survey_app.access import allow
from survey_app.association.views import WHO, bp
from survey_app.association.wave_forms import METHODS, VARIABLES, SampleForm
from survey_app.db import db, transaction
from survey_app.i18n import language
from survey_app.models.draw import Draw
from survey_app.models.fieldwork import WaveState
from survey_app.services import frame, precision, sampling
from survey_app.services import waves as life
from survey_app.services.instruments import instrument_of


@bp.get("/hh/dot/<wave>/mau")
@allow(*WHO)
def sample(wave: str) -> ResponseReturnValue:
    """Show how the firms were drawn, and while the wave is a draft ask how to draw them."""
    return _show(wave, SampleForm(formdata=None))


@bp.post("/hh/dot/<wave>/mau")
@allow(*WHO)
def draw(wave: str) -> ResponseReturnValue:
    """Draw the firms, in place of any drawn before."""
    form = SampleForm()
    if not form.validate_on_submit():
        return _show(wave, form)
    plan = sampling.Plan(
        size=form.size.data,
        seed=form.seed.data,
        method=form.method.data,
        by=tuple(form.by.data or ()),
        minimum=form.minimum.data or 0,
        rested_months=form.rested_months.data or 0,
    )
    try:
        with transaction() as session:
            keys = current_app.extensions["keys"]
            sampling.draw(session, wave, plan, keys, by=g.account.email, now=datetime.now(UTC))
        return redirect(url_for(".sample", wave=wave))
    except sampling.CannotDraw as error:
        form.size.errors = (error.message(language()),)
    return _show(wave, form)


def _show(wave: str, form: SampleForm) -> ResponseReturnValue:
    found = life.get(db.session, wave)
    instrument = instrument_of(db.session, found.instrument_hash)
    return render_template(
        "association/sample.html",
        wave=found,
        form=form,
        is_draft=found.state is WaveState.DRAFT,
        record=db.session.get(Draw, wave),
        count=frame.count(db.session),
        planner=precision.planner(db.session),
        stratum=lambda label: sampling.words(instrument, label, language()),
        methods=METHODS,
        variables=VARIABLES,
    )
