import pytest

from analysis.codebook import codebook, condition_text
from questionnaires.base import LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_codebook_names_every_item_option_and_indicator(language, pci, pci_2023):
    text = codebook(pci, pci_2023, language)
    for item in pci.items:
        assert f"**{item.code}** {item.text[language]}" in text
        for option in item.options:
            assert f"`{option.code}` {option.text[language]}" in text
    for indicator in pci_2023.indicators:
        assert f"**{indicator.code}** {indicator.name[language]}" in text


def test_no_word_of_the_other_language_stands_in_the_rules(pci, pci_2023):
    vietnamese = codebook(pci, pci_2023, "vi")
    for word in ("share of", "higher is better", "Asked if", "published figure"):
        assert word not in vietnamese


def test_a_condition_is_said_in_words(pci, pci_2023):
    rule = pci_2023.by_code["5.09"].rule
    assert condition_text(rule.where, "en") == "`c09` has env"
