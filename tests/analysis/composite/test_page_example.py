import re
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.composite.sensitivity import Sensitivity
from tests.analysis.composite import published

PAGE = (Path(__file__).parents[3] / "docs" / "analysis-api.md").read_text(encoding="utf-8")


def test_the_example_of_the_page_runs():
    """On the ratings of thirty departments, in two groups, with errors of a point."""
    table = published.attitude()
    groups = ["staff" if code in {"raises", "advance", "critical"} else "work" for code in table]
    given = {
        "lines": pd.DataFrame(
            {"code": [*table, "staff", "work", "index"], "parent": [*groups, "index", "index", None]}
        ),
        "table": table,
        "se": pd.Series(0.2, index=table.index),
        "errors": pd.DataFrame(1.0, index=table.index, columns=table.columns),
    }
    example = re.search(r"## `analysis.composite`.*?```python\n(.*?)```", PAGE, re.DOTALL)[1].replace(
        "sobol(study)", "found = sobol(study, size=8)\nfound"
    )
    exec(example, given)  # noqa: S102 - our own page
    assert isinstance(given["found"], Sensitivity)
    assert list(given["found"].table.index) == ["errors", "normalisation", "weights"]
    assert np.isfinite(given["scores"]["index"]).all()
