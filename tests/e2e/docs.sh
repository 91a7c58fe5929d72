#!/usr/bin/env bash
# docs.sh -- what the documents show is true: every w2s block is checked and formatted, links lead somewhere, results and
# messages are what w2s prints. W2S_UPDATE=1 writes again what w2s writes itself: the reference, the messages of the
# diagnostics, the output in the tutorial.
. "$(dirname "$0")/../tool/e2e.sh"
cd "$top" || exit 1

cp -r examples/rules examples/losses examples/shifts "$work" # what blocks name
for page in README.md docs/*.md; do
    awk -v out="$work/block" '/^```w2s$/ { n++; inside = 1; next } /^```/ { inside = 0 } inside { print > (out n ".w2s") }' "$page"
    for block in "$work"/block*.w2s; do
        [ -e "$block" ] || continue
        status "$page: ${block##*/}" 0 "$W2S" check "$block"
        status "$page: ${block##*/} is formatted" 0 "$W2S" fmt --check "$block"
        rm "$block"
    done
done

# Links within the tree lead somewhere, and docs/README.md names every page.
for page in README.md CONTRIBUTING.md docs/*.md; do
    grep -oE '\]\([^):]+\)' "$page" | sed -E 's/^\]\(//; s/\)$//; s/#.*//' | sort -u >"$work/links"
    while read -r link; do
        if [ -z "$link" ] || [ -e "$(dirname "$page")/$link" ]; then ok; else bad "$page: no file $link"; fi
    done <"$work/links"
    [ "$page" = "${page#docs/}" ] || [ "$page" = docs/README.md ] ||
        holds "docs/README.md names $page" docs/README.md "(${page#docs/})"
done

# Files and folders that are named in code style are there; NAME stands for any.
for page in README.md docs/*.md; do
    grep -oE '`(docs|examples|grammar|runtime|src|stdlib|tests)/[^` ]*`' "$page" | tr -d '`' | grep -v NAME | sort -u >"$work/names"
    while read -r name; do
        if compgen -G "$name" >/dev/null; then ok; else bad "$page: no file $name"; fi
    done <"$work/names"
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
# The tutorial: its files and commands, one after the other.
. tests/tool/replay.sh
replay docs/tutorial.md "$work/tutorial" >"$work/again.md"
golden 'the tutorial prints what its page says' "$work/again.md" docs/tutorial.md

# docs/diagnostics.md: every code of diag.def has a section, its wrong example gives this code alone and what the page
# says, its right one nothing; `w2s explain CODE` prints it. W2S_UPDATE=1 writes the messages again.
page=$top/docs/diagnostics.md
cd "$work" || exit 1

# The page in pieces: N.wrong and N.right, and N.code of the section they stand in.
awk '/^## W2S/ { n++; print substr($2, 1, 7) > (n ".code") }
     /^```w2s wrong$/ { file = n ".wrong"; next } /^```w2s$/ { file = n ".right"; next } /^```/ { file = "" }
     file != "" { print > file }' "$page"

sed -nE 's/^DIAG\([A-Z_]+, ([0-9]+), "(.*)"\)/## W2S0\1: \2/p' "$top/src/diag.def" >titles
grep '^## ' "$page" >sections
if diff titles sections >differ; then ok; else bad 'a section for each row of diag.def, in its order' differ; fi

for code in *.code; do
    n=${code%.code} name=$(cat "$code")
    cp "$n.wrong" wrong.w2s
    status "$name: the wrong example" 65 "$W2S" check wrong.w2s
    mv err "$n.said"
    if [ "$(grep -oE '^[a-z]+\[W2S[0-9]+\]' "$n.said" | sort -u)" = "error[$name]" ]; then ok; else
        bad "$name: the wrong example gives this code alone" "$n.said"
    fi
    cp "$n.right" right.w2s
    status "$name: the right example" 0 "$W2S" check right.w2s
    if [ -s err ]; then bad "$name: the right example gives none" err; else ok; fi
    status "explain $name" 0 "$W2S" explain "$name"
    holds "explain $name" out "$name: "
done

# The page with what was said in place of what it says is said.
awk '/^## W2S/ { n++ } /^```text$/ { print; while ((getline line < (n ".said")) > 0) print line; skip = 1; next }
     /^```/ { skip = 0 } !skip' "$page" >again.md
golden 'what the page says is said' again.md "$page"

status 'explain in small letters' 0 "$W2S" explain w2s0301 W2S0302
status 'explain of no code' 64 "$W2S" explain W2S9999
holds 'explain of no code' err "there is no message with the code 'W2S9999'"
finish
