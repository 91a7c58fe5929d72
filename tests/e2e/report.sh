#!/usr/bin/env bash
# report.sh -- w2s report: the page as a file, and in a browser (report.py).
. "$(dirname "$0")/../tool/e2e.sh"
cd "$work" || exit 1
cp "$top/tests/e2e/report.w2s" .
store=$work/store

status 'report without a store' 66 "$W2S" report --store "$store" 1
status 'a run to report' 1 "$W2S" run -q --store "$store" report.w2s
status 'report without a run' 64 "$W2S" report --store "$store"
status 'report of no run' 64 "$W2S" report --store "$store" 7
status 'report' 0 "$W2S" report --store "$store" last
holds 'report: what it wrote' "$work/err" 'wrote report-1.html'
status 'report to a file' 0 "$W2S" report --store "$store" 1 -o page.html
if cmp -s page.html report-1.html; then ok; else bad 'two reports of one run differ'; fi
status 'report to nowhere' 74 "$W2S" report --store "$store" 1 -o none/page.html

"$W2S" report --store "$store" 1 --json >report.json
"$W2S" flow --json report.w2s >flow.json
"$W2S" run -q --no-store --json report.w2s >run.json
if python3 - <<'PY'; then ok; else bad 'flow and plots are not those of flow and run'; fi
import json
report, flow, run = (json.load(open(name + ".json", encoding="utf-8")) for name in ("report", "flow", "run"))
assert report["flow"] == flow and report["plots"] == run["plots"] and len(run["plots"]) == 2 and report["seeds"] == run["seeds"]
PY

# Data that are gone take the plots with them, and nothing else.
awk 'BEGIN { OFS = ","; print "a,b,site,label"; for (i = 0; i < 120; i++) print i * 7 % 31, i * 11 % 17, "s" i % 3, (i * 7 % 31 + i % 5 > 15 ? "<i>x" : "y") }' >rows.csv
cat >gone.w2s <<'W2S'
data d = csv("rows.csv", label: "label", group: "site") { split = { gold: 40%, test: 60% } }
teacher weak { model = linear(); train = d.gold; epochs = 7 }
teacher tree1 { model = tree(depth: 1); train = d.gold }
evaluate { models = [weak, tree1]; on = [d.test]; metrics = [accuracy, ece(bins: 10), worst_group(accuracy), worst_group(accuracy, by: class)] }
W2S
status 'a run of a file' 0 "$W2S" run -q --store "$store" --seeds 1 gone.w2s
status 'its report' 0 "$W2S" report --store "$store" 2 --json
if grep -q '"notes": \[\]' "$work/out"; then ok; else bad 'notes where nothing is missing' "$work/out"; fi
# Bins, classes and groups give the metrics of the run, which has one seed.
cp "$work/out" counted.json
if python3 - <<'PY'; then ok; else bad 'bins, classes and groups are not what the metrics say' counted.json; fi
import json, math
page = json.load(open("counted.json", encoding="utf-8"))
value = {(r["model"], r["metric"]): r["values"][0] for r in page["run"]["results"]}
worst = lambda parts: min(x["right"] / x["n"] for x in parts if x["n"])
assert [p["model"] for p in page["predictions"]] == ["weak", "tree1"]
for p in page["predictions"]:
    bins = [b for b in p["bins"] if b["n"]]
    assert p["n"] == 72 == sum(b["n"] for b in bins) == sum(g["n"] for g in p["groups"]) == sum(c["n"] for c in p["classes"])
    assert all(b["low"] < b["confidence"] <= b["high"] for b in bins)
    of = lambda metric: value[p["model"], metric]
    close = lambda a, b: math.isclose(a, b, rel_tol=1e-12)
    assert close(sum(b["right"] for b in bins) / 72, of("accuracy"))
    assert close(sum(abs(b["right"] - b["n"] * b["confidence"]) for b in bins) / 72, of("ece(bins: 10)"))
    assert close(worst(p["groups"]), of("worst_group(accuracy)")) and len(p["groups"]) == 3
    assert close(worst(p["classes"]), of("worst_group(accuracy, by: class)"))
    assert p["nan"] == 0 and sorted(c["name"] for c in p["classes"]) == ["<i>x", "y"]
[curve] = page["curves"]
assert curve["model"] == "weak" and len(curve["loss"]) == 7 and curve["loss"][0] > curve["loss"][6] > 0 and curve["seed"] == 1
PY
rm rows.csv
status 'its report without data' 0 "$W2S" report --store "$store" 2 --json
holds 'it says what is missing' "$work/out" 'are not where they were'
holds 'it has the numbers' "$work/out" '"metric": "accuracy"'

if command -v chromium >/dev/null || command -v chromium-browser >/dev/null; then
    "$W2S" show --store "$store" --json 1 >shown.json
    if timeout 60 python3 "$top/tests/e2e/report.py" page.html shown.json ${W2S_PICTURE:+"$W2S_PICTURE"} >"$work/page" 2>&1; then ok; else bad 'the page' "$work/page"; fi
    passed=$((passed + $(grep -c '^ok' "$work/page")))
    failed=$((failed + $(grep -c '^FAILED' "$work/page")))
    grep '^FAILED' "$work/page"
else
    echo 'no Chromium: the page was not looked at'
fi
finish
