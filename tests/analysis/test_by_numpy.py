"""Figures of one invented sample again, from the formulas of the textbooks written out in loops: nothing of `analysis` in them.

Three strata of clusters of unequal size, unequal weights, a part of the clusters drawn: all at once.
`python -m tests.analysis.test_by_numpy` prints the largest deviation of each.
"""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from scipy import linalg, optimize, special, stats

from analysis import replicates
from analysis.balance import kish
from analysis.compare import benjamini_hochberg, holm
from analysis.design import Design
from analysis.estimators import chisq, contrast, mean, quantile, ranktest, ratio, share, total, ttest
from analysis.quality import Dispositions, rates
from analysis.weights import calibrate, poststratify, rake

RNG = np.random.default_rng(20261127)
#: Of each stratum the clusters drawn and those there are.
CLUSTERS = {"city": (5, 12), "plain": (7, 40), "hills": (4, 9)}
STRATUM = np.repeat(list(CLUSTERS), [18, 26, 16])
CLUSTER = np.concatenate([np.arange(size) % CLUSTERS[s][0] for s, size in (("city", 18), ("plain", 26), ("hills", 16))])
N = STRATUM.size
HELD = np.array([CLUSTERS[each][1] for each in STRATUM], dtype=float)
WEIGHT = RNG.uniform(1, 6, N)
X = RNG.gamma(4, 2, N)
Y = 3 + 0.7 * X + RNG.normal(0, 2, N) + 0.5 * CLUSTER
HIT = RNG.random(N) < 0.3
RATING = RNG.integers(1, 6, N).astype(float)
SECTOR = RNG.choice(["trade", "build", "farm"], N)
INSIDE = RNG.random(N) < 0.7
DESIGN = Design(WEIGHT, STRATUM, CLUSTER, HELD)
EQUAL = Design(np.full(N, 10.0))


def variance(z, *, corrected: bool = True) -> float:
    """V = sum over strata of (1 - m/M) m/(m - 1) sum over clusters of (z_c - mean z)^2."""
    found = 0.0
    for stratum, (drawn, held) in CLUSTERS.items():
        sums = [sum(z[i] for i in range(N) if STRATUM[i] == stratum and CLUSTER[i] == c) for c in range(drawn)]
        middle = sum(sums) / drawn
        missed = 1 - drawn / held if corrected else 1.0
        found += missed * drawn / (drawn - 1) * sum((each - middle) ** 2 for each in sums)
    return found


def freedom(where) -> int:
    units = {(STRATUM[i], CLUSTER[i]) for i in range(N) if where[i]}
    return len(units) - len({stratum for stratum, _ in units})


def average(y, where, weight=WEIGHT):
    """The weighted mean of a domain and its linearised values."""
    below = sum(weight[i] for i in range(N) if where[i])
    value = sum(weight[i] * y[i] for i in range(N) if where[i]) / below
    return value, np.array([weight[i] * (y[i] - value) / below if where[i] else 0.0 for i in range(N)])


def simple(z) -> float:
    return N / (N - 1) * sum((each - sum(z) / N) ** 2 for each in z)


def a_mean():
    value, z = average(Y, INSIDE)
    n = sum(INSIDE)
    spread = sum(WEIGHT[INSIDE] * (Y[INSIDE] - value) ** 2) / sum(WEIGHT[INSIDE]) * n / (n - 1)
    half = stats.t.ppf(0.975, freedom(INSIDE)) * math.sqrt(variance(z))
    found = mean(Y, DESIGN, where=INSIDE).estimate
    yield found.value, value
    yield found.se, math.sqrt(variance(z))
    yield found.df, freedom(INSIDE)
    yield found.deff, variance(z) / (spread / n)
    yield found.low, value - half
    yield found.high, value + half


def a_total():
    z = np.where(INSIDE, WEIGHT * Y, 0)
    found = total(Y, DESIGN, where=INSIDE).estimate
    yield found.value, sum(z)
    yield found.se, math.sqrt(variance(z))


def a_ratio():
    below = sum(WEIGHT[i] * X[i] for i in range(N) if INSIDE[i])
    value = sum(WEIGHT[i] * Y[i] for i in range(N) if INSIDE[i]) / below
    z = np.where(INSIDE, WEIGHT * (Y - value * X) / below, 0)
    found = ratio(Y, X, DESIGN, where=INSIDE).estimate
    yield found.value, value
    yield found.se, math.sqrt(variance(z))


