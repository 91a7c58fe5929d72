# replay.sh -- sourced by tests of documents: replay PAGE FOLDER prints the page anew.
#
# A block of w2s or lua whose first line is a comment with a file's name is written to that file in the folder, and every
# command of a `console` block ("$ w2s ...") is run there and shown with what it prints. A page that is equal to its
# replay tells the truth.

replay() (
    page=$(realpath "$1")
    mkdir -p "$2/bin"
    ln -sf "$W2S" "$2/bin/w2s"
    cd "$2" || exit 1
    PATH=$PWD/bin:$PATH
    unset W2S_STORE # the folder has a store of its own
    kind='' file=''
    while IFS= read -r line; do
        case $kind:$line in
        :'```console') kind=console ;;
        :'```w2s' | :'```w2s wrong' | :'```lua') kind=first ;;
        :'```'*) kind=other ;;
        :*) ;;
        *:'```') kind='' file='' ;;
        console:'$ '*)
            printf '%s\n' "$line"
            sh -c "${line#??}" 2>&1 </dev/null
            continue
            ;;
        console:*) continue ;; # what it printed when the page was written
        first:*)
            kind=code
            file=$(expr "$line" : '[#-]* \([a-z0-9]*\.[a-z0-9]*\)')
            if [ -n "$file" ]; then printf '%s\n' "$line" >"$file"; fi
            ;;
        code:*) if [ -n "$file" ]; then printf '%s\n' "$line" >>"$file"; fi ;;
        esac
        printf '%s\n' "$line"
    done <"$page"
)
