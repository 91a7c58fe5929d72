#!/usr/bin/env bash
# cli.sh -- the command line: exit statuses, messages, and input that is wrong in every way.
. "$(dirname "$0")/../tool/e2e.sh"
digits=$top/examples/digits.w2s

status 'no command' 64 "$W2S"
status 'unknown command' 64 "$W2S" rum "$digits"
holds 'unknown command: suggestion' "$work/err" "did you mean 'run'?"
status 'unknown option' 64 "$W2S" run --seedz 1 "$digits"
holds 'unknown option: suggestion' "$work/err" "did you mean '--seeds'?"
status 'option of another command' 64 "$W2S" fmt --seeds 1 "$digits"
status 'help' 0 "$W2S" help
status 'help of a command' 0 "$W2S" run --help
holds 'help: options' "$work/out" "--seeds SEEDS"
status 'version' 0 "$W2S" version
status 'no file' 64 "$W2S" run
status 'missing file' 66 "$W2S" run "$work/none.w2s"
status 'a folder' 74 "$W2S" check "$work"
status 'bad threads' 64 "$W2S" run --threads 0 "$digits"
status 'bad threads' 64 "$W2S" run --threads 2x "$digits"
status 'bad seeds' 64 "$W2S" plan --seeds '0..' "$digits"
status 'backward seeds' 65 "$W2S" plan --seeds '3..1' "$digits"
status 'set of no param' 64 "$W2S" plan --set width=3 "$digits"
status 'set without value' 64 "$W2S" plan --set width "$digits"
status 'unknown instruction set' 64 env W2S_CPU=z80 "$W2S" run "$digits"
status 'full disk' 74 sh -c "\"$W2S\" plan \"$digits\" >/dev/full"
holds 'full disk: message' "$work/err" "writing to standard output failed"

# A first experiment: written once, right as it stands, in the canonical layout.
(cd "$work" && "$W2S" init) >"$work/out" 2>"$work/err"
status 'init: the file is right' 0 "$W2S" plan "$work/experiment.w2s"
status 'init: its layout' 0 "$W2S" fmt --check "$work/experiment.w2s"
status 'init over a file' 74 "$W2S" init "$work/experiment.w2s"
holds 'init over a file: message' "$work/err" 'is there already, and is left as it is'
status 'init into a full disk' 74 "$W2S" init /dev/full/x.w2s

status 'doctor' 0 "$W2S" doctor --store "$work/none"
holds 'doctor: kernels' "$work/out" 'ok     kernels'
status 'doctor in JSON' 0 "$W2S" doctor --json
if python3 -c 'import json,sys; d = json.load(open(sys.argv[1])); assert all(x["ok"] for x in d.values()) and len(d) >= 7' "$work/out"; then
    ok; else bad 'doctor in JSON' "$work/out"; fi
status 'doctor: a wrong instruction set' 1 env W2S_CPU=z80 "$W2S" doctor
printf 'no store\n' >"$work/file"
status 'doctor: no store' 1 "$W2S" doctor --store "$work/file"

# Completion and the manual page name every command; the shells that are here read them.
"$W2S" help | awk '/^  [a-z]/ {print $1}' >"$work/commands"
for shell in bash zsh fish; do
    status "completion $shell" 0 "$W2S" completion "$shell"
    cp "$work/out" "$work/completion"
    while read -r command; do grep -q "$command" "$work/completion" || bad "completion $shell: no $command"; done <"$work/commands"
    if command -v "$shell" >/dev/null; then status "$shell reads its completion" 0 "$shell" -n "$work/completion"; fi
done
cat >"$work/try" <<'TRY'
eval "$("$W2S" completion bash)"
COMP_WORDS=(w2s run --thr) COMP_CWORD=2
_w2s
[ "${COMPREPLY[*]}" = --threads ]
COMP_WORDS=(w2s ver) COMP_CWORD=1
_w2s
[ "${COMPREPLY[*]}" = "verify version" ]
TRY
W2S=$W2S status 'bash completes' 0 bash -e "$work/try"
status 'completion of no shell' 64 "$W2S" completion csh
status 'the manual page' 0 "$W2S" help --man
while read -r command; do holds "manual: $command" "$work/out" ".SS \"w2s $command"; done <"$work/commands"
if command -v groff >/dev/null; then
    cp "$work/out" "$work/w2s.1"
    groff -man -ww -Tutf8 -z "$work/w2s.1" 2>"$work/err"
    if [ -s "$work/err" ]; then bad 'the manual page as roff' "$work/err"; else ok; fi
fi

"$W2S" help --language 2>"$work/err" | head -n 1 >"$work/out"
if [ -s "$work/err" ]; then bad 'a reader that has seen enough' "$work/err"; else ok; fi

for f in digits mnist colored spam; do
    status "fmt $f" 0 "$W2S" fmt "$top/examples/$f.w2s"
    cp "$work/out" "$work/once.w2s"
    status "fmt $f again" 0 "$W2S" fmt "$work/once.w2s"
    if cmp -s "$work/out" "$work/once.w2s"; then ok; else bad "fmt $f is no fixpoint"; fi
    status "fmt --check $f" 0 "$W2S" fmt --check "$work/once.w2s"
done
printf 'param   a=1\n' >"$work/loose.w2s"
status 'fmt --check of a loose file' 1 "$W2S" fmt --check "$work/loose.w2s"
status 'fmt --write' 0 "$W2S" fmt --write "$work/loose.w2s"
status 'fmt --check after --write' 0 "$W2S" fmt --check "$work/loose.w2s"

status 'a file that is no text' 65 "$W2S" check "$W2S"
: >"$work/empty.w2s"
status 'an empty file' 65 "$W2S" check "$work/empty.w2s"
head -c 5000000 /dev/zero | tr '\0' '#' >"$work/large.w2s"
status 'a file over the limit' 65 "$W2S" check "$work/large.w2s"
# A ceiling below its teacher leaves no gap to recover, however significantly.
cat >"$work/below.w2s" <<'W2S'
data d = builtin("digits") { split = { a: 50%, b: 20%, c: 30% } }
teacher good { model = linear(); train = d.a; using = adam(lr: 1e-2) }
student poor { model = mlp(hidden: [4]); train = d.b; learn = soft_labels(from: good); epochs = 1 }
evaluate { models = [poor]; on = [d.c]; metrics = [pgr] }
W2S
status 'pgr with a ceiling worse than the teacher' 0 "$W2S" run -q "$work/below.w2s"
holds 'pgr with a ceiling worse than the teacher: refused' "$work/out" "the ceiling is worse than the teacher"
status 'the same in JSON' 0 "$W2S" run -q --json "$work/below.w2s"
holds 'the same in JSON: null' "$work/out" '"mean": null'
finish
