#!/usr/bin/env bash
# store.sh -- the commands around the store, on a small sweep: list, show, compare, diff, export, import, verify,
# audit, gc; what is reused, and what is not.
. "$(dirname "$0")/../tool/e2e.sh"
cp "$top/tests/fault/sweep.w2s" "$work/a.w2s"
cd "$work" || exit 1
wanted=$("$W2S" run -q --no-store a.w2s)
if [ -e .w2s ]; then bad '--no-store made a store'; else ok; fi

check() { # NAME COMMAND...: a python program on standard input looks at $work/out
    local name=$1
    shift
    status "$name" 0 "$@"
    if python3 - "$work/out" 2>"$work/trace" </dev/fd/3; then ok; else bad "$name" "$work/trace"; fi
}

# --- reuse --------------------------------------------------------------------------------------------
status 'cold' 0 env -u W2S_STORE "$W2S" run a.w2s
holds 'cold: summary' "$work/err" 'run 1: '
[ "$(cat "$work/out")" = "$wanted" ] && ok || bad 'cold: other results' "$work/out"
if [ -d .w2s ]; then ok; else bad 'no .w2s'; fi
export W2S_STORE=$work/.w2s
status 'warm' 0 "$W2S" run a.w2s
[ "$(cat "$work/out")" = "$wanted" ] && ok || bad 'warm: other results' "$work/out"
holds 'warm: the same run' "$work/err" 'run 1: '
status 'warm, json' 0 "$W2S" run -q --json a.w2s
"$W2S" run -q --json --no-store a.w2s >plain.json
if python3 - "$work/out" plain.json <<'PY'; then ok; else bad 'warm: other JSON'; fi
import json, sys
a, b = (json.load(open(p)) for p in sys.argv[1:])
for x in a, b:
    del x["run"]
assert a == b
PY
sed 's/^experiment/# a comment\n\nexperiment/' a.w2s >b.w2s
status 'a comment' 0 "$W2S" run b.w2s
holds 'a comment: nothing is made' "$work/err" '; '
"$W2S" list --json >list.json
if python3 - list.json <<'PY'; then ok; else bad 'list: not two runs, the second with nothing made' list.json; fi
import json, sys
runs = json.load(open(sys.argv[1]))
assert [r["run"] for r in runs] == [1, 2]
assert runs[0]["made"] > 0 and runs[0]["reused"] == 0
assert runs[1]["made"] == 0 and runs[1]["reused"] > 0
assert all(r["state"] == "done" for r in runs) and runs[0]["digest"] == runs[1]["digest"]
PY
sed 's/epochs = 6/epochs = 7/' a.w2s >c.w2s
status 'one line changed' 0 "$W2S" run -q c.w2s
"$W2S" list --json >list.json
if python3 - list.json <<'PY'; then ok; else bad 'what does not depend on the line was made again' list.json; fi
import json, sys
r = json.load(open(sys.argv[1]))[2]
assert r["made"] > 0 and r["reused"] > 0, r
PY
status 'more seeds' 0 "$W2S" run -q --seeds 0..2 a.w2s

status 'bad --checkpoint' 64 "$W2S" run --checkpoint soon a.w2s
status 'bad --checkpoint' 64 "$W2S" run --checkpoint 0 a.w2s
status 'no place for a store' 74 "$W2S" run --store /proc/none a.w2s
holds 'no place for a store: what to do' "$work/err" '--no-store'
status 'a wrong file makes no store' 65 "$W2S" run --store never <(echo 'data d = idx(')
if [ -e never ]; then bad 'a wrong file made a store'; else ok; fi

# --- data: what changes in a file is seen, what only changes its time is not computed again ------------
python3 - <<'PY'
import random
random.seed(3)
with open("d.csv", "w") as f:
    print("a,b,label", file=f)
    for i in range(300):
        y = i % 2
        print(f"{random.gauss(y, 1):.4f},{random.gauss(-y, 1):.4f},{y}", file=f)
