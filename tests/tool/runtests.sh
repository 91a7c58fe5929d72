#!/usr/bin/env bash
# runtests.sh -- runs test programs and adds up what they report.
#   runtests.sh PROGRAM...
# A program is a cmocka binary, or anything whose last lines hold "N passed, N failed". Each must exit 0. Output is
# shown only where something failed. Ends with "tests: N passed, N failed".
set -u

passed=0
failed=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT
here=$(cd "$(dirname "$0")/../.." && pwd)

for program in "$@"; do
    start=$(date +%s)
    "$program" >"$log" 2>&1 </dev/null
    status=$?
    ok=0
    bad=0
    if grep -q '\[==========\]' "$log"; then
        ok=$(grep -c '^\[       OK \]' "$log")
        bad=$(grep -c '^\[  FAILED  \].*[^.]$' "$log")
        listed=$(sed -n 's/^\[  FAILED  \] \([0-9]*\) test(s).*/\1/p' "$log" | tail -n 1)
        [ -z "$listed" ] || bad=$listed
    else
        line=$(grep -E '^([a-z]+: )?[0-9]+ passed, [0-9]+ failed' "$log" | tail -n 1)
        if [ -n "$line" ]; then
            ok=$(echo "$line" | sed -E 's/^[^0-9]*([0-9]+) passed.*/\1/')
            bad=$(echo "$line" | sed -E 's/^.* passed, ([0-9]+) failed.*/\1/')
        fi
    fi
    # A program that dies, or reports nothing at all, has failed.
    if [ $status -ne 0 ] && [ "$bad" -eq 0 ]; then bad=1; fi
    if [ $status -eq 0 ] && [ $((ok + bad)) -eq 0 ]; then bad=1; fi
    passed=$((passed + ok))
    failed=$((failed + bad))
    printf '%-44s %5d passed %3d failed %4d s\n' "${program#"$here"/}" "$ok" "$bad" $(($(date +%s) - start))
    if [ "$bad" -ne 0 ] || [ $status -ne 0 ]; then
        sed 's/^/    /' "$log" | tail -n 60
    fi
done
echo "tests: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
