// grid.c -- see grid.h.
#include "grid.h"

#include "base/mem.h"

#include <string.h>

void grid_init(struct grid *g, size_t rows, size_t cols)
{
    *g = (struct grid){.rows = rows, .cols = cols};
    size_t cap = 0;
    g->cell = mem_grow(NULL, &cap, rows * cols, sizeof *g->cell);
}

void grid_release(struct grid *g)
{
    for (size_t i = 0; i < g->rows * g->cols; i++)
        mem_free(g->cell[i]);
    mem_free(g->cell);
    *g = (struct grid){0};
}

void grid_set(struct grid *g, size_t row, size_t col, const char *text)
{
    size_t n = strlen(text) + 1;
    char **cell = &g->cell[row * g->cols + col];
    mem_free(*cell);
    *cell = memcpy(mem_new(n), text, n);
    for (size_t i = 0; i + 1 < n; i++) // a stored text may come from anywhere: no escapes
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7F)
            (*cell)[i] = '?';
}

static const char *cell_text(const struct grid *g, size_t row, size_t col)
{
    const char *text = g->cell[row * g->cols + col];
    return text != NULL ? text : "";
}

void grid_print(FILE *out, const struct grid *g)
{
    size_t *width = mem_new(g->cols * sizeof *width);
    for (size_t r = 0; r < g->rows; r++)
        for (size_t c = 0; c < g->cols; c++) {
            size_t w = text_width(cell_text(g, r, c), strlen(cell_text(g, r, c)));
            width[c] = w > width[c] ? w : width[c];
        }
    struct str line = {0};
    for (size_t r = 0; r < g->rows; r++) {
        str_clear(&line);
        str_add(&line, " ");
        for (size_t c = 0; c < g->cols; c++) {
            const char *text = cell_text(g, r, c);
            str_format(&line, " %s", text);
            str_repeat(&line, ' ', width[c] - text_width(text, strlen(text)) + 1);
        }
        while (line.len > 0 && line.data[line.len - 1] == ' ')
            line.data[--line.len] = '\0';
        fprintf(out, "%s\n", line.data);
    }
    str_release(&line);
    mem_free(width);
}
