#!/usr/bin/env bash
# hostile.sh -- files and command lines that are meant to hurt: the answer is right, or an error with the right
# status, within seconds.
. "$(dirname "$0")/../tool/e2e.sh"
cd "$work" || exit 1
head='experiment "t \"q\" ü" { seeds = 0..1 }
data d = builtin("digits") { split = { a: 20%, b: 40%, test: 20% } }
model m = mlp(hidden: [4])
teacher t { model = m; train = d.a; epochs = 1 }
student s { model = m; train = d.b; learn = soft_labels(from: t); epochs = 1 }'

write() { # write FILE TEXT
    printf '%s\n%s\n' "$head" "$2" >"$1"
}

seconds() { # seconds NAME LIMIT STATUS COMMAND...
    local name=$1 limit=$2 wanted=$3
    shift 3
    status "$name" "$wanted" timeout "$limit" "$@"
}

is_json() {
    if ! command -v python3 >/dev/null; then ok; return; fi
    if python3 -m json.tool "$2" >/dev/null 2>&1; then ok; else bad "$1: no JSON" "$2"; fi
}

# --- tables: every number stands under its own metric
write blocks.w2s 'evaluate { models = [t, s]; on = [d.test, d.test]; metrics = [accuracy] }
evaluate { models = [s]; on = [d.test]; metrics = [nll, accuracy] }'
status 'two blocks' 0 "$W2S" run -q blocks.w2s
awk '/^  (model|s|t) / { print $1, NF }' out >cells
printf 'model 3\nt 4\ns 7\n' >wanted
if cmp -s wanted cells; then ok; else bad 'two blocks: the table' out; fi

# --- one point of a sweep fails: the others are there, the message names the step and the seed
write sweep.w2s 'param w = 1
student u = s { learn = w * soft_labels(from: t) }
sweep { w = [1, 1e39, 2] }
evaluate { models = [u]; on = [d.test]; metrics = [accuracy, pgr] }
claim "\"c\" ü" { accuracy(u, on: d.test) > 0 at 60% }'
for threads in 1 2 3; do
    status 'a failing point' 65 "$W2S" run -q -j$threads sweep.w2s
    holds 'a failing point: the step' err 'u, seed 0: the loss became'
    cp out "sweep.$threads"
    if cmp -s sweep.1 out; then ok; else bad 'a failing point: threads' out; fi
done
if [ "$(grep -c '±' sweep.1)" -ge 2 ]; then ok; else bad 'a failing point: the others' sweep.1; fi
status 'a failing point, as JSON' 65 "$W2S" run -q --json sweep.w2s
is_json 'a failing point, as JSON' out
status 'its plan, as JSON' 0 "$W2S" plan --json sweep.w2s
is_json 'its plan, as JSON' out

# --- rows and labels that are not there
write rows.w2s 'teacher u = t { train = d.a where class > 20 }
evaluate { models = [t, u]; on = [d.test, d.test where class == 77] }'
status 'no rows' 65 "$W2S" run -q rows.w2s
holds 'no rows: message' err 'there are no rows'
holds 'no rows: the others' out '±'
write extremes.w2s 'teacher u = t { epochs = 0; batch = 100000 }
student v = s { learn = soft_labels(from: u); batch = 1000000 }
evaluate { models = [u, v, ceiling(v)]; on = [d.test, d.test where class == 3]; metrics = [accuracy, pgr, ece] }
control shuffled_labels(v)'
status 'no epochs, large batches' 0 "$W2S" run -q extremes.w2s
status 'one seed' 0 "$W2S" run -q --seeds 3 extremes.w2s
holds 'one seed' out '1 seed, no intervals'

