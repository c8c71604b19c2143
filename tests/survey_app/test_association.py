"""The association's pages: a list of firms from upload to frame, and nothing of what anybody answered."""

from __future__ import annotations

import io
from datetime import UTC, datetime

from sqlalchemy import func, select, text

from survey_app import jobs as runner
from survey_app.db import db, transaction
from survey_app.models.fieldwork import SampleUnit
from survey_app.models.frame import FrameUpload
from survey_app.models.people import RoleName
from survey_app.services import jobs
from tests.survey_app.signing_in import signed_in, token
from tests.survey_app.test_frame import HEADER, codes, row, xlsx


def upload(client, content: bytes, name: str = "list.xlsx"):
    """Send a file as a browser does."""
    data = {**token(client, "/hh/nhap"), "file": (io.BytesIO(content), name)}
    return client.post("/hh/nhap", data=data, content_type="multipart/form-data")


def work(app) -> None:
    """Do all queued jobs, as the runner does."""
    with app.app_context():
        while True:
            with transaction() as session:
                claim = jobs.claim(session, now=datetime.now(UTC))
            if claim is None:
                return
            runner.do(claim)


def firms_in(app) -> int:
    with app.app_context():
        return db.session.execute(select(func.count()).select_from(SampleUnit)).scalar_one()


def test_a_list_is_examined_first_and_saved_when_told(app):
    client, (first, second) = signed_in(app, RoleName.ASSOCIATION), codes(2)
    answer = upload(client, xlsx(HEADER, row(first, "Công ty Đá Vôi"), row("12"), row(second), row(first)))
    where = answer.location
    assert "tự tải lại" in client.get(where).text
    work(app)
    page = client.get(where).text
    assert "Dòng 3: Mã số thuế “12”: mã số thuế phải có 10 hoặc 13 chữ số" in page
    assert "Nhập 3 dòng đúng" in page
    assert f"{first}: các dòng 2, 5" in page
    assert firms_in(app) == 0
    sheet = client.get(f"{where}/can-sua.xlsx")
    assert sheet.data.startswith(b"PK")
    assert sheet.headers["Content-Disposition"].startswith("attachment")
    client.post(f"{where}/luu", data=token(client))
    work(app)
    assert "2 doanh nghiệp mới" in client.get(where).text
    assert firms_in(app) == 2
    found = client.get("/hh/doanh-nghiep?tim=da+mau").text
    assert "Công ty Đá Mẫu" in found
    assert "+84912345678" in found


def test_a_column_that_was_guessed_wrong_is_corrected(app):
    client, code = signed_in(app, RoleName.COORDINATOR), codes(1)[0]
    where = upload(client, xlsx(["MST", "Tên", "Ghi chú"], [code, "Viết tắt", "Công ty Tên Đầy Đủ"])).location
    work(app)
    assert "Viết tắt" in client.get(where).text
    both = {"tax_code": "0", "name": "0"}
    assert "Phải chọn cột mã số thuế" in client.post(f"{where}/cot", data={**token(client), **both}).text
    client.post(f"{where}/cot", data={**token(client), "tax_code": "0", "name": "2"})
    work(app)
    assert "Công ty Tên Đầy Đủ" in client.get(where).text


def test_a_bad_file_is_refused_on_the_form_and_nothing_is_kept(app):
    client = signed_in(app, RoleName.ASSOCIATION)
    answer = upload(client, b"a,b\n1,2\n", "x.csv")
    assert "Không thấy dòng tiêu đề" in answer.text
    assert "Chọn một tệp" in client.post("/hh/nhap", data=token(client, "/hh/nhap")).text
    with app.app_context():
        assert db.session.scalars(select(FrameUpload)).all() == []


def test_a_file_over_the_ordinary_limit_of_a_form_is_taken_here_and_nowhere_else(app):
    client, many = signed_in(app, RoleName.ASSOCIATION), codes(3000)
    content = "\n".join([",".join(HEADER)] + [",".join(row(code)) for code in many]).encode()
    assert len(content) > 64 * 1024
    assert upload(client, content, "x.csv").status_code == 302
    too_long = {**token(client), "email": "x" * 70_000}
    assert client.post("/dang-nhap", data=too_long).status_code == 413


def test_an_upload_needs_its_form_token_and_an_account(app):
    client, content = signed_in(app, RoleName.ASSOCIATION), xlsx(HEADER, row(codes(1)[0]))
    forged = {"file": (io.BytesIO(content), "x.xlsx")}
    assert client.post("/hh/nhap", data=forged, content_type="multipart/form-data").status_code == 200
    stranger = {"file": (io.BytesIO(content), "x.xlsx")}
    assert app.test_client().post("/hh/nhap", data=stranger).location == "/dang-nhap"
    with app.app_context():
        assert db.session.scalars(select(FrameUpload)).all() == []


def test_an_upload_is_not_readable_in_the_database_and_is_gone_when_imported_or_forgotten(app):
    client, code = signed_in(app, RoleName.ASSOCIATION), codes(1)[0]
    where = upload(client, ",".join(HEADER).encode() + b"\n" + ",".join(row(code, phone="1")).encode()).location
    work(app)
    with app.app_context():
        kept = db.session.execute(text("SELECT content, report, marked FROM frame_upload")).one()
        assert all(blob and b"lan@example.vn" not in bytes(blob) for blob in kept)
        db.session.rollback()
    client.post(f"{where}/bo", data=token(client))
    assert client.get(where).status_code == 404


def test_an_import_that_is_done_twice_changes_nothing(app):
    client = signed_in(app, RoleName.ASSOCIATION)
    where = upload(client, xlsx(HEADER, row(codes(1)[0]))).location
    work(app)
    for _ in range(2):
        client.post(f"{where}/luu", data=token(client))
        work(app)
    assert firms_in(app) == 1
    assert "1 doanh nghiệp mới" in client.get(where).text
