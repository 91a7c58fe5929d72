#!/usr/bin/env bash
# kill.sh -- kill -9 at 200 random instants of a sweep: what was stored stays, nothing is made twice, and the end is
# what it would have been.
. "$(dirname "$0")/fault.sh"
kills=${W2S_KILLS:-200}
wanted=$(undisturbed "$sweep")
RANDOM=${W2S_SEED:-$$}
echo "seed ${W2S_SEED:-$$}"

round=0
done_kills=0
while [ "$done_kills" -lt "$kills" ]; do
    store=$work/store$round
    before=0
    while [ "$done_kills" -lt "$kills" ]; do
        "$W2S" run -q --store "$store" --checkpoint 0.01 "$sweep" >"$work/out" 2>"$work/err" &
        pid=$!
        sleep "$(printf 0.%03d $((RANDOM % 200)))"
        kill -9 $pid 2>/dev/null
        wait $pid 2>/dev/null
        [ $? -eq 137 ] || break # it was done before
        done_kills=$((done_kills + 1))
        [ $((done_kills % 20)) -eq 0 ] && [ -e "$store/lock" ] && sound "after $done_kills kills" "$store"
    done
    status "round $round: resumed" 0 "$W2S" run -q --store "$store" "$sweep"
    same "round $round" "$work/out" "$wanted"
    sound "round $round" "$store"
    once "round $round" "$store"
    [ -z "$(ls "$store/checkpoints")" ] && ok || bad "round $round: checkpoints are left"
    rm -rf "$store"
    round=$((round + 1))
done

# One long step: it goes on from its checkpoint.
wanted=$(undisturbed "$long")
store=$work/long
for i in 1 2 3 4 5 6; do
    "$W2S" run -q --store "$store" --checkpoint 0.02 "$long" >/dev/null 2>&1 &
    pid=$!
    sleep "0.$((2 + RANDOM % 4))"
    kill -9 $pid 2>/dev/null
    wait $pid 2>/dev/null
done
status 'long: resumed' 0 "$W2S" run -q --store "$store" "$long"
same 'long' "$work/out" "$wanted"
sound 'long' "$store"
once 'long' "$store"
finish
