"""The questions: show a page, save it, go on; the resume code on request."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from flask import current_app, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from questionnaires.instrument import Item, Page
from survey_app import access
from survey_app.config import Config
from survey_app.db import transaction
from survey_app.envelopes import format_code
from survey_app.qr import qr_code
from survey_app.respondent.browser import forget, held, keep
from survey_app.respondent.conflict import Difference, chosen_answers, differences
from survey_app.respondent.forms import PageForm, PlainForm, page_form
from survey_app.respondent.views import bp
from survey_app.respondent.views.entry import Elsewhere, Entry, address_of, enter, next_page, now
from survey_app.respondent.views.typed import sent_fields
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
    draft = entry.draft
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
    browser = held()
    if browser is None or browser.secrets is None:
        return render_template("respondent/lost.html", action=request.path, **sent_fields())
    entry = enter()
    draft = entry.draft
    shown = _page_sent(entry, draft, code)
    if shown is None:
        return redirect(address_of(next_page(entry.instrument, draft)))
    form = page_form(entry.instrument, _items_sent(entry, draft, shown), draft.answers)
    is_ours = form.validate()
    if is_ours and "lock" in request.form:
        return _save_and_lock(entry, shown, form)
    if "look" in request.form:
        return _look(entry, draft, shown, form)
    faults = form.faults()
    doubts = form.doubts() if is_ours and not faults and not form.skip.data else []
    if faults or doubts or not is_ours:
        form.skip.data = "1" if doubts else form.skip.data
        return _show(entry, draft, shown, form, faults=faults, doubts=doubts, is_old=not is_ours)
    return _store(entry, draft, shown, form)


def _page_sent(entry: Entry, draft: DraftContent, code: str) -> Page | None:
    """Return the page that was sent: also one that an answer of another device has taken off the route meanwhile."""
    known = next((page for page in entry.instrument.pages if page.code == code), None)
    is_answered = known is not None and any(item in request.form for item in known.items)
    return known if is_answered else _on_route(entry, draft, code)


def _items_sent(entry: Entry, draft: DraftContent, shown: Page) -> list[Item]:
    """Return the items of the page that are asked, and those that were asked when it was filled in."""
    asked = {item.code for item in entry.instrument.items_asked(shown, draft.answers)}
    return [entry.instrument.item(code) for code in shown.items if code in asked or code in request.form]


def _look(entry: Entry, draft: DraftContent, shown: Page, form: PageForm) -> ResponseReturnValue:
    """Show the page again as it was typed, saving nothing: in the other language."""
    if "choosing" in request.form:
        return _choose(shown, form, differences(form, draft, entry.instrument, request.form))
    return _show(entry, draft, shown, form)


def _store(entry: Entry, draft: DraftContent, shown: Page, form: PageForm) -> ResponseReturnValue:
    """Save the page, as the firm chose it if two devices had filled it in; ask where they still differ."""
    answers, quoted = form.answers(), form.quoted()
    if "choosing" in request.form:
        found = differences(form, draft, entry.instrument, request.form)
        if not all(each.kept for each in found):
            return _choose(shown, form, found, is_wrong=True)
        answers, quoted = chosen_answers(form, draft, found, entry.instrument.comment_item)
    try:
        saved = _write(entry, FilledPage(shown, answers, _seen(form), quoted))
    except StalePage as stale:
        found = differences(form, stale.draft, entry.instrument, {})
        form.seen.data = str(stale.draft.page_version(shown))
        # a page sent again after a lost reply differs in nothing: there is nothing to ask
        return _choose(shown, form, found) if found else _lead_on(entry, stale.draft)
    return _lead_on(entry, saved)


def _write(entry: Entry, filled: FilledPage) -> DraftContent:
    with transaction() as session:
        return responses.save_page(session, entry.secrets, entry.standing, entry.instrument, filled, now=now())


def _save_and_lock(entry: Entry, shown: Page, form: PageForm) -> ResponseReturnValue:
    """Save what can be saved of a page that was left alone on a shared device, and let the device forget the form."""
    faults = form.faults()
    answers = {code: answer for code, answer in form.answers().items() if code not in faults}
    with suppress(StalePage):  # what another device saved meanwhile stands; nobody is here to choose
        _write(entry, FilledPage(shown, answers, _seen(form), form.quoted()))
    return forget(make_response(redirect(url_for("respondent.locked"))))


def _choose(shown: Page, form: PageForm, found: list[Difference], *, is_wrong: bool = False) -> ResponseReturnValue:
    """Show both sets of answers and let the firm choose."""
    typed = sent_fields(without=("csrf_token", "seen", "skip", "look", "choosing", *(each.name for each in found)))
    fields = [*typed["hidden"], *typed["words"]]
    return render_template(
        "respondent/conflict.html", page=shown, seen=form.seen.data, typed=fields, found=found, is_wrong=is_wrong
    )


def _lead_on(entry: Entry, saved: DraftContent) -> ResponseReturnValue:
    """Lead to the next page; page.js asks for its address only, so as not to lose a page when the line drops."""
    address = address_of(next_page(entry.instrument, saved))
    wants_address = request.accept_mimetypes.best == "text/plain"
    response = make_response(address, {"Content-Type": "text/plain"}) if wants_address else redirect(address)
    device = request.form.get("device")
    changed = replace(entry.held, own=device == "own", shared=device == "shared")
    return keep(make_response(response), changed) if device and changed != entry.held else make_response(response)


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
        device="own" if entry.held.own else "shared" if entry.held.shared else "",
        form=form,
        comment_item=entry.instrument.comment_item,
        faults=faults or {},
        doubts=doubts or [],
        is_old=is_old,
        quoted=draft.quoted if request.method == "GET" else form.quoted(),
    )


@bp.get("/p/ma-tiep-tuc")
@access.allow(access.EVERYONE)
def code() -> ResponseReturnValue:
    """Show the resume code again, and how to go on on another device."""
    entry = enter()
    config: Config = current_app.extensions["config"]
    address = f"{config.base_url}/p/ma"  # no code in it: people take a photo of this page, and both codes open the form
    shown = {"code": format_code(entry.held.resume), "address": address, "picture": qr_code(address)}
    return render_template("respondent/code.html", form=PlainForm(), **shown)
