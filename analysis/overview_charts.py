"""Charts over all sub-indices and all provinces: a wave's scores, the back-test, where a province stands and how surely."""

from __future__ import annotations

import altair as alt
import pandas as pd

from analysis.charts import COLOURS, FONTS, GREY, GRID, INK

WIDTH, ROW = 460, 30
BLUE, ORANGE = COLOURS[0], COLOURS[1]
#: An axis of scores with the decimal comma, and few enough lines to read between.
COMMA = "replace(format(datum.value, '~f'), '.', ',')"
SCORES = alt.Axis(tickCount=6, labelExpr=COMMA)


#: What Altair's `layer` may give back.
Drawing = alt.LayerChart | alt.FacetChart


def finish(chart: Drawing) -> Drawing:
    """Return a chart in the house style."""
    return (
        chart.configure(font=FONTS, background="white", padding=10)
        .configure_view(stroke=None)
        .configure_axis(
            labelFontSize=12, titleFontSize=12, labelColor=INK, titleColor=GREY, gridColor=GRID, domain=False
        )
        .configure_axisY(labelLimit=260, ticks=False)
        .configure_legend(orient="top", title=None, labelFontSize=12, labelLimit=WIDTH, symbolStrokeWidth=2)
    )


def _kinds(names: list[str]) -> tuple[alt.Shape, alt.Stroke, alt.Fill]:
    """Return encodings that tell kinds of point apart by shape and by colours that colour-blind readers can tell."""
    shapes = ["circle", "diamond", "M0,-1.4L0,1.4"]
    legend = alt.Legend(direction="vertical")
    shape = alt.Shape("kind:N", scale=alt.Scale(domain=names, range=shapes), legend=legend)
    stroke = alt.Stroke("kind:N", scale=alt.Scale(domain=names, range=[BLUE, ORANGE, INK]), legend=legend)
    fill = alt.Fill("kind:N", scale=alt.Scale(domain=names, range=[BLUE, "#ffffff", INK]), legend=legend)
    return shape, stroke, fill


def score_plot(rows: pd.DataFrame) -> Drawing:
    """Return a wave's sub-indices, one line each: interval and estimate, the official score, the target.

    rows: name, value, low, high, official, target, on the 1-10 scale, NaN where there is none; in the order to draw.
    """
    order, kinds = list(rows["name"]), ["Khảo sát này, với khoảng tin cậy 95%", "Điểm chính thức của VCCI", "Mục tiêu"]
    y = alt.Y("name:N", sort=order, title=None)
    names = zip(("value", "official", "target"), kinds, strict=True)
    points = pd.concat(
        [rows[["name", field]].set_axis(["name", "x"], axis=1).assign(kind=kind) for field, kind in names]
    )
    x = alt.X("x:Q", title="Điểm trên thang PCI 2023 (1–10)", scale=alt.Scale(zero=False, nice=True), axis=SCORES)
    shape, stroke, fill = _kinds(kinds)
    interval = (
        alt.Chart(rows.dropna(subset=["low"])).mark_rule(color=BLUE, strokeWidth=2.5).encode(y, x="low:Q", x2="high:Q")
    )
    marks = alt.Chart(points.dropna()).mark_point(size=90, strokeWidth=2.2, opacity=1)
    return finish(
        alt.layer(interval, marks.encode(x, y, shape=shape, stroke=stroke, fill=fill)).properties(
            width=WIDTH, height=ROW * len(rows)
        )
    )


def error_plot(rows: pd.DataFrame) -> Drawing:
    """Return the absolute errors of the back-test on a log axis, one point a province, one line a sub-index.

    rows: name, error (points), limit (points, what the error must stay under), in the order to draw.
    """
    order = list(dict.fromkeys(rows["name"]))
    # a log axis has no zero: an error under one hundred-thousandth of a point stands at its edge
    drawn = rows.assign(size=rows["error"].abs().clip(lower=1e-5))
    y = alt.Y("name:N", sort=order, title=None)
    x = alt.X(
        "size:Q",
        title="Sai số tuyệt đối (điểm, thang log)",
        scale=alt.Scale(type="log", domain=[1e-5, 1]),
        axis=alt.Axis(values=[1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1], labelExpr=COMMA),
    )
    points = alt.Chart(drawn).mark_tick(color=BLUE, thickness=1.5, size=16, opacity=0.6).encode(x, y)
    limits = drawn.drop_duplicates("name")
    limit = alt.Chart(limits).mark_tick(color=ORANGE, thickness=3, size=24).encode(x="limit:Q", y=y)
    return finish(alt.layer(points, limit).properties(width=WIDTH, height=ROW * len(order)))


def standing_plot(rows: pd.DataFrame, province: str) -> Drawing:
    """Return all provinces on each sub-index, with one of them marked and its rank written beside it.

    rows: name (of the sub-index), province, score (1-10), rank; in the order to draw.
    """
    order = list(dict.fromkeys(rows["name"]))
    y = alt.Y("name:N", sort=order, title=None)
    x = alt.X("score:Q", title="Điểm chính thức 2023", scale=alt.Scale(zero=False, nice=True), axis=SCORES)
    own = rows[rows["province"] == province].assign(label=lambda found: "hạng " + found["rank"].astype(int).astype(str))
    others = alt.Chart(rows[rows["province"] != province]).mark_tick(color=GREY, thickness=1.5, size=16, opacity=0.5)
    point = alt.Chart(own).mark_point(color=BLUE, fill=BLUE, size=90, opacity=1).encode(x, y)
    text = alt.Chart(own).mark_text(color=BLUE, fontSize=12, dy=-15, font=FONTS).encode(x, y, text="label:N")
    return finish(alt.layer(others.encode(x, y), point, text).properties(width=WIDTH, height=(ROW + 14) * len(order)))


