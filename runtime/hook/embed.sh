#!/bin/sh
# embed.sh -- embed.sh TABLE FILE ...: prints a C file with the bytes of the files and the table of stdlib.h.
set -eu
table=$1
shift
printf '// Made by embed.sh from the files it names.\n#include "hook/stdlib.h"\n\n'
n=0
for file; do
    printf 'static const unsigned char file_%d[] = { // %s\n' "$n" "$file"
    od -An -v -tu1 "$file" | sed 's/  */,/g; s/^,//; s/$/,/'
    printf '0};\n'
    n=$((n + 1))
done
printf '\nconst struct stdlib_file %s[] = {\n' "$table"
n=0
for file; do
    name=${file##*/}
    printf '    {"%s", (const char *)file_%d, sizeof(file_%d) - 1},\n' "${name%.*}" "$n" "$n"
    n=$((n + 1))
done
printf '    {0},\n};\n'
