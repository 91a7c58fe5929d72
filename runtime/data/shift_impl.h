// shift_impl.h -- what a shift implements; shared by shift.c and the shifts, nobody else.
#ifndef W2S_SHIFT_IMPL_H
#define W2S_SHIFT_IMPL_H

#include "base/rng.h"
#include "data/shift.h"

struct shift_job {
    const struct table *table; // the result, complete but for its features
    const struct value *call;  // with all its arguments
    struct rng_key key; // row r draws from rng_at(key, table_id(table, r)), and from nothing else
};

// Each changes x in place: N x D, row-major, holding the features before the shift. A row's result
// may depend on the row, its id, the call and the key only, never on its place or its neighbours.
#define SHIFT(name)                                                                                \
    W2S_MUST_CHECK int shift_##name(float *x, const struct shift_job *job, struct err *err);
#include "data/shifts.def"
#undef SHIFT

#endif