def intervals_of_a_share():
    where = INSIDE & (SECTOR == "farm")
    p, z = average(HIT.astype(float), where)
    v, n, df = variance(z), int(sum(where)), freedom(where)
    effective, k = min(n, p * (1 - p) / v), special.ndtri(0.975)
    ends = np.roots([1 + k**2 / effective, -(2 * p + k**2 / effective), p**2])  # (p - x)^2 = k^2 x (1 - x) / n
    found = share(HIT, DESIGN, where=where).estimate
    yield from zip((found.low, found.high, found.n_effective), (*sorted(ends), effective), strict=True)
    adjusted = min(n, p * (1 - p) / v * (special.stdtrit(n - 1, 0.975) / special.stdtrit(df, 0.975)) ** 2)
    a, b = p * adjusted, (1 - p) * adjusted
    low = optimize.brentq(lambda x: special.betainc(a, b + 1, x) - 0.025, 1e-9, 1 - 1e-9, xtol=1e-15)
    high = optimize.brentq(lambda x: special.betainc(a + 1, b, x) - 0.975, 1e-9, 1 - 1e-9, xtol=1e-15)
    found = share(HIT, DESIGN, where=where, interval="korn_graubard").estimate
    yield from zip((found.low, found.high), (low, high), strict=True)
    odds, half = math.log(p / (1 - p)), special.stdtrit(df, 0.975) * math.sqrt(v) / (p * (1 - p))
    found = share(HIT, DESIGN, where=where, interval="logit").estimate
    yield from zip((found.low, found.high), special.expit([odds - half, odds + half]), strict=True)


def quantiles():
    below = sum(WEIGHT[INSIDE])

    def reached(q: float) -> float:
        return min(y for y in Y[INSIDE] if sum(WEIGHT[INSIDE & (y >= Y)]) / below >= q)

    for q in (0.25, 0.5, 0.8):
        value = reached(q)
        _, z = average((value >= Y).astype(float), INSIDE)
        t = stats.t.ppf(0.975, freedom(INSIDE))
        low, high = (reached(q + side * t * math.sqrt(variance(z))) for side in (-1, 1))
        found = quantile(Y, q, DESIGN, where=INSIDE).estimate
        yield from zip((found.value, found.low, found.high), (value, low, high), strict=True)
        yield found.se, (high - low) / (2 * t)


def a_difference_of_two_domains():
    (first, z1), (second, z2) = (average(Y, sector == SECTOR) for sector in ("trade", "farm"))
    domains = mean(Y, DESIGN, by=SECTOR)
    found = contrast(domains, {"farm": 1, "trade": -1})
    yield found.value, second - first
    yield found.se, math.sqrt(variance(z2 - z1))
    yield found.df, freedom(np.ones(N, dtype=bool))
    tested = ttest(Y, DESIGN, group=SECTOR, where=SECTOR != "build")
    df = freedom(SECTOR != "build") - 1
    t = (first - second) / math.sqrt(variance(z2 - z1))  # the last label less the first: trade less farm
    yield from zip((tested.statistic, tested.df, tested.p), (t, df, 2 * special.stdtr(df, -abs(t))), strict=True)


def ranks():
    below = sum(WEIGHT)
    rank = [(sum(WEIGHT[each > RATING]) + sum(WEIGHT[each == RATING]) / 2) / below for each in RATING]
    parts = [average(rank, sector == SECTOR) for sector in ("build", "farm", "trade")]
    apart = np.array([parts[1][0] - parts[0][0], parts[2][0] - parts[0][0]])
    z = [parts[1][1] - parts[0][1], parts[2][1] - parts[0][1]]
    v = np.array([[(variance(a + b) - variance(a - b)) / 4 for b in z] for a in z])
    df = freedom(np.ones(N, dtype=bool)) - 2
    f = apart @ np.linalg.inv(v) @ apart / 2
    found = ranktest(RATING, SECTOR, DESIGN)
    yield from zip((found.statistic, found.df, found.p), (f, df, special.fdtrc(2, df, f)), strict=True)


def rao_and_scott():
    """Pearson's X^2 over the eigenvalues of the design effects of the log-linear interactions, as in Rao and Scott 1984."""
    sectors, cells = ["build", "farm", "trade"], []
    for sector, hit in product(sectors, (False, True)):
        cells.append(average(((sector == SECTOR) & (hit == HIT)).astype(float), np.ones(N, dtype=bool)))
    p, z = np.array([each[0] for each in cells]), [each[1] for each in cells]
    v = np.array([[(variance(a + b) - variance(a - b)) / 4 for b in z] for a in z])
    rows, columns = p.reshape(3, 2).sum(axis=1), p.reshape(3, 2).sum(axis=0)
    pearson = N * sum(
        (p[2 * i + j] - rows[i] * columns[j]) ** 2 / (rows[i] * columns[j]) for i in range(3) for j in range(2)
    )
    sums = [np.kron(np.eye(3)[i], np.ones(2)) for i in range(3)] + [np.kron(np.ones(3), np.eye(2)[j]) for j in range(2)]
    free = linalg.null_space(np.array(sums))  # what rows and columns leave
    theirs, plain = free.T @ (v / np.outer(p, p)) @ free, free.T @ np.diag(1 / p) @ free / N
    effects = linalg.eigh(theirs, plain, eigvals_only=True)
    d = sum(effects) ** 2 / sum(effects**2)
    df = d * freedom(np.ones(N, dtype=bool))
    f = pearson / sum(effects)
    found = chisq(SECTOR, HIT, DESIGN)
    yield from zip(
        (found.statistic, found.df_above, found.df, found.p), (f, d, df, special.fdtrc(d, df, f)), strict=True
    )


