#!/usr/bin/env bash
# lsp.sh -- the language server, driven as an editor drives it (lsp.py).
. "$(dirname "$0")/../tool/e2e.sh"
if python3 "$top/tests/e2e/lsp.py" "$W2S" "$top" >"$work/out" 2>&1; then :; else bad 'the client' "$work/out"; fi
passed=$((passed + $(grep -c '^ok' "$work/out")))
failed=$((failed + $(grep -c '^FAILED' "$work/out")))
grep '^FAILED' "$work/out"
finish
