#!/usr/bin/env bash
# results.sh -- how numbers are shown: plots of the report as tables and in JSON; what a number of seeds can tell.
. "$(dirname "$0")/../tool/e2e.sh"

cat >"$work/plots.w2s" <<'W2S'
experiment "plots" { seeds = 0..1 }
param k = 1
param m = 1
data d = builtin("digits") { split = { a: 20%, b: 80% } }
teacher t { model = linear(); train = d.a; epochs = k; batch = 8 * m }
sweep { k = [1, 2]; m = [1, 4] }
evaluate { models = [t]; on = [d.b]; metrics = [accuracy, ece(bins: 5)] }
report {
  plot accuracy over k
  plot ece(bins: 5) over k by m on d.b
}
W2S
status 'plots' 0 "$W2S" run -q "$work/plots.w2s"
# every number of a plot is the one of the table above it
python3 - "$work/out" <<'PY'
import re, sys
text = open(sys.argv[1]).read().split("\n\n")
rows = lambda block: [re.split(r"  +", line.strip()) for line in block.split("\n")[1:]]
table, models, params = rows(text[1]), rows(text[2]), rows(text[3])
assert text[2].startswith("accuracy over k by model on d.b\n") and text[3].startswith("ece(bins: 5) over k by m on d.b\n")
assert table[0] == ["k", "m", "model", "accuracy", "ece(bins: 5)"] and len(table) == 5
assert models[0] == ["k", "t"] and params[0] == ["k", "m = 1", "m = 4"]
assert len(models) == 5 and len(params) == 3
for k, m, model, accuracy, ece in table[1:]:
    assert [f"m = {m}", k, accuracy] in models, (k, m)
    assert [row for row in params if row[:2] == ["t", k]][0][{"1": 2, "4": 3}[m]] == ece, (k, m)
PY
if [ $? -eq 0 ]; then ok; else bad 'the numbers of plots' "$work/out"; fi
status 'plots in JSON' 0 "$W2S" run -q --json "$work/plots.w2s"
python3 - "$work/out" 2<<'PY'
import json, sys
results = json.load(open(sys.argv[1]))
plots = results["plots"]
assert plots == [{"metric": "accuracy", "over": "k", "by": "model", "on": "d.b"},
                 {"metric": "ece(bins: 5)", "over": "k", "by": "m", "on": "d.b"}], plots
assert results["warnings"] == ["2 seeds have intervals of 9.0 sd to each side, 3 seeds of 2.5"]
PY
if [ $? -eq 0 ]; then ok; else bad 'plots in JSON' "$work/out"; fi
status 'one seed' 0 "$W2S" run --seeds 3 "$work/plots.w2s"
holds 'one seed: a warning' "$work/err" 'warning: 1 seed has no intervals, and no claim can hold'
status 'three seeds' 0 "$W2S" run --seeds 0..2 "$work/plots.w2s"
if grep -q warning "$work/err"; then bad 'three seeds: no warning' "$work/err"; else ok; fi
status 'what seeds detect' 0 "$W2S" plan --seeds 0..4 "$work/plots.w2s"
holds 'what seeds detect: by the noncentral t' "$work/out" '5 seeds detect a difference of 1.36 sd at 80 % power'
status 'a plot over a fixed param' 0 "$W2S" run -q --set k=1 "$work/plots.w2s"
if grep -q ' over k' "$work/out"; then bad 'a plot over a fixed param is left out' "$work/out"; else ok; fi

