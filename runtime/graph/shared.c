// shared.c -- the instructions that idle threads may help with: large products and large updates.
//
// Both are cut into bands that share no output. A product of a band is the same chain for each
// output as the product of the whole (kernel.h), an update is elementwise: so no cut changes a bit.
#include "graph/instr.h"

enum { BAND_ITEMS = 65536 }; // of an update

struct shared {
    const struct instr *instr;
    const struct program *program;
    struct gemm_bands bands;
};

static void run_gemm_band(void *data, size_t number, unsigned slot)
{
    const struct shared *s = data;
    struct gemm band = gemm_band(&s->instr->gemm, &s->bands, number);
    gemm(s->program->kernels, &band,
         s->program->workspace + slot * s->program->workspace_bytes);
}

INSTR(gemm)
{
    struct shared s = {.instr = i, .program = p, .bands.n = 1};
    if (crew_is_idle(p->crew))
        s.bands = gemm_bands(p->kernels, &i->gemm, crew_size(p->crew));
    if (s.bands.n > 1)
        crew_run(p->crew, s.bands.n, run_gemm_band, &s);
    else
        gemm(p->kernels, &i->gemm, p->workspace);
}

static void adam_band(void *data, size_t number, unsigned slot)
{
    const struct shared *s = data;
    const struct instr *i = s->instr;
    size_t from = number * BAND_ITEMS, left = i->rows - from;
    (void)slot;
    s->program->kernels->adam(i->update.p + from, i->update.m + from, i->update.v + from,
                              i->update.g + from, left < BAND_ITEMS ? left : BAND_ITEMS,
                              i->update.step);
}

INSTR(adam)
{
    struct shared s = {.instr = i, .program = p};
    crew_run(p->crew, (i->rows + BAND_ITEMS - 1) / BAND_ITEMS, adam_band, &s);
}
