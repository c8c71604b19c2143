"""What holds of every request and response, and the errors of this field that must not happen here."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest
from flask import abort
from sqlalchemy import event
from sqlalchemy.engine import Engine

from survey_app import create_app
from survey_app.access import EVERYONE, allow
from survey_app.db import db, reading, transaction
from survey_app.models.people import RoleName
from survey_app.services import plans
from tests.checked_client import hidden_fields
from tests.survey_app.signing_in import PASSWORD, make_account, signed_in, token

VENDOR = Path(__file__).resolve().parents[2] / "survey_app" / "static" / "vendor"
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
}


@pytest.mark.parametrize("path", ["/", "/dang-nhap", "/health", "/khong-co", "/pt", "/static/staff.css"])
def test_every_answer_carries_the_headers(client, path):
    headers = client.get(path).headers
    assert {name: headers[name] for name in HEADERS} == HEADERS
    policy = headers["Content-Security-Policy"]
    for rule in ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"):
        assert rule in policy
    assert "unsafe" not in policy
    assert "camera=()" in headers["Permissions-Policy"]


def test_pages_are_kept_nowhere_and_files_for_a_year(client):
    assert client.get("/").headers["Cache-Control"] == "no-store"
    assert "max-age=31536000" in client.get("/static/staff.css").headers["Cache-Control"]


def test_the_large_stylesheet_travels_compressed(client):
    answer = client.get("/static/vendor/govuk-frontend.css", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(answer.data) < 20_000


def test_a_file_has_another_address_when_it_changes(client):
    content = (VENDOR.parent / "staff.css").read_bytes()
    assert f"/static/staff.css?v={sha256(content).hexdigest()[:12]}" in client.get("/").text


def test_over_https_cookies_and_addresses_are_bound_to_the_host(config, keys):
    app = create_app(config.model_copy(update={"base_url": "https://ks.langson.gov.vn", "demonstration": False}), keys)
    answer = app.test_client().get("/dang-nhap", base_url="https://ks.langson.gov.vn")
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-session=")
    assert all(flag in cookie for flag in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"))


def test_over_https_staff_can_sign_in_although_no_page_sends_a_referer(config, keys):
    app = create_app(config.model_copy(update={"base_url": "https://ks.langson.gov.vn", "demonstration": False}), keys)
    email = make_account(app, RoleName.ANALYST)
    client, base = app.test_client(), "https://ks.langson.gov.vn"
    form = token_over(client, base) | {"email": email, "password": PASSWORD}
    answer = client.post("/dang-nhap", data=form, base_url=base, headers={"Origin": "null"})
    assert answer.location == "/pt"


def token_over(client, base):
    """Return the form token of the sign-in page at this address."""
    return {"csrf_token": hidden_fields(client.get("/dang-nhap", base_url=base).text)["csrf_token"]}


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", ""])
def test_other_hosts_get_a_neutral_refusal(client, host):
    answer = client.get("/", headers={"Host": host})
    assert answer.status_code == 400
    assert "evil" not in answer.text


def test_what_a_proxy_says_of_the_host_is_not_believed(client):
    answer = client.get("/pt", headers={"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"})
    assert answer.location == "/dang-nhap"


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://localhost.evil.example"},
        {"Origin": "http://["},
    ],
)
def test_forms_sent_from_other_sites_are_refused_even_with_a_token(app, headers):
    client = signed_in(app, RoleName.ANALYST)
    assert client.post("/dang-xuat", data=token(client), headers=headers).status_code == 403
    assert client.get("/pt").status_code == 200


@pytest.mark.parametrize(
    "headers", [{}, {"Origin": "null"}, {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}]
)
def test_own_forms_pass_whatever_the_browser_says_of_itself(app, headers):
    client = signed_in(app, RoleName.ANALYST)
    assert client.post("/dang-xuat", data=token(client), headers=headers).status_code == 302


def test_a_form_without_its_token_is_refused_in_words(app):
    client = signed_in(app, RoleName.ANALYST)
    answer = client.post("/dang-xuat")
    assert answer.status_code == 400
    assert "Trang đã mở quá lâu" in answer.text
    assert client.get("/pt").status_code == 200


def test_too_large_a_form_is_refused(client):
    assert client.post("/dang-nhap", data={"email": "x" * 70_000}).status_code == 413


@pytest.mark.parametrize("path", ["/ket-qua/%00/phieu-da-dem", "/p/t/a%00b", "/%00"])
def test_no_page_is_behind_an_address_with_a_nul(client, path):
    assert client.get(path).status_code == 404


def test_a_nul_in_a_form_of_staff_is_refused(client):
    answer = client.post_form("/dang-nhap", {"email": "a\0@example.vn", "password": "x\0y"})
    assert answer.status_code == 400


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_more_fields_than_any_page_has_are_refused(client, kind):
    assert client.post("/p", data={"code": ["x"] * 301}, content_type=kind).status_code == 413
    assert client.post("/p", data={"code": ["x"] * 300}, content_type=kind).status_code == 200


def test_a_form_is_read_as_a_browser_sends_it_and_nothing_else(client):
    for body, kind in ((b"[1,2]", "application/json"), (b"null", "application/json"), (b"x", "text/plain")):
        assert client.post("/p", data=body, content_type=kind).status_code == 200
    file = {"code": (BytesIO(b"x"), "code.txt")}
    assert client.post("/p", data=file, content_type="multipart/form-data").status_code == 200


@pytest.mark.parametrize(
    "path", ["/p", "/p/ma", "/p/rut", "/p/dong-y", "/p/t/page1", "/p/da-gui", "/rieng-tu", "/lien-he"]
)
def test_pages_of_firms_cannot_be_kept_or_asked_for_by_version(client, path):
    headers = client.get(path).headers
    assert headers["Cache-Control"] == "no-store"
    assert not {"ETag", "Last-Modified", "Expires", "Age"} & set(headers.keys())
    assert not [cookie for cookie in headers.getlist("Set-Cookie") if not cookie.startswith("session=")]


def test_a_broken_cookie_is_a_new_session(client):
    for name in ("session", "lang"):
        client.set_cookie(name, "không phải của mình")
    assert client.get("/").status_code == 200
    assert client.get("/pt").location == "/dang-nhap"


@pytest.mark.parametrize(("language", "words"), [("vi", "Không tìm thấy trang"), ("en", "Page not found")])
def test_error_pages_speak_both_languages_and_carry_a_code(client, language, words):
    first, second = (client.get(f"/khong-co?lang={language}").text for _ in range(2))
    assert words in first
    assert first != second


def test_a_fault_of_ours_shows_a_code_and_nothing_else(app, client):
    app.config["PROPAGATE_EXCEPTIONS"] = False

    @allow(EVERYONE)
    def broken():
        raise RuntimeError("bảng người dùng")

    app.add_url_rule("/hong", "broken", broken)
    answer = client.get("/hong")
    assert answer.status_code == 500
    assert "bảng người dùng" not in answer.text
    assert "Hệ thống đang có sự cố" in answer.text


def test_a_fault_of_ours_is_logged_as_its_kind_and_place_without_what_it_says(app, client, caplog):
    app.config["PROPAGATE_EXCEPTIONS"] = False

    @allow(EVERYONE)
    def broken(code):
        raise RuntimeError(f"giá trị {code}")

    app.add_url_rule("/hong/<code>", "broken", broken)
    client.get("/hong/K7QW-2M9X")
    assert "RuntimeError" in caplog.text
    assert "test_security.py" in caplog.text
    assert "K7QW" not in caplog.text
    assert "giá trị" not in caplog.text


@pytest.mark.parametrize("status", [400, 403, 404, 405, 413, 429, 500, 502, 503])
def test_every_error_has_a_page(app, client, status):
    app.add_url_rule("/loi", "error", allow(EVERYONE)(lambda: abort(status)))
    answer = client.get("/loi")
    assert answer.status_code == status


def test_without_a_database_pages_say_when_to_come_back(config, keys, tmp_path):
    app = create_app(config.model_copy(update={"database_url": f"sqlite:///{tmp_path}/no/such/folder/x.sqlite3"}), keys)
    client = app.test_client()
    answer = client.get("/ket-qua/w1/phieu-da-dem")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert "Hệ thống tạm nghỉ" in answer.text
    assert client.get("/").status_code == 200


def test_only_pages_that_read_leave_the_write_lock_alone(app, client):
    seen = []

    def look():
        seen.append(reading.get())
        return "", 200, {"Content-Type": "text/plain"}

    app.add_url_rule("/doc", "look", allow(EVERYONE)(look), methods=["GET", "POST"])
    form = token(client, "/dang-nhap")
    client.get("/doc")
    client.post("/doc", data=form)
    client.head("/doc")
    assert seen == [True, False, True]
    assert reading.get() is False, "a command after a request would not take the lock"


def test_pages_for_everyone_never_touch_accounts(app, session):
    client = signed_in(app, RoleName.ANALYST)
    statements = []
    listen = lambda _c, _cursor, statement, *_: statements.append(statement)  # noqa: E731
    event.listen(Engine, "before_cursor_execute", listen)
    try:
        for path in ("/", "/p", "/rieng-tu", "/dang-nhap", "/health"):
            client.get(path)
    finally:
        event.remove(Engine, "before_cursor_execute", listen)
    assert not [one for one in statements if "staff_session" in one or '"user"' in one]


def test_bind_values_stay_out_of_database_errors(app, session):
    assert db.engine.hide_parameters


def test_vendored_files_are_the_ones_of_the_manifest():
    manifest = json.loads((VENDOR / "MANIFEST.json").read_text(encoding="utf-8"))
    files = {path.name for path in VENDOR.iterdir() if path.suffix != ".gz"} - {"MANIFEST.json"}
    assert files == set(manifest)
    for name, about in manifest.items():
        assert about["sha256"] == sha256((VENDOR / name).read_bytes()).hexdigest(), name
        assert about["version"]
        assert about["licence"] == "MIT"
    for packed in VENDOR.glob("*.gz"):
        assert gzip.decompress(packed.read_bytes()) == (VENDOR / packed.stem).read_bytes(), packed.name
    assert "GDS Transport" not in (VENDOR / "govuk-frontend.css").read_text(encoding="utf-8")


_WORKER = """
import sys
from survey_app import create_app
from survey_app.config import Config
from tests.survey_app.signing_in import sign_in
from tests.checked_client import CheckedClient
app = create_app(Config.from_env())
app.test_client_class = CheckedClient
for path in ("/", "/health", "/p", "/dang-nhap", "/ket-qua/w1/phieu-da-dem"):
    app.test_client().get(path)
for email, path in (("analyst@example.vn", "/pt"), ("admin@example.vn", "/qt/tai-khoan"), ("agency@example.vn", "/cq")):
    client = app.test_client()
    sign_in(client, email)
    assert client.get(path).status_code == 200, path
print([name for name in ("pandas", "numpy", "scipy", "altair", "vl_convert", "typst") if name in sys.modules])
"""


def test_web_workers_never_load_the_analysts_libraries(app, config, session):
    with transaction():
        plans.publish(session, config.plan, config.framework)
    for role in (RoleName.ANALYST, RoleName.ADMIN, RoleName.AGENCY):
        make_account(app, role)
    environment = {
        "PCI_DATABASE_URL": config.database_url,
        "PCI_KEYS_DIR": str(config.keys_dir),
        "PCI_BASE_URL": "http://localhost",
        "PCI_DEMONSTRATION": "true",
        "PATH": "/usr/bin",
    }
    worker = subprocess.run(
        [sys.executable, "-c", _WORKER],
        env=environment,
        cwd=VENDOR.parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert worker.stdout.strip() == "[]", worker.stdout + worker.stderr
