"""A list of firms from file to frame: read within limits, examined whole, saved or not, encrypted, found again."""

from __future__ import annotations

import io
import random
import zipfile

import pytest
import xlsxwriter
from sqlalchemy import select, text

from survey_app import contacts, envelopes
from survey_app.contacts import Contact
from survey_app.models.fieldwork import SampleUnit
from survey_app.services import frame, frame_file
from survey_app.services.frame_columns import guess
from survey_app.services.frame_report import marked_sheet
from survey_app.services.frame_rows import BadValue, tax_code

HEADER = [
    "Mã số thuế",
    "Tên doanh nghiệp",
    "Xã phường",
    "Số lao động",
    "Người liên hệ",
    "Điện thoại",
    "Email",
    "Từ chối",
]


def codes(count: int, seed: int = 1) -> list[str]:
    """Return different valid tax codes."""
    rng, found = random.Random(seed), set()
    while len(found) < count:
        try:
            found.add(tax_code(f"49{rng.randrange(10**8):08d}"))
        except BadValue:
            continue
    return sorted(found)


def row(code: str, name: str = "Công ty Đá Mẫu", **more: str) -> list[str]:
    """Return a row under HEADER."""
    known = {
        "area": "Phường Đông Kinh",
        "size": "12",
        "contact": "Nguyễn Thị Lan",
        "phone": "0912345678",
        "email": "lan@example.vn",
    }
    known |= {"opted_out": ""} | more
    return [code, name, *known.values()]


