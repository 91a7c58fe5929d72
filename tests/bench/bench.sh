#!/bin/sh
# bench.sh -- figures of speed: kernels, products beside the machine's peak, the examples, and PyTorch where it is
# installed. Prints medians; fails never. `make bench` runs it; close other programs first.
#   bench.sh BUILD_FOLDER
set -u
b=$1
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top" || exit 1
export W2S_STORE= # figures are of computing, except where a store is named
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

seconds() { # the median wall time of five runs
    for _ in 1 2 3 4 5; do
        start=$(date +%s.%N)
        "$@" >/dev/null 2>&1
        echo "$(date +%s.%N) $start" | awk '{printf "%.3f\n", $1 - $2}'
    done | sort -n | sed -n 3p
}

echo "== kernels, products and the peak of one core"
"$b/tests/kernelcheck" --bench
if [ -e /usr/include/x86_64-linux-gnu/cblas.h ] || [ -e /usr/include/cblas.h ]; then
    echo "== products beside OpenBLAS, one thread (ratios of medians)"
    make -s "$b/tests/gemm_peer" && "$b/tests/gemm_peer"
    threaded=$(dirname "$(find /usr/lib -path '*openblas-pthread/libopenblas.so.0' 2>/dev/null | head -n 1)")
    echo "== the same on two threads"
    if [ "$threaded" != . ]; then LD_LIBRARY_PATH=$threaded "$b/tests/gemm_peer" -t 2; else
        echo "skipped, libopenblas0-pthread is not installed"
    fi
else
    echo "OpenBLAS: skipped, libopenblas-serial-dev is not installed"
fi
make -s "$b/tests/loss_peer" "$b/tests/chain_peer"
echo "== losses in Lua beside the same step built in C"
"$b/tests/loss_peer"
echo "== chains of elementwise ops"
"$b/tests/chain_peer"
echo "== plans"
python3 tests/bench/plan_scale.py "$b/w2s"
echo "== starting up (median of five, seconds)"
echo "w2s check examples/digits.w2s  $(seconds "$b/w2s" check examples/digits.w2s)"
echo "== examples/digits.w2s (median of five, seconds)"
for threads in 1 2; do
    echo "w2s, $threads threads  $(seconds "$b/w2s" run -q -j "$threads" examples/digits.w2s)"
done
echo "== one thread beside two"
python3 tests/bench/scaling.py "$b/w2s"
echo "== memory"
for threads in 1 2; do
    python3 tests/bench/memory.py "$b/w2s" examples/digits.w2s -j "$threads"
    [ ! -f examples/train-images-idx3-ubyte ] ||
        python3 tests/bench/memory.py "$b/w2s" examples/mnist.w2s -j "$threads" --set rounds=1
done
if [ -f examples/train-images-idx3-ubyte ]; then
    echo "== examples/mnist.w2s"
    for threads in 1 2; do
        "$b/w2s" run -j "$threads" examples/mnist.w2s 2>&1 >/dev/null | sed 's/^/w2s: /'
    done
fi
echo "== the store (median of five, seconds)"
cold() { rm -rf "$work/cold" && "$b/w2s" run -q --store "$work/cold" "$1"; }
echo "digits, nothing kept  $(seconds "$b/w2s" run -q examples/digits.w2s)"
echo "digits, cold          $(seconds cold examples/digits.w2s)"
echo "digits, warm          $(seconds "$b/w2s" run -q --store "$work/cold" examples/digits.w2s)"
{
    printf 'experiment "cells" { seeds = 0 }\nparam t = 1\n'
    printf 'data d = builtin("digits") { split = { a: 5%%, b: 5%%, test: 5%% } }\n'
    printf 'teacher w { model = linear; train = d.a; epochs = 1; batch = 100 }\n'
    printf 'student s { model = linear; train = d.b; learn = soft_labels(from: w, temperature: t); epochs = 1; batch = 100 }\n'
    printf 'sweep { t = [%s] }\n' "$(seq -s ', ' 1.0001 0.0001 2)"
    printf 'evaluate { models = [s]; on = [d.test]; metrics = [accuracy] }\n'
} >"$work/cells.w2s"
echo "10,000 cells, nothing kept  $(seconds "$b/w2s" run -q "$work/cells.w2s")"
echo "10,000 cells, cold          $(seconds cold "$work/cells.w2s")"
echo "10,000 cells, warm          $(seconds "$b/w2s" run -q --store "$work/cold" "$work/cells.w2s")"
if [ -f examples/train-images-idx3-ubyte ]; then
    "$b/w2s" run -q --store "$work/mnist" examples/mnist.w2s >/dev/null 2>&1
    echo "mnist, warm           $(seconds "$b/w2s" run -q --store "$work/mnist" examples/mnist.w2s)"
fi
if [ -x /usr/bin/python3 ] && /usr/bin/python3 -c 'import torch' 2>/dev/null; then
    unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE # they would slow it
    echo "== the same by PyTorch, one seed after another"
    /usr/bin/python3 tests/bench/peer_torch.py digits 5
    if [ -f examples/train-images-idx3-ubyte ]; then
        /usr/bin/python3 tests/bench/peer_torch.py mnist 3
        THREADS=1 /usr/bin/python3 tests/bench/peer_torch.py small
    fi
else
    echo "PyTorch: skipped, python3-torch is not installed"
fi
