#!/usr/bin/python3
# make_robustness_fixtures.py -- prints tests/unit/fixtures/robustness.txt: effective robustness by NumPy.
#   /usr/bin/python3 tests/tool/make_robustness_fixtures.py > tests/unit/fixtures/robustness.txt
# A line is N CLEAN HERE (CLEAN HERE)... EFFECTIVE: the model, then N others.
import numpy
from scipy import special

print("# by: /usr/bin/python3 tests/tool/make_robustness_fixtures.py; NumPy", numpy.__version__)
rng = numpy.random.default_rng(3)
for n in (2, 3, 5, 12, 40):
    for lowest in (0.05, 0.5, 0.98):
        clean = rng.uniform(lowest, 0.999, n + 1)
        here = special.expit(0.8 * special.logit(clean) - 0.5 + rng.normal(0, 0.2, n + 1))
        slope, intercept = numpy.polyfit(special.logit(clean[1:]), special.logit(here[1:]), 1)
        effective = here[0] - special.expit(intercept + slope * special.logit(clean[0]))
        print(n, *(repr(float(x)) for pair in zip(clean, here) for x in pair), repr(float(effective)))
