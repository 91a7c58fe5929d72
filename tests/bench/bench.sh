#!/bin/sh
# bench.sh -- figures of speed: kernels, products beside the machine's peak, the examples, and PyTorch where it is
# installed. Prints medians; fails never. `make bench` runs it; close other programs first.
#   bench.sh BUILD_FOLDER
set -u
b=$1
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top" || exit 1

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
else
    echo "OpenBLAS: skipped, libopenblas-serial-dev is not installed"
fi
echo "== plans"
python3 tests/bench/plan_scale.py "$b/w2s"
echo "== starting up (median of five, seconds)"
echo "w2s check examples/digits.w2s  $(seconds "$b/w2s" check examples/digits.w2s)"
echo "== examples/digits.w2s (median of five, seconds)"
for threads in 1 2; do
    echo "w2s, $threads threads  $(seconds "$b/w2s" run -q -j "$threads" examples/digits.w2s)"
done
if [ -f examples/train-images-idx3-ubyte ]; then
    echo "== examples/mnist.w2s"
    for threads in 1 2; do
        "$b/w2s" run -j "$threads" examples/mnist.w2s 2>&1 >/dev/null | sed 's/^/w2s: /'
    done
fi
if [ -x /usr/bin/python3 ] && /usr/bin/python3 -c 'import torch' 2>/dev/null; then
    unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE # they would slow it
    echo "== the same by PyTorch, one seed after another"
    /usr/bin/python3 tests/bench/peer_torch.py digits 5
    [ ! -f examples/train-images-idx3-ubyte ] || /usr/bin/python3 tests/bench/peer_torch.py mnist 3
else
    echo "PyTorch: skipped, python3-torch is not installed"
fi
