"""The analysts' notebooks run from the first cell to the last, need no network, and are stored without output."""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = {path.stem: path for path in sorted((ROOT / "analysis" / "notebooks").glob("*.ipynb"))}
VIETNAMESE = "[ăâđêôơưàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ]"

each_notebook = pytest.mark.parametrize("name", NOTEBOOKS)


def cells_of(name: str, kind: str) -> list[Any]:
    return [cell for cell in nbformat.read(NOTEBOOKS[name], as_version=4).cells if cell.cell_type == kind]


@cache
def run(name: str) -> list[Any]:
    """Run a notebook as `make notebook` starts it, and return its outputs."""
    path = NOTEBOOKS[name]
    book = nbformat.read(path, as_version=4)
    client = NotebookClient(book, timeout=120, resources={"metadata": {"path": str(path.parent)}})
    client.execute(env=os.environ | {"PYTHONPATH": str(ROOT)})
    return [output for cell in book.cells if cell.cell_type == "code" for output in cell.outputs]


def shown(name: str, kind: str) -> list[str]:
    return [output["data"][kind] for output in run(name) if kind in output.get("data", {})]


def printed(name: str) -> str:
    return "".join(output.get("text", "") for output in run(name))


@each_notebook
def test_a_notebook_is_stored_without_output(name: str):
    assert all(not cell.outputs and cell.execution_count is None for cell in cells_of(name, "code"))


@each_notebook
def test_a_notebook_explains_itself_in_vietnamese_under_english_headings(name: str):
    texts = [cell.source for cell in cells_of(name, "markdown")]
    headings = [line for text in texts for line in text.splitlines() if line.startswith("#")]
    assert len(headings) >= 5
    assert not any(re.search(VIETNAMESE, heading, re.IGNORECASE) for heading in headings)
    assert all(re.search(VIETNAMESE, re.sub("^#.*", "", text), re.IGNORECASE) for text in texts)


@each_notebook
def test_a_notebook_runs_to_its_end_and_complains_of_nothing(name: str):
    assert [output for output in run(name) if output.output_type == "error" or output.get("name") == "stderr"] == []


@each_notebook
def test_charts_are_drawings_that_need_no_network(name: str):
    drawings = shown(name, "image/svg+xml")
    assert len(drawings) >= 2
    assert not any(re.search(r"<(script|image|foreignObject|link)\b", drawing) for drawing in drawings)
    kinds = {kind for output in run(name) for kind in output.get("data", {})}
    assert not any("javascript" in kind or "vega" in kind for kind in kinds)


def test_the_scored_wave_shows_ten_sub_indices_beside_their_targets():
    tables = shown("01_score_a_wave", "text/html")
    compared = next(table for table in tables if "mục tiêu" in table and "kết luận" in table)
    assert len(re.findall(r">(?:đạt|chưa đạt|chưa đủ căn cứ)<", compared)) == 10
    assert "220 phiếu" in printed("01_score_a_wave")


def test_the_back_test_finds_the_province_where_the_plan_says_it_stands():
    assert "Lạng Sơn: 69,05 điểm, hạng 13 trong 63 tỉnh" in printed("02_backtest")  # the plan's headline of PCI 2023


def test_the_way_to_the_fifth_place_is_told():
    assert "Muốn có 69,66 điểm, ít nhất phải cải thiện 1 chỉ tiêu" in printed("02_backtest")  # the fifth total of 2023


def test_the_check_of_a_release_finds_what_careless_publishing_gives_away():
    said = printed("03_disclosure_check")
    assert "h2c3 được ẩn nhưng ai cũng tính ra: 4" in said
    assert re.search(r"không có lần 2: 0 nhóm dưới 10 doanh nghiệp bị lộ; có lần 2: [1-9]", said)
    assert any("lần 2, bỏ ba phiếu" in table for table in shown("03_disclosure_check", "text/html"))


def test_the_table_of_provinces_says_between_which_ranks_the_province_stands():
    found = re.search(
        r"Lạng Sơn: hạng 13; với độ tin cậy 95%, hạng thật từ (\d+) đến (\d+)", printed("04_ranks_of_provinces")
    )
    low, high = int(found[1]), int(found[2])
    assert 1 <= low < 8
    assert 20 < high < 35


def test_the_comparison_finds_the_change_that_was_made_and_no_other():
    said = printed("05_compare_two_waves")
    assert "1 trong 133 chỉ tiêu được đo ở cả hai đợt" in said
    assert re.findall(r"^(.*): (?:tăng|giảm) ", said, re.MULTILINE) == ["Tính năng động của chính quyền tỉnh"]
    assert any("7.01 " in table and "7.02 " not in table for table in shown("05_compare_two_waves", "text/html"))


def test_an_invented_ddci_leaves_out_who_has_too_few_answers_and_ranks_the_rest_with_intervals():
    text = printed("06_build_a_ddci")
    assert "Không đủ người trả lời, không xếp hạng: Sở F\n" in text
    found = re.search(r"hạng 9; hạng thật từ (\d) đến 9 trong 9 đơn vị", text)
    assert 4 < int(found[1]) < 9


def test_weights_mend_who_answered_by_size_and_sector_and_nothing_else():
    said = printed("07_weights_and_non_response")
    found = re.findall(r"lệch ([+-][\d,]+) → ([+-][\d,]+) điểm phần trăm; phủ (\d+)% → (\d+)%", said)
    mended, left = ([float(each.replace(",", ".")) for each in case] for case in found)
    assert mended[0] > 4
    assert abs(mended[1]) < 1
    assert mended[2] < 60
    assert 92 <= mended[3] <= 98  # of 200 samples
    assert left[1] > 5
    assert left[3] < 50
