#!/usr/bin/python3
# make_stat_fixtures.py -- prints tests/unit/fixtures/stat.txt: Student's t by SciPy, an independent computation.
#   /usr/bin/python3 tests/tool/make_stat_fixtures.py > tests/unit/fixtures/stat.txt
# A line is one case: what is computed, its arguments, and at the end the values that stat.h must give.
#   quantile P DF, T       cdf T DF, P       interval N X... LEVEL, LOW HIGH       paired N D... BOUND LEVEL, LOWER P
#   ratio N NUM... N DEN... LEVEL, LOW HIGH P
import numpy
import scipy
import scipy.stats


def quantile(p, df):
    """SciPy's t.ppf, which is good to nine digits, made better by Newton's method on the nearer tail."""
    t = scipy.stats.t.ppf(p, df)
    for _ in range(3):
        miss = scipy.stats.t.cdf(t, df) - p if p < 0.5 else (1 - p) - scipy.stats.t.sf(t, df)
        t -= miss / scipy.stats.t.pdf(t, df)
    return float(t) if p != 0.5 else 0.0


def fieller(num, den, level):
    """The r with (N - r D)^2 = t^2 / n var(num - r den), as a quadratic equation in r (Fieller 1954)."""
    n = len(num)
    q = quantile(0.5 + level / 2, n - 1) ** 2 / n
    cov = numpy.cov(num, den)
    a = den.mean() ** 2 - q * cov[1, 1]
    b = num.mean() * den.mean() - q * cov[0, 1]
    c = num.mean() ** 2 - q * cov[0, 0]
    root = (b * b - a * c) ** 0.5
    return ((b - root) / a, (b + root) / a) if a > 0 else None


def line(kind, *items):
    print(kind, *(item if isinstance(item, int) else repr(float(item)) for item in items))


print("# by: /usr/bin/python3 tests/tool/make_stat_fixtures.py; SciPy", scipy.__version__)
for df in (1, 2, 3, 4, 7.5, 9, 30, 199, 1e4, 1e6, 1e7):
    for p in (0.5, 0.6, 0.9, 0.95, 0.975, 0.995, 0.9999, 0.025, 1e-6):
        line("quantile", p, df, quantile(p, df))
    for t in (-40.0, -3.3, -0.5, 0.0, 1e-3, 1.0, 2.776, 12.7):
        line("cdf", t, df, scipy.stats.t.cdf(t, df))
rng = numpy.random.default_rng(1)
for n in (2, 3, 5, 12):
    for bound in (0.0, 0.2, -1.0):
        ours, theirs = rng.normal(0.65, 0.1, n), rng.normal(0.5, 0.1, n)
        d = ours - theirs
        level = 0.9 if n == 5 else 0.95
        error = scipy.stats.sem(d)
        half = quantile(0.5 + level / 2, n - 1) * error
        line("interval", n, *d, level, d.mean() - half, d.mean() + half)
        p = scipy.stats.ttest_rel(ours, theirs + bound, alternative="greater").pvalue
        line("paired", n, *d, bound, level, d.mean() - quantile(level, n - 1) * error, p)
for n in (2, 3, 5, 8, 20):
    for sign in (1, -1):
        den = sign * rng.normal(0.3, 0.03, n)
        num = 0.4 * den + rng.normal(0.0, 0.05, n)
        ends = fieller(num, den, 0.95)
        if ends:
            line("ratio", n, *num, n, *den, 0.95, *ends, scipy.stats.ttest_1samp(den, 0).pvalue)
