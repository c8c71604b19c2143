"""Charts of weights: how near they bring a sample to its register, and what they do to an estimate."""

from __future__ import annotations

import altair as alt
import pandas as pd

from analysis.charts import GREY, INK
from analysis.overview_charts import BLUE, COMMA, ORANGE, ROW, WIDTH, Drawing, finish

#: By how much a share or a mean may be off, in standard deviations of the register, before it deserves a look.
LOOK = 0.1


def balance_plot(rows: pd.DataFrame) -> Drawing:
    """Return how far each label is from the register under each set of weights, with the line at 0.1.

    rows: name, kind (at most three), asmd, in the order to draw.
    """
    kinds = list(dict.fromkeys(rows["kind"]))
    y = alt.Y("name:N", sort=list(dict.fromkeys(rows["name"])), title=None, axis=alt.Axis(labelPadding=12))
    x = alt.X(
        "asmd:Q", title="Lệch so với sổ đăng ký, tính bằng độ lệch chuẩn (vạch: 0,1)", axis=alt.Axis(labelExpr=COMMA)
    )
    shape = alt.Shape("kind:N", scale=alt.Scale(domain=kinds, range=["circle", "diamond", "square"]))
    colour = alt.Color("kind:N", scale=alt.Scale(domain=kinds, range=[GREY, ORANGE, BLUE]))
    line = alt.Chart(pd.DataFrame({"x": [LOOK]})).mark_rule(color=INK, strokeDash=[4, 3]).encode(x="x:Q")
    points = alt.Chart(rows).mark_point(filled=True, size=80, opacity=1).encode(y, x, shape=shape, color=colour)
    return finish(alt.layer(line, points).properties(width=WIDTH, height=22 * rows["name"].nunique()))


def estimates_plot(rows: pd.DataFrame, truth: float, title: str) -> Drawing:
    """Return one figure under several sets of weights, with intervals, beside the truth; rows: name, value, low, high."""
    y = alt.Y("name:N", sort=list(rows["name"]), title=None)
    x = alt.X("low:Q", title=title, scale=alt.Scale(zero=False), axis=alt.Axis(tickCount=6, labelExpr=COMMA))
    line = alt.Chart(pd.DataFrame({"x": [truth]})).mark_rule(color=ORANGE, strokeWidth=2).encode(x="x:Q")
    interval = alt.Chart(rows).mark_rule(color=BLUE, strokeWidth=2.5).encode(y, x, x2="high:Q")
    point = alt.Chart(rows).mark_point(filled=True, size=90, opacity=1, color=BLUE).encode(y, x="value:Q")
    return finish(alt.layer(line, interval, point).properties(width=WIDTH, height=ROW * len(rows)))
