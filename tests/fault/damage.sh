#!/usr/bin/env bash
# damage.sh -- a store that was damaged or edited: it is told, what is sound is used, and repairs lose nothing else.
. "$(dirname "$0")/fault.sh"
wanted=$(undisturbed "$sweep")
"$W2S" run -q --store "$work/good" "$sweep" >/dev/null 2>&1

fresh() {
    rm -rf "$work/s"
    cp -a "$work/good" "$work/s"
}

flip() { # FILE OFFSET: one bit
    python3 - "$1" "$2" <<'PY'
import sys
path, at = sys.argv[1], int(sys.argv[2])
data = bytearray(open(path, "rb").read())
data[at % len(data)] ^= 1
open(path, "wb").write(data)
PY
}

# after NAME: the store gives the undisturbed result, after a repair if it needs one
after() {
    status "$1: run" 0 "$W2S" run -q --store "$work/s" "$sweep"
    same "$1" "$work/out" "$wanted"
}

fresh
blob=$(find "$work/s/blobs" -type f | sort | head -n 1)
flip "$blob" 1000
# A store that was killed while it was made is one in which nothing was stored; one that lost its journal is not.
mkdir -p "$work/begun/blobs" && : >"$work/begun/lock"
status 'begun: fsck' 0 "$W2S" fsck --store "$work/begun"
status 'begun: a run goes on' 0 "$W2S" run -q --store "$work/begun" "$sweep"
rm "$work/begun/journal"
status 'lost journal: fsck' 66 "$W2S" fsck --store "$work/begun"

status 'blob: fsck' 74 "$W2S" fsck --store "$work/s"
holds 'blob: told' "$work/out" 'is damaged'
status 'blob: repair' 74 "$W2S" fsck --repair --store "$work/s"
sound 'blob: repaired' "$work/s"
after 'blob'

# A step that needs the content tells, and does not compute on rubbish.
fresh
for blob in $(find "$work/s/blobs" -type f); do flip "$blob" 77; done
sed 's/noisy = gaussian_noise(sigma: 0.2)/noisy = gaussian_noise(sigma: 0.3)/' "$sweep" >"$work/other.w2s"
status 'blob in use' 65 "$W2S" run -q --store "$work/s" "$work/other.w2s"
one_error 'blob in use' "$work/err"
holds 'blob in use: what to do' "$work/err" 'fsck --repair'

fresh
rm "$(find "$work/s/blobs" -type f | sort | head -n 1)"
status 'lost blob: fsck' 74 "$W2S" fsck --store "$work/s"
holds 'lost blob: told' "$work/out" 'is missing'

for bytes in 0 50 5000; do
    fresh
    truncate -s $bytes "$work/s/w2s.db"
    after "database cut to $bytes bytes"
    sound "database cut to $bytes bytes" "$work/s"
done
fresh
truncate -s -4096 "$work/s/w2s.db"
after 'database without its end'
fresh
rm "$work/s/w2s.db"
after 'no database'
sound 'no database' "$work/s"

# Whatever is edited in the database is found.
edit() { # SQL
    fresh
    python3 -c 'import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute(sys.argv[2]); c.commit()' "$work/s/w2s.db" "$1"
    status "edited: $1" 74 "$W2S" fsck --store "$work/s"
    holds "edited: $1" "$work/out" 'not what the journal says'
    status "edited: $1: audit" 74 "$W2S" audit --store "$work/s" last
    "$W2S" fsck --repair --store "$work/s" >/dev/null
    sound "repaired: $1" "$work/s"
}
edit 'UPDATE metrics SET mean = 0.99'
edit 'UPDATE steps SET number = 1'
edit 'DELETE FROM claims'
edit "UPDATE ends SET state = 'failed'"
edit "UPDATE provenance SET value = 'elsewhere' WHERE name = 'host'"

for at in 40 400 4000 -40; do
    fresh
    flip "$work/s/journal" $at
    status "journal edited at $at: fsck" 74 "$W2S" fsck --store "$work/s"
    status "journal edited at $at: audit" 74 "$W2S" audit --store "$work/s" last
done
# cut before the damage, what is sound is used
"$W2S" fsck --repair --store "$work/s" >/dev/null
sound 'journal repaired' "$work/s"
after 'journal repaired'
[ -e "$work/s/journal.damaged" ] && ok || bad 'the damaged journal was thrown away'

fresh
truncate -s -1 "$work/s/journal"
status 'journal cut: run' 65 "$W2S" run -q --store "$work/s" "$sweep"
one_error 'journal cut' "$work/err"
"$W2S" fsck --repair --store "$work/s" >/dev/null
after 'journal cut'

fresh
printf '\002' | dd of="$work/s/journal" bs=1 seek=12 conv=notrunc status=none
status 'newer journal' 65 "$W2S" run -q --store "$work/s" "$sweep"
holds 'newer journal' "$work/err" 'newer w2s'
fresh
python3 -c 'import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute("PRAGMA user_version = 99"); c.commit()' "$work/s/w2s.db"
status 'newer database' 65 "$W2S" run -q --store "$work/s" "$sweep"
holds 'newer database' "$work/err" 'newer w2s'

mkdir "$work/none"
status 'no store' 66 "$W2S" list --store "$work/none/s"
status 'a file for a store' 74 "$W2S" run -q --store "$sweep" "$sweep"
status 'a folder that is none' 66 "$W2S" list --store "$work/none"
finish
