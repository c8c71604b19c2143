"""Frozen questionnaire files: kept once under their hash, read without YAML."""

from __future__ import annotations

from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from questionnaires.base import Document
from questionnaires.framework import Framework
from questionnaires.instrument import Instrument
from survey_app.models.fieldwork import FrozenFile

_Kind = TypeVar("_Kind", bound=Document)

#: A frozen file never changes, so a process may keep it for good.
_KEPT: dict[str, Document] = {}


def freeze(session: Session, kind: str, code: str, document: Document) -> str:
    """Keep a document under its hash, if it is not there yet, and return the hash."""
    name = document.content_hash()
    if session.get(FrozenFile, name) is None:
        session.add(FrozenFile(hash=name, kind=kind, code=code, content=document.canonical_json()))
        session.flush()
    return name


def instrument_of(session: Session, hash_: str) -> Instrument:
    """Return the frozen instrument; after the first time in a process it costs no query."""
    return document_of(session, hash_, Instrument)


def framework_of(session: Session, hash_: str) -> Framework:
    """Return the frozen framework; after the first time in a process it costs no query."""
    return document_of(session, hash_, Framework)


def document_of(session: Session, hash_: str, model: type[_Kind]) -> _Kind:
    """Return a frozen document; after the first time in a process it costs no query."""
    if (found := _KEPT.get(hash_)) is None:
        content = session.scalars(select(FrozenFile.content).where(FrozenFile.hash == hash_)).one()
        found = _KEPT[hash_] = model.from_json(content)
    if not isinstance(found, model):
        raise TypeError(f"{hash_} is not a {model.__name__}")
    return found
