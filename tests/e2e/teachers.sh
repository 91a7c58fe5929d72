#!/usr/bin/env bash
# teachers.sh -- labels of people, and ensembles of every sort, from file to store and back; what `w2s explain`
# says of them.
. "$(dirname "$0")/../tool/e2e.sh"
cp -r "$top/tests/e2e/teachers.w2s" "$top/tests/e2e/labels.csv" "$top/tests/e2e/labelled.csv" "$work"
sed -i "s|\.\./unit|$top/tests/unit|" "$work/teachers.w2s"
file=$work/teachers.w2s
store=$work/store

status 'run' 0 "$W2S" run -q "$file" --store "$store"
cp "$work/out" "$work/first"
status 'one thread, other kernels' 0 env W2S_CPU=ref "$W2S" run -q --threads 1 "$file"
golden 'one thread, other kernels: the same' "$work/out" "$work/first"
status 'again' 0 "$W2S" run "$file" --store "$store"
holds 'again: nothing is made' "$work/err" ' from the store'
status 'verify' 0 "$W2S" verify 1 --store "$store"
status 'audit' 0 "$W2S" audit 1 --store "$store"
holds 'audit: a teacher that only votes in an ensemble' "$work/out" ': trained on'

status 'explain' 0 "$W2S" explain "$file" mean told raven --store "$store"
sed 's/\[[0-9a-f]\{12\}\]/[key]/' "$work/out" >"$work/explained"
golden 'explain' "$work/explained" "$top/tests/e2e/teachers.expect"
status 'explain who votes' 0 "$W2S" explain "$file" people clauses --store "$store"
sed 's/\[[0-9a-f]\{12\}\]/[key]/; s|("[^"]*rules.lua")|(FILE)|' "$work/out" >"$work/explained"
golden 'explain who votes' "$work/explained" "$top/tests/e2e/voters.expect"
status 'explain who votes in JSON' 0 "$W2S" explain 1 people clauses --json --store "$store"
if python3 - "$work" <<'PY'; then ok; else bad 'explain who votes in JSON' "$work/out"; fi
import csv, json, sys
people, clauses = json.load(open(sys.argv[1] + "/out"))["models"]
gold = {r["id"]: r["kind"] for r in csv.DictReader(open(sys.argv[1] + "/labelled.csv"))}
votes = {}
for r in csv.DictReader(open(sys.argv[1] + "/labels.csv")):
    votes.setdefault(r["who"], {})[r["id"]] = r["label"]
for v in people["voters"]:
    mine, others = votes[v["name"]], [x for who, x in votes.items() if who != v["name"]]
    assert v["coverage"] == len(mine) / 6
    assert v["overlap"] == sum(any(i in o for o in others) for i in mine) / 6
    assert v["conflict"] == sum(any(o.get(i, c) != c for o in others) for i, c in mine.items()) / 6
    assert v["accuracy_by_gold"] == sum(gold[i] == c for i, c in mine.items()) / len(mine)
assert people["provenances"] == ["phone", "survey"] and len(people["digest"]) == 64
assert [v["coverage"] for v in clauses["voters"]] == [5 / 6, 4 / 6, 3 / 6, 2 / 6]
assert clauses["voters"][1]["accuracy_by_gold"] is None and clauses["voters"][3]["text"] == "a where y is 1"
PY
status 'explain in JSON' 0 "$W2S" explain 1 told raven --json --store "$store"
if python3 - "$work/out" <<'PY'; then ok; else bad 'explain in JSON' "$work/out"; fi
import json, sys
told, raven = json.load(open(sys.argv[1]))["models"]
people = {v["name"]: v for v in told["voters"] if v["name"].startswith("people")}
assert set(people) == {"people.ann", "people.bob", "people.eve"}
assert people["people.ann"]["coverage"] == 4 / 6 and people["people.ann"]["accuracy_by_gold"] == 3 / 4
assert people["people.eve"]["conflict"] >= 1 / 6 and people["people.eve"]["accuracy_by_gold"] == 1
assert abs(sum(told["class_shares"]) - 1) < 1e-6
assert all(len(v["weights"]) == 4 and v["weights"][0] == 1 / 8 for v in raven["voters"])
PY

