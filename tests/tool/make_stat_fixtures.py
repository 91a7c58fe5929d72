#!/usr/bin/python3
# make_stat_fixtures.py -- writes tests/unit/fixtures/stat.txt: Student's t by SciPy, an independent computation.
#   /usr/bin/python3 tests/tool/make_stat_fixtures.py > tests/unit/fixtures/stat.txt
# Lines: "quantile P DF VALUE", "cdf T DF VALUE", "paired N D... BOUND LEVEL LOWER P", "interval N X... LEVEL LOW HIGH".
import numpy, scipy, scipy.stats as st

print(f"# made by tests/tool/make_stat_fixtures.py with SciPy {scipy.__version__}")
for df in (1, 2, 3, 4, 7.5, 9, 30, 199, 1e4, 1e6):
    for p in (0.5, 0.6, 0.9, 0.95, 0.975, 0.995, 0.9999, 0.025, 1e-6):
        print("quantile", p, df, repr(float(st.t.ppf(p, df))))
    for t in (-40.0, -3.3, -0.5, 0.0, 1e-3, 1.0, 2.776, 12.7):
        print("cdf", t, df, repr(float(st.t.cdf(t, df))))
rng = numpy.random.default_rng(1)
for n in (2, 3, 5, 12):
    for bound in (0.0, 0.2, -1.0):
        d = rng.normal(0.15, 0.1, n)
        level = 0.95 if n != 5 else 0.9
        se = d.std(ddof=1) / n**0.5
        lower = d.mean() - st.t.ppf(level, n - 1) * se
        p = st.ttest_1samp(d, bound, alternative="greater").pvalue
        print("paired", n, *map(repr, map(float, d)), bound, level, repr(float(lower)), repr(float(p)))
        low, high = st.t.interval(level, n - 1, d.mean(), se)
        print("interval", n, *map(repr, map(float, d)), level, repr(float(low)), repr(float(high)))
