# fault.sh -- sourced by the tests of this folder: what all of them check of a store.
. "$(dirname "${BASH_SOURCE[0]}")/../tool/e2e.sh"
here=$top/tests/fault
sweep=$here/sweep.w2s
long=$here/long.w2s

interposer() { # builds the library once; skips the test where it cannot be
    lib=$work/interpose.so
    if ! ${CC:-cc} -shared -fPIC -O1 -o "$lib" "$here/interpose.c" -ldl 2>"$work/err"; then
        bad 'interpose.c does not build' "$work/err"
        finish
        exit 1
    fi
}

# undisturbed FILE: the digest line of a run without a store
undisturbed() {
    "$W2S" run -q --no-store "$1" | grep '^digest'
}

# sound NAME STORE: fsck finds nothing wrong
sound() {
    status "$1: fsck" 0 "$W2S" fsck --store "$2"
}

# once NAME STORE: the journal has no step twice
once() {
    local journal index
    journal=$("$W2S" fsck --store "$2" | sed -n 's/.* runs, \([0-9]*\) steps.*/\1/p')
    index=$(python3 -c 'import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute("SELECT count(*) FROM steps").fetchone()[0])' "$2/w2s.db")
    if [ "$journal" = "$index" ]; then ok; else bad "$1: $journal records of $index steps"; fi
}

# same NAME FILE WANTED: the run's output in FILE ends in this digest
same() {
    if [ "$(grep '^digest' "$2")" = "$3" ]; then ok; else bad "$1: another digest, expected $3" "$2"; fi
}

# one_error NAME FILE: one line of error, and a hint at most
one_error() {
    if [ "$(grep -c '^w2s: ' "$2")" -eq 1 ]; then ok; else bad "$1: not one clear error" "$2"; fi
}
