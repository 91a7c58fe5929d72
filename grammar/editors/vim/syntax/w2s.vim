" w2s.vim -- colours for w2s files.
if exists("b:current_syntax")
  finish
endif

syntax match   w2sDeclaration "^\s*\<\(experiment\|param\|include\|data\|shift\|model\|teacher\|guidance\|student\|sweep\|evaluate\|control\|claim\|report\)\>"
syntax keyword w2sStatement   let plot at when over by on
syntax keyword w2sOperator    and or not take where
syntax keyword w2sBoolean     true false
syntax match   w2sNumber      "\<\d[0-9_]*\(\.\d[0-9_]*\)\?\([eE][+-]\?\d\+\)\?\(KiB\|MiB\|GiB\|ms\|s\|m\|h\|%\)\?"
syntax match   w2sFunction    "\<\h\w*\ze\s*("
syntax match   w2sArgument    "\<\h\w*\ze\s*:"
syntax region  w2sString      start=+"+ skip=+\\.+ end=+"+ oneline
syntax match   w2sComment     "#.*$" contains=@Spell

highlight default link w2sDeclaration Keyword
highlight default link w2sStatement   Statement
highlight default link w2sOperator    Operator
highlight default link w2sBoolean     Boolean
highlight default link w2sNumber      Number
highlight default link w2sFunction    Function
highlight default link w2sArgument    Identifier
highlight default link w2sString      String
highlight default link w2sComment     Comment

setlocal commentstring=#\ %s
let b:current_syntax = "w2s"
