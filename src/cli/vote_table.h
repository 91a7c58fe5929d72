// vote_table.h -- the table of voters of Ratner et al. 2017 (Snorkel): on what share of the rows a
// voter says something, where others do as well, where one disagrees, and how often it is right.
#ifndef W2S_VOTE_TABLE_H
#define W2S_VOTE_TABLE_H

#include "base/str.h"
#include "data/table.h"

#include <stdio.h>

// Shares of all rows; `gold`, of the rows on which the voter has one first class and whose gold
// label is known. NaN: there are none.
struct vote_line {
    double coverage, overlap, conflict, gold;
};

// V lines, to be freed with mem_free. Votes are N x V x C (eval/label_model.h), for N rows.
struct vote_line *vote_table(const float *votes, const struct rows *rows, size_t V, size_t C);

// The cell of a table: "    0.5000", or a dash for NaN.
void vote_share_print(FILE *out, double share);

#endif
