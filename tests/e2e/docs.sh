#!/usr/bin/env bash
# docs.sh -- what the documents show is true: every w2s block is checked and formatted, the README's result is the
# golden one.
. "$(dirname "$0")/../tool/e2e.sh"
cd "$top" || exit 1

for page in README.md docs/*.md; do
    awk -v out="$work/block" '/^```w2s$/ { n++; inside = 1; next } /^```/ { inside = 0 } inside { print > (out n ".w2s") }' "$page"
    for block in "$work"/block*.w2s; do
        [ -e "$block" ] || continue
        status "$page: ${block##*/}" 0 "$W2S" check "$block"
        status "$page: ${block##*/} is formatted" 0 "$W2S" fmt --check "$block"
        rm "$block"
    done
done

for f in tests/bench/*.w2s; do status "$f" 0 "$W2S" check "$f"; done

# Written from the lists of the compiler; W2S_UPDATE=1 writes it again.
status 'help --language' 0 "$W2S" help --language
golden 'docs/reference.md is what help --language prints' "$work/out" docs/reference.md

# The result in the README is what the first command prints.
awk '/^```/ { inside = !inside; next } inside' README.md >"$work/fenced"
if grep -qF "$(tail -n 1 tests/e2e/digits.expect)" "$work/fenced" &&
    [ "$(grep -cFx -f tests/e2e/digits.expect "$work/fenced")" -ge "$(wc -l <tests/e2e/digits.expect)" ]; then ok; else
    bad "README: the result is not that of examples/digits.w2s"
fi
finish
