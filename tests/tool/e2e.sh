# e2e.sh -- sourced by the end-to-end tests: counts, and ends with "N passed, N failed".
# $W2S is the program under test. Each test gets $work, an empty folder that is removed at the end.
set -u
export W2S_STORE= # tests of other things compute anew; those of the store name one
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
: "${W2S:=$top/build/w2s}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

ok() {
    passed=$((passed + 1))
}

bad() { # bad NAME [FILE]: says what failed and shows the file
    failed=$((failed + 1))
    echo "FAILED: $1"
    [ $# -lt 2 ] || sed 's/^/    /' "$2"
}

# status NAME WANTED COMMAND...: runs it with stdout in $work/out and stderr in $work/err, wants an exit status
status() {
    local name=$1 wanted=$2 got
    shift 2
    "$@" >"$work/out" 2>"$work/err" </dev/null
    got=$?
    if [ "$got" -eq "$wanted" ]; then ok; else bad "$name: exit status $got, expected $wanted" "$work/err"; fi
}

# golden NAME FILE EXPECTED: the same bytes; W2S_UPDATE=1 accepts what there is
golden() {
    if [ -n "${W2S_UPDATE:-}" ]; then cp "$2" "$3"; fi
    if diff -u "$3" "$2" >"$work/diff" 2>&1; then ok; else bad "$1" "$work/diff"; fi
}

# holds NAME FILE TEXT: the file holds the text
holds() {
    if grep -qF -- "$3" "$2"; then ok; else bad "$1: no '$3'" "$2"; fi
}

finish() {
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
}