# How seeds are summed up; the bootstrap itself is tested against SciPy in tests/unit/test_stat.c.
cat >"$work/seeds.w2s" <<'W2S'
experiment "seeds" { seeds = 0..6 }
data d = builtin("digits") { split = { a: 20%, b: 80% } }
teacher t { model = linear(); train = d.a; epochs = 1 }
evaluate { models = t; on = d.b; metrics = accuracy }
evaluate { models = t; on = d.b take 800; metrics = accuracy; intervals = bca }
evaluate { models = t; on = d.b take 700; metrics = accuracy; center = iqm }
W2S
status 'intervals' 0 "$W2S" run -q --json "$work/seeds.w2s"
python3 - "$work/out" <<'PY'
import json, sys
mean, bca, iqm = json.load(open(sys.argv[1]))["results"]
assert [r["interval"] for r in (mean, bca, iqm)] == ["t", "bca", "bca"]
assert all(abs(r["mean"] - sum(r["values"]) / 7) < 1e-12 for r in (mean, bca))
assert abs(iqm["mean"] - sum(sorted(iqm["values"])[1:6]) / 5) < 1e-12
assert abs(mean["high"] + mean["low"] - 2 * mean["mean"]) < 1e-12
assert all(min(r["values"]) <= r["low"] < r["mean"] < r["high"] <= max(r["values"]) for r in (bca, iqm))
PY
if [ $? -eq 0 ]; then ok; else bad 'intervals' "$work/out"; fi

# Tests between models: every pair in each metric, Holm over the block; p-values are SciPy's in
# tests/unit/test_stat_paired.c.
cat >"$work/tests.w2s" <<'W2S'
experiment "tests" { seeds = 0..5 }
data d = builtin("digits") { split = { a: 20%, b: 80% } }
param k = 1
teacher t { model = linear(); train = d.a; epochs = 1 }
teacher u = t { epochs = 2 * k }
teacher v = t { epochs = 1 }
sweep { k = [1, 2] }
evaluate { models = [t, u, v]; on = d.b; metrics = [accuracy, nll]; tests = permutation; compare = [u, t] }
evaluate { models = [t, u, v]; on = d.b take 700; tests = t }
W2S
status 'tests between models' 0 "$W2S" run -q --json "$work/tests.w2s"
python3 - "$work/out" <<'PY'
import json, sys
results = json.load(open(sys.argv[1]))
values = {(r["model"], r["on"], r["metric"], r["params"]["k"]): r["values"] for r in results["results"]}
tests = results["tests"]
first = [t for t in tests if t["test"] == "permutation"]
second = [t for t in tests if t["test"] == "t"]
assert [(t["models"], t["metric"], t["params"]["k"]) for t in first] == \
    [(["u", "t"], m, k) for k in (1, 2) for m in ("accuracy", "nll")]
assert [t["models"] for t in second] == 2 * [["t", "u"], ["t", "v"], ["u", "v"]] and len(tests) == 10
for t in tests:
    x, y = (values[m, t["on"], t["metric"], t["params"]["k"]] for m in t["models"])
    d = [a - b for a, b in zip(x, y)]
    assert abs(t["difference"] - sum(d) / 6) < 1e-12, t
    assert abs(t["cliffs_delta"] - sum((a > b) - (a < b) for a in x for b in y) / 36) < 1e-12, t
    signs = [sum(x if bits >> i & 1 else -x for i, x in enumerate(d)) for bits in range(64)]
    if t["test"] == "permutation":
        assert t["exact"] and abs(t["p"] - sum(abs(s) >= abs(sum(d)) - 1e-12 for s in signs) / 64) < 1e-12, t
assert all(t["p"] == t["p_holm"] == 1 and t["cliffs_delta"] == 0 for t in second if t["models"] == ["t", "v"])
for family in (first, second):
    most, left = 0, len(family)
    for t in sorted(family, key=lambda t: t["p"]):
        most, left = max(most, left * t["p"]), left - 1
        assert abs(t["p_holm"] - min(most, 1)) < 1e-12, t
PY
if [ $? -eq 0 ]; then ok; else bad 'tests between models' "$work/out"; fi
status 'tests of few seeds' 0 "$W2S" run -q --seeds 0..1 "$work/tests.w2s"
holds 'tests of few seeds: the head' "$work/out" 'tests between models: permutation, two-sided, paired over 2 seeds; 4 in the family'
holds 'tests of few seeds: what they cannot say' "$work/out" 'with 2 seeds no p-value of this test is below 0.5'

