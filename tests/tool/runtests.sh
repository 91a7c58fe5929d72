#!/usr/bin/env bash
# runtests.sh -- runs test programs and adds up what they report.
#   runtests.sh PROGRAM...
# A program is a cmocka binary, or anything whose last lines hold "N passed, N failed". Each must exit 0. Two run at a
# time ($JOBS), in the order given; output is shown only where something failed. Ends with "tests: N passed, N failed".
set -u

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
here=$(cd "$(dirname "$0")/../.." && pwd)

# Runs one program and prints its line; leaves its counts in $work/NUMBER.
run() { # run NUMBER PROGRAM
    local log=$work/log$1 start status ok=0 bad=0 listed line
    start=$(date +%s)
    "$2" >"$log" 2>&1 </dev/null
    status=$?
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
    {
        printf '%-44s %5d passed %3d failed %4d s\n' "${2#"$here"/}" "$ok" "$bad" $(($(date +%s) - start))
        if [ "$bad" -ne 0 ] || [ $status -ne 0 ]; then sed 's/^/    /' "$log" | tail -n 60; fi
    } >"$work/shown$1"
    cat "$work/shown$1"
    echo "$ok $bad" >"$work/$1"
}

number=0
for program in "$@"; do
    while [ "$(jobs -rp | wc -l)" -ge "${JOBS:-2}" ]; do wait -n; done
    number=$((number + 1))
    run $number "$program" &
done
wait
cat /dev/null "$work"/[0-9]* | awk -v programs=$number '
    { passed += $1; failed += $2; reported++ }
    END {
        failed += programs - reported # a report that is missing
        printf "tests: %d passed, %d failed\n", passed, failed
        exit failed > 0
    }'
