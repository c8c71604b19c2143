import numpy as np
import pandas as pd
import pytest

from analysis.balance import balance, kish, largest_share
from analysis.design import Design
from analysis.weights import poststratify

REGISTER = pd.DataFrame({"size": ["big"] * 20 + ["small"] * 60 + ["tiny"] * 20, "age": np.arange(100.0)})
SAMPLE = pd.DataFrame({"size": ["big"] * 6 + ["small"] * 4, "age": [10.0, 20, 30, 40, 50, 60, 70, 80, 90, 50]})


def test_kish_and_the_largest_share_worked_by_hand():
    weight = np.array([1.0, 1.0, 2.0])
    assert kish(weight) == pytest.approx(3 * 6 / 16)
    assert largest_share(weight) == 0.5
    assert kish(np.full(7, 3.0)) == pytest.approx(1)


def test_differences_from_the_register_worked_by_hand():
    after = np.array([1.0] * 6 + [4.5] * 4)
    found = balance(SAMPLE, REGISTER, np.ones(10), after)
    assert list(found.index) == ["age", "size big", "size small", "size tiny"]
    assert found.loc["size big"].tolist() == pytest.approx([0.2, 0.6, 0.25, 0.4 / 0.4, 0.05 / 0.4])
    assert found.loc["size tiny", ["register", "after"]].tolist() == [0.2, 0]
    spread = np.sqrt((100**2 - 1) / 12)  # of the numbers 0 to 99
    assert found.at["age", "asmd_before"] == pytest.approx(abs(50 - 49.5) / spread)
    assert found.at["age", "asmd_after"] == pytest.approx(abs((210 + 4.5 * 290) / 24 - 49.5) / spread)


def test_what_was_fitted_is_balanced_afterwards():
    known = REGISTER[REGISTER["size"] != "tiny"]
    fitted = poststratify(Design(np.ones(10)), SAMPLE["size"], {"big": 20.0, "small": 60.0})
    found = balance(SAMPLE, known, np.ones(10), fitted.weight)
    assert found.loc[["size big", "size small"], "asmd_after"].tolist() == pytest.approx([0, 0])
    assert (found["asmd_before"] > 0).all()


def test_a_missing_value_is_refused():
    with pytest.raises(ValueError, match="every value"):
        balance(SAMPLE.assign(age=np.nan), REGISTER, np.ones(10), np.ones(10))
