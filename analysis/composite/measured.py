"""From answers to a table of indicators whose sampling errors are known together: where an index with rank intervals begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.design import Design
from analysis.linearised import Linearised


@dataclass(frozen=True)
class Measured:
    """Estimates, units by indicators, NaN where nobody answered, and their covariance, (unit, indicator) by the same.

    n: answers behind each. The covariance is `errors` of `uncertainty.Study`: one firm that rates several departments, or
    answers several questions, makes their errors go together.
    """

    table: pd.DataFrame
    covariance: pd.DataFrame
    n: pd.DataFrame


def measured(cells: Mapping[tuple[str, str], Linearised], design: Design) -> Measured:
    """Return the table of what was estimated for each (unit, indicator), all from one design.

    As in `{(d, "days"): mean(days, design, where=district == d) for d in districts}`. Units and indicators stand in the order in
    which they first come; one that was not estimated for a unit is missing there. Raises ValueError without any cell.
    """
    if not cells:
        raise ValueError("nothing was estimated, so there is no table")
    keys = pd.MultiIndex.from_tuples(list(cells), names=["unit", "indicator"])
    found = [cells[key].estimate for key in cells]
    joint = design.covariance(np.column_stack([each.z for each in cells.values()]))
    joint = joint + np.diag([each.unseen for each in cells.values()])
    return Measured(
        _wide([each.value for each in found], keys),
        pd.DataFrame(joint, keys, keys),
        _wide([each.n for each in found], keys).fillna(0).astype(int),
    )


def _wide(values: list[float] | list[int], keys: pd.MultiIndex) -> pd.DataFrame:
    units, indicators = (keys.get_level_values(name).unique() for name in ("unit", "indicator"))
    return pd.Series(values, index=keys).unstack().reindex(index=units, columns=indicators)
