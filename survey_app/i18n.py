"""Vietnamese first, English complete: which language a page speaks, and where its words come from."""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, Response, request
from flask_babel import Babel, Domain

from questionnaires.base import LANGUAGES, Language

HERE = ZoneInfo("Asia/Ho_Chi_Minh")
CATALOGUES = Path(__file__).resolve().parent / "translations"
_COOKIE = "lang"
_CHOSEN = "survey.language"  # a page asks for its language hundreds of times
_ENGLISH = NullTranslations()
#: As people write it in either language; with an end, since what is read as one number can be of any length.
_WHOLE_NUMBER = re.compile(r"\d{1,9}|\d{1,3}([.,\s]\d{3}){1,3}")


def language() -> Language:
    """Return the language of this request: `?lang=`, else the cookie, else Vietnamese."""
    chosen: Language | None = request.environ.get(_CHOSEN)
    if chosen is None:
        chosen = request.environ[_CHOSEN] = _chosen()
    return chosen


def _chosen() -> Language:
    for wanted in (request.args.get("lang"), request.cookies.get(_COOKIE)):
        for known in LANGUAGES:
            if wanted == known:
                return known
    return "vi"


@cache
def vietnamese() -> Translations:
    """Return the words of all catalogues in translations/vi, one file for each audience."""
    words, *others = (_compiled(path) for path in sorted((CATALOGUES / "vi").glob("*.po")))
    for other in others:  # added to a catalogue of Vietnamese: an empty one would count as English does, 1 or many
        words.add(other)
    return words


def _compiled(path: Path) -> Translations:
    compiled = BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale="vi"))
    compiled.seek(0)
    return Translations(compiled)


class Words(Domain):
    """Interface texts read from the .po files themselves, so that nothing has to be compiled; English is in the code."""

    def get_translations(self) -> NullTranslations:
        return vietnamese() if language() == "vi" else _ENGLISH


def init_app(app: Flask, secure: bool) -> None:
    """Let pages speak both languages and remember the choice in a cookie of its own."""
    babel = Babel(app, locale_selector=language, default_timezone="Asia/Ho_Chi_Minh")
    babel.domain_instance = Words()
    app.context_processor(lambda: {"language": language()})

    @app.after_request
    def remember(response: Response) -> Response:
        if request.args.get("lang") in LANGUAGES:
            response.set_cookie(_COOKIE, language(), secure=secure, httponly=True, samesite="Lax", path="/")
        return response


def whole_number(typed: str) -> int | None:
    """Return the whole number that a person typed, its thousands marked or not; None for anything else."""
    return int(re.sub(r"[\s.,]", "", typed)) if _WHOLE_NUMBER.fullmatch(typed) else None


def now_here() -> datetime:
    """Return the time in the province."""
    return datetime.now(HERE)
