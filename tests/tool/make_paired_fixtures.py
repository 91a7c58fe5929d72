#!/usr/bin/python3
# make_paired_fixtures.py -- prints tests/unit/fixtures/stat_paired.txt: stat_paired.h by SciPy.
#   /usr/bin/python3 tests/tool/make_paired_fixtures.py > tests/unit/fixtures/stat_paired.txt
# A line is TEST N X... Y... DIFFERENCE LOW HIGH GREATER TWO_SIDED DELTA, the interval at 95 %.
import numpy
import scipy
from scipy import stats


def paired_t(x, y, side):
    return stats.ttest_rel(x, y, alternative=side).pvalue


def wilcoxon(x, y, side):
    return stats.wilcoxon(x - y, alternative=side, method="exact").pvalue


def permutation(x, y, side):
    return stats.permutation_test((x, y), lambda x, y: numpy.mean(x - y), permutation_type="samples",
                                  alternative=side, n_resamples=numpy.inf).pvalue


print("# by: /usr/bin/python3 tests/tool/make_paired_fixtures.py; SciPy", scipy.__version__)
rng = numpy.random.default_rng(5)
for n in (2, 3, 5, 9):
    for shift in (-0.8, 0.0, 0.5):
        x = rng.normal(0, 1, n)
        y = x - rng.normal(shift, 0.7, n)
        d = x - y
        low, high = stats.t.interval(0.95, n - 1, d.mean(), stats.sem(d))
        delta = 2 * stats.mannwhitneyu(x, y).statistic / n**2 - 1
        for name, test in (("t", paired_t), ("wilcoxon", wilcoxon), ("permutation", permutation)):
            numbers = (*x, *y, d.mean(), low, high, test(x, y, "greater"), test(x, y, "two-sided"), delta)
            print(name, n, *(repr(float(number)) for number in numbers))
