#!/usr/bin/env bash
# install.sh -- what is installed works where it was put: the Debian package and `make install`, the program, the library
# from C by pkg-config, shared and static, and from Python.
. "$(dirname "$0")/../tool/e2e.sh"
cd "$top" || exit 1
small=tests/lang/plan/small.w2s
root=$work/root

status 'make deb' 0 make -s deb
package=$(tail -n 1 "$work/out")
dpkg-deb -I "$package" >"$work/info" 2>&1
holds 'the libraries it needs' "$work/info" 'libsqlite3-0'
holds 'the C library, with its version' "$work/info" 'libc6 (>='

# As root through dpkg itself, with a data base of its own; otherwise the files alone.
mkdir -p "$root/var/lib/dpkg/info" "$root/var/lib/dpkg/updates"
touch "$root/var/lib/dpkg/status"
in_root() { PATH=$PATH:/sbin:/usr/sbin dpkg --root="$root" --log=/dev/null --force-depends --force-script-chrootless "$@"; }
if [ "$(id -u)" -eq 0 ]; then
    status 'dpkg -i' 0 in_root -i "$package"
    status 'dpkg -V' 0 in_root -V w2s
    if [ -s "$work/out" ]; then bad 'files are not those of md5sums' "$work/out"; else ok; fi
else
    status 'dpkg -x' 0 dpkg-deb -x "$package" "$root"
fi
lib=$(dirname "$(find "$root/usr/lib" -name libw2s.a)")

status 'the installed program' 0 env -i "PATH=$root/usr/bin:/usr/bin:/bin" w2s run -q --no-store "$small"
cp "$work/out" "$work/installed"
status 'the built program' 0 "$W2S" run -q --no-store "$small"
if cmp -s "$work/installed" "$work/out"; then ok; else bad 'the installed program has other results' "$work/installed"; fi
digest=$(sed -n 's/^digest //p' "$work/out")
for f in "$root"/usr/share/w2s/examples/[0-9]*.w2s; do status "installed ${f##*/}" 0 "$root/usr/bin/w2s" check "$f"; done
zcat "$root/usr/share/man/man1/w2s.1.gz" >"$work/man"
holds 'the manual page' "$work/man" '.TH W2S 1'

# Nothing but the interface is to be seen.
nm -D --defined-only "$lib/libw2s.so" | awk '$2 ~ /[A-Z]/ { print $3 }' >"$work/shared"
nm -g --defined-only "$lib/libw2s.a" | awk '$2 ~ /[A-Z]/ { print $3 }' >"$work/static"
grep -oE '\bw2s_[a-z_]+\(' include/w2s.h | tr -d '(' | sort -u >"$work/declared"
for kind in shared static; do
    if sort -u "$work/$kind" | diff "$work/declared" - >"$work/diff"; then ok; else bad "$kind: other names than w2s.h has" "$work/diff"; fi
done

flags() {
    PKG_CONFIG_SYSROOT_DIR=$root PKG_CONFIG_LIBDIR=$lib/pkgconfig PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1 \
        PKG_CONFIG_ALLOW_SYSTEM_LIBS=1 pkg-config "$@" w2s
}
example=$root/usr/share/w2s/examples/c/read_results.c
# shellcheck disable=SC2046
status 'the example, shared' 0 cc -std=c11 -Wall -Wextra -Wpedantic -Werror "$example" -o "$work/shared_example" $(flags --cflags --libs)
# shellcheck disable=SC2046
status 'the example, static' 0 cc -std=c11 "$example" -o "$work/static_example" $(flags --cflags) "$lib/libw2s.a" \
    $(flags --libs --static | sed "s|[^ ]*-lw2s||; s|-L[^ ]*||g")
for kind in shared static; do
    status "the $kind example runs" 0 env "LD_LIBRARY_PATH=$lib" "$work/${kind}_example" "$small"
    holds "the $kind example" "$work/out" "digest $digest"
done
holds 'the example: a number with its point' "$work/out" '[lambda = 0.5, width = 8]'
holds 'the example: a claim' "$work/out" 'held: at one place'
status 'the example without its file' 66 env "LD_LIBRARY_PATH=$lib" "$work/shared_example" none.w2s
holds 'the example without its file' "$work/err" "cannot read 'none.w2s'"

# A locale that writes numbers with a comma, where it can be made.
LOCPATH=
if localedef --no-archive -i de_DE -f UTF-8 "$work/de_DE.UTF-8" >/dev/null 2>&1; then LOCPATH=$work; fi
status 'from Python' 0 env "LOCPATH=$LOCPATH" "LD_LIBRARY_PATH=$lib" PYTHONDONTWRITEBYTECODE=1 \
    "PYTHONPATH=$root/usr/lib/python3/dist-packages" python3 tests/e2e/installed.py "$root/usr/bin/w2s" "$small"

if [ "$(id -u)" -eq 0 ]; then
    status 'dpkg -r' 0 in_root -r w2s
    find "$root/usr" -type f >"$work/left" 2>/dev/null
    if [ -s "$work/left" ]; then bad 'removing leaves files' "$work/left"; else ok; fi
fi

# Staged elsewhere, and taken back.
status 'make install' 0 make -s install DESTDIR="$work/stage" PREFIX=/opt/w2s
if [ -x "$work/stage/opt/w2s/bin/w2s" ]; then ok; else bad 'make install: no program'; fi
holds 'its pkg-config file' "$work/stage/opt/w2s/lib/pkgconfig/w2s.pc" 'prefix=/opt/w2s'
status 'make uninstall' 0 make -s uninstall DESTDIR="$work/stage" PREFIX=/opt/w2s
find "$work/stage" ! -type d >"$work/left"
if [ -s "$work/left" ]; then bad 'uninstall leaves files' "$work/left"; else ok; fi
finish
