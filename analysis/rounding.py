"""How exactly a count and a figure are shown; without pandas, since pages need it too."""

from __future__ import annotations

#: Up to so many answers, as the rounded count says it, figures lose a decimal.
FEW = 100


def rounded(n: float) -> int:
    """Return a count rounded to 5, as every page shows it."""
    return 5 * round(n / 5)


def decimals(n: int | None) -> int:
    """Return how many decimals a figure in per cent has; n: answers, rounded to 5.

    Only the rounded count decides: decimals that followed the true one would tell on which side of 100 it is.
    """
    return 0 if n is None or n <= FEW else 1
