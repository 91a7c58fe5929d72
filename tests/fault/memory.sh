#!/usr/bin/env bash
# memory.sh -- every N-th allocation fails once the journal is open (before that it is libcrypto that would not survive): one clear error, a sound store, and the
# next run ends as if nothing had been.
. "$(dirname "$0")/fault.sh"
interposer
wanted=$(undisturbed "$sweep")
for n in 1 2 3 5 10 20 50 100 200 500 700 1000 2000 3000 5000 7000 10000 20000; do
    store=$work/store
    rm -rf "$store"
    W2S_FAULT=memory:$n W2S_FAULT_PATH=w2s.db LD_PRELOAD=$lib "$W2S" run -q --store "$store" "$sweep" >"$work/out" 2>"$work/err"
    got=$?
    if [ $got -eq 74 ] || [ $got -eq 0 ]; then ok; else bad "every $n-th: exit status $got, expected 74" "$work/err"; fi
    [ $got -eq 0 ] || one_error "every $n-th" "$work/err"
    status "every $n-th: afterwards" 0 "$W2S" run -q --store "$store" "$sweep"
    same "every $n-th: afterwards" "$work/out" "$wanted"
    sound "every $n-th" "$store"
    once "every $n-th" "$store"
done
finish