PY
cat >d.w2s <<'W2S'
experiment "csv" { seeds = 0..1 }
data d = csv("d.csv", label: "label") { split = { a: 40%, b: 30%, test: 30% } }
teacher t { model = linear; train = d.a; epochs = 2 }
student s { model = mlp(hidden: [4]); train = d.b; learn = soft_labels(from: t); epochs = 2 }
evaluate { models = [t, s]; on = [d.test]; metrics = [accuracy] }
W2S
touch -d '1 minute ago' d.csv
sleep 2.2 # a younger file is read anew, to be sure
for i in 1 2 3; do status "csv $i" 0 "$W2S" run d.w2s; done
holds 'csv: reused' "$work/err" 'from the store'
cp "$work/out" first
sed -i '2s/^-\{0,1\}[0-9]/3/' d.csv
status 'csv changed' 0 "$W2S" run d.w2s
if cmp -s first "$work/out"; then bad 'csv: a change was not seen'; else ok; fi
touch d.csv
status 'csv touched' 0 "$W2S" run d.w2s
holds 'csv touched: reused' "$work/err" 'from the store'

# --- looking ------------------------------------------------------------------------------------------
status 'list' 0 "$W2S" list
holds 'list' "$work/out" 'sweep'
status 'show' 0 "$W2S" show 1
holds 'show: numbers' "$work/out" 'accuracy'
holds 'show: claims' "$work/out" 'held'
holds 'show: seeds' "$work/out" 'engine'
status 'show last' 0 "$W2S" show last
status 'show by id' 0 "$W2S" show "$(python3 -c 'import json; print(json.load(open("list.json"))[0]["id"][:12])')"
status 'show nothing' 64 "$W2S" show 99
status 'show what' 64 "$W2S" show
status 'compare' 0 "$W2S" compare 1 3 4
holds 'compare' "$work/out" '3 - 1'
check 'compare: paired by seed' "$W2S" compare --json 1 4 3<<'PY'
import json, sys
rows = json.load(open(sys.argv[1]))
assert rows and all(r["seeds"] == 2 and r["difference"] == 0 for r in rows if r["metric"] == "accuracy")
PY
status 'diff' 0 "$W2S" diff 1 3
holds 'diff: the line' "$work/out" 'epochs = 7'
holds 'diff: the step' "$work/out" '- train naive'
status 'diff of the same plan' 0 "$W2S" diff 1 2
holds 'diff of the same plan' "$work/out" '0 only in the first, 0 only in the second'

# --- out and in -----------------------------------------------------------------------------------------
check 'csv' "$W2S" export 1 3<<'PY'
import csv, sys
rows = list(csv.DictReader(open(sys.argv[1])))
assert len(rows) == 12 * 2 * 5 * 2 or len(rows) > 100, len(rows)
assert {r["seed"] for r in rows} == {"0", "1"} and "width = 4, t = 1" in {r["params"] for r in rows}
PY
check 'json' "$W2S" export 1 3 --as json 3<<'PY'
import json, sys
e = json.load(open(sys.argv[1]))
assert e["schema"] == "w2s.export/1" and [r["run"] for r in e["runs"]] == [1, 3]
PY
status 'npy' 0 "$W2S" export 1 --as npy -o arrays
status 'safetensors' 0 "$W2S" export 1 --as safetensors -o m.safetensors
if python3 - <<'PY'; then ok; else bad 'npy and safetensors do not agree'; fi
import json, struct
index = json.load(open("arrays/index.json"))
raw = open("m.safetensors", "rb").read()
n = struct.unpack("<Q", raw[:8])[0]
header = json.loads(raw[8:8 + n])
assert (8 + n) % 8 == 0 and len(header) == len(index) + 1
for file, about in index.items():
    b = open("arrays/" + file, "rb").read()
    assert b[:8] == b"\x93NUMPY\x01\x00"
    size = struct.unpack("<H", b[8:10])[0]
    assert (10 + size) % 64 == 0 and b[9 + size:10 + size] == b"\n"
    shape = eval(b[10:10 + size])["shape"]
    t = header[about["name"]]
    assert list(shape) == t["shape"] and t["dtype"] == "F32"
    start, end = t["data_offsets"]
    assert raw[8 + n + start:8 + n + end] == b[10 + size:], about
assert "naive/seed=0/layer0.weight" in header and "naive/seed=1/on/digits.test/logits" in header
PY
status 'bundle' 0 "$W2S" export 1 3 --as bundle -o two.w2sx
status 'import' 0 "$W2S" import two.w2sx --store other
status 'import again' 0 "$W2S" import two.w2sx --store other
holds 'import again: nothing new' "$work/out" '0 runs and 0 steps are new; 2 runs were there'
status 'import: fsck' 0 "$W2S" fsck --store other
status 'import: reuse' 0 "$W2S" run a.w2s --store other
[ "$(cat "$work/out")" = "$wanted" ] && ok || bad 'import: other results' "$work/out"
holds 'import: the same run' "$work/err" 'run 1: '
size=$(stat -c %s two.w2sx)
for at in 0 20 40 100 1000 $((size / 2)) $((size - 1)); do
    python3 -c 'import sys; b = bytearray(open("two.w2sx", "rb").read()); b[int(sys.argv[1])] ^= 4; open("bad.w2sx", "wb").write(b)' "$at"
    status "import of a file damaged at $at" 65 "$W2S" import bad.w2sx --store third
    head -c "$at" two.w2sx >short.w2sx
    status "import of $at bytes" 65 "$W2S" import short.w2sx --store third
