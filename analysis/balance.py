"""What weights do: how uneven they are, and how near they bring the sample to the register."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.design import Numbers


def kish(weight: Numbers) -> float:
    """Return Kish's design effect of uneven weights, 1 + CV² (Kish 1965): n over it is the effective sample size."""
    weight = np.asarray(weight, dtype=float)
    return float(weight.size * (weight**2).sum() / weight.sum() ** 2)


def largest_share(weight: Numbers) -> float:
    """Return the share (0-1) of all weight that one response carries at most; over 0.05 it deserves a look."""
    weight = np.asarray(weight, dtype=float)
    return float(weight.max() / weight.sum())


def balance(sample: pd.DataFrame, register: pd.DataFrame, before: Numbers, after: Numbers) -> pd.DataFrame:
    """Return how far the weighted sample is from the register, before and after the weights were fitted.

    sample: one row for each response; register: one row for each firm; with the same columns, numbers or labels. before, after:
    weights, shape (n,). Index: column, or `column label` for each label of the register or the sample. Columns: register, before,
    after (means, or shares 0-1), asmd_before, asmd_after: |mean - mean of the register| over the register's standard deviation
    (Rosenbaum and Rubin 1985, by the register as in Sarig et al. 2023); over 0.1 deserves a look. A value that is missing raises.
    """
    if list(sample) != list(register) or sample.isna().any(axis=None) or register.isna().any(axis=None):
        raise ValueError("sample and register must have the same columns, and every value")
    known, found = _numbers(register), _numbers(sample)
    known, found = known.align(found, join="outer", axis=1, fill_value=0.0)
    table = pd.DataFrame({"register": known.mean()})
    for name, weight in (("before", before), ("after", after)):
        table[name] = np.average(found, axis=0, weights=weight)
    for name in ("before", "after"):
        apart = (table[name] - table["register"]).abs()
        table[f"asmd_{name}"] = (apart / known.std(ddof=0)).where(apart > 0, 0.0)
    return table


def _numbers(table: pd.DataFrame) -> pd.DataFrame:
    labels = [name for name in table if not pd.api.types.is_numeric_dtype(table[name])]
    return pd.get_dummies(table, columns=labels, prefix_sep=" ").astype(float)
