// batch.h -- rows into a batch; memory carved from one block. Shared by train.c and predict.c.
#ifndef W2S_BATCH_H
#define W2S_BATCH_H

#include "data/table.h"
#include "graph/program.h"
#include "model/model.h"

// out: n x D features of the rows `row` of the table, standardised where the table says so.
void batch_features(float *out, const struct kernels *kernels, const struct table *table,
                    const uint32_t *row, size_t n);

// Fails unless the table has the features, or the images, that the model takes.
W2S_MUST_CHECK int batch_check(const struct model *model, const struct rows *rows, struct err *err);

// One block, carved in two steps: reserve parts (in 4-byte items, each on its own cache line),
// allocate, then ask for their addresses.
struct carve {
    size_t size;
    bool overflow;
    float *block;
};

size_t carve_reserve(struct carve *c, size_t rows, size_t cols); // returns the part's offset
W2S_MUST_CHECK int carve_allocate(struct carve *c, const char *what, struct err *err);
void carve_release(struct carve *c);

#endif