def post_strata():
    cell = np.where(X > 8, "large", "small")
    totals = {"large": 250.0, "small": 380.0}
    weight = np.array([totals[c] / sum(cell == c) for c in cell])  # the weights before are equal
    z = np.zeros(N)
    for c, known in totals.items():
        middle = Y[cell == c].mean()
        for i in np.flatnonzero(cell == c):
            z[i] = known / 630 * (Y[i] - middle) / sum(cell == c)
    found = mean(Y, poststratify(EQUAL, cell, totals)).estimate
    yield found.value, sum(weight * Y) / 630
    yield found.se, math.sqrt(simple(z))


def a_regression_estimator():
    """GREG: the total of the fits and the residuals; its error that of g w e (Särndal, Swensson and Wretman 1992, 6.6)."""
    auxiliaries, known = np.column_stack([np.ones(N), X]), np.array([1.02 * WEIGHT.sum(), 1.05 * WEIGHT @ X])
    inner = sum(WEIGHT[i] * np.outer(auxiliaries[i], auxiliaries[i]) for i in range(N))
    slopes = np.linalg.solve(inner, sum(WEIGHT[i] * auxiliaries[i] * Y[i] for i in range(N)))
    g = 1 + auxiliaries @ np.linalg.solve(inner, known - WEIGHT @ auxiliaries)
    residual = Y - auxiliaries @ slopes
    fitted = calibrate(DESIGN, auxiliaries, known)
    found = total(Y, fitted).estimate
    yield found.value, known @ slopes + WEIGHT @ residual
    yield found.se, math.sqrt(variance(WEIGHT * g * residual))
    value, z = average(Y, INSIDE, WEIGHT * g)
    each = z / (WEIGHT * g)
    slopes = np.linalg.solve(inner, (WEIGHT[:, None] * auxiliaries).T @ each)
    found = mean(Y, fitted, where=INSIDE).estimate
    yield found.value, value
    yield found.se, math.sqrt(variance(WEIGHT * g * (each - auxiliaries @ slopes)))


def raking_and_logit():
    sectors, halves = {"trade": 70.0, "build": 90.0, "farm": 60.0}, {True: 100.0, False: 120.0}
    large = X > 7
    weight = WEIGHT.copy()
    for _ in range(500):
        for labels, totals in ((SECTOR, sectors), (large, halves)):
            for label, known in totals.items():
                weight[labels == label] *= known / sum(weight[labels == label])
    found = rake(DESIGN, {"sector": (SECTOR, sectors), "large": (large, halves)}).weight
    yield from zip(found, weight, strict=True)
    auxiliaries, (low, high) = np.column_stack([np.ones(N), X]), (0.5, 2.0)
    known = np.array([1.1 * WEIGHT.sum(), 1.15 * WEIGHT @ X])
    steep = (high - low) / ((1 - low) * (high - 1))

    def factor(slopes):
        e = np.exp(steep * auxiliaries @ slopes)
        return (low * (high - 1) + high * (1 - low) * e) / (high - 1 + (1 - low) * e)

    slopes = optimize.root(lambda s: (WEIGHT * factor(s)) @ auxiliaries / known - 1, np.zeros(2), tol=1e-14).x
    found = calibrate(DESIGN, auxiliaries, known, distance="logit", bounds=(low, high)).weight
    yield from zip(found, WEIGHT * factor(slopes), strict=True)


