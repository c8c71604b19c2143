"""Who may see what: every route against every role."""

from __future__ import annotations

import pytest
from flask import Flask

from survey_app.access import EVERYONE, allow, allowed_to
from survey_app.models.people import RoleName
from tests.survey_app.signing_in import signed_in, token

ALL = set(RoleName)
ANALYST = {RoleName.ANALYST}
ADMIN = {RoleName.ADMIN}
KEYER = {RoleName.KEYER}
ASSOCIATION = {RoleName.ASSOCIATION, RoleName.COORDINATOR}
READERS = {RoleName.AGENCY, RoleName.LEADER, RoleName.COORDINATOR, RoleName.ANALYST}

#: Every route of the application. A new one fails the tests until somebody writes here who may see it.
ROUTES: dict[str, set[str]] = {
    "GET /": {EVERYONE},
    "GET /rieng-tu": {EVERYONE},
    "GET /tro-nang": {EVERYONE},
    "GET /lien-he": {EVERYONE},
    "GET /lien-ket-that": {EVERYONE},
    "GET /ket-qua/<wave>/phieu-da-dem": {EVERYONE},
    "GET /health": {EVERYONE},
    "GET /robots.txt": {EVERYONE},
    "GET /favicon.ico": {EVERYONE},
    "GET /dang-nhap": {EVERYONE},
    "POST /dang-nhap": {EVERYONE},
    "POST /dang-xuat": {EVERYONE},
    "GET /tai-khoan": ALL,
    "GET /mat-khau": ALL,
    "POST /mat-khau": ALL,
    "GET /p": {EVERYONE},
    "POST /p": {EVERYONE},
    "GET /p/dong-y": {EVERYONE},
    "POST /p/dong-y": {EVERYONE},
    "POST /p/tu-choi": {EVERYONE},
    "GET /p/tiep": {EVERYONE},
    "GET /p/ma": {EVERYONE},
    "POST /p/ma": {EVERYONE},
    "GET /p/ma-tiep-tuc": {EVERYONE},
    "GET /p/t/<code>": {EVERYONE},
    "POST /p/t/<code>": {EVERYONE},
    "GET /p/xem-lai": {EVERYONE},
    "POST /p/gui": {EVERYONE},
    "GET /p/da-gui": {EVERYONE},
    "GET /p/rut": {EVERYONE},
    "POST /p/rut": {EVERYONE},
    "POST /p/xong": {EVERYONE},
    "GET /p/xong": {EVERYONE},
    "POST /p/khoa": {EVERYONE},
    "GET /p/khoa": {EVERYONE},
    "GET /p/gui": {EVERYONE},
    "GET /p/da-rut": {EVERYONE},
    "GET /p/da-ghi-nhan": {EVERYONE},
    "GET /p/khong-dung-duoc": {EVERYONE},
    "GET /khong-nhan-tin/<token>": {EVERYONE},
    "POST /khong-nhan-tin/<token>": {EVERYONE},
    "GET /m/<wave>": {EVERYONE},
    "POST /m/<wave>": {EVERYONE},
    "GET /hh/doanh-nghiep": ASSOCIATION,
    "GET /hh/nhap": ASSOCIATION,
    "POST /hh/nhap": ASSOCIATION,
    "GET /hh/nhap/<number>": ASSOCIATION,
    "POST /hh/nhap/<number>/cot": ASSOCIATION,
    "POST /hh/nhap/<number>/luu": ASSOCIATION,
    "POST /hh/nhap/<number>/bo": ASSOCIATION,
    "GET /hh/nhap/<number>/can-sua.xlsx": ASSOCIATION,
    "GET /hh/dot": ASSOCIATION,
    "GET /hh/dot/moi": ASSOCIATION,
    "POST /hh/dot/moi": ASSOCIATION,
    "GET /hh/dot/<wave>": ASSOCIATION,
    "GET /hh/dot/<wave>/mau": ASSOCIATION,
    "POST /hh/dot/<wave>/mau": ASSOCIATION,
    "POST /hh/dot/<wave>/thu": ASSOCIATION,
    "POST /hh/dot/<wave>/thu/xoa": ASSOCIATION,
    "GET /hh/dot/<wave>/gia-han": ASSOCIATION,
    "POST /hh/dot/<wave>/gia-han": ASSOCIATION,
    "GET /hh/dot/<wave>/dong": ASSOCIATION,
    "POST /hh/dot/<wave>/dong": ASSOCIATION,
    "GET /hh/viec/<number:number>": ASSOCIATION,
    "GET /hh/dot/<wave>/to-dan": ASSOCIATION,
    "GET /hh/dot/<wave>/the": ASSOCIATION,
    "POST /hh/dot/<wave>/the": ASSOCIATION,
    "GET /hh/dot/<wave>/tin": ASSOCIATION,
    "GET /hh/dot/<wave>/tin/<number:number>": ASSOCIATION,
    "POST /hh/dot/<wave>/tin/<number:number>": ASSOCIATION,
    "POST /hh/dot/<wave>/tin/<number:number>/bat": ASSOCIATION,
    "POST /hh/dot/<wave>/tin/<number:number>/tat": ASSOCIATION,
    "POST /hh/dot/<wave>/tin/<number:number>/thu": ASSOCIATION,
    "POST /hh/dot/<wave>/tin/<number:number>/tep": ASSOCIATION,
    "POST /hh/dot/<wave>/tin/<number:number>/khong-chac/gui-lai": ASSOCIATION,
    "POST /hh/dot/<wave>/tin/<number:number>/khong-chac/da-gui": ASSOCIATION,
    "GET /hh/tep/<number>": ASSOCIATION,
    "GET /hh/tep/<number>/tai": ASSOCIATION,
    "GET /hh/dot/<wave>/theo-doi": ASSOCIATION,
    "GET /hh/dot/<wave>/theo-doi/goi": ASSOCIATION,
    "GET /hh/dot/<wave>/theo-doi/<invitation>": ASSOCIATION,
    "POST /hh/dot/<wave>/theo-doi/<invitation>/ket-qua": ASSOCIATION,
    "POST /hh/dot/<wave>/theo-doi/<invitation>/lien-ket-moi": ASSOCIATION,
    "POST /hh/dot/<wave>/theo-doi/<invitation>/thu": ASSOCIATION,
    "GET /hh/thong-bao": ASSOCIATION,
    "GET /hh/thong-bao/moi": ASSOCIATION,
    "POST /hh/thong-bao/moi": ASSOCIATION,
    "GET /hh/thong-bao/<number:number>": ASSOCIATION,
    "POST /hh/thong-bao/<number:number>": ASSOCIATION,
    "POST /hh/thong-bao/<number:number>/gui": ASSOCIATION,
    "POST /hh/thong-bao/<number:number>/tep": ASSOCIATION,
    "GET /hh/thong-bao/<number:number>/tep.xlsx": ASSOCIATION,
    "POST /hh/thong-bao/<number:number>/tat": ASSOCIATION,
    "POST /hh/thong-bao/<number:number>/thu": ASSOCIATION,
    "POST /hh/thong-bao/<number:number>/xoa": ASSOCIATION,
    "POST /hh/thong-bao/<number:number>/khong-chac/gui-lai": ASSOCIATION,
    "POST /hh/thong-bao/<number:number>/khong-chac/da-gui": ASSOCIATION,
    "GET /cq": READERS,
    "GET /cq/ket-qua/<sub_index>": READERS,
    "GET /cq/bieu-do/<number:run>/<sub_index>.<lang>.svg": READERS,
    "GET /pt": ANALYST,
    "GET /pt/dot/<wave>": ANALYST,
    "GET /pt/dot/<wave>/dong": ANALYST,
    "POST /pt/dot/<wave>/dong": ANALYST,
    "POST /pt/dot/<wave>/cham-diem": ANALYST,
    "GET /pt/viec/<number:number>": ANALYST,
    "GET /pt/chay/<number:number>": ANALYST,
    "GET /pt/chay/<number:number>/cong-bo": ANALYST,
    "POST /pt/chay/<number:number>/cong-bo": ANALYST,
    "GET /nhap-phieu": KEYER,
    "GET /nhap-phieu/<wave>": KEYER,
    "GET /nhap-phieu/<wave>/moi": KEYER,
    "POST /nhap-phieu/<wave>/moi": KEYER,
    "GET /nhap-phieu/<wave>/dien-thoai": KEYER,
    "POST /nhap-phieu/<wave>/dien-thoai": KEYER,
    "GET /nhap-phieu/<wave>/<number:number>": KEYER,
    "GET /nhap-phieu/<wave>/<number:number>/lan-hai": KEYER,
    "POST /nhap-phieu/<wave>/<number:number>/lan-hai": KEYER,
    "POST /nhap-phieu/<wave>/<number:number>/lay-lai": KEYER,
    "GET /qt/tai-khoan": ADMIN,
    "GET /qt/tai-khoan/<number:number>": ADMIN,
    "GET /qt/tai-khoan/moi": ADMIN,
    "POST /qt/tai-khoan/moi": ADMIN,
    "POST /qt/tai-khoan/<number:number>/mat-khau": ADMIN,
    "POST /qt/tai-khoan/<number:number>/dang-xuat": ADMIN,
    "POST /qt/tai-khoan/<number:number>/khoa": ADMIN,
    "POST /qt/tai-khoan/<number:number>/mo": ADMIN,
}
CLOSED = {route: roles for route, roles in ROUTES.items() if EVERYONE not in roles}
NOBODYS = {
    "<number:number>": "987654",
    "<number:run>": "987654",
    "<lang>": "vi",
    "<number>": "khong-co",
    "<wave>": "khong-co",
    "<code>": "khong-co",
    "<invitation>": "khong-co",
    "<sub_index>": "khong-co",
}


