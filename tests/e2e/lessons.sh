#!/usr/bin/env bash
# lessons.sh -- the numbered examples give what they are said to give; the gradient of every loss that ships is right.
. "$(dirname "$0")/../tool/e2e.sh"
cd "$top/examples" || exit 1

for f in [0-9]-*.w2s; do
    status "$f" 0 "$W2S" run -q "$f"
    golden "$f" "$work/out" "$top/tests/e2e/lessons/${f%.w2s}.expect"
    status "$f is formatted" 0 "$W2S" fmt --check "$f"
done

# Every kind of guidance in one file; one repetition of five.
status 'spam.w2s' 0 "$W2S" run -q --seeds 0 spam.w2s
golden 'spam.w2s' "$work/out" "$top/tests/e2e/lessons/spam.expect"

for f in losses/*.lua rules/monotone.lua; do
    status "gradcheck $f" 0 "$W2S" gradcheck "$f"
    holds "gradcheck $f" "$work/out" 'the gradient is right'
done

# What the two without a default of use need.
settings() {
    case $1 in
    logical) echo '--set feature=1 --set classes=[1]' ;;
    monotone) echo '--set increasing=[1]' ;;
    esac
}
for f in "$top"/stdlib/losses/*.lua; do
    name=$(basename "$f" .lua)
    # shellcheck disable=SC2046
    status "gradcheck $name" 0 "$W2S" gradcheck $(settings "$name") "$name"
    holds "gradcheck $name" "$work/out" 'the gradient is right'
    status "stdlib $name" 0 "$W2S" stdlib "$name"
    holds "stdlib $name" "$work/out" "$name: "
done

cat >"$work/wrong.lua" <<'LUA'
return {
    kind = "target",
    title = "a gradient that is wrong",
    eager = function(v)
        v.gradient:set(1, 1, 1)
        return v.logits:get(1, 1) ^ 2
    end,
}
LUA
status 'gradcheck of a wrong gradient' 1 "$W2S" gradcheck "$work/wrong.lua"
holds 'gradcheck of a wrong gradient' "$work/out" 'the gradient is WRONG'
status 'gradcheck of nothing' 66 "$W2S" gradcheck "$work/none.lua"
holds 'gradcheck of nothing' "$work/err" 'No such file'
status 'gradcheck with an unknown param' 65 "$W2S" gradcheck --set gama=2 focal_kl
holds 'gradcheck with an unknown param' "$work/err" "'gama=2' sets no param of focal_kl"
status 'gradcheck out of range' 65 "$W2S" gradcheck --set gamma=-2 focal_kl
holds 'gradcheck out of range' "$work/err" "'gamma' cannot be '-2'"
status 'stdlib of an unknown name' 64 "$W2S" stdlib focal
holds 'stdlib of an unknown name' "$work/err" "the standard library has no loss 'focal'"
status 'stdlib' 0 "$W2S" stdlib
for f in "$top"/stdlib/losses/*.lua; do holds 'stdlib lists all' "$work/out" "  $(basename "$f" .lua) "; done
finish
