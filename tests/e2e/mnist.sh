#!/usr/bin/env bash
# mnist.sh -- the second example: on small files of the same format, and the message when there are none.
. "$(dirname "$0")/../tool/e2e.sh"

cp "$top/examples/mnist.w2s" "$top/examples/get-mnist.sh" "$work"
status 'missing data' 66 "$W2S" run "$work/mnist.w2s"
holds 'missing data: what to do' "$work/err" "sh $work/get-mnist.sh"
status 'check needs no data' 0 "$W2S" check "$work/mnist.w2s"

# 28x28 images whose class can be learned: a bright block at a place that depends on the class, and noise.
python3 - "$work" <<'PY'
import random, struct, sys
random.seed(1)
def write(name, n):
    labels = [random.randrange(10) for _ in range(n)]
    pixels = bytearray()
    for y in labels:
        image = [random.randrange(120) for _ in range(784)]
        for i in range(6):
            for j in range(6):
                image[(4 + (y // 4) * 8 + i) * 28 + 2 + (y % 4) * 6 + j] = random.randrange(100, 256)
        pixels += bytes(image)
    open(f"{sys.argv[1]}/{name}-images-idx3-ubyte", "wb").write(struct.pack(">IIII", 0x803, n, 28, 28) + pixels)
    open(f"{sys.argv[1]}/{name}-labels-idx1-ubyte", "wb").write(struct.pack(">II", 0x801, n) + bytes(labels))
write("train", 1600)
write("t10k", 400)
PY
status 'mnist on small files' 0 "$W2S" run -q --set width=32 --set rounds=2 "$work/mnist.w2s"
cp "$work/out" "$work/plain"
gzip -9 "$work"/*-ubyte
status 'the same, compressed' 0 "$W2S" run -q --set width=32 --set rounds=2 "$work/mnist.w2s"
if diff <(sed '/^digest/d' "$work/plain") <(sed '/^digest/d' "$work/out") >/dev/null; then ok; else bad 'gz: other results' "$work/out"; fi
gunzip "$work"/*.gz

head -c 1000 "$work/t10k-images-idx3-ubyte" >"$work/short" && mv "$work/short" "$work/t10k-images-idx3-ubyte"
status 'a truncated file' 65 "$W2S" run -q "$work/mnist.w2s"
holds 'a truncated file: named' "$work/err" "t10k-images-idx3-ubyte"
finish
