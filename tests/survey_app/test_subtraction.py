"""Can a hidden figure be worked out from all that is released of two waves? Other answers behind it, and not a byte changes."""

from __future__ import annotations

import copy
import re
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from sqlalchemy import delete, inspect, select, update

from analysis import columns
from analysis.index import score
from questionnaires.framework import Indicator
from questionnaires.reference import province_values
from survey_app.models.people import RoleName
from survey_app.models.response import Response
from survey_app.models.score import (
    IndicatorEstimate,
    ReleasedChart,
    ReleasedIndicator,
    ReleasedSubIndex,
    ScoreRun,
    SubIndexEstimate,
)
from tests.survey_app.opened_wave import domestic, make_opened_wave
from tests.survey_app.releases import METHOD, RUNS, release_all
from tests.survey_app.signing_in import signed_in

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
#: A band of so few says that all its firms answered alike; one that did not would be outside of the band.
ALL_OF_A_BAND = 10
PAGES = (
    ["/", "/rieng-tu", "/ket-qua/w1/phieu-da-dem", "/ket-qua/w2/phieu-da-dem", "/cq"]
    + [f"/cq/ket-qua/{sub_index.code}" for sub_index in METHOD.sub_indices]
    + [f"/cq/bieu-do/{{run}}/{sub_index.code}.{{language}}.svg" for sub_index in METHOD.sub_indices]
)


def everything_released(session, reader, runs) -> dict[str, str]:
    """Return all that leaves the analyst: stored rows, charts, pages in both languages."""
    found: dict[str, str] = {}
    for model in (ReleasedIndicator, ReleasedSubIndex, ReleasedChart):
        names = [column.key for column in inspect(model).columns]
        for row in session.scalars(select(model)):
            key = [str(getattr(row, column.key)) for column in inspect(model).primary_key]
            found[f"{model.__tablename__} {' '.join(key)}"] = repr([getattr(row, name) for name in names])
    session.rollback()
    for language in ("vi", "en"):
        for address in sorted({path.format(run=run, language=language) for path in PAGES for run in runs}):
            answer = reader.get(f"{address}?lang={language}")
            assert answer.status_code == 200, address
            found[f"{language} {address}"] = re.sub(r'name="csrf_token" value="[^"]+"', "", answer.text)
    return found


def forget_runs(session) -> None:
    """Delete every run, so that the next one gets the same number."""
    for model in (ReleasedChart, ReleasedSubIndex, ReleasedIndicator, SubIndexEstimate, IndicatorEstimate, ScoreRun):
        session.execute(delete(model))
    session.commit()


def not_shown(session, run: int) -> dict[str, str]:
    """Return the status of each figure that is hidden or shown as a band."""
    rows = session.scalars(select(ReleasedIndicator).where(ReleasedIndicator.run_id == run))
    return {row.code: row.status for row in rows if row.status in ("hidden", "band")}


def is_hit(indicator: Indicator, answers: dict[str, Any]) -> bool:
    """Say whether an answer counts for a share."""
    rule, answer = indicator.rule, answers[indicator.rule.item]
    return (rule.option in answer) != rule.absent if rule.option else answer in rule.numerator


def turn(indicator: Indicator, answers: dict[str, Any]) -> None:
    """Change one firm's answer to the opposite, and nothing else that it said."""
    rule, item = indicator.rule, domestic().item(indicator.rule.item)
    if rule.stat == "median":
        answers[item.code] = 40 if answers[item.code] != 40 else 7
    elif rule.option:
        ticked = set(answers[item.code]) ^ {rule.option}
        alone = {option.code for option in item.options if option.exclusive}
        others = ticked - alone or alone
        answers[item.code] = [code for code in item.option_codes if code in others]
    else:
        hit = is_hit(indicator, answers)
        allowed = [c for c in item.option_codes if (c in rule.numerator) != hit and _keeps_base(indicator, answers, c)]
        answers[item.code] = allowed[0]


def _keeps_base(indicator: Indicator, answers: dict[str, Any], code: str) -> bool:
    where = indicator.rule.where
    return where is None or where.holds({**answers, indicator.rule.item: code})


