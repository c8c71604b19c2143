"""A seeded mutator of requests: methods, paths, headers, cookies, form fields, encodings, sizes."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from urllib.parse import quote_plus

MARK = "<fuzz>"
NASTY = [
    "", " ", "\x00", "a\x00b", MARK, f"\"'>{MARK}", "²", "-1", "1e9", "NaN", "9" * 400, "x" * 5000, "٣", "\u202e", "\ud7ff",
    "\ufeff", "𝟙", "../../etc/passwd", "%00", "%", "%zz", "' OR 1=1 --", "{{7*7}}", "${7*7}", "\r\nSet-Cookie: p=1", "[]", "{}",
    "null", "true", "dk", "ref", "yes", "ạ" * 300, "e\u0301" * 50, "p" * 70_000, "0000-0000-0000-0000", "/p#0000000000000000",
]  # fmt: skip
RAW = [
    b"\xff\xfe",
    b"\xc3\x28",
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
    b"%",
    b"%u0041",
    b"\x00",
    b"&&==&",
    b"=",
    b"a=%ff",
    b";",
]
METHODS = [
    "GET",
    "POST",
    "HEAD",
    "PUT",
    "DELETE",
    "PATCH",
    "OPTIONS",
    "TRACE",
    "CONNECT",
    "post",
    "PROPFIND",
    "X" * 50,
    "G\x00T",
]
TYPES = [
    "", "text/plain", "application/json", "application/xml", "multipart/form-data", "multipart/form-data; boundary=",
    "multipart/form-data; boundary=x", "application/x-www-form-urlencoded; charset=utf-7", "application/octet-stream",
    "application/x-www-form-urlencoded; charset=\x00", "x" * 2000,
]  # fmt: skip
BODIES = [
    b"", b"null", b"[1,2]", b'{"a":1}', b'"x"', b"[" * 5000, b"--x\r\n\r\n--x--", b"--x", b"\x00" * 100, b"a" * 66_000,
    b'--x\r\nContent-Disposition: form-data; name="code"; filename="a.txt"\r\n\r\nhello\r\n--x--\r\n',
    b'--x\r\nContent-Disposition: form-data; name="q1"\r\n\r\n\xff\xfe\r\n--x--\r\n',
    b"&".join(b"f%d=1" % number for number in range(2000)), b"a" * 200 + b"=" + b"%41" * 300,
]  # fmt: skip
HEADERS: dict[str, list[str]] = {
    "HTTP_HOST": [
        "evil.example",
        "",
        "localhost:99999",
        "localhost:x",
        "[::1",
        "a" * 300,
        "\x00",
        "localhost, evil",
        "löcalhost",
    ],
    "HTTP_ORIGIN": ["null", "http://evil.example", "http://[", "x", "", "http://localhost", "\xff"],
    "HTTP_SEC_FETCH_SITE": ["cross-site", "same-site", "none", "same-origin", "", "x"],
    "CONTENT_LENGTH": ["", "-1", "0", "1", "99999999999999999999", "x", "1 2", "0x10", "70000"],
    "HTTP_TRANSFER_ENCODING": ["chunked", "gzip", "identity"],
    "HTTP_ACCEPT_LANGUAGE": ["en", "x" * 4000, "*;q=x"],
    "HTTP_ACCEPT_ENCODING": ["gzip", "br;q=2", "\x00"],
    "HTTP_RANGE": ["bytes=0-", "bytes=-1", "bytes=9-1", "lines=1"],
    "HTTP_IF_NONE_MATCH": ["*", '"x"', "x" * 2000],
    "HTTP_IF_MODIFIED_SINCE": ["x", "Mon, 01 Jan 1900 00:00:00 GMT"],
    "HTTP_X_FORWARDED_FOR": ["1.2.3.4, x", "\x00", "::1"],
    "HTTP_X_FORWARDED_PROTO": ["https", "gopher"],
    "HTTP_X_HTTP_METHOD_OVERRIDE": ["DELETE", "x"],
    "HTTP_CONTENT_ENCODING": ["gzip", "x"],
    "HTTP_AUTHORIZATION": ["Basic x", "Basic " + "QQ==" * 900, "Bearer \xff", "Digest x"],
    "HTTP_EXPECT": ["100-continue"],
}


@dataclass
class Request:
    """One request, before it becomes bytes."""

    method: str
    path: str
    form: list[tuple[str, str]] = field(default_factory=list)
    cookies: dict[str, str] = field(default_factory=dict)
    query: str = ""
    body: bytes | None = None  # instead of the form
    headers: dict[str, str] = field(default_factory=dict)

    def environ(self) -> dict[str, Any]:
        """Return what a server hands to the application."""
        body = self.body
        if body is None:
            pairs = (f"{quote_plus(name)}={quote_plus(value)}" for name, value in self.form)
            body = "&".join(pairs).encode() if self.method != "GET" else b""
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.method, "SCRIPT_NAME": "",
            "PATH_INFO": self.path.encode("latin-1", "replace").decode("latin-1"),
            "QUERY_STRING": self.query,
            "SERVER_NAME": "localhost", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": "localhost", "CONTENT_LENGTH": str(len(body)), "wsgi.version": (1, 0), "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(body), "wsgi.errors": None, "wsgi.multithread": True, "wsgi.multiprocess": True,
            "wsgi.run_once": False, "CONTENT_TYPE": "application/x-www-form-urlencoded",
            "HTTP_COOKIE": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
        }  # fmt: skip
        return {**environ, **self.headers}


def _as_bytes(text: str) -> str:
    """Return text as a server hands it on: each byte one character."""
    return text.encode("utf-8", "surrogatepass").decode("latin-1")


def _method(request: Request, rng: random.Random) -> None:
    request.method = rng.choice(METHODS)


def _path(request: Request, rng: random.Random) -> None:
    junk = _as_bytes(rng.choice(NASTY))[:3000]
    request.path = rng.choice([request.path + "/", f"{request.path}/{junk}", f"/{request.path}", junk, f"/p/t/{junk}",
                               f"/{junk}", request.path.title(), request.path + "\xff", "/p/../p",
                               f"/ket-qua/{junk}/phieu-da-dem"])  # fmt: skip


def _query(request: Request, rng: random.Random) -> None:
    junk = quote_plus(rng.choice(NASTY)[:3000])
    request.query = rng.choice(
        [f"lang={junk}", junk, f"{junk}={junk}", "lang=en&lang=vi", "lang=en", "%ff=%fe", "=" * 500, "lang[]=en"]
    )


def _header(request: Request, rng: random.Random) -> None:
    name = rng.choice(list(HEADERS))
    request.headers[name] = rng.choice(HEADERS[name])


def _type(request: Request, rng: random.Random) -> None:
    request.headers["CONTENT_TYPE"] = rng.choice(TYPES)
    if rng.random() < 0.7:
        request.body = rng.choice(BODIES)


def _cookie(request: Request, rng: random.Random) -> None:
    name = rng.choice([*request.cookies, "p", "session", "lang", "__Host-p", "\xff"])
    value = request.cookies.get(name, "")
    place = rng.randrange(len(value) + 1)
    request.cookies[name] = rng.choice([value[:place], value[:place] + rng.choice("Aa0-_.!\xe9") + value[place + 1 :], value * 3,
                                        _as_bytes(rng.choice(NASTY))[:4000], '"', "e30.x.y", "", value[::-1]])  # fmt: skip


def _field(request: Request, rng: random.Random) -> None:
    if not request.form:
        return
    place = rng.randrange(len(request.form))
    name, value = request.form[place]
    junk = rng.choice(NASTY)
    request.form[place] = rng.choice([(name, junk), (junk, value), (name + "__special", junk), (name, value + junk),
                                      (name, value[: rng.randrange(len(value) + 1)])])  # fmt: skip


def _fields(request: Request, rng: random.Random) -> None:
    if not request.form:
        return
    kind = rng.randrange(4)
    if kind == 0:
        request.form.remove(rng.choice(request.form))
    elif kind == 1:
        request.form += rng.choices(request.form, k=rng.choice([1, 5, 400]))
    elif kind == 2:
        rng.shuffle(request.form)
    else:
        request.form += [(f"q{number}", rng.choice(NASTY)[:40]) for number in range(rng.choice([1, 8, 350]))]


def _raw(request: Request, rng: random.Random) -> None:
    body = bytearray("&".join(f"{name}={quote_plus(value)}" for name, value in request.form).encode())
    for _ in range(rng.randrange(1, 4)):
        place = rng.randrange(len(body) + 1)
        body[place : place + rng.randrange(3)] = rng.choice(RAW)
    request.body = bytes(body)


MUTATIONS: list[Callable[[Request, random.Random], None]] = [
    _method, _path, _query, _header, _type, _cookie, _field, _field, _fields, _raw,
]  # fmt: skip


def mutated(request: Request, rng: random.Random) -> Request:
    """Change a request in one to four ways, and return it."""
    for _ in range(rng.choice([1, 1, 1, 2, 3, 4])):
        rng.choice(MUTATIONS)(request, rng)
    return request
