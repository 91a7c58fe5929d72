#!/usr/bin/env bash
# engine.sh -- the bits of an engine and its version belong together: where the results of the examples or of the
# kernels change, ENGINE_VERSION (runtime/exec/keep.h) has to be raised, so that no store mixes old and new.
. "$(dirname "$0")/../tool/e2e.sh"
cd "$top" || exit 1
version=$(sed -n 's/^enum { ENGINE_VERSION = \([0-9]*\) };.*/\1/p' runtime/exec/keep.h)
bits=$(cat tests/kernel/digest.expect tests/e2e/digits.expect | sha256sum | cut -c 1-16)
echo "engine $version: $bits" >"$work/out"
# A line once written stays, so that a version is never used for other bits.
if [ -n "${W2S_UPDATE:-}" ] && ! grep -q "^engine $version: " tests/e2e/engine.expect; then cat "$work/out" >>tests/e2e/engine.expect; fi
holds 'the bits changed: raise ENGINE_VERSION, then W2S_UPDATE=1 tests/e2e/engine.sh' tests/e2e/engine.expect "$(cat "$work/out")"
finish