# --- files of the user, all the way
awk 'BEGIN { print "p,q,y"; for (i = 0; i < 60; i++) printf "%d,%d,%s\n", i % 7, i % 3, substr("abc", i % 3 + 1, 1) }' >a.csv
awk 'BEGIN { print "p,q,y"; for (i = 0; i < 60; i++) printf "%d,%d,%s\n", i % 7, i % 3, substr("abcd", i % 4 + 1, 1) }' >b.csv
csv='data a = csv("a.csv", label: "y") { stratify = true; split = { x: 50%, y: 50% } }
teacher u { model = linear; train = a.x; epochs = 3 }
student v { model = linear; train = a.y; learn = soft_labels(from: u); epochs = 3 }'
write csv.w2s "$csv
evaluate { models = [u, v]; on = [seen(a.y), seen(a.y) where class == 1]; metrics = [accuracy, brier] }"
status 'csv' 0 "$W2S" run -q csv.w2s
write classes.w2s "$csv
data b = csv(\"b.csv\", label: \"y\")
student w = v { train = b }
evaluate { models = [w, u]; on = [b, d] }"
status 'other classes' 65 "$W2S" run -q classes.w2s
holds 'other classes: guidance' err "'u' was trained on 3 classes, and 'b' has 4"

# --- the command line is blamed where it stands
write set.w2s 'param k = 1
evaluate { models = [t]; on = [d.test |> gaussian_noise(sigma: k)] }'
status '--set of a name' 65 "$W2S" check --set k=foo set.w2s
holds '--set of a name: place' err 'command line:1:11'
status '--seeds below 0' 65 "$W2S" check --seeds -1 set.w2s
holds '--seeds below 0: place' err 'command line:1:15'
status '--set of itself' 65 "$W2S" check --set k=k+1 set.w2s
status '--set of two' 64 "$W2S" check --set 'k=1
param j=2' set.w2s
status '--set of a block' 64 "$W2S" check --set 'k=1 { }' set.w2s
status 'the last --set counts' 0 "$W2S" check --set k=-1 --set k=2 set.w2s

# --- an interrupt ends it soon
write slow.w2s 'teacher u = t { epochs = 1000000; batch = 1 }
evaluate { models = [u]; on = [d.test] }'
for threads in 1 2; do
    "$W2S" run -q -j$threads slow.w2s >out 2>err &
    pid=$!
    sleep 0.5
    kill -TERM $pid # a shell starts its background jobs deaf to SIGINT
    for _ in 1 2 3 4 5 6 7 8 9 10; do kill -0 $pid 2>/dev/null && sleep 0.1; done
    if kill -0 $pid 2>/dev/null; then
        kill -KILL $pid
        bad 'interrupt: no end within a second'
    else
        wait $pid
        got=$?
        if [ $got -eq 130 ]; then ok; else bad "interrupt: exit status $got" err; fi
    fi
done

# --- sizes
many() { # many N FORMAT: the format with 0, 1, ... N - 1
    awk -v n="$1" -v f="$2" 'BEGIN { for (i = 0; i < n; i++) printf f, i }'
}
write names.w2s "evaluate { models = [$(many 200000 'z%d, ')t]; on = [d.test] }"
seconds 'many unknown names' 10 65 "$W2S" check names.w2s
write declarations.w2s "$(many 80000 'data d%d = d.a take 3
')"
seconds 'many declarations' 10 65 "$W2S" check declarations.w2s
write parts.w2s "data e = builtin(\"digits\") { split = { $(many 100000 'p%d: 0.0000001, ')q: 1% } }"
seconds 'many parts' 10 65 "$W2S" check parts.w2s
write seeds.w2s "evaluate { models = [t]; on = [d.test] }"
seconds 'many seeds' 10 65 "$W2S" check --seeds "[$(many 20000 '%d, ')20000]" seeds.w2s
write points.w2s "param k = 1
sweep { k = [$(many 200000 '%d, ')1] }
evaluate { models = [t]; on = [d.test] }"
seconds 'many points' 10 65 "$W2S" check points.w2s
write grid.w2s "evaluate { models = [$(many 2000 't, ')t]; on = [$(many 2000 'd.test, ')d.test]; metrics = [$(many 2000 'accuracy, ')nll] }"
seconds 'many numbers' 20 65 "$W2S" check grid.w2s
write doubled.w2s "student u = s { let a0 = soft_labels(from: t)
$(for i in {1..60}; do echo "let a$i = a$((i - 1)) + a$((i - 1))"; done)
learn = a60 }
evaluate { models = [u]; on = [d.test] }"
seconds 'names that double' 10 65 "$W2S" check doubled.w2s
holds 'names that double' err 'more than 64 terms'
finish
