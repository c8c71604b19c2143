"""The rules of a framework: one rule for each survey indicator, fit for its item; official directions; weights."""

from __future__ import annotations

from tests.questionnaires.documents import FRAMEWORK, assert_refused, faults_of, refused

RULE = '    rule: {item: days, stat: median, where: {item: paid, in: ["yes"]}}\n'
DAYS = """\
  - code: "1.01"
    sub_index: entry
    name: {vi: "Số ngày", en: "Days"}
    unit: days (median)
    direction: lower
    source: survey
"""
TAX = "    rule: {item: topics, stat: share, option: tax, match: proxy}\n"
DETAIL = '    source_detail: "a ministry"\n'
WEIGHTS = "    weights: {entry: 0.4, legal: 0.6}\n"


def test_the_tiny_framework_has_no_fault(tmp_path):
    assert faults_of("framework", FRAMEWORK, tmp_path)[1] == ()


@refused(
    "framework",
    two_rules_for_one_indicator=('  - code: "1.03"', '  - code: "1.01" # here', "indicators[1.01]", "choose another"),
    no_rule=(DAYS + RULE, DAYS.replace('"1.01"', '"1.01" # here'), "indicators[1.01]", "add it"),
    a_rule_for_a_published_figure=(
        DETAIL,
        DETAIL + "    rule: {item: days, stat: median} # here\n",
        "indicators[10.14].rule",
        "Remove the rule",
    ),
    no_such_item=(RULE, "    rule: {item: gone, stat: median} # here\n", "indicators[1.01].rule.item", "mend it"),
    an_item_that_gets_coarser=(
        TAX,
        "    rule: {item: size, stat: share, numerator: [small]} # here\n",
        "indicators[1.03].rule",
        "use another item",
    ),
    a_base_that_gets_coarser=(
        RULE,
        "    rule: {item: days, stat: median, where: {item: size, in: [small]}} # here\n",
        "indicators[1.01].rule",
        "use another item",
    ),
    a_base_that_is_never_true=(
        RULE,
        "    rule: {item: days, stat: median, where: {item: topics, in: [tax]}} # here\n",
        "indicators[1.01].rule.where",
        "has for several",
    ),
    a_median_of_words=(TAX, "    rule: {item: topics, stat: median} # here\n", "indicators[1.03].rule", "Change stat"),
    a_share_of_several_choices_without_option=(
        TAX,
        "    rule: {item: topics, stat: share, numerator: [tax]} # here\n",
        "indicators[1.03].rule",
        "Change stat",
    ),
    a_mean_without_values_for_all=(
        TAX,
        "    rule: {item: paid, stat: mean, values: {'yes': 1}} # here\n",
        "indicators[1.03].rule",
        "Change stat",
    ),
    no_such_option=(TAX, TAX.replace("tax", "gone").replace("\n", " # here\n"), "indicators[1.03].rule.option", "mend"),
    no_such_numerator=(
        TAX,
        '    rule: {item: paid, stat: share, numerator: ["yes", maybe]} # here\n',
        "indicators[1.03].rule.numerator",
        "mend it",
    ),
)
def test_each_survey_indicator_has_one_rule_that_fits(kind, old, new, place, advice, tmp_path):
    assert_refused(kind, old, new, place, advice, tmp_path)


@refused(
    "framework",
    not_the_official_direction=(
        "    direction: higher\n    source: published",
        "    direction: lower # here\n    source: published",
        "indicators[10.14].direction",
        "Write higher",
    ),
    no_official_indicator=('  - code: "1.03"', '  - code: "1.99" # here', "indicators[1.99].code", "mend it or add it"),
    no_such_sub_index=(
        "    sub_index: legal",
        "    sub_index: lagel # here",
        "indicators[10.14].sub_index",
        "mend it or add it",
    ),
    a_sub_index_twice=(
        "{code: legal, number: 2",
        "{code: entry, # here\n     number: 2",
        "sub_indices[entry]",
        "choose",
    ),
    weights_over_one=(WEIGHTS, "    weights: {entry: 0.5, legal: 0.6} # here\n", "weights[0].weights", "sum to 1.1"),
    weights_of_nothing=(WEIGHTS, "    weights: {entry: 0.4, lagel: 0.6} # here\n", "weights[0].weights", "no lagel"),
    a_language_missing=(
        'name: {vi: "Số ngày", en: "Days"}',
        'name: {vi: "Số ngày"} # here',
        "indicators[1.01].name.en",
        "add it",
    ),
    a_language_empty=(
        'name: {vi: "Số ngày", en: "Days"}',
        'name: {vi: "", en: x} # here',
        "indicators[1.01].name.vi",
        "write them",
    ),
)
def test_the_official_method_is_kept(kind, old, new, place, advice, tmp_path):
    assert_refused(kind, old, new, place, advice, tmp_path)
