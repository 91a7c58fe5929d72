// shared.c -- the instructions that idle threads may help with: large products and large updates.
//
// Both are cut by their size into bands that share no output. A product of a band is the same chain
// for each output as the product of the whole (kernel.h), an update is elementwise: so no cut
// changes a bit.
#include "graph/instr.h"

enum {
    BAND_FLOPS = 16000000, // of a band of a product: some 150 microseconds
    BAND_ITEMS = 65536,    // of an update
};

static size_t round_up(size_t x, size_t unit)
{
    return (x + unit - 1) / unit * unit;
}

struct bands {
    const struct instr *instr;
    const struct program *program;
    size_t size; // rows or columns of a product, items of an update
    bool columns;
};

static void gemm_band(void *data, size_t chunk, unsigned slot)
{
    const struct bands *bands = data;
    struct gemm g = bands->instr->gemm;
    size_t from = chunk * bands->size, total = bands->columns ? g.n : g.m;
    size_t size = total - from < bands->size ? total - from : bands->size;
    if (bands->columns) {
        g.b += g.b_transposed ? from * g.ld_b : from;
        g.c += from;
        g.bias = g.bias != NULL ? g.bias + from : NULL;
        g.n = size;
    } else {
        g.a += g.a_transposed ? from : from * g.ld_a;
        g.c += from * g.ld_c;
        g.m = size;
    }
    gemm(bands->program->kernels, &g,
         bands->program->workspace + slot * bands->program->workspace_bytes);
}

INSTR(gemm)
{
    const struct gemm *g = &i->gemm;
    double flops = 2.0 * (double)g->m * (double)g->n * (double)g->k;
    if (flops < 2.0 * BAND_FLOPS || !crew_is_idle(p->crew)) {
        gemm(p->kernels, g, p->workspace);
        return;
    }
    struct bands bands = {.instr = i, .program = p, .columns = g->n >= g->m};
    size_t total = bands.columns ? g->n : g->m;
    size_t tile = bands.columns ? p->kernels->tile_cols : p->kernels->tile_rows;
    bands.size = round_up((size_t)((double)total * BAND_FLOPS / flops) + 1, tile);
    crew_run(p->crew, (total + bands.size - 1) / bands.size, gemm_band, &bands);
}

static void adam_band(void *data, size_t chunk, unsigned slot)
{
    const struct bands *bands = data;
    const struct instr *i = bands->instr;
    size_t from = chunk * BAND_ITEMS, left = i->rows - from;
    (void)slot;
    bands->program->kernels->adam(i->update.p + from, i->update.m + from, i->update.v + from,
                                  i->update.g + from, left < BAND_ITEMS ? left : BAND_ITEMS,
                                  i->update.step);
}

INSTR(adam)
{
    struct bands bands = {.instr = i, .program = p};
    crew_run(p->crew, (i->rows + BAND_ITEMS - 1) / BAND_ITEMS, adam_band, &bands);
}
