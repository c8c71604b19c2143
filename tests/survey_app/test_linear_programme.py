"""A linear programme on everything that two waves and a second run of one release: what it learns of what is hidden."""

from __future__ import annotations

import math
import random

import pytest
from sqlalchemy import select

from analysis import columns
from analysis.disclosure import MIN_SIDE, publish
from analysis.index import score
from questionnaires.demonstration import distribution, draw_answers
from questionnaires.reference import province_values
from survey_app.models.score import IndicatorEstimate, ReleasedIndicator, ReleasedSubIndex, SubIndexEstimate
from tests.survey_app.linear_programme import Attack, Figure, Shown
from tests.survey_app.opened_wave import domestic, make_opened_wave
from tests.survey_app.releases import METHOD, RUNS, release_all

NOTHING = 1e-6
#: The first run of each wave, by its number.
FIRST_RUN = {"w1": 1, "w2": 3}


@pytest.fixture
def database_url(tmp_path, migrated_sqlite):
    """Figures do not differ by database: SQLite only."""
    path = tmp_path / "survey.sqlite3"
    path.write_bytes(migrated_sqlite.read_bytes())
    return f"sqlite:///{path}"


@pytest.fixture
def runs(app, session) -> list[Shown]:
    """What is released of two waves, the first of which was run twice."""
    make_opened_wave(session, 120)
    make_opened_wave(session, 140, code="w2", seed=2, plan=False)
    return [shown(session, number, *run) for number, run in zip(release_all(session), RUNS, strict=True)]


def shown(session, number: int, wave: str, province: str) -> Shown:
    """Return what everybody sees of a run."""
    rows = session.scalars(select(ReleasedIndicator).where(ReleasedIndicator.run_id == number))
    figures = {row.code: Figure(row.status, row.band, row.n, number_or_nan(row.value)) for row in rows}
    scores = session.scalars(select(ReleasedSubIndex).where(ReleasedSubIndex.run_id == number))
    counted = frozenset(code for code, figure in figures.items() if figure.status == "shown")
    return Shown(wave, province, figures, {row.code: number_or_nan(row.value) for row in scores}, counted)


def naively(session, number: int, run: Shown) -> Shown:
    """Return the same run with scores that count what is hidden, as the analyst sees them."""
    rows = session.scalars(select(SubIndexEstimate).where(SubIndexEstimate.run_id == number))
    scores = {row.code: round(number_or_nan(row.value), 2) for row in rows}
    measured = {code for code, figure in run.figures.items() if figure.status in ("shown", "band", "hidden")}
    return Shown(run.wave, run.province, run.figures, scores, frozenset(measured & answered(session, number).keys()))


def answered(session, number: int) -> dict[str, IndicatorEstimate]:
    """Return what the analyst knows of each indicator that somebody answered."""
    rows = session.scalars(select(IndicatorEstimate).where(IndicatorEstimate.run_id == number))
    return {row.code: row for row in rows if row.status == "measured"}


def number_or_nan(value: float | None) -> float:
    return math.nan if value is None else value


def hidden(runs: list[Shown]) -> list[tuple[str, str]]:
    """Return wave and code of all that is not shown."""
    return sorted({(r.wave, c) for r in runs for c, f in r.figures.items() if f.status in ("hidden", "band")})


def siblings(code: str) -> list[str]:
    """Return the indicators made from the same question."""
    item = METHOD.by_code[code].rule.item
    return [each.code for each in METHOD.indicators if each.rule and each.rule.item == item]


def attack(runs: list[Shown], *, figures: bool = True, scores: bool = True) -> Attack:
    """Return an attacker who knows the questions, and the figures and scores if it shall."""
    made = Attack(METHOD, domestic())
    for run in {each.wave: each for each in runs}.values():
        made.know_the_questions(run)
    for run in runs:
        if figures:
            made.know_the_figures(run, run.figures)
        if scores:
            made.know_the_scores(run)
    return made


def with_siblings_only(runs: list[Shown], wave: str, code: str) -> tuple[float, float]:
    """Return the interval of a figure for somebody who reads nothing but the figures of the same question."""
    made = attack(runs, figures=False, scores=False)
    for run in runs:
        if run.wave == wave:
            made.know_the_figures(run, siblings(code))
    return made.interval(wave, code)


def width(interval: tuple[float, float]) -> float:
    """Return how far the ends are apart."""
    return interval[1] - interval[0]


def test_a_linear_programme_finds_hidden_figures_in_a_naive_release_and_none_in_ours(session, runs, capsys):
    ours, nothing = attack(runs), attack(runs, figures=False, scores=False)
    careless = attack([naively(session, number, run) for number, run in enumerate(runs, 1)])
    left = {}
    for wave, code in hidden(runs):
        before = nothing.interval(wave, code)
        assert ours.interval(wave, code) == pytest.approx(with_siblings_only(runs, wave, code), abs=NOTHING), (
            wave,
            code,
        )
        true = answered(session, FIRST_RUN[wave]).get(code)
        if true is not None:
            low, high = careless.interval(wave, code)
            assert low - NOTHING <= true.value <= high + NOTHING, "the programme is wrong about what may be"
            left[wave, code] = ((high - low) / width(before), width(ours.interval(wave, code)) / width(before))
    naive, real = zip(*left.values(), strict=True)
    known, narrowed = ([sum(each < most for each in one) for one in (naive, real)] for most in (0.1, 1 - NOTHING))
    with capsys.disabled():
        print(
            f"\n{len(left)} hidden figures of {len(RUNS)} runs, {len(ours.known)} inequalities; a naive release and ours:"
        )
        print(f"known to a tenth of their range {known}, narrowed at all {narrowed}")
    assert known[0] >= 5, left
    assert known[1] == 0, left


#: A question, the figure of it that is hidden, the one that is shown, and what firms say in turn: one of 40 stands apart.
RELATED = {
    "longer than a month, by longer than three": ("e03", "1.18", "1.19", ["m1", *["m3"] * 20, *["m6"] * 19]),
    "longer than three months, by longer than one": ("e03", "1.19", "1.18", ["m6", *["m3"] * 20, *["m1"] * 19]),
    "lack of land, by no difficulty": ("l01", "2.03", "2.02", [["no_land"], *[["none"]] * 20, *[["price"]] * 19]),
}


@pytest.mark.parametrize("case", RELATED)
def test_a_shown_figure_of_the_same_question_leaves_three_counts_of_a_hidden_one(case):
    item, code, other, said = RELATED[case]
    rng = random.Random(5)
    responses = [draw_answers(domestic(), distribution(), rng) for _ in range(120)]
    for number, answers in enumerate(responses):
        answers[item] = said[number] if number < len(said) else "dk"
    scores = score(columns.from_answers(responses, domestic()), domestic(), METHOD, province_values("Lạng Sơn"))
    rows = publish(scores, domestic(), METHOD, province_values("Lạng Sơn")).indicators
    assert rows.loc[[code, other], "status"].tolist() == ["hidden", "shown"]
    figures = {key: Figure(row.status, row.band, row.n, row.value) for key, row in rows.iterrows()}
    run = Shown("w1", "Lạng Sơn", figures, {}, frozenset())
    low, high = attack([run]).interval("w1", code)
    assert high - low < 1 - NOTHING, "the programme does not see that firms answered one question"
    n = int(scores.indicators.at[code, "n"])
    fits = [hits for hits in range(n + 1) if low - NOTHING <= hits / n <= high + NOTHING]
    told_by_the_reason = [hits for hits in fits if min(hits, n - hits) < MIN_SIDE]
    assert len(told_by_the_reason) >= MIN_SIDE, (low, high)
