// builtin.S -- the data sets that ship inside w2s, as bytes of the program. Paths start at the top
// folder of the source, where make runs.
    .section .rodata
    .balign 16
    .globl w2s_digits_begin
    .globl w2s_digits_end
    .globl w2s_spambase_begin
    .globl w2s_spambase_end
    .hidden w2s_digits_begin
    .hidden w2s_digits_end
    .hidden w2s_spambase_begin
    .hidden w2s_spambase_end
w2s_digits_begin:
    .incbin "stdlib/data/digits.csv.gz"
w2s_digits_end:
    .byte 0
w2s_spambase_begin:
    .incbin "stdlib/data/spambase.csv.gz"
w2s_spambase_end:
    .byte 0

    .section .note.GNU-stack, "", %progbits