def jackknife():
    """Leaving a cluster out: of a total, which is linear, exactly the variance without the correction."""
    columns, rscales = [], []
    for stratum, (drawn, _) in CLUSTERS.items():
        for c in range(drawn):
            factor = np.where(stratum == STRATUM, drawn / (drawn - 1), 1.0)
            columns.append(WEIGHT * np.where((stratum == STRATUM) & (c == CLUSTER), 0.0, factor))
            rscales.append((drawn - 1) / drawn)
    made = replicates.given(WEIGHT, np.column_stack(columns), "JKn", rscales=np.array(rscales), df=13)
    yield replicates.estimate(lambda w: w @ Y, made).se[0], math.sqrt(variance(WEIGHT * Y, corrected=False))
    each = np.column_stack([np.where(np.arange(N) == i, 0.0, 10 * N / (N - 1)) for i in range(N)])
    made = replicates.given(EQUAL.weight, each, "JK1")
    yield replicates.estimate(lambda w: np.average(Y, weights=w), made).se[0], Y.std(ddof=1) / math.sqrt(N)


def half_samples():
    """Two clusters in each of eight strata, signs of a Hadamard matrix: of a total exactly sum (difference)^2, also by Fay."""
    y, weight, signs = Y[:16], WEIGHT[:16], linalg.hadamard(16)[:, 1:9]
    side = np.tile([1, -1], 8)
    plain = 1 + side * signs[:, np.repeat(np.arange(8), 2)]
    expected = math.sqrt(sum((weight[2 * h] * y[2 * h] - weight[2 * h + 1] * y[2 * h + 1]) ** 2 for h in range(8)))
    for method, rho in (("BRR", None), ("Fay", 0.3)):
        factors = plain if rho is None else rho + (1 - rho) * plain
        made = replicates.given(weight, weight[:, None] * factors.T, method, fay=rho)
        yield replicates.estimate(lambda w: w @ y, made).se[0], expected


def rao_and_wu():
    """The factor of a cluster drawn k times of m - 1: 1 - l + l k m / (m - 1), l the root of 1 - f."""
    made = replicates.rao_wu(DESIGN, seed=3, number=40)
    factors = made.columns / WEIGHT[:, None]
    for stratum, (drawn, held) in CLUSTERS.items():
        root, rows = math.sqrt(1 - drawn / held), stratum == STRATUM
        times = np.round((factors[rows] - 1 + root) / root * (drawn - 1) / drawn)
        first = [int(np.flatnonzero(CLUSTER[rows] == c)[0]) for c in range(drawn)]
        yield from ((each, drawn - 1) for each in times[first].sum(axis=0))
        yield from zip(factors[rows].ravel(), (1 - root + root * times * drawn / (drawn - 1)).ravel(), strict=True)


def p_values():
    p = [0.011, 0.2, 0.001, 0.04, 0.011, 0.6]
    order = sorted(range(6), key=lambda i: p[i])
    for i in range(6):
        rank = order.index(i)
        yield holm(p)[i], min(1, max(p[order[k]] * (6 - k) for k in range(rank + 1)))
        yield benjamini_hochberg(p)[i], min(p[order[k]] * 6 / (k + 1) for k in range(rank, 6))


def response_rates():
    i, partial, refused, away, other, unknown, out = 212, 31, 57, 88, 12, 140, 60
    e = (i + partial + refused + away + other) / (i + partial + refused + away + other + out)
    found = rates(Dispositions(i, partial, refused, away, other, unknown, out))
    yield found["e"], 400 / 460
    yield from (
        (found[f"RR{k}"], value) for k, value in ((1, 212 / 540), (2, 243 / 540), (5, 212 / 400), (6, 243 / 400))
    )
    yield from ((found[f"RR{k}"], top / (400 + e * 140)) for k, top in ((3, 212), (4, 243)))
    yield from ((found[k], v) for k, v in (("COOP1", 212 / 312), ("REF1", 57 / 540), ("CON1", 312 / 540)))


def uneven_weights():
    yield kish(WEIGHT), 1 + WEIGHT.var() / WEIGHT.mean() ** 2


FIGURES = (
    a_mean, a_total, a_ratio, intervals_of_a_share, quantiles, a_difference_of_two_domains, ranks, rao_and_scott, post_strata,
    a_regression_estimator, raking_and_logit, jackknife, half_samples, rao_and_wu, p_values, response_rates, uneven_weights,
)  # fmt: skip
#: Roots found by steps agree to so much, everything else to rounding.
BY_STEPS = {"raking_and_logit": 1e-9, "intervals_of_a_share": 1e-10}


@pytest.mark.parametrize("figures", FIGURES, ids=lambda each: each.__name__)
def test_figures_are_those_of_the_formulas_written_out(figures):
    for ours, hand in figures():
        assert ours == pytest.approx(hand, rel=BY_STEPS.get(figures.__name__, 1e-11))


if __name__ == "__main__":
    for each in FIGURES:
        pairs = list(each())
        print(
            each.__name__, len(pairs), f"{max(abs(ours / hand - 1) if hand else abs(ours) for ours, hand in pairs):.1g}"
        )
