"""Tiny questionnaire files that are right, and one change to each that makes it wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

import pytest

from questionnaires.check import check_agencies, check_framework, check_instrument, check_plan
from questionnaires.faults import BadFile, PlacedFault
from questionnaires.files import framework_path, load_framework, load_instrument
from questionnaires.framework import Framework

#: Marks, in the new words of a change, the line that the fault must name.
HERE = "# here"

INSTRUMENT = """\
code: tiny
version: "1"
title: {vi: "Khảo sát nhỏ", en: "Small survey"}
population: {vi: "Doanh nghiệp", en: "Firms"}
recall: {vi: "12 tháng", en: "12 months"}
minutes: 2
seconds: {agree: 7, scale: 8, choice: 10, multi: 15, number: 15, yesno: 8, text: 40}
special:
  dk: {vi: "Không biết", en: "Don't know"}
  na: {vi: "Không áp dụng", en: "Does not apply"}
  ref: {vi: "Không muốn trả lời", en: "Prefer not to answer"}
key_variables: [size]
comment_item: words
sections:
  - {code: main, title: {vi: "Phần chính", en: "Main part"}}
pages:
  - {code: first, section: main, title: {vi: "Một", en: "One"}, items: [paid, size, topics]}
  - {code: second, section: main, title: {vi: "Hai", en: "Two"}, items: [days, amount, words]}
items:
  - code: paid
    type: yesno
    text: {vi: "Có trả không?", en: "Paid?"}
    code_list: yesno
    dk: true
  - code: size
    type: choice
    text: {vi: "Quy mô?", en: "Size?"}
    options:
      - {code: small, text: {vi: "Nhỏ", en: "Small"}}
      - {code: large, text: {vi: "Lớn", en: "Large"}}
    ladder:
      - [{code: ns, of: [small, large], text: {vi: "Không nêu", en: "Not stated"}}]
  - code: topics
    type: multi
    text: {vi: "Việc gì?", en: "Which?"}
    options:
      - {code: tax, text: {vi: "Thuế", en: "Tax"}}
      - {code: land, text: {vi: "Đất đai", en: "Land"}}
      - {code: none, text: {vi: "Không việc nào", en: "None"}, exclusive: true}
  - code: days
    type: number
    text: {vi: "Mấy ngày?", en: "How many days?"}
    unit: days
    range: {min: 0, max: 100}
    ask_if: {item: paid, in: ["yes"]}
  - code: amount
    type: scale
    text: {vi: "Nhiều không?", en: "A lot?"}
    code_list: good5
    ask_if: {any: [{item: topics, has: tax}, {not: {item: paid, in: ["no"]}}]}
  - code: words
    type: text
    text: {vi: "Ý kiến khác?", en: "Other comments?"}
    max_length: 200
"""

FRAMEWORK = """\
code: tiny_method
title: {vi: "Phương pháp nhỏ", en: "Small method"}
edition: "1"
source: "made for tests"
reference_year: 2023
sub_indices:
  - {code: entry, number: 1, name: {vi: "Gia nhập", en: "Entry"}, intercept: 2}
  - {code: legal, number: 2, name: {vi: "Pháp lý", en: "Legal"}, intercept: 2}
weights:
  - from_year: 2022
    to_year: 2024
    weights: {entry: 0.4, legal: 0.6}
    evidence: "made"
indicators:
  - code: "1.01"
    sub_index: entry
    name: {vi: "Số ngày", en: "Days"}
    unit: days (median)
    direction: lower
    source: survey
    rule: {item: days, stat: median, where: {item: paid, in: ["yes"]}}
  - code: "1.03"
    sub_index: entry
    name: {vi: "Thuế", en: "Tax"}
    unit: share (0-1)
    direction: lower
    source: survey
    rule: {item: topics, stat: share, option: tax, match: proxy}
  - code: "10.14"
    sub_index: legal
    name: {vi: "Công bố", en: "Published"}
    unit: share (0-1)
    direction: higher
    source: published
    source_detail: "a ministry"