def routes(app: Flask) -> dict[str, set[str]]:
    """Return who may see each route of the application."""
    return {
        f"{method} {rule.rule}": set(allowed_to(app, rule.endpoint))
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def address(route: str) -> str:
    """Return an address of the route that leads to nothing anybody has."""
    path = route.split(" ", 1)[1]
    for placeholder, value in NOBODYS.items():
        path = path.replace(placeholder, value)
    return path


def test_every_route_is_listed_with_who_may_see_it(app):
    assert routes(app) == ROUTES


@pytest.mark.parametrize("role", RoleName)
def test_each_role_sees_its_own_pages_and_no_others(app, role):
    client = signed_in(app, role)
    form = token(client)
    for route, roles in CLOSED.items():
        method = route.split(" ", 1)[0]
        answer = client.open(address(route), method=method, data=form if method == "POST" else None)
        if role in roles:
            let_in = answer.status_code not in (403, 500) and answer.location != "/dang-nhap"
            assert let_in, f"{role} cannot use {route}: {answer.status_code}"
        else:
            assert answer.status_code == 403, f"{role} can use {route}: {answer.status_code}"


def test_strangers_are_sent_to_the_sign_in_page(app, client):
    form = token(client, "/dang-nhap")
    for route in CLOSED:
        method = route.split(" ", 1)[0]
        answer = client.open(address(route), method=method, data=form if method == "POST" else None)
        assert (answer.status_code, answer.location) == (302, "/dang-nhap"), route


def test_a_view_that_names_nobody_is_closed_to_everybody(app):
    app.add_url_rule("/quen-khai", "forgotten", lambda: "open")
    assert signed_in(app, RoleName.ADMIN).get("/quen-khai").status_code == 403


def test_a_role_is_let_in_where_the_view_names_it(app):
    app.add_url_rule("/rieng", "own", allow(RoleName.LEADER)(lambda: ("<p>", 200, {"Content-Type": "text/plain"})))
    assert signed_in(app, RoleName.LEADER).get("/rieng").status_code == 200
