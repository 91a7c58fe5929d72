#!/usr/bin/env bash
# stages.sh -- models with state and with stages come back from the store as they went in: evaluated on other data
# after a load, on another set of kernels, they give what a run without a store gives.
. "$(dirname "$0")/../tool/e2e.sh"
cd "$work" || exit 1

file() { # DATA
    cat <<W2S
experiment "models" { seeds = 0 }
data d = builtin("digits") { split = { a: 20%, b: 19%, test: 20% } }
teacher norm { model = mlp(hidden: [8], norm: batch, dropout: 20%); train = d.a; epochs = 2 }
teacher map { model = random_features(40, gamma: 0.1); train = d.a; epochs = 2 }
teacher stages { model = conv([4], norm: batch, pooling: mean, hidden: [6]); train = d.a; epochs = 2 }
student s {
  model = conv([5], norm: layer)
  train = d.b
  learn = soft_labels(from: norm) + 0.1 * near
  epochs = 2
  batch = 50
}
guidance near = representation(from: stages.hidden[1], to: hidden[1], match: cka)
evaluate { models = [norm, map, stages, s]; on = [$1]; metrics = [nll] }
W2S
}

file 'd.test' >a.w2s
file 'd.test |> rotate(20)' >b.w2s
wanted=$("$W2S" run -q --no-store b.w2s)
status 'first' 0 "$W2S" run -q --store kept a.w2s
status 'from the store' 0 "$W2S" run --store kept b.w2s
if [ "$(cat "$work/out")" = "$wanted" ]; then ok; else bad 'from the store: other results' "$work/out"; fi
[ "$(W2S_CPU=sse2 "$W2S" run -q --no-store --threads 1 b.w2s)" = "$wanted" ] && ok || bad 'sse2: other results'
status 'export' 0 "$W2S" export --store kept --as safetensors -o out.st 1
holds 'weights have their shape' out.st '"shape":[3,3,1,4]'
finish