status 'audit' 0 "$W2S" audit 1 --store "$store"
sum=$(sha256sum <"$work/labels.csv" | cut -c1-64)
holds 'audit: the file of labels' "$work/out" \
    "people: labels in labels.csv, sha256 $sum; annotators ann, bob, eve; from phone, survey"
status 'audit in JSON' 0 "$W2S" audit 1 --json --store "$store"
if python3 -c 'import json, sys
[x] = json.load(open(sys.argv[1]))["labels"]
assert x == {"teacher": "people", "file": "labels.csv", "digest": sys.argv[2],
             "annotators": ["ann", "bob", "eve"], "provenances": ["phone", "survey"]}, x' "$work/out" "$sum"; then
    ok
else
    bad 'audit in JSON' "$work/out"
fi

sed -i 's/^r5,c,eve/r6,c,eve/' "$work/labels.csv"
status 'a key that is no row' 65 "$W2S" run "$file" --store "$store"
holds 'a key that is no row' "$work/err" "labels.csv', line 12: 'r6' is no row of the data"
rm "$work/labels.csv"
status 'no file, checked' 0 "$W2S" check "$file"
status 'no file, run' 66 "$W2S" run "$file" --store "$store"

# Outputs computed elsewhere: what the metrics say of them is computed here again.
python3 - "$work/labelled.csv" "$work/p.npy" >"$work/expected" <<'PY'
import csv, math, struct, sys
rows = list(csv.DictReader(open(sys.argv[1])))
classes = sorted({r["kind"] for r in rows})
p = [[(1 + (5 * i + 3 * k) % 7) for k in range(len(classes))] for i in range(len(rows))]
p = [[x / sum(row) for x in row] for row in p]
head = "{'descr': '<f8', 'fortran_order': False, 'shape': (%d, %d), }" % (len(rows), len(classes))
head += " " * (117 - len(head)) + "\n"
with open(sys.argv[2], "wb") as f:
    f.write(b"\x93NUMPY\x01\0" + struct.pack("<H", len(head)) + head.encode())
    for row in p:
        f.write(struct.pack("<%dd" % len(row), *row))
gold = [classes.index(r["kind"]) for r in rows]
right = sum(row.index(max(row)) == y for row, y in zip(p, gold)) / len(rows)
print("big    %.4f    %.4f" % (right, -sum(math.log(row[y]) for row, y in zip(p, gold)) / len(rows)))
PY
cat >"$work/outputs.w2s" <<'W2S'
experiment "outputs" { seeds = 0 }
data d = csv("labelled.csv", label: "kind", key: "id")
teacher big = outputs("p.npy")
student s { model = linear(); train = d; learn = soft_labels(from: big) }
evaluate { models = [big]; on = [d]; metrics = [accuracy, nll] }
evaluate { models = [s]; on = [seen(d)]; metrics = [agreement(big)] }
W2S
status 'outputs' 0 "$W2S" run -q "$work/outputs.w2s" --store "$work/outputs.store"
holds 'outputs: accuracy and nll' "$work/out" "$(cat "$work/expected")"
status 'outputs again' 0 "$W2S" run "$work/outputs.w2s" --store "$work/outputs.store"
holds 'outputs again: nothing is made' "$work/err" ' from the store'
status 'outputs: verify' 0 "$W2S" verify 1 --store "$work/outputs.store"
sed -i 's/digits//; s/csv("labelled.csv", label: "kind", key: "id")/builtin("digits")/' "$work/outputs.w2s"
status 'outputs: other classes' 65 "$W2S" run "$work/outputs.w2s"
holds 'outputs: other classes' "$work/err" "'big' has outputs for"
finish
