"""Estimates with sampling error, and tests of them: Taylor linearisation over the design, intervals that hold at small n.

The one place to import them from. Every estimator takes the answers of all responses, shape (n,), in any form that NumPy or
pandas knows (their order counts, an index does not), a Design for all of them, `where`, the domain as true or false (None: all),
and `by`, labels for an estimate of each domain at once (`Domains`). Filtering rows before making the Design would lose the
design. `level` is that of the interval, 0-1. Shares are 0-1, everything else keeps the unit of `y`, and nothing is rounded. All
raise ValueError for an array that is not of the design's length, a domain that holds a value that is missing, and a `level` that
is not between 0 and 1. A domain without anybody gives NaN and n = 0.
"""

from analysis.domains import Domains, by, contrast
from analysis.linearised import Estimate, Linearised
from analysis.means import ShareInterval, mean, ratio, share, total
from analysis.quantiles import grouped_median, quantile
from analysis.significance import NothingToCompare, Test, chisq, ranktest, ttest

__all__ = [
    "Domains",
    "Estimate",
    "Linearised",
    "NothingToCompare",
    "ShareInterval",
    "Test",
    "by",
    "chisq",
    "contrast",
    "grouped_median",
    "mean",
    "quantile",
    "ranktest",
    "ratio",
    "share",
    "total",
    "ttest",
]