# Accuracy under a shift beside clean accuracy; the line is fitted here by hand.
cat >"$work/robust.w2s" <<'W2S'
experiment "robust" { seeds = 0..1 }
data d = builtin("digits") { split = { a: 20%, b: 80% } }
shift far = rotate(degrees: 20)
teacher t { model = linear(); train = d.a; epochs = 1 }
teacher u = t { epochs = 3 }
teacher v = t { epochs = 6 }
teacher w = t { epochs = 6; batch = 8 }
evaluate {
  models = [t, u, v, w]; on = [d.b, d.b |> far]
  metrics = [accuracy, gap(clean: d.b), effective_robustness(clean: d.b)]
}
W2S
status 'robustness' 0 "$W2S" run -q --json "$work/robust.w2s"
python3 - "$work/out" <<'PY'
import json, math, sys
numbers = {(r["on"], r["metric"].split("(")[0], r["model"]): r for r in json.load(open(sys.argv[1]))["results"]}
logit = lambda p: math.log(p / (1 - p))
for m in "tuvw":
    assert all("these are the clean rows" == numbers["d.b", k, m]["refused"] for k in ("gap", "effective_robustness"))
    for seed in range(2):
        clean, here = ({k: numbers[on, "accuracy", k]["values"][seed] for k in "tuvw"} for on in ("d.b", "d.b |> far"))
        points = [(logit(clean[k]), logit(here[k])) for k in "tuvw" if k != m]
        mean_x, mean_y = (sum(p[i] for p in points) / 3 for i in (0, 1))
        slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / sum((x - mean_x) ** 2 for x, _ in points)
        expected = 1 / (1 + math.exp(-mean_y - slope * (logit(clean[m]) - mean_x)))
        assert abs(numbers["d.b |> far", "gap", m]["values"][seed] - (clean[m] - here[m])) < 1e-12
        assert abs(numbers["d.b |> far", "effective_robustness", m]["values"][seed] - (here[m] - expected)) < 1e-9
PY
if [ $? -eq 0 ]; then ok; else bad 'robustness' "$work/out"; fi

# Claims over numbers of all seeds, beside the jackknife as it is defined; 1.9432 is the 95 % quantile of t with 6
# degrees of freedom.
cat >"$work/theory.w2s" <<'W2S'
experiment "theory" { seeds = 0..6 }
data d = builtin("digits") { split = { a: 20%, b: 80% } }
teacher t { model = linear(); train = d.a; epochs = 1 }
teacher u = t { epochs = 3 }
evaluate { models = [t, u]; on = d.b; metrics = [accuracy] }
claim "functions" {
  variance(accuracy(t, on: d.b)) > variance(accuracy(u, on: d.b))
  log(variance(accuracy(t, on: d.b))) < 2 * log(mean(accuracy(u, on: d.b)))
  mean(accuracy(u, on: d.b)) > 0.2
  accuracy(u, on: d.b) > 0.2
  abs(accuracy(t, on: d.b) - accuracy(u, on: d.b)) > log(1.1)
}
W2S
"$W2S" run -q --json "$work/theory.w2s" >"$work/out" 2>"$work/err" # 1 where a claim failed
python3 - "$work/out" <<'PY'
import json, math, sys
results = json.load(open(sys.argv[1]))
T, U = (r["values"] for r in results["results"])
mean = lambda x: math.fsum(x) / len(x)
variance = lambda x: math.fsum((y - mean(x)) ** 2 for y in x) / (len(x) - 1)
def bound(d):
    return mean(d), mean(d) - 1.943180280515303 * math.sqrt(variance(d) / len(d))
def jackknife(f):
    without = lambda x, i: x[:i] + x[i + 1:]
    return bound([7 * f(T, U) - 6 * f(without(T, i), without(U, i)) for i in range(7)])
expected = [jackknife(lambda t, u: variance(t) - variance(u)),
            jackknife(lambda t, u: 2 * math.log(mean(u)) - math.log(variance(t))),
            bound([u - 0.2 for u in U]), bound([u - 0.2 for u in U]),
            bound([abs(t - u) - math.log(1.1) for t, u in zip(T, U)])]
