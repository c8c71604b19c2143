"""Charts: a data frame in, an Altair chart out, the same for pages, reports and notebooks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

import altair as alt
import pandas as pd

from analysis.disclosure import Released
from questionnaires.base import Language
from questionnaires.framework import Framework
from questionnaires.reference import national

#: The font the text is measured with; a reader without it gets another one that has Vietnamese.
FONT = "Be Vietnam Pro"
FONTS = f"{FONT}, Roboto, Noto Sans, Arial, sans-serif"
WIDTH = 340
#: How far over the worst and the best province of the reference year the axis may run, as a share of their distance.
OVERRUN = 0.2
#: In a line of a label, and of the smaller figures under its strip.
LETTERS, FIGURE_LETTERS = 48, 54
NO_BREAK = "\u00a0"
LINE, STRIP, GAP = 15, 16, 12  # pixels
INK, GREY, GRID = "#1d2433", "#555b66", "#d5d9e0"
#: Estimate, official value, national median: apart by shape, and by colours that colour-blind readers can tell.
COLOURS = ("#0b4f9e", "#b34700", GREY)
SHAPES = ("circle", "diamond", "M0,-1.2L0,1.2")

WORDS: dict[str, tuple[str, str]] = {
    "estimate": ("Khảo sát này, với khoảng tin cậy 95%", "This survey, with its 95% interval"),
    "official": ("VCCI, tỉnh, {year}", "VCCI, the province, {year}"),
    "median": ("VCCI, trung vị cả nước, {year}", "VCCI, national median, {year}"),
    "worst": ("← tỉnh kém nhất {year}", "← worst province {year}"),
    "best": ("tỉnh tốt nhất {year} →", "best province {year} →"),
    "here": ("khảo sát", "survey"),
    "official_short": ("VCCI", "VCCI"),
    "median_short": ("trung vị", "median"),
    "hidden": ("ẩn vì quá ít trả lời", "hidden: too few answers"),
    "not_measured": ("khảo sát không hỏi", "not asked in this survey"),
    "below_10": ("dưới 10%", "under 10%"),
    "above_90": ("trên 90%", "over 90%"),
    "band": ("dưới 10% hoặc trên 90%", "under 10% or over 90%"),
    "days": ("ngày", "days"),
    "hours": ("giờ", "hours"),
    "description": (
        "Mỗi chỉ tiêu: ước tính của khảo sát với khoảng tin cậy 95%, giá trị VCCI của tỉnh và trung vị cả nước",
        "For each indicator: the survey's estimate with its 95% interval, VCCI's value of the province, national median",
    ),
}


def plot_rows(
    released: Released, framework: Framework, official: Mapping[str, float], sub_index: str, language: Language
) -> pd.DataFrame:
    """Return the rows of a sub-index's dot plot from released figures, in the official order.

    official: the province's published value by indicator, raw units. Indicators that no survey measures are left out, and
    so are those without national figures to be set between: for a method of one's own the frame is empty.
    """
    nation = national(framework.reference_year) if framework.reference_year else {}
    rows = []
    for indicator in framework.indicators_of(sub_index):
        found: Any = released.indicators.loc[indicator.code]
        if found["status"] == "published" or indicator.code not in nation:
            continue
        low, high = nation[indicator.code].low, nation[indicator.code].high
        worst, best = (low, high) if indicator.direction == "higher" else (high, low)
        rows.append(
            {
                "label": f"{indicator.code} {indicator.name[language]}",
                **{name: found[name] for name in ("value", "low", "high", "status", "band")},
                "official": official.get(indicator.code, math.nan),
                "national_median": nation[indicator.code].median,
                "worst": worst,
                "best": best,
                "unit": indicator.unit,
            }
        )
    return pd.DataFrame(rows)


def dot_plot(rows: pd.DataFrame, language: Language, *, year: int = 2023) -> alt.Chart:
    """Return the dot plot of indicators, each drawn between the worst and the best province, the better to the right.

    rows: label, value, low, high, official, national_median, worst, best, unit (of the framework), status (shown, band,
    hidden, not_measured) and, for bands, band (below_10, above_90). Values in raw units, NaN where there is none. Units
    differ, so the axis is the place between `worst` (0) and `best` (1) and each row says its figures in its own unit.
    An interval that runs off the axis ends at its edge. 340 pixels wide, as high as the rows need.
    """
    placed, height = _place(rows.reset_index(drop=True), language)
    words = {key: pair[0 if language == "vi" else 1].format(year=year) for key, pair in WORDS.items()}
    kinds = [words["estimate"], words["official"], words["median"]]
    layers = [_grid(placed), *_texts(placed), _intervals(placed), _points(placed, kinds), *_ends(words)]
    chart = alt.layer(*layers).properties(width=WIDTH, height=height, description=words["description"])
    return (
        chart.configure(font=FONTS, background="white", padding=10)
        .configure_view(stroke=None)
        .configure_legend(labelFontSize=12, labelLimit=WIDTH, labelColor=INK, symbolStrokeWidth=2, title=None)
    )


def svg(chart: alt.Chart) -> str:
    """Return the chart as an SVG text that needs no network, script or style sheet."""
    import vl_convert

    register_fonts()
    return vl_convert.vegalite_to_svg(chart.to_dict(), allowed_base_urls=[])


@cache
def register_fonts() -> None:
    """Let drawings measure text with the font that has every Vietnamese letter."""
    import vl_convert

    vl_convert.register_font_directory(str(Path(__file__).parent / "fonts"))


def wrap(text: str, letters: int = LETTERS) -> list[str]:
    """Return the text in lines of at most so many letters, broken at spaces (a longer word keeps its line)."""
    lines: list[str] = []
    for word in text.split(" "):
        if lines and len(lines[-1]) + 1 + len(word) <= letters:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _place(rows: pd.DataFrame, language: Language) -> tuple[pd.DataFrame, int]:
    """Return the rows with their places: x as a share of worst to best, y in pixels from the top; and the height."""
    placed = rows.copy()
    placed["lines"] = placed["label"].map(wrap)
    placed["figures"] = [wrap(_figures(row, language), FIGURE_LETTERS) for row in rows.to_dict("records")]
    reach = placed["best"] - placed["worst"]
    for name in ("value", "low", "high", "official", "national_median"):
        place = (placed[name].astype(float) - placed["worst"]) / reach
        placed[f"{name}_x"] = place.clip(-OVERRUN, 1 + OVERRUN)
    heights = (placed["lines"].map(len) + placed["figures"].map(len)) * LINE + STRIP + GAP
    placed["top"] = LINE + heights.cumsum() - heights + GAP
    placed["y"] = placed["top"] + placed["lines"].map(len) * LINE + STRIP / 2
    placed["below"] = placed["y"] + STRIP / 2 + 2
    return placed, int(LINE + heights.sum() + GAP)


def _figures(row: Mapping[Any, Any], language: Language) -> str:
    def word(key: str) -> str:
        return WORDS[key][0 if language == "vi" else 1]

    def figure(value: Any) -> str:
        return format_value(float(value), row["unit"], language)

    def bare(text: str) -> str:
        return text.removesuffix("%").split(" ", maxsplit=1)[0]

    status = row["status"]
    if status == "shown":
        low, high = (bare(figure(row[name])) for name in ("low", "high"))
        survey = f"{word('here')} {figure(row['value'])} ({low}–{high})"
    else:
        survey = f"{word('here')}: {word(row.get('band') or 'band') if status == 'band' else word(status)}"
    official = f"{word('official_short')} {figure(row['official'])}"
    parts = [survey, official, f"{word('median_short')} {figure(row['national_median'])}"]
    return " · ".join(part.replace(" ", NO_BREAK) for part in parts)


def format_value(value: float, unit: str, language: Language) -> str:
    """Return a value for a reader: shares as whole per cent, days and hours named, a decimal comma in Vietnamese."""
    if math.isnan(value):
        return "–"
    if unit == "share (0-1)":
        return f"{100 * value:.0f}%"
    text = f"{value:.1f}" if unit.startswith(("days", "hours", "percent")) else f"{value:.2f}"
    if unit.startswith(("days", "hours")):
        text = text.removesuffix(".0")
    text = text.replace(".", ",") if language == "vi" else text
    if unit.startswith("percent"):
        return f"{text}%"
    named = next((name for name in ("days", "hours") if unit.startswith(name)), None)
    return f"{text} {WORDS[named][0 if language == 'vi' else 1]}" if named else text


def _x(field: str) -> alt.X:
    scale = alt.Scale(domain=[-OVERRUN, 1 + OVERRUN], nice=False, zero=False)
    return alt.X(field, type="quantitative", scale=scale, axis=None)


def _y(field: str) -> alt.Y:
    return alt.Y(field, type="quantitative", scale=None, axis=None)


def _grid(placed: pd.DataFrame) -> alt.Chart:
    strip = pd.DataFrame({"y": placed["y"], "low": 0.0, "high": 1.0})
    return (
        alt.Chart(strip).mark_rule(color=GRID, strokeWidth=6, strokeCap="round").encode(_x("low"), _y("y"), x2="high")
    )


def _texts(placed: pd.DataFrame) -> list[alt.Chart]:
    def column(lines: str, top: str, size: float, colour: str) -> alt.Chart:
        chart = alt.Chart(placed[[lines, top]])
        mark = chart.mark_text(
            align="left", baseline="top", x=0, fontSize=size, lineHeight=LINE, color=colour, font=FONTS
        )
        return mark.encode(_y(top), text=alt.Text(lines, type="nominal"))

    return [column("lines", "top", 12.5, INK), column("figures", "below", 11.5, GREY)]


def _intervals(placed: pd.DataFrame) -> alt.Chart:
    shown = placed.loc[placed["value"].notna(), ["low_x", "high_x", "y"]]
    return (
        alt.Chart(shown).mark_rule(color=COLOURS[0], strokeWidth=2.5).encode(_x("low_x"), _y("y"), x2=alt.X2("high_x"))
    )


def _points(placed: pd.DataFrame, kinds: list[str]) -> alt.Chart:
    fields = ("value_x", "official_x", "national_median_x")
    parts = [
        pd.DataFrame({"x": placed[field], "y": placed["y"], "kind": kind})
        for field, kind in zip(fields, kinds, strict=True)
    ]
    points = pd.concat([parts[2], parts[1], parts[0]]).dropna()
    legend = alt.Legend(orient="top", direction="vertical", columns=1)
    return (
        alt.Chart(points)
        .mark_point(size=90, strokeWidth=2.2, opacity=1)
        .encode(
            _x("x"),
            _y("y"),
            shape=alt.Shape("kind:N", scale=alt.Scale(domain=kinds, range=list(SHAPES)), legend=legend),
            stroke=alt.Stroke("kind:N", scale=alt.Scale(domain=kinds, range=list(COLOURS)), legend=legend),
            fill=alt.Fill("kind:N", scale=alt.Scale(domain=kinds, range=[COLOURS[0], "#ffffff", GREY]), legend=legend),
        )
    )


def _ends(words: Mapping[str, str]) -> list[alt.Chart]:
    def end(text: str, x: int, align: Literal["left", "right"]) -> alt.Chart:
        chart = alt.Chart(pd.DataFrame({"text": [text]}))
        mark = chart.mark_text(align=align, baseline="top", x=x, y=0, fontSize=11.5, color=GREY, font=FONTS)
        return mark.encode(text="text:N")

    return [end(words["worst"], 0, "left"), end(words["best"], WIDTH, "right")]
