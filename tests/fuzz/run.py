"""Send mutated requests to every route a firm can reach, and look at each answer and at what the database holds after."""

from __future__ import annotations

import random
import re
from collections import Counter
from contextvars import Context
from dataclasses import dataclass, field

from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey_app.db import db
from survey_app.envelopes import Secrets, format_code, parse_code
from survey_app.keys import Keys
from survey_app.models.fieldwork import Invitation, Wave, WaveState
from survey_app.models.response import Ballot, Draft
from survey_app.services import responses
from tests.checked_client import CheckedClient, hidden_fields
from tests.factories import make_invitation, make_wave
from tests.fuzz.mutate import MARK, Request, mutated
from tests.survey_app.respondent.at_form import TINY

ANSWERS = {
    "page1": [("q1", "yes")],
    "page2": [("q2", "a"), ("q2", "b"), ("q3", "12")],
    "page3": [("q5", "sa")],
    "page4": [("q4", "Sửa đường"), ("q4__quote", "1")],
}
GOOD_ANSWERS = {"q1": {"yes", "no", "ref"}, "q5": {"sa", "sd"}}
FIRMS_AT_ONCE = 12
OPEN_LINK = "mo"


@dataclass
class Firm:
    """A firm with its browser: what it holds, and at which stage it is."""

    link: str
    cookies: dict[str, str]
    token: str
    resume: str = ""

    def form(self, *more: tuple[str, str]) -> list[tuple[str, str]]:
        """Return the fields of a form with the token."""
        return [("csrf_token", self.token), *more]


@dataclass
class Outcome:
    """What came of so many requests."""

    requests: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def add(self, more: Outcome) -> None:
        """Add what came of more requests."""
        self.requests += more.requests
        self.statuses += more.statuses
        self.faults += more.faults


def fuzz(app: Flask, keys: Keys, *, requests: int, seed: int) -> Outcome:
    """Send so many mutated requests; the same seed sends the same mutations."""
    rng, outcome = random.Random(seed), Outcome()
    firms: list[Firm] = []
    with app.app_context():
        wave = make_wave(db.session, TINY, code=f"f{seed}")[0].code
        if db.session.get(Wave, OPEN_LINK) is None:
            make_wave(db.session, TINY, code=OPEN_LINK, by_open_link=True)
        db.session.commit()
    gets = sorted(
        rule.rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith(("respondent.", "public."))
    )
    for number in range(requests):
        if number % 400 == 0:
            firms = new_firms(app, keys, wave)
        request = mutated(recorded(rng.choice(firms), gets, rng), rng)
        look(app, request, outcome)
        if number % 100 == 99 or number == requests - 1:
            outcome.faults += broken_state(app, wave, firms)
    return outcome


def new_firms(app: Flask, keys: Keys, wave: str) -> list[Firm]:
    """Return firms at every stage: with a link only, agreed, half way, with everything answered, sent."""
    with app.app_context():
        found = db.session.get_one(Wave, wave)
        links = [make_invitation(db.session, keys, found)[1] for _ in range(FIRMS_AT_ONCE)]
        db.session.commit()
    return [_firm(app, link, stage) for stage, link in enumerate(links)]


def _firm(app: Flask, link: str, stage: int) -> Firm:
    client = CheckedClient(app)
    token = hidden_fields(client.get("/p").text)["csrf_token"]
    firm = Firm(link, {}, token)
    if stage >= 1:
        client.post("/p", data=dict(firm.form(("code", format_code(link)), ("action", "start"))))
    if stage >= 2:
        client.post("/p/dong-y", data=dict(firm.form()))
        shown = re.search(r'<p class="code">([0-9A-Z-]{19})</p>', client.get("/p/t/page1").text)
        firm.resume = shown[1] if shown else ""
    for page, answers in list(ANSWERS.items())[: max(0, stage - 3)]:
        fields: dict[str, object] = {"csrf_token": token, "seen": "0", "skip": "1"}
        for name, value in answers:
            fields[name] = [*fields.get(name, []), value] if name == "q2" else value  # type: ignore[misc]
        client.post(f"/p/t/{page}", data=fields)
    if stage == FIRMS_AT_ONCE - 1:
        client.post("/p/gui", data=dict(firm.form()))
    firm.cookies = {cookie.key: cookie.value for cookie in client._cookies.values()}
    return firm


