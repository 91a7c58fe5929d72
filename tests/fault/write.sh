#!/usr/bin/env bash
# write.sh -- writes and syncs that fail, a disk that is full, a clock that goes backwards: one clear error, and
# nothing that was stored is lost.
. "$(dirname "$0")/fault.sh"
interposer
wanted=$(undisturbed "$sweep")

# The first run meets the fault at its N-th write; the second has to end as if nothing had been.
fails() { # KIND N
    local store=$work/store
    rm -rf "$store"
    W2S_FAULT=$1:$2 W2S_FAULT_PATH=$store LD_PRELOAD=$lib "$W2S" run -q --store "$store" "$sweep" >"$work/out" 2>"$work/err"
    local got=$?
    if [ $got -eq 0 ]; then # it had fewer writes than that
        same "$1 at $2: unharmed" "$work/out" "$wanted"
    elif [ $got -eq 74 ]; then
        ok
        one_error "$1 at $2" "$work/err"
    else
        bad "$1 at $2: exit status $got, expected 74" "$work/err"
    fi
    status "$1 at $2: afterwards" 0 "$W2S" run -q --store "$store" "$sweep"
    same "$1 at $2: afterwards" "$work/out" "$wanted"
    sound "$1 at $2" "$store"
    once "$1 at $2" "$store"
}
for n in 1 2 3 5 8 12 17 23 30 40 60; do fails eio $n; done
for n in 2 4 9 20 35; do fails full $n; done
for n in 1 3 7 15 33; do fails short $n; done
for n in 1 2 3 4 6 9 14 20 30; do fails sync $n; done

# A disk that is really full, where we may mount one.
mkdir "$work/disk"
if mount -t tmpfs -o size=300k none "$work/disk" 2>/dev/null; then
    "$W2S" run -q --store "$work/disk/s" "$sweep" >"$work/out" 2>"$work/err"
    got=$?
    if [ $got -eq 74 ]; then ok; else bad "full disk: exit status $got, expected 74" "$work/err"; fi
    one_error 'full disk' "$work/err"
    sound 'full disk' "$work/disk/s"
    mount -o remount,size=50m "$work/disk"
    status 'full disk: room again' 0 "$W2S" run -q --store "$work/disk/s" "$sweep"
    same 'full disk: room again' "$work/out" "$wanted"
    once 'full disk' "$work/disk/s"
    mount -o remount,ro "$work/disk"
    status 'read-only: list' 0 "$W2S" list --store "$work/disk/s"
    status 'read-only: show' 0 "$W2S" show --store "$work/disk/s" last
    status 'read-only: fsck' 0 "$W2S" fsck --store "$work/disk/s"
    status 'read-only: verify' 0 "$W2S" verify --sample 1 --store "$work/disk/s" last
    status 'read-only: run' 74 "$W2S" run -q --store "$work/disk/s" "$sweep"
    one_error 'read-only: run' "$work/err"
    holds 'read-only: what to do' "$work/err" '--no-store'
    umount "$work/disk"
fi

# Files may not grow: the signal that comes with it is ignored, the failed write is told.
(ulimit -f 60; exec "$W2S" run -q --store "$work/limit" "$sweep") >"$work/out" 2>"$work/err"
got=$?
if [ $got -eq 74 ]; then ok; else bad "limit of file size: exit status $got, expected 74" "$work/err"; fi
one_error 'limit of file size' "$work/err"
status 'limit of file size: afterwards' 0 "$W2S" run -q --store "$work/limit" "$sweep"
same 'limit of file size: afterwards' "$work/out" "$wanted"

store=$work/clock
W2S_FAULT=clock:1000 LD_PRELOAD=$lib status 'clock' 0 "$W2S" run -q --store "$store" "$sweep"
same 'clock' "$work/out" "$wanted"
W2S_FAULT=clock:1000 LD_PRELOAD=$lib status 'clock: again' 0 "$W2S" run -q --store "$store" "$sweep"
sound 'clock' "$store"
status 'clock: list' 0 "$W2S" list --store "$store"
finish
