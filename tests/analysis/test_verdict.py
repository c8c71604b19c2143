import pytest

from analysis.verdict import verdict


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (6.5, 7.0, "met"),
        (6.6, 7.0, "met"),
        (6.0, 6.4, "not_met"),
        (6.0, 6.5, "undecided"),
        (6.0, 7.0, "undecided"),
        (float("nan"), float("nan"), "undecided"),
    ],
)
def test_the_whole_interval_decides_whether_a_target_of_six_and_a_half_is_met(low, high, expected):
    assert verdict(low, high, 6.5) == expected
