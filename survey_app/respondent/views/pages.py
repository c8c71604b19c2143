"""The questions: show a page, save it, go on; the resume code on request."""

from __future__ import annotations

from flask import make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from questionnaires.instrument import Page
from survey_app import access
from survey_app.db import transaction
from survey_app.envelopes import format_code
from survey_app.respondent.browser import Held, keep
from survey_app.respondent.forms import PageForm, page_form
from survey_app.respondent.views import bp
from survey_app.respondent.views.entry import Elsewhere, Entry, address_of, enter, next_page, now
from survey_app.services import responses
from survey_app.services.responses import DraftContent, FilledPage, StalePage


@bp.errorhandler(Elsewhere)
def lead_elsewhere(error: Elsewhere) -> ResponseReturnValue:
    """Answer with what the browser gets instead."""
    return error.answer


@bp.get("/p/t/<code>")
@access.allow(access.EVERYONE)
def page(code: str) -> ResponseReturnValue:
    """Show one page with what is saved of it."""
    entry = enter()
    draft = entry.draft()
    shown = _on_route(entry, draft, code)
    if shown is None:
        return redirect(address_of(next_page(entry.instrument, draft)))
    form = page_form(entry.instrument, entry.instrument.items_asked(shown, draft.answers), draft.answers)
    form.seen.data = str(draft.page_version(shown))
    return _show(entry, draft, shown, form)


@bp.post("/p/t/<code>")
@access.allow(access.EVERYONE)
def save(code: str) -> ResponseReturnValue:
    """Save one page and lead on; show it again, with what was typed, where something is to be mended."""
    entry = enter()
    draft = entry.draft()
    shown = _on_route(entry, draft, code)
    if shown is None:
        return redirect(address_of(next_page(entry.instrument, draft)))
    form = page_form(entry.instrument, entry.instrument.items_asked(shown, draft.answers), draft.answers)
    is_ours = form.validate()
    faults = form.faults()
    doubts = form.doubts() if is_ours and not faults and not form.skip.data else []
    if faults or doubts or not is_ours:
        form.skip.data = "1" if doubts else form.skip.data
        return _show(entry, draft, shown, form, faults=faults, doubts=doubts, is_old=not is_ours)
    try:
        with transaction() as session:
            filled = FilledPage(shown, form.answers(), _seen(form), form.quoted())
            saved = responses.save_page(session, entry.secrets, entry.standing, entry.instrument, filled, now=now())
    except StalePage as stale:
        form.seen.data = str(stale.draft.page_version(shown))
        return _show(entry, stale.draft, shown, form, is_stale=True)
    return _lead_on(entry, saved)


def _lead_on(entry: Entry, saved: DraftContent) -> ResponseReturnValue:
    response = make_response(redirect(address_of(next_page(entry.instrument, saved))))
    own = request.form.get("own_device") == "1" or entry.held.own
    return keep(response, Held(entry.held.link, entry.held.resume, own)) if own and not entry.held.own else response


def _on_route(entry: Entry, draft: DraftContent, code: str) -> Page | None:
    """Return the page if the saved answers lead to it."""
    return next((page for page in entry.instrument.route(draft.answers) if page.code == code), None)


def _seen(form: PageForm) -> int:
    text = form.seen.data or ""
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def _show(
    entry: Entry,
    draft: DraftContent,
    shown: Page,
    form: PageForm,
    *,
    faults: dict[str, str] | None = None,
    doubts: list[str] | None = None,
    is_old: bool = False,
    is_stale: bool = False,
) -> ResponseReturnValue:
    route = list(entry.instrument.route(draft.answers))
    position = route.index(shown) if shown in route else 0
    sections = list(dict.fromkeys(page.section for page in entry.instrument.pages))
    return render_template(
        "respondent/page.html",
        page=shown,
        section=entry.instrument.section(shown.section),
        section_number=sections.index(shown.section) + 1,
        sections=len(sections),
        starts_section=position == 0 or route[position - 1].section != shown.section,
        back=address_of(route[position - 1]) if position else None,
        resume_code=format_code(entry.held.resume) if position == 0 else None,
        own=entry.held.own,
        form=form,
        comment_item=entry.instrument.comment_item,
        faults=faults or {},
        doubts=doubts or [],
        is_old=is_old,
        is_stale=is_stale,
        quoted=draft.quoted,
    )


@bp.get("/p/ma-tiep-tuc")
@access.allow(access.EVERYONE)
def code() -> ResponseReturnValue:
    """Show the resume code again, and how to go on on another device."""
    entry = enter()
    return render_template("respondent/code.html", code=format_code(entry.held.resume))
