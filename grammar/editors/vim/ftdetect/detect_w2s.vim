" detect_w2s.vim -- files named *.w2s are w2s.
autocmd BufNewFile,BufRead *.w2s setfiletype w2s
