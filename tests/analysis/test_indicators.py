import numpy as np
import pytest

from analysis import columns
from analysis.index import default_design
from analysis.indicators import estimate_all
from tests.analysis import tiny


def test_a_median_is_that_of_the_valid_answers_and_takes_no_other_for_nought():
    days = [14, "dk", 3, None, 9, 20, 2, "dk", 11, 5, None, 12, 8]
    answers = [tiny.answers(days=day) for day in days] + [{"status": "closed"}]
    frame = columns.from_answers(answers, tiny.survey())
    method = tiny.method(tiny.indicator("1.01", "entry", 1, tiny.MEDIAN))
    everybody = np.ones(len(frame), dtype=bool)
    table, _ = estimate_all(frame, tiny.survey(), method, default_design(frame), everybody)
    row = table.loc["1.01"]
    assert row[["n_asked", "n", "dk", "blank"]].tolist() == [13, 9, 2, 2]
    assert row["value"] == 9  # the fifth of 2 3 5 8 9 11 12 14 20; with four noughts it would be 5
    # F(9) = 5/9, its variance 14/13 x (5 x (4/9)^2 + 4 x (5/9)^2) / 9^2 = 0.02955; t of 8 degrees of freedom 2.306:
    # 0.5 -+ 2.306 x 0.1719 = 0.104 and 0.896, reached at the first answer (1/9) and at the last (8/9 is too little)
    assert (row["low"], row["high"]) == (2, 20)
    assert row["se"] == pytest.approx((20 - 2) / (2 * 2.306004135))