def xlsx(*rows: list[object]) -> bytes:
    """Return a workbook with these rows, as a spreadsheet program writes it."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"strings_to_formulas": False}) as book:
        page = book.add_worksheet()
        for line, cells in enumerate(rows):
            page.write_row(line, 0, cells)
    return out.getvalue()


def examined(content: bytes) -> tuple[frame_file.Sheet, frame.Examined]:
    sheet = frame_file.read(content)
    return sheet, frame.examine(sheet, guess(sheet.header))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1258"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_is_read_in_each_encoding_of_the_field(encoding, delimiter):
    import unicodedata

    lines = "\r\n".join(delimiter.join(cells) for cells in (HEADER, row(codes(1)[0], "Xưởng gỗ Hồng Đức")))
    if encoding == "cp1258":  # its letters carry the tone mark behind them
        base = unicodedata.normalize("NFD", lines)
        pairs = {
            "a\u0302": "â",
            "A\u0302": "Â",
            "e\u0302": "ê",
            "E\u0302": "Ê",
            "o\u0302": "ô",
            "u\u031b": "ư",
            "o\u031b": "ơ",
            "a\u0306": "ă",
        }
        for apart, whole in pairs.items():
            base = base.replace(apart, whole)
        lines = (
            base.replace("o\u0323\u0302", "ô\u0323")
            .replace("e\u0323\u0302", "ê\u0323")
            .replace("a\u0323\u0302", "â\u0323")
        )
    sheet, found = examined(lines.encode(encoding))
    assert sheet.header == HEADER
    assert [firm["name"] for firm in found.firms.values()] == ["Xưởng gỗ Hồng Đức"]


def test_a_workbook_is_read_with_a_title_above_and_numbers_as_numbers():
    code = codes(1)[0]
    content = xlsx(["DANH SÁCH HỘI VIÊN"], [], HEADER, [int(code), "Công ty A", "Xã B", 25, "", 912345678, "", ""])
    _, found = examined(content)
    assert found.faults == []
    firm = found.firms[code]
    assert (firm["size"], firm["phone"]) == ("n10_49", "+84912345678")


def test_a_formula_is_only_what_it_showed():
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, HEADER)
        page.write_row(1, 0, row(codes(1)[0]))
        page.write_formula(1, 1, '=HYPERLINK("http://evil.example","x")', None, "Công ty Thường")
    _, found = examined(out.getvalue())
    assert [firm["name"] for firm in found.firms.values()] == ["Công ty Thường"]


def test_a_bomb_a_macro_a_huge_list_and_rubbish_are_refused_in_words():
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (frame_file.MAX_INFLATED + 1))
    macro = io.BytesIO(xlsx(HEADER))
    with zipfile.ZipFile(macro, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"program")
    many = ("\n".join([",".join(HEADER)] + ["x"] * frame_file.MAX_ROWS)).encode()
    for content, refused in (
        (bomb.getvalue(), frame_file.TooLarge),
        (macro.getvalue(), frame_file.HasMacros),
        (many, frame_file.TooLarge),
        (b"PK\x03\x04 not a zip", frame_file.Unreadable),
        (b"\x00\x01\x02", frame_file.Unreadable),
        (b"a,b\n1,2\n", frame_file.NoHeader),
    ):
        with pytest.raises(refused):
            frame_file.read(content)


def test_bad_rows_are_named_and_rows_of_one_firm_become_one():
    first, second = codes(2)
    content = xlsx(
        HEADER,
        row(first),
        row("4900000000", phone="123"),
        row(first, "Tên mới", email="", opted_out="x"),
        row(second),
        row(first, "Tên mới nhất"),
    )
    _, found = examined(content)
    assert (found.rows, found.good_rows, len(found.firms)) == (5, 4, 2)
    assert {(f.row, f.column.value) for f in found.faults} == {(3, "tax_code"), (3, "phone")}
    assert [(m.tax_code, m.rows) for m in found.merges] == [(first, (2, 4, 6))]
    firm = found.firms[first]
    assert (firm["name"], firm["email"], firm["opted_out"]) == ("Tên mới nhất", "lan@example.vn", True)


def test_the_marked_sheet_gives_the_bad_rows_back_with_reasons_and_no_live_formula():
    content = xlsx(HEADER, row(codes(1)[0]), row("12", "=1+1"))
    sheet, found = examined(content)
    back = frame_file.CalamineWorkbook.from_filelike(
        io.BytesIO(marked_sheet(sheet, guess(sheet.header), found.faults, "vi"))
    )
    rows = back.get_sheet_by_index(0).to_python()
    assert rows[0] == [*HEADER, "Cần sửa"]
    assert rows[1][-1] == "Dòng 3: Mã số thuế “12”: mã số thuế phải có 10 hoặc 13 chữ số"
    assert rows[1][1] == "=1+1"
    assert len(rows) == 2


def test_saving_adds_new_firms_and_brings_known_ones_up_to_date(session, keys):
    first, second = codes(2)
    frame.save(session, examined(xlsx(HEADER, row(first, opted_out="x")))[1].firms, keys.contact)
    short = ["Mã số thuế", "Tên doanh nghiệp", "Điện thoại"]
    again = examined(xlsx(short, [first, "Tên khác", "0987654321"], [second, "Mới", ""]))[1]
    saved = frame.save(session, again.firms, keys.contact)
    session.commit()
    assert (saved.new, saved.updated) == (1, 1)
    unit = session.scalars(select(SampleUnit).where(SampleUnit.tax_code == first)).one()
    assert (unit.name, unit.area, unit.size, unit.opted_out) == ("Tên khác", "Phường Đông Kinh", "n10_49", True)
    known = contacts.unseal(keys.contact, unit.id, unit.contact)
    assert known == Contact("Nguyễn Thị Lan", "+84987654321", "lan@example.vn")


def test_contacts_are_not_readable_in_the_database_and_cannot_be_swapped(session, keys):
    first, second = codes(2)
    frame.save(session, examined(xlsx(HEADER, row(first), row(second)))[1].firms, keys.contact)
    session.commit()
    blobs = session.execute(text("SELECT id, contact FROM sample_unit")).all()
    for _, blob in blobs:
        for word in (b"lan@example.vn", b"912345678", "Nguyễn Thị Lan".encode()):
            assert word not in bytes(blob)
    with pytest.raises(envelopes.Unreadable):
        contacts.unseal(keys.contact, blobs[0].id, bytes(blobs[1].contact))


def test_a_firm_is_found_without_marks_or_by_its_tax_code(session, keys):
    first, second = codes(2)
    content = xlsx(HEADER, row(first, "Công ty TNHH Đặng Hữu Phước"), row(second, "Hợp tác xã Na 100%"))
    frame.save(session, examined(content)[1].firms, keys.contact)
    session.commit()

    def names(words: str) -> list[str]:
        return [unit.name for unit in frame.find(session, words)]

    assert names("dang phuoc") == names("ĐẶNG HỮU") == names(first[:9]) == ["Công ty TNHH Đặng Hữu Phước"]
    assert names("100%") == ["Hợp tác xã Na 100%"]
    assert names("% _") == names("") == []


def test_the_command_saves_nothing_until_told(app, tmp_path):
    code = codes(1)[0]
    file, marked = tmp_path / "list.xlsx", tmp_path / "marked.xlsx"
    file.write_bytes(xlsx(HEADER, row(code), row("12")))
    runner = app.test_cli_runner()
    looked = runner.invoke(args=["frame", "import", str(file), "--marked", str(marked), "--lang", "vi"])
    assert "Dòng 3: Mã số thuế “12”: mã số thuế phải có 10 hoặc 13 chữ số" in looked.output
    assert "Chưa lưu gì. Nhập 1 dòng đúng" in looked.output
    assert marked.exists()
    assert "Công ty" not in runner.invoke(args=["frame", "find", "cong ty"]).output
    saved = runner.invoke(args=["frame", "import", str(file), "--save", "--lang", "en"])
    assert "Saved: 1 new firms, 0 brought up to date." in saved.output
    assert f"{code}     Công ty Đá Mẫu" in runner.invoke(args=["frame", "find", "cong ty da"]).output
    wrong = runner.invoke(args=["frame", "import", str(file), "--column", "phone=Không có", "--lang", "en"])
    assert wrong.exit_code == 1
    assert "the file has no column Không có" in wrong.output
