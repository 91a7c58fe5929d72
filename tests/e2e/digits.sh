#!/usr/bin/env bash
# digits.sh -- the first example, whole: exact results, whatever the threads and the instruction set.
. "$(dirname "$0")/../tool/e2e.sh"

status 'digits runs' 0 "$W2S" run -q "$top/examples/digits.w2s"
golden 'digits: results' "$work/out" "$top/tests/e2e/digits.expect"
cp "$work/out" "$work/first"
for threads in 1 3 7; do
    status "digits on $threads threads" 0 "$W2S" run -q --threads "$threads" "$top/examples/digits.w2s"
    if cmp -s "$work/out" "$work/first"; then ok; else bad "digits on $threads threads: other results" "$work/out"; fi
done

# Instruction sets: one seed, since those without fused multiply-add are slow.
"$W2S" run -q --seeds 0 "$top/examples/digits.w2s" >"$work/one" 2>/dev/null
for isa in ref sse2 avx2 avx512 neon; do
    W2S_CPU=$isa "$W2S" version >/dev/null 2>&1
    W2S_CPU=$isa "$W2S" run -q --seeds 0 "$top/examples/digits.w2s" >"$work/out" 2>"$work/err"
    [ $? -ne 64 ] || continue # not on this machine
    if cmp -s "$work/out" "$work/one"; then ok; else bad "digits with W2S_CPU=$isa: other results" "$work/out"; fi
done

status 'json' 0 "$W2S" run -q --json "$top/examples/digits.w2s"
if python3 - "$work/out" <<'PY'; then ok; else bad 'json: not as documented'; fi
import json, sys
r = json.load(open(sys.argv[1]))
assert r["seeds"] == [0, 1, 2, 3, 4] and len(r["digest"]) == 64
naive = [x for x in r["results"] if x["model"] == "naive" and x["metric"] == "accuracy"]
assert len(naive) == 3 and all(len(x["values"]) == 5 for x in naive)
assert all(abs(sum(x["values"]) / 5 - x["mean"]) < 1e-12 for x in naive)
assert r["claims"][0]["held"] is True
PY
finish
