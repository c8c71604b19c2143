"""Machines open every link before people do: nothing they fetch changes anything, and no page is made for one browser."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import text

from survey_app.envelopes import format_code
from tests.survey_app.respondent.at_form import begin, fill, make_firms, send

MACHINES = (
    "Mozilla/5.0 (compatible; ZaloBot/1.0; +https://zalo.me)",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "WhatsApp/2.23.20.0",
    "TelegramBot (like TwitterBot)",
    "Viber/13.0",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "SkypeUriPreview Preview/0.5",
    "Mozilla/5.0 (Windows NT 10.0) Microsoft Office/16.0 (Outlook 16.0; SafeLinks)",
    "Google-Safety; (+http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; Barracuda Sentinel; EE)",
    "Mozilla/5.0 (compatible; Proofpoint URL Defense)",
    "curl/8.5.0",
)
IN_APP = (
    "Mozilla/5.0 (Linux; Android 13; SM-A135F; wv) AppleWebKit/537.36 Version/4.0 Chrome/126.0 Mobile Safari/537.36 "
    "Zalo android/240801 ZaloTheme/light ZaloLanguage/vi",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 "
    "[FBAN/FBIOS;FBAV/470.0;FBDV/iPhone14,5;FBLC/vi_VN]",
)
ADDRESSES = (
    "/p",
    "/p/dong-y",
    "/p/ma",
    "/p/tiep",
    "/p/t/page1",
    "/p/xem-lai",
    "/p/da-gui",
    "/p/rut",
    "/p/xong",
    "/p/gui",
)
TABLES = ("invitation", "draft", "ballot", "wave")


def everything(session):
    """Return what the tables of the survey hold."""
    session.rollback()
    rows = {table: session.execute(text(f"SELECT * FROM {table}")).all() for table in TABLES}  # noqa: S608 - names of ours
    session.rollback()
    return rows


@pytest.fixture
def links(session, keys):
    """50 links of one wave."""
    return make_firms(session, keys, 50)


def test_twelve_machines_on_fifty_links_change_nothing_and_all_links_work_after(app, session, links):
    before = everything(session)
    for number, link in enumerate(links):
        agent = {"User-Agent": MACHINES[number % len(MACHINES)]}
        machine = app.test_client(use_cookies=False)
        # the code stands behind # and is not sent; some machines send it all the same, as a query or a path
        for address in (*ADDRESSES, f"/p?{format_code(link)}", f"/p?code={link}&action=refused"):
            assert machine.get(address, headers=agent).status_code in (200, 302, 405)
    assert everything(session) == before
    for link in links:
        person = app.test_client()
        assert person.post_form("/p", {"code": link, "action": "start"}).location == "/p/dong-y"


def test_no_page_is_made_for_one_browser(app, session, links):
    pages = {}
    for agent in (*IN_APP, *MACHINES, ""):
        page = app.test_client().get("/p", headers={"User-Agent": agent}).text
        pages[re.sub(r'name="csrf_token" value="[^"]+"', "", page)] = agent
    assert len(pages) == 1


@pytest.mark.parametrize("agent", IN_APP, ids=["Zalo", "Facebook"])
def test_the_browsers_inside_apps_reach_the_receipt(app, session, links, agent):
    phone = app.test_client()
    phone.environ_base["HTTP_USER_AGENT"] = agent
    begin(phone, links[0])
    fill(phone)
    send(phone)
    assert "Mã biên nhận" in phone.get("/p/da-gui").text
