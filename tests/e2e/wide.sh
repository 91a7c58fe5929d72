#!/usr/bin/env bash
# wide.sh -- one large cell, whose products threads share: exact results, whatever the threads and the instruction
# set. Other builds and aarch64 are held to the same file by tool/builds.sh and tool/targets.sh.
. "$(dirname "$0")/../tool/e2e.sh"

for threads in 1 2 3 7; do
    status "wide on $threads threads" 0 "$W2S" run -q --threads "$threads" "$top/tests/e2e/wide.w2s"
    golden "wide on $threads threads: results" "$work/out" "$top/tests/e2e/wide.expect"
done
for isa in ref sse2 avx2 avx512 neon; do
    W2S_CPU=$isa "$W2S" run -q --threads 2 "$top/tests/e2e/wide.w2s" >"$work/out" 2>"$work/err"
    [ $? -ne 64 ] || continue # not on this machine
    golden "wide with W2S_CPU=$isa: results" "$work/out" "$top/tests/e2e/wide.expect"
done
finish
