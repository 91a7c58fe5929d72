--! a [2Jb
error('a\27[2Jb')
