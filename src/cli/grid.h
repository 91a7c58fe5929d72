// grid.h -- a table of texts, printed with aligned columns.
#ifndef W2S_GRID_H
#define W2S_GRID_H

#include "base/str.h"

#include <stdio.h>

struct grid {
    size_t rows, cols;
    char **cell; // rows x cols, row 0 is the head; NULL is empty
};

void grid_init(struct grid *g, size_t rows, size_t cols);
void grid_release(struct grid *g);
void grid_set(struct grid *g, size_t row, size_t col, const char *text);
void grid_print(FILE *out, const struct grid *g);

#endif
