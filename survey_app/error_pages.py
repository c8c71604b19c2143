"""One neutral page for each kind of error: two languages, a code to quote, nothing about the inside."""

from __future__ import annotations

import secrets
from traceback import extract_tb
from typing import Any, NamedTuple

from flask import Flask, current_app, make_response, render_template
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError, TimeoutError
from werkzeug.exceptions import HTTPException

from survey_app.errors import DomainError
from survey_app.i18n import language

_RETRY_SECONDS = "60"

#: What is raised where the database is gone, restarting, locked, out of room or broken inside.
DATABASE_DOWN = (OperationalError, InterfaceError, InternalError, TimeoutError)


class Words(NamedTuple):
    """Title and advice of an error page."""

    title: str
    advice: str


#: Kept in the code, not in a catalogue: these pages must work when nothing else does.
_VI = {
    400: Words("Yêu cầu chưa đúng", "Quay lại trang trước và thử lần nữa."),
    403: Words("Trang này không dành cho tài khoản của bạn", "Đăng nhập bằng tài khoản khác, hoặc hỏi người quản trị."),
    404: Words("Không tìm thấy trang", "Kiểm tra lại địa chỉ, hoặc bắt đầu từ trang chủ."),
    405: Words("Trang này không nhận yêu cầu như vậy", "Bắt đầu lại từ trang chủ."),
    413: Words("Nội dung gửi lên quá lớn", "Rút ngắn nội dung rồi gửi lại."),
    500: Words("Hệ thống đang có sự cố", "Những gì đã lưu vẫn còn. Thử lại sau ít phút."),
    503: Words("Hệ thống tạm nghỉ", "Những gì đã lưu vẫn còn. Thử lại sau một phút."),
}
_EN = {
    400: Words("The request was not understood", "Go back to the page before and try again."),
    403: Words("This page is not for your account", "Sign in with another account, or ask the administrator."),
    404: Words("Page not found", "Check the address, or start from the home page."),
    405: Words("This page does not take such a request", "Start again from the home page."),
    413: Words("Too much was sent", "Make it shorter and send it again."),
    500: Words("Something went wrong here", "What was saved is kept. Try again in a few minutes."),
    503: Words("The service is resting", "What was saved is kept. Try again in a minute."),
}
_OLD_FORM = {
    "vi": Words("Trang đã mở quá lâu", "Quay lại, tải lại trang rồi gửi lần nữa. Trình duyệt phải cho phép cookie."),
    "en": Words(
        "This page was open for too long", "Go back, reload it and send again. The browser must allow cookies."
    ),
}


def init_app(app: Flask) -> None:
    """Answer every error with a page of ours."""
    app.log_exception = _log_kind_and_place  # type: ignore[method-assign, assignment]
    app.register_error_handler(HTTPException, _show_http)
    app.register_error_handler(CSRFError, _show_old_form)
    app.register_error_handler(DomainError, _show_broken_rule)
    for kind in DATABASE_DOWN:
        app.register_error_handler(kind, show_database_down)


def _log_kind_and_place(found: Any) -> None:
    """Log a fault of ours without its message or the address asked for: either could hold a value or say who came."""
    kind, _error, trace = found
    for frame in extract_tb(trace):
        place = f"{frame.filename}:{frame.lineno}"
        current_app.logger.error("  at %s", place)
    current_app.logger.error("fault of the kind %s", kind.__name__)


def _page(status: int, words: Words) -> ResponseReturnValue:
    code = secrets.token_hex(4)
    if status >= 500:
        current_app.logger.error("error page %s, code %s", status, code)
    page = render_template("errors/page.html", title=words.title, advice=words.advice, code=code)
    return unavailable(page) if status == 503 else make_response(page, status)


def unavailable(page: str) -> ResponseReturnValue:
    """Return the page as the answer of a service that will be back soon."""
    return make_response(page, 503, {"Retry-After": _RETRY_SECONDS})


def _words(status: int) -> Words:
    known = _VI if language() == "vi" else _EN
    return known.get(status) or known[500 if status >= 500 else 400]


def _show_http(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < 400:
        return error.get_response()
    return _page(error.code, _words(error.code))


def _show_old_form(_error: CSRFError) -> ResponseReturnValue:
    return _page(400, _OLD_FORM[language()])


def _show_broken_rule(error: DomainError) -> ResponseReturnValue:
    words = Words("Chưa thực hiện được" if language() == "vi" else "This could not be done", error.message(language()))
    return _page(error.status, words)


def show_database_down(error: Exception) -> ResponseReturnValue:
    """Answer 503 where the database does not answer."""
    current_app.logger.error("the database does not answer: %s", type(error).__name__)
    return _page(503, _words(503))