def ranking_plot(rows: pd.DataFrame, province: str) -> Drawing:
    """Return the totals of all provinces from the first to the last, one of them marked.

    rows: province, total (0-100), rank.
    """
    drawn = rows.sort_values("rank").assign(own=lambda found: found["province"] == province)
    colour = alt.Color("own:N", scale=alt.Scale(domain=[False, True], range=[GREY, BLUE]), legend=None)
    y = alt.Y("province:N", sort=list(drawn["province"]), title=None, axis=alt.Axis(grid=True))
    x = alt.X(
        "total:Q", title="PCI 2023 (thang 0–100, trục không bắt đầu từ 0)", scale=alt.Scale(zero=False), axis=SCORES
    )
    points = alt.Chart(drawn).mark_point(filled=True, size=60, opacity=1).encode(x, y, color=colour)
    own = drawn[drawn["own"]].assign(label=lambda found: found["total"].map("{:.2f}".format).str.replace(".", ","))
    text = (
        alt.Chart(own).mark_text(align="left", dx=8, color=BLUE, fontSize=12, font=FONTS).encode(x, y, text="label:N")
    )
    return finish(alt.layer(points, text).properties(width=WIDTH, height=15 * len(drawn)))


def rank_plot(rows: pd.DataFrame, own: str | None = None, *, title: str = "Hạng") -> Drawing:
    """Return the ranks of all units with what sampling leaves open, one of them marked and written out if asked for.

    rows: unit, rank, low, high (of that unit alone), low_all, high_all (of the whole table together).
    """
    drawn = rows.sort_values(["rank", "unit"]).assign(own=lambda found: found["unit"] == own)
    colour = alt.Color("own:N", scale=alt.Scale(domain=[False, True], range=[GREY, BLUE]), legend=None)
    y = alt.Y("unit:N", sort=list(drawn["unit"]), title=None)
    last = len(drawn)
    ticks = [1, *range(10, last + 1, 10)] if last > 20 else list(range(1, last + 1))
    axis = alt.Axis(values=ticks, labelOverlap=False, orient="top")
    x = alt.X("rank:Q", title=title, scale=alt.Scale(domain=[1, last], nice=False), axis=axis)
    base = alt.Chart(drawn)
    together = base.mark_rule(strokeWidth=1.2, opacity=0.7).encode(y=y, x="low_all:Q", x2="high_all:Q", color=colour)
    alone = base.mark_rule(strokeWidth=5, opacity=0.5).encode(y=y, x="low:Q", x2="high:Q", color=colour)
    points = base.mark_point(filled=True, size=55, opacity=1).encode(x, y, color=colour)
    said = [f"hạng {one.rank}, từ {one.low} đến {one.high}" for one in drawn[drawn["own"]].itertuples()]
    text = alt.Chart(drawn[drawn["own"]].assign(label=said)).mark_text(
        align="left", dx=8, color=BLUE, fontSize=12, font=FONTS
    )
    text = text.encode(x=alt.X("high_all:Q"), y=y, text="label:N")
    height = max(15, min(ROW - 6, 240 // last)) * last
    return finish(alt.layer(together, alone, points, text).properties(width=WIDTH, height=height))


def weight_plot(rows: pd.DataFrame) -> Drawing:
    """Return beside each other what each sub-index is to weigh and what it does.

    rows: name, nominal, carries (shares of 1), in the order to draw.
    """
    kinds = ["Phần đóng góp thật vào khác biệt về điểm", "Trọng số quy định"]
    y = alt.Y("name:N", sort=list(rows["name"]), title=None)
    parts = [rows[["name", field]].set_axis(["name", "x"], axis=1) for field in ("carries", "nominal")]
    points = pd.concat([part.assign(kind=kind) for part, kind in zip(parts, kinds, strict=True)])
    x = alt.X("x:Q", title="Phần trong tổng (cộng lại bằng 1)", axis=SCORES)
    shape, stroke, fill = _kinds(kinds)
    link = alt.Chart(rows).mark_rule(color=GREY, strokeWidth=1.5).encode(y=y, x="nominal:Q", x2="carries:Q")
    marks = alt.Chart(points).mark_point(size=90, strokeWidth=2.2, opacity=1)
    return finish(
        alt.layer(link, marks.encode(x, y, shape=shape, stroke=stroke, fill=fill)).properties(
            width=WIDTH, height=ROW * len(rows)
        )
    )


def sensitivity_plot(rows: pd.DataFrame) -> Drawing:
    """Return Sobol' indices: what each factor accounts for alone and in all, each with its interval.

    rows: name, first, first_low, first_high, total, total_low, total_high, in the order to draw.
    """
    kinds = ["Riêng yếu tố đó", "Kể cả khi kết hợp với yếu tố khác"]
    shape, stroke, fill = _kinds(kinds)
    y = alt.Y("name:N", sort=list(rows["name"]), title=None)
    x = alt.X("x:Q", title="Phần trong biến động của hạng", axis=SCORES)
    layers: list[alt.Chart] = []
    for field, kind, shift in zip(("first", "total"), kinds, (-6, 6), strict=True):
        part = rows[["name", field, f"{field}_low", f"{field}_high"]].set_axis(["name", "x", "low", "high"], axis=1)
        base = alt.Chart(part.assign(kind=kind))
        layers.append(base.mark_rule(strokeWidth=2, yOffset=shift).encode(y=y, x="low:Q", x2="high:Q", stroke=stroke))
        marks = base.mark_point(size=80, strokeWidth=2.2, opacity=1, yOffset=shift)
        layers.append(marks.encode(x, y, shape=shape, stroke=stroke, fill=fill))
    return finish(alt.layer(*layers).properties(width=WIDTH, height=(ROW + 14) * len(rows)))
