#!/usr/bin/env bash
# names.sh -- the shape of the source: unique names, openings, sizes, a README in every folder.
. "$(dirname "$0")/e2e.sh"
cd "$top" || exit 1

sources=$(find runtime src grammar tests -name '*.[chly]' -o -name '*.def' -o -name '*.sh' | sort)

for name in $(for f in $sources; do basename "$f"; done | sort | uniq -d); do
    bad "two files are named $name"
done
for f in $(find runtime src -name '*.[ch]'); do
    case $(head -n 1 "$f") in
    "// ${f##*/} -- "*) ok ;;
    *) bad "$f does not open with '// ${f##*/} -- '" ;;
    esac
    if [ "$(wc -l <"$f")" -gt 700 ]; then bad "$f is longer than 700 lines"; fi
done
tab=$(printf '\t')
for f in $(find runtime src tests -name '*.[ch]'); do
    if grep -q "$tab" "$f"; then bad "$f holds a tab"; fi
done
for folder in runtime/*/ src/ grammar/ tests/; do
    if [ -e "${folder}README.md" ]; then ok; else bad "$folder has no README.md"; fi
done
if grep -rnE 'TODO|FIXME|XXX' runtime src grammar >"$work/hits"; then bad 'unfinished business' "$work/hits"; fi
finish
