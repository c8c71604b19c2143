"""The instrument and the framework as one document that people read."""

from __future__ import annotations

from collections.abc import Iterator

from questionnaires.base import Language
from questionnaires.conditions import AllOf, AnyOf, AtLeast, Condition, Has, In, Lacks, Not, NotIn
from questionnaires.framework import Framework, Indicator, Rule
from questionnaires.instrument import Instrument, Item

WORDS: dict[str, dict[Language, str]] = {
    "codebook": {"vi": "Sổ mã", "en": "Codebook"},
    "items": {"vi": "Câu hỏi", "en": "Items"},
    "method": {"vi": "Phương pháp", "en": "Method"},
    "asked": {"vi": "Hỏi khi", "en": "Asked if"},
    "answers": {"vi": "Trả lời", "en": "Answers"},
    "sensitive": {"vi": "Câu riêng tư", "en": "Sensitive item"},
    "duties": {"vi": "Nhiệm vụ", "en": "Duties"},
    "and": {"vi": "và", "en": "and"},
    "or": {"vi": "hoặc", "en": "or"},
    "not": {"vi": "không", "en": "not"},
    "ticked": {"vi": "có chọn", "en": "has"},
    "published": {"vi": "số liệu công bố", "en": "published figure"},
    "share": {"vi": "tỷ lệ", "en": "share of"},
    "median": {"vi": "trung vị của", "en": "median of"},
    "mean": {"vi": "trung bình của", "en": "mean of"},
    "without": {"vi": "không chọn", "en": "not ticking"},
    "where": {"vi": "trong số", "en": "among"},
    "higher": {"vi": "cao hơn là tốt hơn", "en": "higher is better"},
    "lower": {"vi": "thấp hơn là tốt hơn", "en": "lower is better"},
    "none": {"vi": "không xếp chiều", "en": "not directed"},
    "slope": {"vi": "điểm cho một đơn vị", "en": "points for one unit"},
    "intercept": {"vi": "hằng số", "en": "intercept"},
}


def codebook(instrument: Instrument, framework: Framework, language: Language) -> str:
    """Return the codebook as Markdown."""
    return "\n".join(_lines(instrument, framework, language)) + "\n"


def _lines(instrument: Instrument, framework: Framework, language: Language) -> Iterator[str]:
    yield f"# {WORDS['codebook'][language]}: {instrument.title[language]}"
    yield f"\n`{instrument.code}` {instrument.version} · `{framework.code}` · {instrument.population[language]}. "
    yield f"{instrument.recall[language]}.\n"
    yield f"## {WORDS['items'][language]}"
    for page in instrument.pages:
        yield f"\n### {page.code} · {page.title[language]}\n"
        if page.body:
            yield f"{page.body[language]}\n"
        for code in page.items:
            yield from _item(instrument.item(code), instrument, language)
    yield f"\n## {WORDS['method'][language]}: {framework.title[language]}\n\n{framework.source}"
    for sub_index in framework.sub_indices:
        constant = (
            f" ({WORDS['intercept'][language]} {sub_index.intercept:g})" if sub_index.intercept is not None else ""
        )
        yield f"\n### {sub_index.number}. {sub_index.name[language]}{constant}\n"
        for indicator in framework.indicators_of(sub_index.code):
            yield _indicator(indicator, language)


def _item(item: Item, instrument: Instrument, language: Language) -> Iterator[str]:
    yield f"- **{item.code}** {item.text[language]}" + (f" _{item.hint[language]}_" if item.hint else "")
    if item.ask_if:
        yield f"  - {WORDS['asked'][language]}: {condition_text(item.ask_if, language)}"
    options = [f"`{option.code}` {option.text[language]}" for option in item.options]
    options += [f"`{code}` {instrument.special[code][language]}" for code in item.specials]  # type: ignore[index]
    if item.range:
        options.insert(0, f"{item.range.min:g}-{item.range.max:g} {item.unit or ''}".strip())
    if options:
        yield f"  - {WORDS['answers'][language]}: {'; '.join(options)}"
    if item.sensitive != "none":
        yield f"  - {WORDS['sensitive'][language]}: {item.sensitive}"
    if item.duties:
        yield f"  - {WORDS['duties'][language]}: {', '.join(item.duties)}"


def _indicator(indicator: Indicator, language: Language) -> str:
    rule = rule_text(indicator.rule, language) if indicator.rule else WORDS["published"][language]
    slope = f"; {WORDS['slope'][language]}: {indicator.slope:+g}" if indicator.slope is not None else ""
    match = f"; {indicator.rule.match}" if indicator.rule else ""
    name = f"**{indicator.code}** {indicator.name[language]} [{indicator.unit}]"
    return f"- {name}: {rule}; {WORDS[indicator.direction][language]}{match}{slope}"


def rule_text(rule: Rule, language: Language) -> str:
    """Return a rule in words."""
    words = WORDS["mean" if rule.stat == "percent" else rule.stat][language]
    what = f"{words} `{rule.item}`"
    if rule.numerator:
        what += f" = {', '.join(rule.numerator)}"
    if rule.option:
        what += f" {WORDS['without' if rule.absent else 'ticked'][language]} {rule.option}"
    if rule.values:
        what += f" ({', '.join(f'{code}={number:g}' for code, number in rule.values.items())})"
    if rule.where:
        what += f", {WORDS['where'][language]} {condition_text(rule.where, language)}"
    return what


def condition_text(condition: Condition, language: Language) -> str:
    """Return a condition in words."""
    match condition:
        case AnyOf():
            return f" {WORDS['or'][language]} ".join(condition_text(part, language) for part in condition.any)
        case AllOf():
            return f" {WORDS['and'][language]} ".join(condition_text(part, language) for part in condition.all)
        case Not():
            return f"{WORDS['not'][language]} ({condition_text(condition.not_, language)})"
        case _:
            return f"`{condition.item}` {_comparison(condition, language)}"


def _comparison(condition: In | NotIn | Has | Lacks | AtLeast, language: Language) -> str:
    match condition:
        case In():
            return f"= {', '.join(condition.in_)}"
        case NotIn():
            return f"≠ {', '.join(condition.not_in)}"
        case Has():
            return f"{WORDS['ticked'][language]} {condition.has}"
        case Lacks():
            return f"{WORDS['without'][language]} {condition.lacks}"
        case AtLeast():
            return f"≥ {condition.gte:g}"
