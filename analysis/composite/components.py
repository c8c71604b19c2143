"""Principal components of the correlations between scores where more is better: normalised indicators, or aggregated ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Components:
    """Principal components of standardised columns, the largest first, numbered from 1.

    variance: index = component; columns eigenvalue, share (0-1), cumulative. loadings: columns by components, of length 1 each,
    signed so that they add up to more than 0. kept: eigenvalues over 1 (Kaiser). n: units with all values.
    """

    variance: pd.DataFrame
    loadings: pd.DataFrame
    kept: int
    n: int


def principal_components(scores: pd.DataFrame) -> Components:
    """Return the principal components of the correlations between columns, from the units that have all values.

    As R's `prcomp(scale. = TRUE)` but for signs. Raises ValueError for fewer than three such units or a column without spread.
    """
    full = scores.dropna().astype(float)
    if len(full) < 3:
        raise ValueError(f"{len(full)} units have every value; three at least make a correlation")
    if flat := [str(code) for code in full if full[code].min() == full[code].max()]:
        raise ValueError(f"{', '.join(flat)}: all units are alike, so nothing correlates with it")
    values, vectors = np.linalg.eigh(np.corrcoef(full.to_numpy(), rowvar=False).reshape(full.shape[1], -1))
    values, vectors = values[::-1].clip(min=0), vectors[:, ::-1]
    vectors = vectors * np.where(vectors.sum(axis=0) < 0, -1.0, 1.0)
    names = [str(i + 1) for i in range(len(values))]
    share = values / values.sum()
    variance = pd.DataFrame({"eigenvalue": values, "share": share, "cumulative": share.cumsum()}, index=names)
    loadings = pd.DataFrame(vectors, index=full.columns, columns=names)
    return Components(variance, loadings, int((values > 1 + 1e-12).sum()), len(full))
