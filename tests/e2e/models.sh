#!/usr/bin/env bash
# models.sh -- trees, neighbours and L-BFGS from file to store and back; what `w2s explain` says of them.
. "$(dirname "$0")/../tool/e2e.sh"
file=$top/tests/e2e/models.w2s
store=$work/store

status 'run' 0 "$W2S" run -q "$file" --store "$store"
cp "$work/out" "$work/first"
golden 'numbers' "$work/out" "$top/tests/e2e/models.expect"
status 'one thread, without a store' 0 "$W2S" run -q --threads 1 "$file"
golden 'one thread: the same' "$work/out" "$work/first"
status 'other kernels' 0 env W2S_CPU=ref "$W2S" run -q "$file"
golden 'other kernels: the same' "$work/out" "$work/first"
status 'again' 0 "$W2S" run "$file" --store "$store"
holds 'again: nothing is made' "$work/err" ' from the store'
status 'verify' 0 "$W2S" verify 1 --store "$store"
sed 's/tree(depth: 4)/tree(depth: 5)/' "$file" >"$work/changed.w2s"
status 'a student more: teachers from the store' 0 "$W2S" run "$work/changed.w2s" --store "$store"
status 'export' 0 "$W2S" export 1 --as safetensors -o "$work/x.safetensors" --store "$store"
if grep -aq '"stump/nodes":.*"shape":\[7,6\]' "$work/x.safetensors" &&
    grep -aq '"near/rows":{"dtype":"F32","shape":\[460,57\]' "$work/x.safetensors"; then ok; else bad 'export: arrays'; fi

status 'explain a file' 0 "$W2S" explain --no-store "$file"
cp "$work/out" "$work/explained"
sed 's/\[[0-9a-f]\{12\}\]/[key]/' "$work/explained" >"$work/out"
golden 'explain' "$work/out" "$top/tests/e2e/explain.expect"
status 'explain a run' 0 "$W2S" explain last --store "$store" stump many
status 'explain from the store' 0 "$W2S" explain 1 --store "$store"
golden 'explain from the store: the same' "$work/out" "$work/explained"
status 'explain a ceiling' 0 "$W2S" explain 1 --store "$store" 'ceiling(rules)'
status 'explain in JSON' 0 "$W2S" explain "$file" --no-store --json
if python3 - "$work/out" <<'PY'; then ok; else bad 'explain in JSON'; fi
import json, sys
models = {m["name"]: m for m in json.load(open(sys.argv[1]))["models"]}
assert set(models) == {"stump", "near", "logistic", "deep", "many", "s", "rules"}
nodes = models["stump"]["nodes"]
def leaves(i):
    n = nodes[i]
    return leaves(n["left"]) + leaves(n["right"]) if "left" in n else n["rows"]
assert leaves(0) == nodes[0]["rows"] == 460
assert models["near"]["rows"] == 460 and sum(models["near"]["rows_by_class"]) == 460
c = models["logistic"]["classes"]
assert len(c) == 1 and len(c[0]["coefficients"]) == 57
assert len(models["many"]["classes"]) == 10
for d in range(1, 65):  # less the mean over classes: they add up to nothing
    assert abs(sum(x["coefficient"] for k in models["many"]["classes"] for x in k["coefficients"] if x["feature"] == d)) < 1e-12
PY
status 'audit' 0 "$W2S" audit 1 --store "$store"
for text in 'features are standardised' '|   if feature 53 <= -0.0770989' '  feature 53                    1.32023'; do
    holds 'audit: teachers' "$work/out" "$text"
done
status 'audit in JSON' 0 "$W2S" audit 1 --store "$store" --json
if python3 - "$work/out" <<'PY'; then ok; else bad 'audit in JSON'; fi
import json, sys
models = json.load(open(sys.argv[1]))["models"]
assert {(m["name"], m["kind"]) for m in models} >= {("stump", "tree"), ("logistic", "linear"), ("ceiling(rules)", "tree")}
assert all(m["standardised"] == (m["name"] not in ("deep", "many")) for m in models)
PY
status 'explain nothing' 64 "$W2S" explain
status 'explain: unknown model' 64 "$W2S" explain "$file" --no-store stamp
holds 'explain: suggestion' "$work/err" "did you mean 'stump'?"
status 'explain a run: --set' 64 "$W2S" explain 1 --store "$store" --seeds 1
status 'explain: no such run' 64 "$W2S" explain 77 --store "$store"
finish
