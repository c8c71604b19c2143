"""A firm without a browser: sends forms over real HTTP, keeps its cookies, and knows what was acknowledged."""

from __future__ import annotations

import http.client
import random
import re
from collections.abc import Mapping
from urllib.parse import urlencode

from questionnaires.demonstration import distribution, draw_answers
from questionnaires.instrument import Instrument, Page
from tests.checked_client import hidden_fields

Form = list[tuple[str, str]]


class Robot:
    """One firm at its form; each request opens a connection of its own, as phones do."""

    def __init__(self, port: int, link: str, headers: Mapping[str, str] | None = None) -> None:
        self.port = port
        self.headers = dict(headers or {})
        self.link = link
        self.cookies: dict[str, str] = {}

    def get(self, path: str) -> tuple[int, str]:
        """Return status and body, or the address it leads to."""
        return self._request("GET", path, None)

    def post(self, path: str, form: Mapping[str, str] | Form) -> tuple[int, str]:
        """Return status and body, or the address it leads to."""
        return self._request("POST", path, urlencode(form if isinstance(form, list) else list(form.items())))

    def _request(self, method: str, path: str, body: str | None) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = self.headers | {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            text = response.read().decode()
            for cookie in response.headers.get_all("Set-Cookie") or []:
                name, _, rest = cookie.partition("=")
                self.cookies[name] = rest.split(";")[0]
            return response.status, response.headers.get("Location") or text
        finally:
            connection.close()

    def begin(self) -> None:
        """Go from the link to the first page."""
        start = hidden_fields(self.get("/p")[1])
        self.post("/p", {**start, "code": self.link, "action": "start"})
        self.post("/p/dong-y", hidden_fields(self.get("/p/dong-y")[1]))

    def fill(self, page: Page, shown: str, answers: Mapping[str, object]) -> tuple[int, str]:
        """Send one page with these answers; blanks are skipped at once."""
        form: Form = [*hidden_fields(shown).items()]
        form = [(name, value) for name, value in form if name != "skip"] + [("skip", "1")]
        for code in page.items:
            answer = answers.get(code)
            values = answer if isinstance(answer, list) else [] if answer is None else [answer]
            form += [(code, str(value)) for value in values]
        return self.post(f"/p/t/{page.code}", form)

    def send(self) -> bool:
        """Press Send; return whether the server acknowledged it."""
        status, where = self.post("/p/gui", hidden_fields(self.get("/p/xem-lai")[1]))
        return status == 302 and where == "/p/da-gui"


def invented_answers(instrument: Instrument, seed: int) -> dict[str, object]:
    """Return one firm's invented answers."""
    return draw_answers(instrument, distribution(), random.Random(seed))


def receipt_in(text: str) -> str | None:
    """Return the receipt that a page shows."""
    found = re.search(r'<p class="code">([0-9A-Z-]{19})</p>', text)
    return found[1] if found else None
