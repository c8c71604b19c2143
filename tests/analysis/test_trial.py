"""The score of invented answers: near what the distribution was made for, and the same every time."""

from __future__ import annotations

import pytest

from analysis.trial import trial
from questionnaires.demonstration import distribution


def test_invented_answers_give_the_score_the_distribution_was_made_for(pci, pci_2023):
    scores = trial(pci, pci_2023, distribution(), "Lạng Sơn", answers=400)
    assert scores.responses == 400
    assert scores.sub_indices.at["proactivity", "value"] == pytest.approx(6.59, abs=0.4)
    assert scores.sub_indices.at["total", "value"] == pytest.approx(69.05, abs=2)


def test_the_same_seed_gives_the_same_score_and_another_another(pci, pci_2023):
    once, again, other = (
        trial(pci, pci_2023, distribution(), "Lạng Sơn", answers=40, seed=seed).sub_indices["value"]
        for seed in (1, 1, 2)
    )
    assert once.equals(again)
    assert not once.equals(other)


def test_an_unknown_province_is_refused(pci, pci_2023):
    with pytest.raises(KeyError, match="Nowhere"):
        trial(pci, pci_2023, distribution(), "Nowhere", answers=2)
