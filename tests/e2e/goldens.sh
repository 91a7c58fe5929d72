#!/usr/bin/env bash
# goldens.sh -- tests/lang/check: what `w2s check` says of a file; tests/lang/plan and flow: what `w2s plan` and
# `w2s flow` print.
. "$(dirname "$0")/../tool/e2e.sh"

for kind in check plan flow; do
    cd "$top/tests/lang/$kind" || exit 1
    for f in *.w2s; do
        "$W2S" "$kind" "$f" >"$work/out" 2>&1
        echo "exit $?" >>"$work/out"
        golden "$kind/$f" "$work/out" "${f%.w2s}.expect"
    done
done
cd "$top/tests/lang/plan" || exit 1
status 'plan --json' 0 "$W2S" plan --json digits.w2s
golden 'plan --json digits' "$work/out" digits.json
cd "$top/tests/lang/flow" || exit 1
status 'flow --json' 0 "$W2S" flow --json chain.w2s
golden 'flow --json chain' "$work/out" chain.json
status 'run twins.w2s' 0 "$W2S" run twins.w2s
holds 'twins are noted' "$work/err" 'note: 6 rows of d.test have a twin in d.gold: the same features (rows 4, 9, 10, … of the source)'
status 'run -q twins.w2s' 0 "$W2S" run -q twins.w2s
if [ -s "$work/err" ]; then bad 'run -q says nothing' "$work/err"; else ok; fi
finish
