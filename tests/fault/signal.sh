#!/usr/bin/env bash
# signal.sh -- SIGINT and SIGTERM end a run within a second, with status 130 and a store that goes on.
. "$(dirname "$0")/fault.sh"
wanted=$(undisturbed "$long")

for signal in INT TERM; do
    store=$work/$signal
    for try in 1 2 3; do
        # a background job of a script ignores SIGINT unless it is asked not to
        (trap - INT; exec "$W2S" run -q --store "$store" "$long") >"$work/out" 2>"$work/err" &
        pid=$!
        sleep "0.$((2 + try))"
        start=$(date +%s%N)
        kill -"$signal" $pid
        wait $pid
        got=$?
        spent=$((($(date +%s%N) - start) / 1000000))
        [ $got -eq 0 ] && break # it was done before
        if [ $got -eq 130 ]; then ok; else bad "$signal: exit status $got, expected 130" "$work/err"; fi
        if [ $spent -lt 1000 ]; then ok; else bad "$signal: it took $spent ms"; fi
        one_error "$signal" "$work/err"
        holds "$signal: what to do" "$work/err" 'goes on from here'
        "$W2S" list --store "$store" >"$work/list"
        holds "$signal: listed" "$work/list" interrupted
    done
    status "$signal: resumed" 0 "$W2S" run -q --store "$store" "$long"
    same "$signal" "$work/out" "$wanted"
    sound "$signal" "$store"
    once "$signal" "$store"
done
finish
