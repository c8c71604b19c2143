"""Charts of a comparison: which scores changed by more than chance, and what each indicator added."""

from __future__ import annotations

import altair as alt
import pandas as pd

from analysis.charts import GREY, GRID, INK, LINE, wrap
from analysis.overview_charts import BLUE, COMMA, ORANGE, ROW, WIDTH, Drawing, finish

#: Of the name of a piece: letters in a line, and lines.
LETTERS, LINES = 40, 3
POINTS = alt.Axis(tickCount=6, labelExpr=COMMA)


def change_plot(rows: pd.DataFrame) -> Drawing:
    """Return the change of each score with its interval, over the band in which a change does not show.

    rows: name, change, low, high, detectable, points of the scale, in the order to draw; NaN where there is none.
    """
    order, drawn = list(rows["name"]), rows.dropna(subset=["change"])
    drawn = drawn.assign(least=-drawn["detectable"], shows=drawn["change"].abs() > drawn["detectable"])
    y = alt.Y("name:N", sort=order, title=None)
    title = "Thay đổi, điểm (khoảng tin cậy 95%; dải xám: chưa phân biệt được với không đổi)"
    band = (
        alt.Chart(drawn)
        .mark_bar(color=GRID, size=18)
        .encode(y, alt.X("least:Q", title=title, axis=POINTS), x2="detectable:Q")
    )
    zero = alt.Chart(pd.DataFrame({"x": [0]})).mark_rule(color=GREY).encode(x="x:Q")
    colour = alt.Color("shows:N", scale=alt.Scale(domain=[True, False], range=[BLUE, INK]), legend=None)
    interval = alt.Chart(drawn).mark_rule(strokeWidth=2.5).encode(y, x="low:Q", x2="high:Q", color=colour)
    point = alt.Chart(drawn).mark_point(filled=True, size=90, opacity=1).encode(y, x="change:Q", color=colour)
    return finish(alt.layer(band, zero, interval, point).properties(width=WIDTH, height=ROW * len(order)))


def pieces_plot(rows: pd.DataFrame) -> Drawing:
    """Return what each piece added to a change, with its interval; rows: name, points, low, high, in the order to draw."""
    kinds = ["Kéo điểm lên", "Kéo điểm xuống"]
    drawn = rows.assign(kind=[kinds[int(points < 0)] for points in rows["points"]], name=rows["name"].map(_in_lines))
    y = alt.Y("name:N", sort=list(drawn["name"]), title=None, axis=alt.Axis(labelExpr="split(datum.label, '\\n')"))
    colour = alt.Color("kind:N", scale=alt.Scale(domain=kinds, range=[BLUE, ORANGE]))
    title = "Góp vào thay đổi, điểm (khoảng tin cậy 95%)"
    bars = alt.Chart(drawn).mark_bar(size=14).encode(y, alt.X("points:Q", title=title, axis=POINTS), color=colour)
    interval = alt.Chart(drawn).mark_rule(color=INK, strokeWidth=1.5).encode(y, x="low:Q", x2="high:Q")
    return finish(alt.layer(bars, interval).properties(width=WIDTH, height=(LINES * LINE + 6) * len(drawn)))


def _in_lines(name: str) -> str:
    lines = wrap(name, LETTERS)
    return "\n".join(lines[:LINES]) + (" …" if len(lines) > LINES else "")