done
# cut between two records
python3 - <<'PY'
import struct
raw = open("two.w2sx", "rb").read()
at, ends = 32, []
while at < len(raw):
    at += 9 + struct.unpack("<I", raw[at:at + 4])[0] + 32
    ends.append(at)
open("short1.w2sx", "wb").write(raw[:ends[-2]])
open("short2.w2sx", "wb").write(raw[:ends[3]])
PY
status 'import without the last record' 65 "$W2S" import short1.w2sx --store third
status 'import of four records' 65 "$W2S" import short2.w2sx --store third
"$W2S" list --store third >"$work/out"
if [ "$(wc -l <"$work/out")" -eq 1 ]; then ok; else bad 'something of a damaged file was taken' "$work/out"; fi
status 'export of no run' 64 "$W2S" export 77
status 'export as what' 64 "$W2S" export 1 --as safetensor
holds 'export as what' "$work/err" "did you mean 'safetensors'"

# --- verify, audit ----------------------------------------------------------------------------------------
status 'verify' 0 "$W2S" verify 1
holds 'verify: digest' "$work/out" 'as recorded'
status 'verify elsewhere' 0 "$W2S" verify 1 --store other -j 1
status 'verify a sample' 0 "$W2S" verify 3 --sample 2
status 'verify with other kernels' 0 env W2S_CPU=ref "$W2S" verify --sample 1 1
# a result that was forged together with the whole chain: only computing it again can tell
cp -a .w2s forged
python3 - <<'PY'
import hashlib, struct
raw = bytearray(open("forged/journal", "rb").read())
link, at, done = hashlib.sha256(raw[:32]).digest(), 32, False
while at < len(raw):
    n = struct.unpack("<I", raw[at:at + 4])[0]
    payload = at + 9
    if raw[at + 4] == 2 and not done and raw[payload + 32:payload + 45] == struct.pack("<Q", 5) + b"train":
        raw[payload + 45] ^= 1  # its result
        done = True
    link = hashlib.sha256(link + raw[at:payload + n]).digest()
    raw[payload + n:payload + n + 32] = link
    at = payload + n + 32
assert done
open("forged/journal", "wb").write(raw)
PY
rm forged/w2s.db*
status 'forged: fsck cannot know' 0 "$W2S" fsck --store forged
status 'forged: verify does' 1 "$W2S" verify 1 --store forged
holds 'forged: the first step that differs' "$work/out" 'differs first: train '
status 'audit' 0 "$W2S" audit 1
for text in 'audit head' 'read     weak (train) of digits.gold' 'did not  naive (train) of digits.transfer' 'instructions' 'experiment "sweep"' 'held'; do
    holds 'audit' "$work/out" "$text"
done
grep 'audit head' "$work/out" >head1
"$W2S" audit 1 --store other | grep 'audit head' >head2
if cmp -s head1 head2; then ok; else bad 'audit: another head in a copy'; fi
if "$W2S" audit 1 --store forged | grep 'audit head' | cmp -s - head1; then bad 'audit: the same head after a forgery'; else ok; fi
check 'audit: json' "$W2S" audit 1 --json 3<<'PY'
import json, sys
a = json.load(open(sys.argv[1]))
assert a["schema"] == "w2s.audit/1" and a["missing_steps"] == 0
assert a["steps"][-1]["link"] == a["head"]
assert all("result" in s for s in a["steps"] if s["kind"] not in ("compare", "claim"))
PY

# --- gc -------------------------------------------------------------------------------------------------
status 'gc: nothing to do' 0 "$W2S" gc
status 'gc: drop' 0 "$W2S" gc 3 4
holds 'gc: drop' "$work/out" '2 runs dropped'
status 'gc: fsck' 0 "$W2S" fsck
status 'gc: reuse' 0 "$W2S" run a.w2s
holds 'gc: reuse' "$work/err" 'run 1: '
status 'gc: made again' 0 "$W2S" run c.w2s
status 'gc of no run' 64 "$W2S" gc 3000
finish
