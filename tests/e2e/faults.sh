#!/usr/bin/env bash
# faults.sh -- the tests of tests/fault, one after another.
cd "$(dirname "$0")/../.." || exit 1
exec tests/tool/runtests.sh tests/fault/{kill,signal,write,damage,share,memory}.sh