def base_of(indicator: Indicator, responses: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the answers of the firms that an indicator is about."""
    rule = indicator.rule
    asked = [a for a in responses if a.get(rule.item) not in (None, "dk", "na", "ref")]
    return [answers for answers in asked if rule.where is None or rule.where.holds(answers)]


def with_other_answers(responses: list[dict[str, Any]], statuses: dict[str, str]) -> list[dict[str, Any]]:
    """Return the responses with every hidden figure turned round, and each band moved by one firm within the band."""
    changed = copy.deepcopy(responses)
    done: set[tuple[str, str | None]] = set()
    for code, status in statuses.items():
        indicator = METHOD.by_code[code]
        key = (indicator.rule.item, indicator.rule.option)
        if key in done:
            continue  # another figure of the same answers has been turned already
        done.add(key)
        base = base_of(indicator, changed)
        for answers in _whom_to_turn(indicator, base, status):
            turn(indicator, answers)
    return changed


def _whom_to_turn(indicator: Indicator, base: list[dict[str, Any]], status: str) -> list[dict[str, Any]]:
    """Return the firms whose answers change the figure and not its status: all, or one towards the end of a band."""
    if indicator.rule.stat == "median":
        return base
    hits = _hits(indicator, base)
    if hits * 2 == len(base):
        return base[:1]
    if status == "hidden":
        return base
    if len(base) <= ALL_OF_A_BAND:
        return []
    fewer = [answers for answers in base if is_hit(indicator, answers) == (hits * 2 < len(base))]
    return (fewer or base)[:1]


def _hits(indicator: Indicator, base: list[dict[str, Any]]) -> int:
    return sum(is_hit(indicator, answers) for answers in base)


def analysts_scores(session, runs) -> list[tuple[str, float]]:
    """Return the scores that count everything, which only the analyst sees."""
    rows = session.scalars(select(SubIndexEstimate).where(SubIndexEstimate.run_id.in_(runs)))
    return [(row.code, row.value) for row in rows]


def values(responses: list[dict[str, Any]], codes: list[str]) -> np.ndarray:
    """Return what the analyst sees of these indicators."""
    published = province_values(RUNS[0][1])
    return (
        score(columns.from_answers(responses, domestic()), domestic(), METHOD, published)
        .indicators.loc[codes, "value"]
        .to_numpy(float)
    )


def responses_of(session, wave: str) -> dict[str, dict[str, Any]]:
    """Return the answers of a wave by the number of the response."""
    rows = session.execute(select(Response.id, Response.answers).where(Response.wave == wave).order_by(Response.id))
    return {row[0]: row[1] for row in rows}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_nothing_that_is_released_depends_on_what_is_hidden(app, session, capsys):
    make_opened_wave(session, 120)
    make_opened_wave(session, 140, code="w2", seed=2, plan=False)
    reader = signed_in(app, RoleName.COORDINATOR)
    responses = {wave: responses_of(session, wave) for wave, _province in RUNS}
    runs = release_all(session)
    statuses = {wave: not_shown(session, run) for run, (wave, _province) in zip(runs, RUNS, strict=True)}
    before, counted = everything_released(session, reader, runs), analysts_scores(session, runs)

    changed = {wave: with_other_answers([*responses[wave].values()], statuses[wave]) for wave in responses}
    for wave, found in responses.items():
        for number, answers in zip(found, changed[wave], strict=True):
            session.execute(update(Response).where(Response.id == number).values(answers=answers))
    forget_runs(session)
    assert release_all(session) == runs
    after, counted_after = everything_released(session, reader, runs), analysts_scores(session, runs)

    shifts = []
    for wave, hidden in statuses.items():
        said = [*responses[wave].values()]
        codes = [c for c in hidden if hidden[c] == "hidden" or len(base_of(METHOD.by_code[c], said)) > ALL_OF_A_BAND]
        shift = values(changed[wave], codes) - values(said, codes)
        assert len(codes) >= 15
        assert (shift != 0).sum() >= len(codes) - 1, dict(zip(codes, shift, strict=True))
        shifts += [*shift]
    assert sum(x != y for x, y in zip(counted, counted_after, strict=True)) >= 15, "blind: what is hidden never counted"
    assert {key: after[key] for key in before if after.get(key) != before[key]} == {}
    assert set(after) == set(before)
    most = np.nanmax(np.abs(shifts))
    with capsys.disabled():
        print(f"\n{len(shifts)} hidden figures changed, by up to {most:.2f}; of {len(before)} released texts 0 differ")
