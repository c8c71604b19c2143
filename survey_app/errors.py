"""Broken rules, raised by services and carrying data; pages and commands turn them into words."""

from __future__ import annotations


class DomainError(Exception):
    """A rule of the house was broken; `message` says which and what to do, in both languages.

    `vi` and `en` may hold `{names}` that `data` fills. `status` is the HTTP status of a page that shows the error.
    """

    vi = "Không thực hiện được."
    en = "This cannot be done."
    status = 409

    def __init__(self, **data: object) -> None:
        self.data = data
        super().__init__(self.message("en"))

    def message(self, language: str) -> str:
        """Return the sentence for a person in `vi` or `en`."""
        return (self.vi if language == "vi" else self.en).format(**self.data)
