import hashlib
import json
import random
import unicodedata
import zipfile

import pandas as pd
import pytest

from analysis.__main__ import main
from analysis.coverage import one_wave
from analysis.responses_csv import write_csv
from questionnaires.demonstration import distribution


@pytest.fixture
def responses(tmp_path, wave):
    path = tmp_path / "responses.csv"
    write_csv(wave, path)
    return path


def test_score_writes_the_four_files(tmp_path, responses, wave, capsys):
    out = tmp_path / "out"
    assert main(["score", str(responses), "--out", str(out)]) == 0
    assert "competition" in capsys.readouterr().out
    indicators = pd.read_csv(out / "indicators.csv", dtype={"indicator": str}, index_col="indicator")
    assert len(indicators) == 142
    assert indicators.loc["5.09", "status"] == "measured"
    sub_indices = pd.read_csv(out / "sub_indices.csv", index_col="sub_index")
    assert len(sub_indices) == 11
    each = pd.read_csv(out / "responses.csv")
    assert len(each) == len(wave)
    assert {"legal_score", "legal_contribution"} <= set(each)
    report = json.loads((out / "report.json").read_text())
    assert report["files"]["responses"] == hashlib.sha256(responses.read_bytes()).hexdigest()
    assert (report["responses"], report["province"]) == (len(wave), "Lạng Sơn")
    assert all(
        len(report[name]) == 64 for name in ("responses_hash", "instrument_hash", "framework_hash", "code_version")
    )


def test_scores_of_responses_name_the_line_of_the_file_that_faults_name(tmp_path, responses, capsys):
    table = pd.read_csv(responses, dtype=str, keep_default_na=False)
    table.loc[3, table.columns != "p01"] = "."
    table.loc[3, "p02"] = "closed"  # out of scope: no score
    table.to_csv(responses, index=False)
    assert main(["score", str(responses), "--out", str(tmp_path / "out")]) == 0
    each = pd.read_csv(tmp_path / "out" / "responses.csv")
    assert each["row"].tolist() == list(range(2, len(table) + 2))
    lines = [line.split(",") for line in responses.read_text().splitlines()]
    closed = [number for number, cells in enumerate(lines, start=1) if cells[0] in ("closed", "wrong")]
    assert 5 in closed
    assert each.loc[each["entry_score"].isna() & each["legal_score"].isna(), "row"].tolist() == closed
    table.loc[3, "p02"] = "perhaps"
    table.to_csv(responses, index=False)
    assert main(["score", str(responses), "--out", str(tmp_path / "again"), "--lang", "en"]) == 1
    assert capsys.readouterr().err.startswith("Row 5, column p02")


def test_a_bad_file_is_refused_with_every_fault_and_no_result(tmp_path, responses, capsys):
    table = pd.read_csv(responses, dtype=str, keep_default_na=False)
    table.loc[0, "p02"] = "perhaps"
    table.loc[4, "b04"] = "9"
    table.to_csv(responses, index=False)
    assert main(["score", str(responses), "--out", str(tmp_path / "out"), "--lang", "en"]) == 1
    said = capsys.readouterr().err.splitlines()
    assert [line.split(",")[0:2] for line in said] == [["Row 2", " column p02"], ["Row 6", " column b04"]]
    assert not (tmp_path / "out").exists()


def test_faults_are_told_in_vietnamese_unless_asked_otherwise(tmp_path, responses, capsys):
    responses.write_text("p02\n")
    assert main(["score", str(responses), "--out", str(tmp_path / "out")]) == 1
    assert capsys.readouterr().err.startswith("Dòng 1, cột ")