"""

PLAN = """\
code: tiny_plan
province: {vi: "tỉnh Thử", en: "Test province"}
title: {vi: "Kế hoạch thử", en: "Test plan"}
issued_on: 2024-07-05
issuer: UBNDT
framework: pci_2023
coordinator: SKHDT
petition_consolidator: TTXT
headline: {vi: "Thử", en: "Test"}
targets:
  - {sub_index: entry, target: 7.9, increase: 0.16, lead: SKHDT, official: {2023: 7.74}}
  - {sub_index: land, target: 7.0, increase: 0.49, lead: STNMT, official: {2023: 6.51}}
deadlines:
  - {code: D1, before: 2024-07-15, recur: yearly, agencies: [ALL], to: SKHDT, text: {vi: "Việc", en: "Task"}, ref: "I"}
kpis:
  - {code: K1, sub_index: entry, value: 2, unit: "lần", op: "<", agency: SKHDT, text: {vi: "Ít", en: "Few"}}
duties:
  - {code: A1, sub_index: entry, ref: "II", agencies: [SKHDT], role: lead, text: {vi: "Làm", en: "Do"}, serve: [survey], kpi: K1}
petition_fields:
  - {code: land, name: {vi: "Đất đai", en: "Land"}, route: [STNMT]}
"""

AGENCIES = """\
agencies:
  - {code: OLD, name: {vi: "Sở Cũ", en: "Old Department"}, kind: department, valid_to: 2025-02-28, successor: NEW}
  - {code: NEW, name: {vi: "Sở Mới", en: "New Department"}, kind: department, valid_from: 2025-03-01}
"""


def changed(content: str, old: str, new: str) -> str:
    """Return the content with one passage changed; fail unless it stands there exactly once."""
    assert content.count(old) == 1, f"{old!r} stands {content.count(old)} times"
    return content.replace(old, new)


@cache
def small_framework() -> Framework:
    """Return a framework that is read quickly; what an instrument covers is tested elsewhere."""
    return load_framework(framework_path("satisfaction_desk"))


def instrument_faults(path: Path) -> tuple[PlacedFault, ...]:
    return check_instrument(path, small_framework()).faults


def framework_faults(path: Path) -> tuple[PlacedFault, ...]:
    beside = path.with_name("instrument.yaml")
    beside.write_text(INSTRUMENT, encoding="utf-8")
    return check_framework(path, load_instrument(beside))


@cache
def pci_2023() -> Framework:
    """Return the shipped framework, read once."""
    return load_framework(framework_path("pci_2023"))


def plan_faults(path: Path) -> tuple[PlacedFault, ...]:
    return check_plan(path, pci_2023())


KINDS: dict[str, tuple[str, Callable[[Path], Iterable[PlacedFault]]]] = {
    "instrument": (INSTRUMENT, instrument_faults),
    "framework": (FRAMEWORK, framework_faults),
    "plan": (PLAN, plan_faults),
    "agencies": (AGENCIES, check_agencies),
}


def faults_of(kind: str, content: str, folder: Path) -> tuple[Path, tuple[PlacedFault, ...]]:
    """Return the file that was written and every fault the checker finds in it."""
    path = folder / "document.yaml"
    path.write_text(content, encoding="utf-8")
    try:
        return path, tuple(KINDS[kind][1](path))
    except BadFile as error:
        return path, error.faults


def assert_refused(kind: str, old: str, new: str, place: str, advice: str, folder: Path) -> None:
    """Check that the change gives a fault with this file, the marked line, this place and advice in both languages."""
    content = changed(KINDS[kind][0], old, new)
    line = next(number for number, words in enumerate(content.splitlines(), start=1) if HERE in words)
    path, faults = faults_of(kind, content, folder)
    told = [fault.sentence("en") for fault in faults]
    found = [fault for fault in faults if (fault.file, fault.line, fault.place) == (path, line, place)]
    assert [fault for fault in found if advice in fault.en], told
    assert all(fault.vi and fault.vi != fault.en for fault in found), told
    assert f"{path}:{line}: {place}: " in "\n".join(told)


def refused(kind: str, **cases: tuple[str, str, str, str]) -> pytest.MarkDecorator:
    """Return one test for each case: old words, new words with HERE, place, advice."""
    return pytest.mark.parametrize(
        ("kind", "old", "new", "place", "advice"),
        [(kind, *case) for case in cases.values()],
        ids=[name.replace("_", " ") for name in cases],
    )
