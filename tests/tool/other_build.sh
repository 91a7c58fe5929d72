# other_build.sh -- sourced by builds.sh and targets.sh: builds of their own, and whether they compute the same.
. "$(dirname "$0")/e2e.sh"
cd "$top" || exit 1
digits=examples/digits.w2s

make_or_fail() { # NAME ARGUMENTS...
    local name=$1
    shift
    if make -s -j2 "$@" >"$work/make" 2>&1; then ok; else bad "$name does not build" "$work/make"; return 1; fi
}

digest_of() { # COMMAND... FILE: of seed 0
    local file=${*: -1}
    "${@:1:$#-1}" run -q --json --seeds 0 "$file" 2>"$work/err" |
        python3 -c 'import json,sys; print(json.load(sys.stdin)["digest"])' 2>/dev/null
}

wanted_digits=$(digest_of "$W2S" "$digits")
wanted_wide=$(sed -n 's/^digest //p' tests/e2e/wide.expect)

same_digest() { # NAME COMMAND...: many small cells, and a large one whose products threads share
    local name=$1 got
    shift
    got=$(digest_of "$@" "$digits")
    if [ "$got" = "$wanted_digits" ]; then ok; else bad "$name: digest ${got:-none}, expected $wanted_digits" "$work/err"; fi
    got=$(digest_of "$@" tests/e2e/wide.w2s)
    if [ "$got" = "$wanted_wide" ]; then ok; else bad "$name: wide: digest ${got:-none}, expected $wanted_wide" "$work/err"; fi
}

# same_kernels NAME COMMAND...: every kernel on every instruction set gives the bits that are committed
same_kernels() {
    local name=$1
    shift
    "$@" --digest 2>/dev/null | awk '/^digest/ {print $3}' | sort -u >"$work/kernels"
    if cmp -s "$work/kernels" tests/kernel/digest.expect; then ok; else bad "$name: kernels give other bits" "$work/kernels"; fi
}
