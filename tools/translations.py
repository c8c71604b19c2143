"""Is every text of the pages translated? Compares what templates and code say with survey_app/translations/vi/*.po."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.extract import extract
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent
APP = ROOT / "survey_app"
KEYWORDS = {"_": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2)}
METHODS = {".py": "python", ".html": "jinja2.ext:babel_extract"}
_PLACE = re.compile(r"%\(\w+\)[sd]")


def said() -> dict[str, str]:
    """Return every text of the interface with a place where it stands."""
    found: dict[str, str] = {}
    for path in sorted(APP.rglob("*")):
        if path.suffix in METHODS:
            with path.open("rb") as file:
                options = {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}
                for line, message, _, _ in extract(METHODS[path.suffix], file, KEYWORDS, options=options):
                    text = message if isinstance(message, str) else message[0]
                    found.setdefault(text, f"{path.relative_to(ROOT)}:{line}")
    return found


def faults() -> Iterator[str]:
    """Yield what is missing, empty, fuzzy, not used any more, or has other places than the English text."""
    texts, known = said(), {}
    for path in sorted((APP / "translations" / "vi").glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale="vi"):
                if not message.id:
                    continue
                name = message.id if isinstance(message.id, str) else message.id[0]
                words = message.string if isinstance(message.string, str) else message.string[0]
                known[name] = words
                if not words or message.fuzzy:
                    yield f"{path.name}: no Vietnamese for {name!r}"
                elif set(_PLACE.findall(name)) != set(_PLACE.findall(words)):
                    yield f"{path.name}: other places than the English: {name!r}"
                if name not in texts:
                    yield f"{path.name}: nobody says {name!r} any more"
    yield from (f"{place}: no Vietnamese for {text!r}" for text, place in texts.items() if text not in known)


def main() -> int:
    """Print the faults; return 1 if there are any."""
    found = list(faults())
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
