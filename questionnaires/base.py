"""What every questionnaire document is made of: frozen, strict models with two languages and a stable hash."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, StringConstraints

Language = Literal["vi", "en"]
LANGUAGES: tuple[Language, ...] = ("vi", "en")

#: A code that data, pages and exports share: lower case letters, digits, underscore.
Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class Document(BaseModel):
    """A frozen part of a questionnaire file; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def canonical_json(self) -> str:
        """Return the one JSON text that stands for this document: sorted keys, no spaces, defaults left out."""
        content = self.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    def content_hash(self) -> str:
        """Return the SHA-256 of `canonical_json` as 64 hexadecimal digits."""
        return hashlib.sha256(self.canonical_json().encode()).hexdigest()

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the document that `canonical_json` wrote."""
        return cls.model_validate_json(text)


class Text(Document):
    """The same words in every language of the house."""

    vi: str
    en: str

    def __getitem__(self, language: Language) -> str:
        return self.vi if language == "vi" else self.en