def recorded(firm: Firm, gets: list[str], rng: random.Random) -> Request:
    """Return a request as a browser sends it."""
    page = rng.choice(list(ANSWERS))
    codes = [("code", format_code(firm.link)), ("resume", firm.resume)]
    action = rng.choice(["start", "start", "start", "refused", "wrong_firm", "closed_firm"])
    posts = [
        ("/p", [("code", format_code(firm.link)), ("action", action), ("replace", rng.choice(["", "1"]))]),
        ("/p/dong-y", []), ("/p/tu-choi", []), ("/p/gui", []), ("/p/xong", []), ("/p/khoa", []),
        ("/p/ma", codes), ("/p/rut", rng.choice([codes, []])),
        (f"/m/{OPEN_LINK}", [("work", str(rng.randrange(10**9)))]), (f"/khong-nhan-tin/{'a' * 48}", []),
        *[(f"/p/t/{page}", [("seen", rng.choice("0123")), ("skip", rng.choice(["", "1"])), *ANSWERS[page]])] * 4,
    ]  # fmt: skip
    if rng.random() < 0.3:
        path = rng.choice(gets).replace("<code>", page).replace("<wave>", "f0").replace("<path:filename>", "x")
        return Request("GET", path, cookies=dict(firm.cookies))
    path, fields = rng.choice(posts)
    return Request("POST", path, firm.form(*fields), dict(firm.cookies))


def look(app: Flask, request: Request, outcome: Outcome) -> None:
    """Send one request and note what is wrong with its answer."""
    status, headers, body = _answer(app, request)
    outcome.requests += 1
    outcome.statuses[status] += 1
    wrong = [words for words, holds in _claims(request, status, headers, body).items() if not holds]
    outcome.faults += [f"{words}: {status} for {request}"[:600] for words in wrong]


def _claims(request: Request, status: int, headers: list[tuple[str, str]], body: str) -> dict[str, bool]:
    names = {name.lower(): value for name, value in headers}
    cookies = [value for name, value in headers if name.lower() == "set-cookie"]
    is_health = "health" in request.path  # it says 503: no job runner runs here
    return {
        "a fault of ours": status < 500 or (is_health and status == 503),
        "a traceback": "Traceback" not in body and "sqlalchemy" not in body,
        "markup that was sent is markup": MARK not in body,
        "no policy": "default-src 'none'" in names.get("content-security-policy", ""),
        "a page that is kept": names.get("cache-control", "") in ("no-store", ""),
        "a version to ask by": not {"etag", "last-modified"} & set(names),
        "a GET that touches the form's cookie": request.method != "GET"
        or not any(one.startswith("p=") for one in cookies),
        "a header that was sent": not any("\n" in value or "\r" in value for _, value in headers),
    }


def _answer(app: Flask, request: Request) -> tuple[int, list[tuple[str, str]], str]:
    seen: list[tuple[str, list[tuple[str, str]]]] = []

    def start(status: str, headers: list[tuple[str, str]], _error: object = None) -> None:
        seen.append((status, headers))

    def call() -> bytes:
        parts = app.wsgi_app(request.environ(), start)
        try:
            return b"".join(parts)
        finally:
            if hasattr(parts, "close"):
                parts.close()

    body = Context().run(call)
    status, headers = seen[-1]
    return int(status.split()[0]), headers, body.decode("utf-8", "replace")


def broken_state(app: Flask, wave: str, firms: list[Firm]) -> list[str]:
    """Return what is half changed: counts that disagree, drafts that cannot be read or hold what no form can say."""
    with app.app_context():
        session = db.session
        found = session.get_one(Wave, wave)
        answered = _count(session, Invitation, Invitation.wave == wave, Invitation.answered)
        ballots = _count(session, Ballot, Ballot.wave == wave)
        wrong = []
        if answered != ballots + found.withdrawn or found.state is not WaveState.OPEN:
            wrong.append(f"{answered} answered, {ballots} ballots, {found.withdrawn} withdrawn, {found.state}")
        for firm in firms:
            if firm.resume:
                wrong += _broken_draft(session, Secrets(firm.link, parse_code(firm.resume)))
        session.rollback()
    return wrong


def _broken_draft(session: Session, secrets: Secrets) -> list[str]:
    draft = responses.open_draft(session, secrets)
    sent = session.get(Ballot, secrets.ballot_id) is not None
    if sent and session.get(Draft, secrets.draft_id) is not None:
        return ["a draft beside its ballot"]
    impossible = [f"{code}={draft.answers[code]}" for code, known in GOOD_ANSWERS.items()
                  if draft.answers.get(code) not in {*known, None}]  # fmt: skip
    number = draft.answers.get("q3")
    if number not in ("dk", None) and not (isinstance(number, int) and 0 <= number <= 365):
        impossible.append(f"q3={number}")
    return [f"a draft that no form can say: {', '.join(impossible)}"] if impossible else []


def _count(session: Session, model: type, *where: object) -> int:
    return int(session.execute(select(func.count()).select_from(model).where(*where)).scalar_one())  # type: ignore[arg-type]
