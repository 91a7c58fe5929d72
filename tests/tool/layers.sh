#!/usr/bin/env bash
# layers.sh -- checks the table 'Who may include whom' of CONTRIBUTING.md, and what only one layer may name.
. "$(dirname "$0")/e2e.sh"
cd "$top" || exit 1

# What a folder may include besides system headers and the files beside it: layers, or single headers.
allowed() {
    case $1 in
    runtime/base) echo base ;;
    runtime/kernel) echo kernel ;;
    runtime/plan) echo plan base ;;
    runtime/graph) echo graph kernel base ;;
    runtime/hook) echo hook graph plan base ;;
    runtime/data) echo data plan kernel base ;;
    runtime/eval) echo eval plan kernel base ;;
    runtime/model) echo model hook graph kernel data plan base ;;
    runtime/store) echo store plan base ;;
    runtime/exec) echo exec store model hook graph kernel data eval plan base ;;
    grammar) echo base parse.h ast.h diag.h w2s.tab.h ;;
    src) echo plan base data/annotations.h data/outputs.h data/load.h data/relabel.h data/shift.h data/split.h hook/loss.h hook/rules.h hook/stdlib.h model/model.h model/objective.h model/fit.h model/constrain.h model/row_script.h ../grammar/keywords.def w2s.tab.h w2s.lex.h ;;
    src/lsp) echo lsp src plan base hook/loss.h hook/stdlib.h ../grammar/keywords.def ;;
    src/api) echo src exec kernel plan base ../../include/w2s.h ;;
    src/cli) echo lsp exec store model hook graph kernel data eval plan base src ../grammar/keywords.def ;;
    *) return 1 ;;
    esac
}

# Prints "FILE: HEADER" for every header of ours that the files of a folder include, in quotes or in <>.
includes() {
    find "$1" -maxdepth 1 -name '*.[chlySs]' -o -maxdepth 1 -name '*.def' | sort | while read -r file; do
        sed -nE -e 's|^[ \t]*#[ \t]*include[ \t]*"([^"]*)".*|\1|p' \
            -e 's,^[ \t]*#[ \t]*include[ \t]*<((\.\.|base|kernel|plan|graph|data|model|eval|exec|cli)/[^>]*)>.*,\1,p' \
            "$file" | sed "s|^|$file: |"
    done
}

may_include() { # may_include FOLDER HEADER
    local name
    case $2 in
    */*) ;;
    *) if [ -e "$1/$2" ]; then return 0; fi ;;
    esac
    for name in $(allowed "$1"); do
        if [ "$name" = "$2" ] || [ "$name" = "${2%%/*}" ]; then return 0; fi
        if [ "$name" = src ] && [ -e "src/$2" ]; then return 0; fi
    done
    return 1
}

for folder in runtime/*/ grammar/ src/ src/*/; do
    folder=${folder%/}
    : >"$work/hits"
    allowed "$folder" >/dev/null || echo 'no rule in layers.sh; CONTRIBUTING.md has the table' >>"$work/hits"
    while IFS= read -r line; do
        may_include "$folder" "${line##*: }" || echo "$line" >>"$work/hits"
    done < <(includes "$folder")
    if [ -s "$work/hits" ]; then bad "$folder includes what it may not" "$work/hits"; else ok; fi
done

# only NAME PATTERN FOLDER: the pattern stands nowhere else; comments do not count
only() {
    find runtime src grammar -name '*.[chly]' -not -path "$3/*" | sort | xargs awk -v pattern="$2" '
        { code = $0; sub(/\/\/.*/, "", code) }
        code ~ pattern { print FILENAME ":" FNR ": " $0 }' >"$work/hits"
    if [ -s "$work/hits" ]; then bad "$1 outside $3" "$work/hits"; else ok; fi
}
only intrinsics '(mmintrin|x86intrin|arm_neon|arm_sve)[.]h' runtime/kernel
only malloc '(^|[^_a-zA-Z0-9])(malloc|calloc|realloc|free|aligned_alloc|posix_memalign|strn?dup)[ ]*[(]' runtime/base
only Lua '[<"](lua5.4/)?(lua|lauxlib|lualib)[.]h' runtime/hook
only SQLite 'sqlite3[.]h' runtime/store
finish
