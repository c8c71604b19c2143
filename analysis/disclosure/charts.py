"""Charts of a check before a release: what is shown of each sub-index, and what an attacker can find out of hidden cells."""

from __future__ import annotations

import altair as alt
import pandas as pd

from analysis.charts import GREY, INK
from analysis.overview_charts import BLUE, ORANGE, ROW, WIDTH, Drawing, finish

#: What is said of each status, and its colour.
STATUSES = {
    "shown": ("Được công bố", BLUE),
    "band": ("Chỉ nêu mức", ORANGE),
    "hidden": ("Được ẩn", INK),
    "not_measured": ("Không hỏi", GREY),
}


def status_plot(rows: pd.DataFrame) -> Drawing:
    """Return how many indicators of each sub-index are shown, banded, hidden; rows: name, status, in the order to draw."""
    order = list(dict.fromkeys(rows["name"]))
    counted = rows[rows["status"].isin(list(STATUSES))].groupby(["name", "status"], as_index=False).size()
    drawn = counted.assign(
        kind=counted["status"].map(lambda status: STATUSES[status][0]),
        place=counted["status"].map(list(STATUSES).index),
    )
    scale = alt.Scale(
        domain=[words for words, _ in STATUSES.values()], range=[colour for _, colour in STATUSES.values()]
    )
    bars = (
        alt.Chart(drawn)
        .mark_bar(size=16)
        .encode(
            x=alt.X("size:Q", title="Số chỉ tiêu", axis=alt.Axis(tickMinStep=1)),
            y=alt.Y("name:N", sort=order, title=None),
            color=alt.Color("kind:N", scale=scale),
            order="place:Q",
        )
    )
    return finish(alt.layer(bars).properties(width=WIDTH, height=ROW * len(order)))


def attack_plot(rows: pd.DataFrame) -> Drawing:
    """Return the interval in which an attacker finds each hidden cell, and the truth; rows: name, low, high, value."""
    order = list(rows["name"])
    y = alt.Y("name:N", sort=order, title=None)
    interval = (
        alt.Chart(rows)
        .mark_rule(color=BLUE, strokeWidth=3)
        .encode(y=y, x=alt.X("low:Q", title="Số doanh nghiệp: khoảng suy ra được và số thật"), x2="high:Q")
    )
    truth = alt.Chart(rows).mark_tick(color=ORANGE, thickness=3, size=18).encode(y=y, x="value:Q")
    return finish(alt.layer(interval, truth).properties(width=WIDTH, height=22 * len(order)))
