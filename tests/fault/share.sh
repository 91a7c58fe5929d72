#!/usr/bin/env bash
# share.sh -- two runs, and three, at once in one store: the same results, and no step made twice.
. "$(dirname "$0")/fault.sh"
wanted=$(undisturbed "$sweep")
for n in 2 3; do
    store=$work/s$n
    pids=
    for i in $(seq "$n"); do
        "$W2S" run -q -j 1 --store "$store" "$sweep" >"$work/out$i" 2>"$work/err$i" &
        pids="$pids $!"
    done
    for pid in $pids; do
        wait "$pid"
        got=$?
        if [ $got -eq 0 ]; then ok; else bad "$n at once: exit status $got" "$work/err1"; fi
    done
    for i in $(seq "$n"); do same "$n at once: $i" "$work/out$i" "$wanted"; done
    sound "$n at once" "$store"
    trained=$(python3 -c 'import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute("SELECT count(*), count(DISTINCT key) FROM steps WHERE kind = \"train\"").fetchone())' "$store/w2s.db")
    echo "trained: $trained"
done

# One is killed while the other waits for its steps.
store=$work/s4
"$W2S" run -q -j 2 --store "$store" "$long" >/dev/null 2>&1 &
first=$!
sleep 0.2
"$W2S" run -q -j 2 --store "$store" "$long" >"$work/out" 2>"$work/err" &
second=$!
sleep 0.3
kill -9 $first
wait $first 2>/dev/null
wait $second
got=$?
if [ $got -eq 0 ]; then ok; else bad "the other was killed: exit status $got" "$work/err"; fi
same 'the other was killed' "$work/out" "$(undisturbed "$long")"
sound 'the other was killed' "$store"
once 'the other was killed' "$store"

# gc wants the store alone.
"$W2S" run -q --store "$work/s5" "$long" >/dev/null 2>&1 &
pid=$!
sleep 0.3
"$W2S" list --store "$work/s5" >"$work/list"
holds 'list beside a run' "$work/list" 'running'
status 'gc beside a run' 74 "$W2S" gc --store "$work/s5"
holds 'gc beside a run' "$work/err" 'in use'
kill -9 $pid
wait $pid 2>/dev/null
"$W2S" list --store "$work/s5" >"$work/list"
holds 'list after a kill' "$work/list" 'killed'
status 'gc afterwards' 0 "$W2S" gc --store "$work/s5"
sound 'gc afterwards' "$work/s5"
finish
