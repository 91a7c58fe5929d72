#!/usr/bin/env bash
# rules.sh -- rules and constraints in a run that is kept: the same numbers from the store, verified, audited with
# texts and citations; another rule is another result.
. "$(dirname "$0")/../tool/e2e.sh"
cp -r "$top/tests/lang/plan" "$work/plan"
cd "$work/plan" || exit 1
export W2S_STORE=$work/store

status 'run' 0 "$W2S" run -q rules.w2s
cp "$work/out" first
status 'run again' 0 "$W2S" run rules.w2s
holds 'nothing is made again' "$work/err" 'from the store'
"$W2S" run -q rules.w2s >again
if cmp -s first again; then ok; else bad 'other numbers from the store' again; fi
status 'verify' 0 "$W2S" verify 1
holds 'verify' "$work/out" 'have the same bits'
status 'audit' 0 "$W2S" audit 1
for text in 'rules of sizes, in rules/sizes.lua: kinds by size' 'The rule book, 2nd edition' \
    'heavy: heavy ones are not (rule 7); depends on small' \
    'constraint rules/rising.lua: the larger, the more of kind 1' \
    'of sizes on d.test: –  rules/rising.lua:7: only a trained model can be asked about changed rows'; do
    holds 'audit' "$work/out" "$text"
done
status 'audit --json' 0 "$W2S" audit --json 1
holds 'audit --json' "$work/out" '"cite": "rule 7"'

sed -i 's/row.size < 2/row.size < 100/' rules/sizes.lua
status 'with another rule' 0 "$W2S" run -q rules.w2s
if cmp -s first "$work/out"; then bad 'another rule gives the same numbers' "$work/out"; else ok; fi
status 'verify' 1 "$W2S" verify 1 # the plan is another one now

sed -i 's/row.weight/row.wieght/' rules/sizes.lua
status 'a column that is not there' 65 "$W2S" run -q rules.w2s
holds 'a column that is not there' "$work/err" "rules/sizes.lua:9: there is no column 'wieght'"
holds 'a column that is not there' "$work/err" "Did you mean 'weight'?"
finish
