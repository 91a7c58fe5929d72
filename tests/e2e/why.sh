#!/usr/bin/env bash
# why.sh -- `w2s why`: one row, who said what of it, and what students were told.
. "$(dirname "$0")/../tool/e2e.sh"
cp "$top"/tests/e2e/{why.w2s,teachers.w2s,labels.csv,labelled.csv} "$work"
sed -i "s|\.\./unit|$top/tests/unit|" "$work/teachers.w2s"
awk 'BEGIN { print "id,x,y,kind"
    for (i = 0; i < 60; i++) printf("r%d,%d,%d,%s\n", i, i % 7, i * i % 11, (i % 7 > i * i % 11) ? "b" : "a") }' \
    >"$work/why.csv"
file=$work/why.w2s
store=$work/store

# Rules, people and ensembles.
status 'a panel' 0 "$W2S" why "$work/teachers.w2s" d:3
golden 'a panel' "$work/out" "$top/tests/e2e/why.expect"
cp "$work/out" "$work/by-number"
status 'by key' 0 "$W2S" why "$work/teachers.w2s" d:key=r2
golden 'by key: the same row' "$work/out" "$work/by-number"

# A run: what is told must be what the run exports, and what the file holds.
status 'run' 0 "$W2S" run -q "$file" --store "$store"
status 'export' 0 "$W2S" export 1 --as npy -o "$work/arrays" --store "$store"
status 'a row of the test set' 0 "$W2S" why 1 d.test:4 --json --store "$store"
cp "$work/out" "$work/test.json"
for i in 1 2 3 4 5 6 7 8; do "$W2S" why 1 "d.transfer:$i" --json --store "$store" >"$work/row$i.json" || bad "row $i"; done
status 'a shifted row' 0 "$W2S" why 1 'd.gold:2' --json --store "$store"
cp "$work/out" "$work/gold.json"
if python3 - "$work" >"$work/out" 2>&1 <<'PY'; then ok; else bad 'what is told' "$work/out"; fi
import csv, glob, json, math, os, struct, sys
work = sys.argv[1]
load = lambda name: json.load(open(os.path.join(work, name)))
rows = list(csv.DictReader(open(work + "/why.csv")))
index = load("arrays/index.json")

def array(name):
    file = next(f for f, x in index.items() if x["name"] == name)
    data = open(work + "/arrays/" + file, "rb").read()
    n = struct.unpack("<H", data[8:10])[0]
    return struct.unpack("<%df" % ((len(data) - 10 - n) // 4), data[10 + n:])

def close(a, b):
    return len(a) == len(b) and all(abs(x - y) < 1e-6 for x, y in zip(a, b))

def check_row(why):
    source = rows[why["row"]["source_row"] - 1]
    assert source["id"] == why["row"]["key"]
    assert {f["name"]: f["value"] for f in why["features"]} == {"x": float(source["x"]), "y": float(source["y"])}
    return source

why = load("test.json")
source = check_row(why)
assert why["seed"] == 3 and why["gold"]["class_name"] == source["kind"]
assert [r["stage"] for r in why["gold"]["read_by"]] == ["evaluation"]
said = {m["name"]: m for m in why["models"]}
for model, base in [("s", "s/seed=3"), ("quiet", "quiet/seed=3"), ("stump", "stump")]:
    z = array(base + "/on/d.test/logits")[3 * 2:3 * 2 + 2]
    e = [math.exp(x - max(z)) for x in z]
    assert close(said[model]["probabilities"], [x / sum(e) for x in e]), model
assert all(t["row"] is None and t["terms"] == [] for t in why["trainings"])

kept, ranked = 0, 0
for i in range(1, 9):
    why = load("row%d.json" % i)
    source = check_row(why)
    stump = next(m for m in why["models"] if m["name"] == "stump")
    s = next(t for t in why["trainings"] if t["name"] == "s")
    target, pairs, label = s["terms"]
    assert s["row"] == i and s["rows"] == "d.transfer" and s["label"]["class_name"] == source["kind"]
    assert close(target["target"], stump["probabilities"]) and target["trust"] in (0.0, 2.0)
    r = pairs["rankings"]
    assert r["all"] == 100 and r["rows"] == 2 and r["best"] + r["worst"] == r["with_row"]
    kept += target["trust"] > 0
    ranked += r["with_row"]
    quiet = next(t for t in why["trainings"] if t["name"] == "quiet")
    assert quiet["label"] is None and close(quiet["terms"][0]["target"], stump["probabilities"])
assert 0 < kept < 8 and ranked > 0

why = load("gold.json")
assert {r["name"] for r in why["gold"]["read_by"]} == {"stump", "blurred"}
assert [t["shifted"] for t in why["trainings"] if t["name"] in ("blurred", "stump", "s")].count(True) == 1
PY

# Without gold labels in what students learn, those of their rows are withheld.
sed 's/ + 0.1 \* cross_entropy(labels)//' "$file" >"$work/blind.w2s"
status 'withheld' 0 "$W2S" why "$work/blind.w2s" d.transfer:1
holds 'withheld' "$work/out" 'gold label: withheld, no stage of the file reads it'

# Environments: rows of one of them, seen as the student sees them.
cat >"$work/places.w2s" <<'W2S'
experiment "places" { seeds = 0..1 }
data d = csv("why.csv", label: "kind", key: "id") { standardize = true; split = { a: 30%, b: 40%, test: 30% } }
student s { model = linear(); environments = [d.a, d.b]; learn = cross_entropy(labels) + irm(penalty: 1); epochs = 1 }
evaluate { models = [s]; on = [d.test]; metrics = [accuracy] }
W2S
status 'an environment' 0 "$W2S" why "$work/places.w2s" d.b:3
holds 'an environment: the model is asked' "$work/out" '  s  student  '
holds 'an environment: behind the rows of the first' "$work/out" '  s  row 21 of d.a, d.b'

status 'no row' 64 "$W2S" why "$file"
status 'unknown data' 64 "$W2S" why "$file" d.tset:1
holds 'unknown data' "$work/err" "did you mean 'd.test:1'?"
status 'no number' 64 "$W2S" why "$file" d.test
holds 'no number' "$work/err" "'d.test' names no row, expected DATA:NUMBER or DATA:key=TEXT"
for bad in 0 19 99999999999999999999; do
    status "row $bad" 64 "$W2S" why "$file" "d.test:$bad"
    holds "row $bad" "$work/err" "'d.test' has no row $bad, its rows have numbers from 1 to 18"
done
status 'no key' 64 "$W2S" why "$file" d.test:key=r999
holds 'no key' "$work/err" "'d.test' has no row with the key 'r999'"
status 'no such run' 64 "$W2S" why 77 d.test:1 --store "$store"
finish
