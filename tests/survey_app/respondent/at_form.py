"""A firm at a tiny form, for tests: one item of each kind, q5 asked only of those who said yes to q1."""

from __future__ import annotations

from sqlalchemy.orm import Session

from survey_app.envelopes import format_code
from survey_app.keys import Keys
from tests.checked_client import CheckedClient, hidden_fields
from tests.factories import instrument, item, make_invitation, make_wave, option

TINY = instrument(
    item("q1", ref=True),
    item("q2", "multi", options=[option("a"), option("b"), option("none", exclusive=True)], dk=True),
    item("q3", "number", unit="days", range={"min": 0, "max": 365, "soft_max": 60}, dk=True),
    item("q4", "text", max_length=200),
    item("q5", "agree", options=[option("sa"), option("sd")], ask_if={"item": "q1", "in": ["yes"]}),
    pages=[["q1"], ["q2", "q3"], ["q5"], ["q4"]],
    comment_item="q4",
)
FULL = {"q1": "yes", "q2": ["a", "b"], "q3": "12", "q5": "sa", "q4": "Sửa đường", "q4__quote": "1"}
PAGES = {"page1": ("q1",), "page2": ("q2", "q3"), "page3": ("q5",), "page4": ("q4", "q4__quote")}


def make_firms(session: Session, keys: Keys, number: int = 1) -> list[str]:
    """Return the link secrets of firms in an open wave that asks with TINY."""
    wave, _ = make_wave(session, TINY)
    links = [make_invitation(session, keys, wave)[1] for _ in range(number)]
    session.commit()
    return links


def begin(client: CheckedClient, link: str) -> str:
    """Go from the link to the first page; return the resume code."""
    assert client.post_form("/p", {"code": format_code(link), "action": "start"}).location == "/p/dong-y"
    assert client.post_form("/p/dong-y").location == "/p/tiep"
    return client.get("/p/t/page1").text.split('<p class="code">')[1].split("<")[0]


def resume(client: CheckedClient, link: str, code: str) -> CheckedClient:
    """Open a form that was begun elsewhere."""
    assert client.post_form("/p/ma", {"code": link, "resume": code}).location == "/p/tiep"
    return client


def fill(client: CheckedClient, **changed: object) -> None:
    """Answer every page."""
    for page, fields in PAGES.items():
        answers = {name: value for name, value in {**FULL, **changed}.items() if name in fields}
        assert client.post_form(f"/p/t/{page}", {**answers, "skip": "1"}).status_code == 302


def send(client: CheckedClient) -> None:
    """Press Send on the review page."""
    sent = client.post("/p/gui", data=hidden_fields(client.get("/p/xem-lai").text))
    assert sent.location == "/p/da-gui"