for claim, (difference, low) in zip(results["claims"], expected, strict=True):
    assert abs(claim["difference"] - difference) < 1e-9 and abs(claim["bound"] - low) < 1e-8, claim
    assert claim["held"] == (low > 0), claim
most, left = 0, len(results["claims"])
for claim in sorted(results["claims"], key=lambda c: c["p"]): # Holm 1979, step down
    most, left = max(most, left * claim["p"]), left - 1
    assert abs(claim["p_holm"] - min(most, 1)) < 1e-12, claim
PY
if [ $? -eq 0 ]; then ok; else bad 'claims over numbers of all seeds' "$work/out"; fi

# pgr in a claim is the ratio of means of the table; a ceiling that learns nothing leaves no gap.
cat >"$work/pgr.w2s" <<'W2S'
experiment "pgr" { seeds = 0..4 }
data d = builtin("digits") { split = { a: 5%, b: 35%, test: 60% } }
teacher t { model = linear(); train = d.a; epochs = 5 }
student s { model = linear(); train = d.b; learn = soft_labels(from: t); epochs = 9 }
student idle = s { epochs = 1; using = adam(lr: 1e-9) }
evaluate { models = [t, s, ceiling(s)]; on = d.test; metrics = [accuracy, nll, pgr, pgr(nll)] }
claim "pgr" { pgr(s, on: d.test) > 0.1; pgr(s, nll, on: d.test) < 2 * pgr(s, on: d.test) + 0.1 }
claim "no gap" { pgr(idle, on: d.test) > -1000 }
W2S
"$W2S" run -q --json "$work/pgr.w2s" >"$work/out" 2>"$work/err" # 1 where a claim failed
python3 - "$work/out" <<'PY'
import json, math, sys
results = json.load(open(sys.argv[1]))
values = {(r["model"], r["metric"]): r.get("values") for r in results["results"]}
means = {r["metric"]: r["mean"] for r in results["results"] if r["model"] == "s"}
mean = lambda x: math.fsum(x) / len(x)
def pgr(metric, without=None):
    s, t, c = (mean([x for i, x in enumerate(values[m, metric]) if i != without]) for m in ("s", "t", "ceiling(s)"))
    return (s - t) / (c - t) # the same of a loss
def check(claim, f):
    pseudo = [5 * f() - 4 * f(i) for i in range(5)]
    s = math.sqrt(math.fsum((x - mean(pseudo)) ** 2 for x in pseudo) / 4)
    assert abs(claim["difference"] - mean(pseudo)) < 1e-9, claim
    assert abs(claim["bound"] - (mean(pseudo) - 2.131846786326649 * s / math.sqrt(5))) < 1e-8, claim # t of 4 df at 95 %
    assert claim["held"] == (claim["bound"] > 0)
assert abs(means["pgr"] - pgr("accuracy")) < 1e-12 and abs(means["pgr(nll)"] - pgr("nll")) < 1e-12
first, second, none = results["claims"]
check(first, lambda i=None: pgr("accuracy", i) - 0.1)
check(second, lambda i=None: 2 * pgr("accuracy", i) + 0.1 - pgr("nll", i))
assert none["difference"] is None and none["held"] is False, none
PY
if [ $? -eq 0 ]; then ok; else bad 'pgr in a claim' "$work/out"; fi

