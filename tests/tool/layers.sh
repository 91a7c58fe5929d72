#!/usr/bin/env bash
# layers.sh -- checks who includes whom (CONTRIBUTING.md), and what may be named only in one place.
. "$(dirname "$0")/e2e.sh"
cd "$top" || exit 1

# layer: the layers its files may include, besides system headers and headers of their own folder
allowed() {
    case $1 in
    runtime/base) echo "base" ;;
    runtime/kernel) echo "kernel" ;;
    runtime/plan) echo "plan base" ;;
    runtime/graph) echo "graph kernel base" ;;
    runtime/data) echo "data plan kernel base" ;;
    runtime/model) echo "model graph kernel data plan base" ;;
    runtime/eval) echo "eval plan kernel base" ;;
    runtime/exec) echo "exec model graph kernel data eval plan base" ;;
    src) echo "plan base data/load.h data/split.h model/model.h ../grammar/keywords.def" ;;
    src/cli) echo "exec model graph kernel data eval plan base" ;;
    esac
}

for folder in runtime/base runtime/kernel runtime/plan runtime/graph runtime/data runtime/model runtime/eval runtime/exec src src/cli; do
    for file in "$folder"/*.[ch] "$folder"/*.def; do
        [ -e "$file" ] || continue
        while read -r header; do
            found=no
            if [ "${header#*/}" = "$header" ]; then # beside the file, or for src what src and the grammar offer
                [ -e "$folder/$header" ] && found=yes
                case $folder in src*) if [ -e "src/$header" ] || [ -e "build/gen/$header" ]; then found=yes; fi ;; esac
            fi
            for a in $(allowed "$folder"); do
                if [ "$a" = "${header%%/*}" ] || [ "$a" = "$header" ]; then found=yes; fi
            done
            if [ $found = yes ]; then ok; else bad "$file includes $header"; fi
        done < <(sed -n 's/^ *# *include "\(.*\)"/\1/p' "$file")
    done
done

# only NAME PATTERN FOLDER: matches nowhere else
only() {
    local hits
    hits=$(grep -nE "$2" runtime/*/*.[ch] src/*.[ch] src/cli/*.[ch] | grep -v "^$3/")
    if [ -z "$hits" ]; then ok; else
        echo "$hits" >"$work/hits"
        bad "$1 outside $3" "$work/hits"
    fi
}
only 'intrinsics' '(immintrin|emmintrin|arm_neon)\.h' runtime/kernel
only 'malloc' '(^|[^_a-zA-Z])(malloc|calloc|realloc|free|aligned_alloc)\(' runtime/base
only 'SQLite' 'sqlite3\.h' runtime/store
only 'Lua' '(lua|lauxlib|lualib)\.h' runtime/hook
finish
