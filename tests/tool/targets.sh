#!/usr/bin/env bash
# targets.sh -- other machines under emulators, and the fuzzers for a short while. What another machine computes must
# be what this one does, bit for bit.
. "$(dirname "$0")/other_build.sh"

# Older processors, as far as the emulator has them: each must find its kernels and give the same bits.
if command -v qemu-x86_64 >/dev/null && [ "$(uname -m)" = x86_64 ]; then
    for pair in Nehalem:sse2 SandyBridge:sse2 Haswell:avx2; do
        qemu-x86_64 -cpu "${pair%:*}" "$W2S" version 2>/dev/null >"$work/out"
        holds "version on ${pair%:*}" "$work/out" "kernels: ${pair#*:}"
        same_kernels "${pair%:*}" qemu-x86_64 -cpu "${pair%:*}" build/tests/kernelcheck
    done
fi

# aarch64: the whole program where the libraries are there (deps.sh arm64), the kernels in any case.
cross="B=build-aarch64 CC=aarch64-linux-gnu-gcc AR=aarch64-linux-gnu-ar LDFLAGS=-static"
if command -v aarch64-linux-gnu-gcc >/dev/null && command -v qemu-aarch64 >/dev/null; then
    # shellcheck disable=SC2086
    if make_or_fail 'aarch64 kernels' $cross build-aarch64/tests/kernelcheck; then
        status 'aarch64: kernels' 0 qemu-aarch64 build-aarch64/tests/kernelcheck
        same_kernels aarch64 qemu-aarch64 build-aarch64/tests/kernelcheck
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