# Slopes over the points of a sweep, of each seed and of means, beside the least squares of two lines here.
cat >"$work/slopes.w2s" <<'W2S'
experiment "slopes" { seeds = 0..4 }
param k = 1
data d = builtin("digits") { split = { a: 40%, b: 60% } }
teacher t { model = linear(); train = d.a take 80 * k; epochs = 4 }
sweep { k = [1, 2, 4] }
evaluate { models = t; on = d.b; metrics = [accuracy, nll] }
claim "scaling" {
  slope(log(k), log(1 - accuracy(t, on: d.b))) < -0.1 at 90%
  accuracy(t, on: d.b) > 0.1 when k == 2
  2 * slope(log(k), mean(accuracy(t, on: d.b))) - slope(k, mean(nll(t, on: d.b))) > 0.1
  slope(accuracy(t, on: d.b), nll(t, on: d.b)) < 0 when k > 1
  slope(2, accuracy(t, on: d.b)) > 0
}
W2S
"$W2S" run -q --json "$work/slopes.w2s" >"$work/out" 2>"$work/err" # 1 where a claim failed
python3 - "$work/out" <<'PY'
import json, math, sys
results = json.load(open(sys.argv[1]))
values = {(r["metric"], r["params"]["k"]): r["values"] for r in results["results"]}
mean = lambda x: math.fsum(x) / len(x)
ks = (1, 2, 4)
def slope(x, y):
    dx = [a - mean(x) for a in x]
    return math.fsum(a * b for a, b in zip(dx, y)) / math.fsum(a * a for a in dx)
def check(claim, pseudo, t):
    s = math.sqrt(math.fsum((x - mean(pseudo)) ** 2 for x in pseudo) / 4)
    assert claim["params"] == {} and abs(claim["difference"] - mean(pseudo)) < 1e-9, claim
    assert abs(claim["bound"] - (mean(pseudo) - t * s / math.sqrt(5))) < 1e-8, claim
def together(without=None):
    means = {key: mean([x for i, x in enumerate(v) if i != without]) for key, v in values.items()}
    accuracy, nll = ([means[m, k] for k in ks] for m in ("accuracy", "nll"))
    return 2 * slope([math.log(k) for k in ks], accuracy) - slope(ks, nll) - 0.1
claims = [c for c in results["claims"] if c["held"] is not None]
one, errors, means, numbers, none = claims # those over all points stand at the last
assert one["params"] == {"k": 2} and len(results["claims"]) == 15
check(errors, [-0.1 - slope([math.log(k) for k in ks], [math.log(1 - values["accuracy", k][i]) for k in ks])
               for i in range(5)], 1.5332062740589438)
check(means, [5 * together() - 4 * together(i) for i in range(5)], 2.131846786326649)
check(numbers, [-slope([values["accuracy", k][i] for k in (2, 4)], [values["nll", k][i] for k in (2, 4)])
                for i in range(5)], 2.131846786326649)
assert none["difference"] is None and none["held"] is False
PY
if [ $? -eq 0 ]; then ok; else bad 'slopes over a sweep' "$work/out"; fi
"$W2S" run -q --set k=2 "$work/slopes.w2s" >"$work/out" 2>"$work/err"
if grep -q 'slope(' "$work/out"; then bad 'one point has no slope' "$work/out"; else ok; fi
sed 's/ < -0.1 at/ < -0.1 * k at/' "$work/slopes.w2s" >"$work/around.w2s"
status 'around slopes' 65 "$W2S" run -q "$work/around.w2s"
holds 'around slopes' "$work/err" 'what stands around slope() is not the same at all points of the sweep'

# A failure names the points of the sweep that need the step, unless all do.
cat >"$work/fails.w2s" <<'W2S'
experiment "fails" { seeds = 0..1 }
param k = 1
param m = 1
data d = builtin("digits") { split = { a: 20%, b: 20%, c: 60% } }
teacher t { model = linear(); train = d.a; epochs = 1 }
student s {
  model = linear(); train = d.b; epochs = m
  learn = preferences(from: t, pairs: 20, loss: bradley_terry, class: 1, margin: k)
}
sweep { k = [0, 1e5]; m = [1, 2, 3, 4] }
evaluate { models = [s]; on = [d.c]; metrics = [accuracy] }
W2S
status 'a failure at some points' 65 "$W2S" run -q "$work/fails.w2s"
holds 'a failure at some points: which' "$work/err" \
    'It is needed where k = 100000, m = 1; k = 100000, m = 2; k = 100000, m = 3; and 1 other point.'
status 'a failure at all points' 65 "$W2S" run -q --set k=1e5 "$work/fails.w2s"
if grep -q needed "$work/err"; then bad 'a failure at all points: none is named' "$work/err"; else ok; fi
finish
