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
printf 'a,b,label\n1,2,x\n2,1,y\n3,4,x\n4,3,y\n5,6,x\n6,5,y\n7,8,x\n8,7,y\n' >rows.csv
cat >gone.w2s <<'W2S'
data d = csv("rows.csv", label: "label") { split = { gold: 50%, test: 50% } }
teacher weak { model = tree(depth: 1); train = d.gold }
evaluate { models = [weak]; on = [d.test]; metrics = [accuracy] }
W2S
status 'a run of a file' 0 "$W2S" run -q --store "$store" --seeds 1 gone.w2s
status 'its report' 0 "$W2S" report --store "$store" 2 --json
if grep -q '"notes": \[\]' "$work/out"; then ok; else bad 'notes where nothing is missing' "$work/out"; fi
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
