#!/bin/sh
# deb.sh -- a Debian package from a finished build; called by `make deb`, which sets B, VERSION and MAKE.
# The same tree gives the same package: owners are root, times are those of the changelog.
set -eu
top=$(pwd)
stage=$B/deb/stage
root=$top/$stage
case $B in /*) root=$stage ;; esac
head -n 1 packaging/changelog | grep -qF "w2s ($VERSION) " || {
    echo "deb.sh: packaging/changelog does not begin with version $VERSION" >&2
    exit 1
}
architecture=$(dpkg --print-architecture)
triplet=$(${CC:-cc} -print-multiarch)
SOURCE_DATE_EPOCH=$(date -d "$(sed -n 's/^ -- .*>  //p;T;q' packaging/changelog)" +%s)
export SOURCE_DATE_EPOCH

rm -rf "$B/deb"
mkdir -p "$root/DEBIAN"
libdir=/usr/lib${triplet:+/$triplet}
$MAKE -s install B="$B" DESTDIR="$root" PREFIX=/usr LIBDIR="$libdir" PYTHONDIR=/usr/lib/python3/dist-packages >/dev/null

# What the system expects of a package: stripped, compressed, with its own names for two files.
doc=$root/usr/share/doc/w2s
library=$root$libdir/libw2s.so.$VERSION
strip --strip-unneeded "$root/usr/bin/w2s" "$library"
strip --strip-debug "$root$libdir/libw2s.a"
gzip -9n "$root/usr/share/man/man1/w2s.1"
gzip -9nc packaging/changelog >"$doc/changelog.gz"
rm "$doc/LICENSE"
cp packaging/copyright "$doc/copyright"

# Packages of the libraries that are linked to: with minimal versions where dpkg-dev is there.
depends() {
    if command -v dpkg-shlibdeps >/dev/null; then
        mkdir -p "$B/deb/debian"
        printf 'Source: w2s\n\nPackage: w2s\nArchitecture: any\nDepends: ${shlibs:Depends}\n' >"$B/deb/debian/control"
        (cd "$B/deb" && dpkg-shlibdeps -O -e"$root/usr/bin/w2s" -e"$library") | sed -n 's/^shlibs:Depends=//p'
    else
        ldd "$root/usr/bin/w2s" "$library" | awk '$3 ~ /^\// { print $3 }' | xargs -n 1 readlink -f |
            xargs dpkg -S | sed 's/:.*//' | sort -u | paste -sd , | sed 's/,/, /g'
    fi
}
needs=$(depends)
[ -n "$needs" ] || { echo "deb.sh: no dependencies were found" >&2; exit 1; }

sed -e "s|@VERSION@|$VERSION|" -e "s|@ARCHITECTURE@|$architecture|" -e "s|@DEPENDS@|$needs|" \
    -e "s|@SIZE@|$(du -ks "$root/usr" | cut -f 1)|" packaging/control.in >"$root/DEBIAN/control"
echo 'libw2s 0 w2s' >"$root/DEBIAN/shlibs"
echo 'activate-noawait ldconfig' >"$root/DEBIAN/triggers"
(cd "$root" && find usr -type f | LC_ALL=C sort | xargs md5sum) >"$root/DEBIAN/md5sums"
find "$root" -type d -exec chmod 755 {} +
dpkg-deb --root-owner-group -Zgzip --build "$root" "$B/w2s_${VERSION}_$architecture.deb" >/dev/null
rm -rf "$B/deb"
echo "$B/w2s_${VERSION}_$architecture.deb"
