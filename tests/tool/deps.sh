#!/bin/sh
# deps.sh -- installs the Debian packages that are missing, then runs the command given, if any:
#   sh tests/tool/deps.sh make run      what building and running needs
#   sh tests/tool/deps.sh make test     also what the tests need
set -eu

packages='gcc make libc6-dev binutils flex bison zlib1g-dev libcsv-dev libjansson-dev libpopt-dev libssl-dev liblua5.4-dev libsqlite3-dev'
case "$*" in
*test* | *check* | '')
    # pkg-config and dpkg-dev for the test of what is installed; cmocka for unit tests; chromium for the page of reports; clang for sanitizers and fuzzers; aarch64 libraries and an emulator.
    packages="$packages pkg-config dpkg-dev libcmocka-dev chromium clang libclang-rt-14-dev python3 gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user"
    if [ "$(dpkg --print-architecture)" = amd64 ]; then
        packages="$packages zlib1g-dev:arm64 libcsv-dev:arm64 libjansson-dev:arm64 libpopt-dev:arm64 libssl-dev:arm64 liblua5.4-dev:arm64 libsqlite3-dev:arm64"
    fi
    ;;
esac

missing=''
for p in $packages; do
    dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing="$missing $p"
done
if [ -n "$missing" ]; then
    root=''
    [ "$(id -u)" -eq 0 ] || root=sudo
    echo "installing:$missing"
    case "$missing" in
    *:arm64*) $root dpkg --add-architecture arm64 ;;
    esac
    $root apt-get update -qq
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive $root apt-get install -y -qq --no-install-recommends $missing
fi
[ $# -eq 0 ] || exec "$@"
