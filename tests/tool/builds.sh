#!/usr/bin/env bash
# builds.sh -- the same source built in other ways: clang, sanitizers. What they compute must be what the ordinary
# build computes, bit for bit.
. "$(dirname "$0")/other_build.sh"

# The kernels, which the compiler turns over most; the rest of the program is clang's in the sanitizer builds below.
make_or_fail clang B=build-clang CC=clang build-clang/tests/kernelcheck && same_kernels clang build-clang/tests/kernelcheck

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
finish
