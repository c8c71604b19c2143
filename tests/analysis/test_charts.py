import math
import re
from xml.etree import ElementTree

import pandas as pd
import pytest

from analysis.charts import NO_BREAK, dot_plot, format_value, plot_rows, svg, wrap
from analysis.disclosure import publish
from analysis.index import score

ROWS = pd.DataFrame(
    [
        {"label": "5.01 Tỷ lệ doanh nghiệp trả chi phí không chính thức", "value": 0.28, "low": 0.22, "high": 0.34,
         "official": 0.27, "national_median": 0.33, "worst": 0.6, "best": 0.1, "unit": "share (0-1)", "status": "shown"},
        {"label": "5.09 Môi trường", "value": math.nan, "low": math.nan, "high": math.nan,
         "official": 0.36, "national_median": 0.35, "worst": 0.9, "best": 0.0, "unit": "share (0-1)", "status": "hidden"},
        {"label": "2.01 Số ngày chờ", "value": 30.0, "low": 23.0, "high": 39.0,
         "official": 30.0, "national_median": 30.0, "worst": 60.0, "best": 15.0, "unit": "days (median)", "status": "shown"},
    ]
)  # fmt: skip


def texts(drawing: str) -> list[str]:
    root = ElementTree.fromstring(drawing)  # noqa: S314 - our own drawing
    return ["".join(node.itertext()).replace(NO_BREAK, " ") for node in root.iter("{http://www.w3.org/2000/svg}text")]


@pytest.fixture(scope="module")
def drawing() -> str:
    return svg(dot_plot(ROWS, "vi"))


def test_a_row_says_its_figures_in_its_own_unit(drawing):
    words = " ".join(texts(drawing))
    assert "khảo sát 28% (22–34) · VCCI 27% · trung vị 33%" in words
    assert "khảo sát 30 ngày (23–39)" in words


def test_a_hidden_indicator_is_words_and_no_mark(drawing):
    assert "khảo sát: ẩn vì quá ít trả lời" in " ".join(texts(drawing))
    assert len(re.findall(r'aria-label="x: [^"]*kind: Khảo sát này', drawing)) == 2


def test_marks_stand_between_the_worst_and_the_best_province():
    values = next(layer for layer in dot_plot(ROWS, "en").to_dict()["datasets"].values() if "kind" in layer[0])
    found = {row["kind"]: row["x"] for row in values if row["y"] == min(each["y"] for each in values)}
    assert found["This survey, with its 95% interval"] == pytest.approx((0.28 - 0.6) / (0.1 - 0.6))
    assert found["VCCI, national median, 2023"] == pytest.approx((0.33 - 0.6) / (0.1 - 0.6))


def test_the_drawing_needs_no_network_script_or_style_sheet(drawing):
    assert not re.findall(r"<(script|style|image|foreignObject|link)", drawing)
    assert set(re.findall(r'https?://[^"\s]+', drawing)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }


def test_the_drawing_fits_a_phone(drawing):
    assert int(re.search(r'<svg[^>]* width="(\d+)"', drawing).group(1)) <= 360


def test_marks_differ_by_shape_and_not_only_by_colour():
    chart = dot_plot(ROWS, "vi").to_dict()
    points = next(layer for layer in chart["layer"] if layer["mark"]["type"] == "point")
    assert len(set(points["encoding"]["shape"]["scale"]["range"])) == 3


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_sub_index_of_a_release_can_be_drawn(language, wave, pci, pci_2023, lang_son):
    released = publish(score(wave, pci, pci_2023, lang_son), pci, pci_2023, lang_son)
    for sub_index in pci_2023.sub_indices:
        rows = plot_rows(released, pci_2023, lang_son, sub_index.code, language)
        asked = [i for i in pci_2023.indicators_of(sub_index.code) if i.source == "survey"]
        assert len(rows) == len(asked)
        words = " ".join(texts(svg(dot_plot(rows, language))))
        assert all(i.code in words for i in asked)


def test_a_method_without_national_figures_has_nothing_to_draw(wave, pci, pci_2023, lang_son):
    released = publish(score(wave, pci, pci_2023, lang_son), pci, pci_2023, lang_son)
    own = pci_2023.model_copy(update={"reference_year": None})
    assert plot_rows(released, own, lang_son, "legal", "vi").empty


@pytest.mark.parametrize(
    ("value", "unit", "vi", "en"),
    [
        (0.284, "share (0-1)", "28%", "28%"),
        (7.0, "days (median)", "7 ngày", "7 days"),
        (7.5, "hours (median)", "7,5 giờ", "7.5 hours"),
        (2.66, "percent (0-100)", "2,7%", "2.7%"),
        (1.715, "mean of 1-5 scale", "1,72", "1.72"),
        (math.nan, "share (0-1)", "–", "–"),
    ],
)
def test_values_are_written_as_a_reader_expects(value, unit, vi, en):
    assert (format_value(value, unit, "vi"), format_value(value, unit, "en")) == (vi, en)


def test_lines_break_at_spaces_and_lose_nothing():
    text = "Tỷ lệ doanh nghiệp cho biết phải sửa đổi, bổ sung hồ sơ từ hai lần trở lên"
    assert " ".join(wrap(text, 20)) == text
    assert all(len(line) <= 20 for line in wrap(text, 20))
    assert wrap("a" * 30, 20) == ["a" * 30]
