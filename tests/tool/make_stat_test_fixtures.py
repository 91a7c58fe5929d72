#!/usr/bin/python3
# make_stat_test_fixtures.py -- prints tests/unit/fixtures/stat_test.txt: stat_test.h and others by SciPy.
#   /usr/bin/python3 tests/tool/make_stat_test_fixtures.py > tests/unit/fixtures/stat_test.txt
# A line is one case: what is computed, its arguments, and at the end the values that w2s must give.
#   cdf X, P       quantile P, X       ranks N D... , W GREATER TWO_SIDED       flip N D... , GREATER TWO_SIDED
#   cliff N X... M Y... , DELTA       iqm N X... , MEAN       power N LEVEL EFFECT, POWER
#   bca FUNCTION N X... LEVEL, LOW HIGH (of 200,000 resamples; FUNCTION is mean, variance or iqm)
import numpy
import scipy
from scipy import special, stats


def line(kind, *items):
    print(kind, *(item if isinstance(item, (int, str)) else repr(float(item)) for item in items))


def bca(name, function, x, level):
    result = stats.bootstrap((x,), function, confidence_level=level, n_resamples=200000, method="BCa",
                             batch=1000, random_state=numpy.random.default_rng(7))
    line("bca", name, len(x), *x, level, *result.confidence_interval)


def interquartile_mean(x, axis=-1):
    return stats.trim_mean(x, 0.25, axis=axis)


def variance(x, axis=-1):
    return numpy.var(x, axis=axis)


print("# by: /usr/bin/python3 tests/tool/make_stat_test_fixtures.py; SciPy", scipy.__version__)
for x in (-37.0, -12.0, -5.5, -2.6, -2.5, -1.0, -0.1, 0.0, 0.3, 1.7, 2.4, 2.51, 4.0, 8.0):
    line("cdf", x, special.ndtr(x))
for p in (1e-300, 1e-20, 1e-6, 0.001, 0.025, 0.2, 0.5, 0.7, 0.975, 0.9999):
    line("quantile", p, special.ndtri(p) if p != 0.5 else 0.0)

rng = numpy.random.default_rng(2)
for n in (1, 2, 3, 5, 8, 12, 25, 26, 40):
    for shift in (0.0, 0.4):
        d = rng.normal(shift, 1, n)
        method = {"method": "exact"} if n <= 25 else {"method": "approx", "correction": True}
        greater = stats.wilcoxon(d, alternative="greater", **method)
        line("ranks", n, *d, greater.statistic, greater.pvalue, stats.wilcoxon(d, **method).pvalue)
for n in (40, 60):  # ties and zeros; more than 25 are left
    d = numpy.round(rng.normal(0.3, 1, n) * 2) / 2
    method = {"method": "approx", "correction": True}
    greater = stats.wilcoxon(d, alternative="greater", **method)
    line("ranks", n, *d, greater.statistic, greater.pvalue, stats.wilcoxon(d, **method).pvalue)
for n in (1, 2, 4, 7, 10):
    for shift in (-0.5, 0.0, 0.7):
        d = numpy.round(rng.normal(shift, 1, n), 1)  # with ties of sums
        signs = 1 - 2 * (numpy.arange(2**n)[:, None] >> numpy.arange(n) & 1)
        sums = numpy.round((signs * d).sum(axis=1), 6)
        line("flip", n, *d, (sums >= sums[0]).mean(), (abs(sums) >= abs(sums[0])).mean())
for n, m in ((1, 1), (5, 5), (7, 12)):
    x, y = numpy.round(rng.normal(0.3, 1, n), 1), numpy.round(rng.normal(0, 1, m), 1)
    line("cliff", n, *x, m, *y, 2 * stats.mannwhitneyu(x, y).statistic / (n * m) - 1)
for n in (1, 3, 4, 7, 20):
    x = rng.normal(0, 1, n)
    line("iqm", n, *x, interquartile_mean(x))
for n in (2, 3, 5, 10, 34, 200):
    for level in (0.8, 0.95, 0.975, 0.999):
        for effect in (0.0, 0.3, 1.0, 2.5):
            power = stats.nct.sf(stats.t.ppf(level, n - 1), n - 1, effect * n**0.5)
            if numpy.isfinite(power):
                line("power", n, level, effect, power if effect > 0 else 1 - level)
bca("mean", numpy.mean, rng.exponential(1, 12), 0.95)
bca("mean", numpy.mean, rng.normal(0.8, 0.05, 5), 0.9)
bca("iqm", interquartile_mean, rng.exponential(1, 24), 0.95)
bca("variance", variance, rng.exponential(1, 20), 0.9)
