#!/usr/bin/env bash
# names.sh -- the shape of the source: unique names, openings, lengths, a README in every folder.
. "$(dirname "$0")/e2e.sh"
cd "$top" || exit 1

# none NAME COMMAND...: what the command prints are violations
none() {
    local name=$1
    shift
    "$@" >"$work/hits"
    if [ -s "$work/hits" ]; then bad "$name" "$work/hits"; else ok; fi
}

# Goldens and corpora are named after what they hold.
all=$(find runtime src grammar tests -type f -not -path 'tests/lang/*' -not -path 'tests/fuzz/corpus/*' | sort)
sources=$(echo "$all" | grep -E '\.([chlySs]|def|sh|py)$')
c_files=$(echo "$all" | grep -E '\.[ch]$')

same_name() {
    echo "$all" | sed 's|.*/||' | grep -vx 'README.md' | sort | uniq -d
}

badly_opened() {
    local file
    for file in $(echo "$c_files" | grep -E '^(runtime|src)/'); do
        case $(head -n 1 "$file") in
        "// ${file##*/} -- "?*) ;;
        *) echo "$file" ;;
        esac
    done
}

# Two tests are older than the limit; let there be no third.
too_long() {
    local file
    for file in $(echo "$sources" | grep -vxE 'tests/unit/test_(load|train)\.c'); do
        if [ "$(wc -l <"$file")" -gt 700 ]; then echo "$file"; fi
    done
}

with_tabs() {
    echo "$c_files" | xargs grep -n "$(printf '\t')"
}

without_readme() {
    local folder
    for folder in runtime/*/ src/ grammar/ tests/; do
        if [ ! -e "${folder}README.md" ]; then echo "$folder"; fi
    done
}

none 'two files of one name' same_name
none 'the first line is not "// NAME -- what it is"' badly_opened
none 'longer than 700 lines' too_long
none 'a tab' with_tabs
none 'a folder without README.md' without_readme
none 'a locale (numbers are read and written with a point)' grep -rnE '(set|use)locale *\(' runtime src grammar
none 'unfinished business' grep -rnwE 'TODO|FIXME|XXX' runtime src grammar

find tests/e2e tests/tool tests/fault -name '*.sh' -not -name e2e.sh -not -name other_build.sh -not -name fault.sh -not -perm -u+x >"$work/hits"
if [ -s "$work/hits" ]; then bad 'tests that cannot be executed' "$work/hits"; else ok; fi
finish
