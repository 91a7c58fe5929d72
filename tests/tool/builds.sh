#!/usr/bin/env bash
# builds.sh -- the same source built in other ways: clang, sanitizers, aarch64 under an emulator, fuzzers for a
# short while. What they compute must be what the ordinary build computes, bit for bit.
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

make_or_fail clang B=build-clang CC=clang all && same_digest clang build-clang/w2s

if make_or_fail asan B=build-asan CC=clang OPT="-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined" all units build-asan/tests/kernelcheck; then
    export ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1
    for t in build-asan/tests/unit/test_* build-asan/tests/kernelcheck; do
        status "asan: ${t##*/}" 0 "$t"
    done
    same_digest asan build-asan/w2s
    W2S=$top/build-asan/w2s status 'asan: goldens' 0 tests/e2e/goldens.sh
    W2S=$top/build-asan/w2s status 'asan: command line' 0 tests/e2e/cli.sh
    W2S=$top/build-asan/w2s status 'asan: mnist' 0 tests/e2e/mnist.sh
fi

if make_or_fail tsan B=build-tsan CC=clang OPT="-O1 -g -fsanitize=thread" all; then
    status 'tsan: the scheduler' 0 build-tsan/w2s run -q --threads 4 --seeds 0..1 tests/lang/plan/small.w2s
    if grep -q ThreadSanitizer "$work/err"; then bad 'tsan: a race' "$work/err"; else ok; fi
    for run in cold warm; do
        status "tsan: the store, $run" 0 build-tsan/w2s run -q --threads 4 --store "$work/tsan" tests/lang/plan/small.w2s
        if grep -q ThreadSanitizer "$work/err"; then bad "tsan: a race, $run" "$work/err"; else ok; fi
    done
fi

# Older processors, as far as the emulator has them: each must find its kernels and give the same bits.
if command -v qemu-x86_64 >/dev/null && [ "$(uname -m)" = x86_64 ]; then
    for pair in Nehalem:sse2 SandyBridge:sse2 Haswell:avx2; do
        qemu-x86_64 -cpu "${pair%:*}" "$W2S" version 2>/dev/null >"$work/out"
        holds "version on ${pair%:*}" "$work/out" "kernels: ${pair#*:}"
        qemu-x86_64 -cpu "${pair%:*}" build/tests/kernelcheck --digest 2>/dev/null | awk '/^digest/ {print $3}' | sort -u >"$work/out"
        if cmp -s "$work/out" tests/kernel/digest.expect; then ok; else bad "kernels on ${pair%:*}: other bits" "$work/out"; fi
    done
fi

# aarch64: the whole program where the libraries are there (deps.sh arm64), the kernels in any case.
cross="B=build-aarch64 CC=aarch64-linux-gnu-gcc AR=aarch64-linux-gnu-ar LDFLAGS=-static"
if command -v aarch64-linux-gnu-gcc >/dev/null && command -v qemu-aarch64 >/dev/null; then
    # shellcheck disable=SC2086
    if make_or_fail 'aarch64 kernels' $cross build-aarch64/tests/kernelcheck; then
        status 'aarch64: kernels' 0 qemu-aarch64 build-aarch64/tests/kernelcheck
        qemu-aarch64 build-aarch64/tests/kernelcheck --digest | awk '/^digest/ {print $3}' | sort -u >"$work/arm"
        if cmp -s "$work/arm" tests/kernel/digest.expect; then ok; else bad 'aarch64: kernels give other bits' "$work/arm"; fi
    fi
    if [ -e /usr/lib/aarch64-linux-gnu/libjansson.a ]; then
        # shellcheck disable=SC2086
        make_or_fail 'aarch64 program' $cross all && same_digest aarch64 qemu-aarch64 build-aarch64/w2s
    fi
fi

base=$(echo runtime/base/{mem,arena,str,err,bug,digest,detmath,rng}.c)
fuzz_parse="$(echo src/{source,ast,diag,diag_print,lexeme,token,syntax_error,parse}.c src/format*.c build/gen/w2s.{tab,lex}.c)"
fuzz_load="$(echo runtime/data/*.c runtime/data/builtin.S runtime/plan/value.c)"
for target in parse load; do
    sources=fuzz_$target
    # shellcheck disable=SC2086
    if clang -std=c11 -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE -O1 -g -w -ffp-contract=off -fno-math-errno \
        -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined -Iruntime -Isrc -Igrammar -Ibuild/gen \
        "tests/fuzz/fuzz_$target.c" ${!sources} $base -lcrypto -lcsv -ljansson -lz -lm -o "$work/fuzz_$target" 2>"$work/make"; then ok; else
        bad "fuzz_$target does not build" "$work/make"
        continue
    fi
    mkdir "$work/found_$target"
    status "fuzz_$target" 0 "$work/fuzz_$target" -max_total_time=10 -max_len=8192 -rss_limit_mb=2048 \
        -artifact_prefix="$work/" "$work/found_$target" "tests/fuzz/corpus/$target"
done
finish