@pytest.mark.parametrize(
    ("language", "told"), [("vi", "Tầng chỉ có một phiếu"), ("en", "The stratum holds one response only")]
)
def test_a_response_alone_in_its_stratum_is_a_fault_of_its_row(tmp_path, responses, language, told, capsys):
    table = pd.read_csv(responses, dtype=str, keep_default_na=False).assign(stratum="many")
    table.loc[[3, 8], "stratum"] = ["one", "single"]
    table.to_csv(responses, index=False)
    assert main(["score", str(responses), "--out", str(tmp_path / "out"), "--lang", language]) == 1
    said = capsys.readouterr().err.splitlines()
    assert [("5" in line.split(",")[0], "“one”" in line) for line in said] == [(True, True), (False, False)]
    assert "10, " in said[1]
    assert all(told in line for line in said)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("language", "told"), [("vi", "Không có số liệu công bố"), ("en", "Nothing is published for the province")]
)
def test_an_unknown_province_brings_the_list_of_those_known(tmp_path, responses, language, told, capsys):
    out = ["--out", str(tmp_path / "out"), "--lang", language]
    assert main(["score", str(responses), "--province", "Atlantis", *out]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"{told}")
    assert said.count(", ") == 62
    assert "Lạng Sơn" in said


def test_a_province_may_be_typed_with_marks_apart(tmp_path, responses):
    apart = unicodedata.normalize("NFD", "Cao Bằng")
    assert main(["score", str(responses), "--out", str(tmp_path / "out"), "--province", apart]) == 0
    assert json.loads((tmp_path / "out" / "report.json").read_text())["province"] == "Cao Bằng"


@pytest.mark.parametrize(
    ("arguments", "vi", "en"),
    [
        (["score", "gone.csv", "--out", "out"], "không có tệp hoặc thư mục này", "no such file or folder"),
        (["score", ".", "--out", "out"], "đây là thư mục: ghi tên một tệp", "this is a folder: name a file"),
        (["score", "responses.csv", "--out", "responses.csv"], "đây là tệp, không phải", "this is a file and no folder"),
        (["score", "responses.csv", "--out", "responses.csv/x"], "một phần đường dẫn là tệp", "part of the path is a file"),
        (["backtest", "--out", "gone/b.csv"], "không có tệp hoặc thư mục này", "no such file or folder"),
        (["codebook", "--out", "."], "đây là thư mục: ghi tên một tệp", "this is a folder: name a file"),
        (["codebook", "--out", "x" * 300], "không đọc hoặc ghi được", "cannot be read or written"),
        (["export", "responses.csv", "--out", "."], "đây là thư mục: ghi tên một tệp", "this is a folder: name a file"),
        (["codebook", "--out", "c.md", "--instrument", "gone.yaml"], "không có tệp hoặc thư mục này", "no such file or folder"),
        (["codebook", "--out", "c.md", "--framework", "gone.json"], "không có tệp hoặc thư mục này", "no such file or folder"),
        (["codebook", "--out", "c.md", "--framework", "."], "đây là thư mục: ghi tên một tệp", "this is a folder: name a file"),
    ],
)  # fmt: skip
def test_a_path_that_cannot_be_used_is_told_in_the_language_asked_for(
    responses, arguments, vi, en, capsys, monkeypatch
):
    monkeypatch.chdir(responses.parent)
    for language, told in (("vi", vi), ("en", en)):
        assert main([*arguments, "--lang", language]) == 1
        said = capsys.readouterr().err
        assert told in said
        assert "Errno" not in said
        assert "No such file or directory" not in said


@pytest.mark.parametrize("argument", [["--province", "Atlantis"], ["--instrument", "nowhere.yaml"]])
def test_what_is_not_there_is_named_without_a_traceback(tmp_path, responses, argument, capsys):
    assert main(["score", str(responses), "--out", str(tmp_path / "out"), *argument]) == 1
    said = capsys.readouterr().err
    assert argument[1] in said
    assert "Traceback" not in said


@pytest.mark.parametrize("command", ["score", "export"])
@pytest.mark.parametrize(("language", "told"), [("vi", "Tệp chỉ có dòng tên cột"), ("en", "names of columns only")])
def test_a_file_without_a_response_is_refused(tmp_path, responses, command, language, told, capsys):
    responses.write_text(responses.read_text().splitlines()[0] + "\n")
    assert main([command, str(responses), "--out", str(tmp_path / "out"), "--lang", language]) == 1
    assert told in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_export_writes_one_bundle_and_says_what_it_does(tmp_path, responses, capsys):
    out = tmp_path / "bundle.zip"
    assert main(["export", str(responses), "--out", str(out), "--lang", "en"]) == 0
    said = capsys.readouterr()
    assert said.err.splitlines()[0] == "responses.csv"
    assert "13 files, 220 responses" in said.out
    with zipfile.ZipFile(out) as archive:
        assert said.err.splitlines() == archive.namelist()
        assert "Survey of domestic firms" in archive.read("datapackage.json").decode()


