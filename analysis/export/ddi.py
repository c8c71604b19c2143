"""The codebook for archives: DDI Codebook 2.5, in both languages."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as Xml

from analysis.codebook import condition_text
from analysis.export.variables import WORDS, Variable
from questionnaires.base import LANGUAGES, Text
from questionnaires.instrument import Instrument, Item, Option, Rung

NAMESPACE = "ddi:codebook:2_5"
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"


def ddi(variables: Sequence[Variable], instrument: Instrument, responses: int) -> bytes:
    """Return the codebook of the responses as DDI 2.5; counts of single answers are left out."""
    Xml.register_namespace("", NAMESPACE)
    root = Xml.Element(_tag("codeBook"), version="2.5")
    for part in ("docDscr", "stdyDscr"):
        _titled(_add(_add(_add(root, part), "citation"), "titlStmt"), instrument)
    study = root.find(_tag("stdyDscr"))
    assert study is not None  # noqa: S101 - made above
    summary = _add(_add(study, "stdyInfo"), "sumDscr")
    _texts(summary, "universe", instrument.population)
    _texts(_add(_add(study, "method"), "dataColl"), "collSitu", instrument.recall)
    text = _add(_add(root, "fileDscr", ID="F1"), "fileTxt")
    _add(text, "fileName").text = "responses.csv"
    sizes = _add(text, "dimensns")
    _add(sizes, "caseQnty").text = str(responses)
    _add(sizes, "varQnty").text = str(len(variables))
    data = _add(root, "dataDscr")
    for variable in variables:
        _variable(data, variable, instrument)
    Xml.indent(root, space=" ")
    return Xml.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"


def _titled(statement: Xml.Element, instrument: Instrument) -> None:
    _add(statement, "titl").text = instrument.title.vi
    _add(statement, "parTitl", **{LANGUAGE: "en"}).text = instrument.title.en
    _add(statement, "IDNo").text = f"{instrument.code} {instrument.version}"


def _variable(data: Xml.Element, variable: Variable, instrument: Instrument) -> None:
    item = variable.item
    kind = "contin" if variable.kind == "number" else "discrete"
    element = _add(data, "var", ID=f"V_{variable.name}", name=variable.name, files="F1", intrvl=kind)
    if item is None:
        _texts(element, "labl", WORDS[variable.name])
        return
    _texts(element, "labl", _label(variable, item))
    question = _add(element, "qstn")
    _texts(question, "qstnLit", item.text)
    if item.hint:
        _texts(question, "ivuInstr", item.hint)
    if item.range:
        limits = {"min": f"{item.range.min:g}", "max": f"{item.range.max:g}"}
        _add(_add(element, "valrng"), "range", **limits)
    if item.ask_if:
        _texts(element, "universe", Text(vi=condition_text(item.ask_if, "vi"), en=condition_text(item.ask_if, "en")))
    for cell, _ in variable.values:
        _category(element, cell, _words(variable, item, cell))
    for cell, _ in variable.missing:
        _category(element, cell, WORDS.get(cell) or instrument.special[cell], missing="Y")  # type: ignore[index]
    _add(element, "varFormat", type="numeric" if variable.kind in ("number", "tick") else "character")


def _label(variable: Variable, item: Item) -> Text:
    if variable.kind != "tick":
        return item.text
    option = next(each.text for each in item.options if variable.name == f"{item.code}__{each.code}")
    return Text(vi=f"{option.vi} · {item.text.vi}", en=f"{option.en} · {item.text.en}")


def _words(variable: Variable, item: Item, cell: str) -> Text:
    if variable.kind == "tick":
        return WORDS[cell]
    known: list[Option | Rung] = [*item.options, *(rung for rungs in item.ladder for rung in rungs)]
    return next(each.text for each in known if each.code == cell)


def _category(element: Xml.Element, cell: str, words: Text, **more: str) -> None:
    category = _add(element, "catgry", **more)
    _add(category, "catValu").text = cell
    _texts(category, "labl", words)


def _texts(parent: Xml.Element, name: str, text: Text) -> None:
    for language in LANGUAGES:
        _add(parent, name, **{LANGUAGE: language}).text = text[language]


def _add(parent: Xml.Element, tag: str, /, **attributes: str) -> Xml.Element:
    return Xml.SubElement(parent, _tag(tag), attributes)


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"