def test_backtest_writes_one_row_for_each_year_province_and_sub_index(tmp_path, capsys):
    out = tmp_path / "backtest.csv"
    assert main(["backtest", "--out", str(out)]) == 0
    assert "largest_error" in capsys.readouterr().out
    table = pd.read_csv(out)
    assert list(table) == ["year", "province", "sub_index", "official", "computed", "error", "note"]
    assert not table.duplicated(["year", "province", "sub_index"]).any()


def test_codebook_is_written_in_the_language_asked_for(tmp_path):
    out = tmp_path / "codebook.md"
    assert main(["codebook", "--out", str(out), "--lang", "en"]) == 0
    assert out.read_text().startswith("# Codebook")


def test_audit_prints_the_coverage_and_what_is_hidden(capsys):
    assert main(["audit", "--seeds", "2"]) == 0
    said = capsys.readouterr().out
    assert "nine sub-indices pooled" in said
    assert "5.09" in said
    assert "grouped median of heaped days" in said


@pytest.mark.parametrize("command", ["score", "export", "backtest", "codebook", "audit"])
def test_each_command_explains_itself(command, capsys):
    with pytest.raises(SystemExit) as caught:
        main([command, "--help"])
    assert caught.value.code == 0
    assert "--framework" in capsys.readouterr().out


@pytest.fixture
def second(tmp_path, pci):
    path = tmp_path / "second.csv"
    write_csv(one_wave(pci, distribution(), random.Random(8)), path)
    return path


def test_compare_writes_changes_their_pieces_and_what_they_are_of(tmp_path, responses, second, capsys):
    out = tmp_path / "out"
    assert main(["compare", str(responses), str(second), "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert "detectable" in said
    assert "mức khác nhỏ nhất" in said
    scores = {}
    for name, path in (("before", responses), ("after", second)):
        assert main(["score", str(path), "--out", str(tmp_path / name)]) == 0
        scores[name] = pd.read_csv(tmp_path / name / "sub_indices.csv", index_col="sub_index")["value"]
    change = scores["after"] - scores["before"]
    found = pd.read_csv(out / "sub_indices.csv", index_col="sub_index")["change"]
    assert found.to_numpy() == pytest.approx(change[found.index].to_numpy())
    pieces = pd.read_csv(out / "pieces.csv", dtype={"piece": str})
    assert pieces["total"].sum() == pytest.approx(change["total"])
    assert len(pd.read_csv(out / "indicators.csv")) > 60
    report = json.loads((out / "report.json").read_text())
    hashes = [hashlib.sha256(path.read_bytes()).hexdigest() for path in (responses, second)]
    assert [each["files"]["responses"] for each in report["files"]] == hashes


def test_compare_sets_the_groups_of_a_wave_side_by_side(tmp_path, responses, wave, capsys):
    out = tmp_path / "out"
    assert main(["compare", str(responses), "--by", "p04", "--out", str(out), "--lang", "en"]) == 0
    assert "Holm" in capsys.readouterr().out
    groups = pd.read_csv(out / "groups.csv").query("sub_index == 'total'").set_index("group")["n"]
    in_scope = wave[~wave["p02"].isin(["closed", "wrong"])]["p04"]
    assert groups.to_dict() == in_scope[~in_scope.isin(["ns", "."])].value_counts().to_dict()
    differences = pd.read_csv(out / "differences.csv")
    large = (groups >= 30).sum()
    assert len(differences) == 11 * large * (large - 1) / 2 > 0


def test_compare_wants_two_files_or_a_column_that_is_there(tmp_path, responses, capsys):
    with pytest.raises(SystemExit) as caught:
        main(["compare", str(responses), "--out", str(tmp_path / "out")])
    assert caught.value.code == 2
    assert "two files of responses" in capsys.readouterr().err
    assert main(["compare", str(responses), "--by", "sector", "--out", str(tmp_path / "out")]) == 1
    assert "không có cột “sector”: sau --by ghi một trong p02, p01, p03" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
