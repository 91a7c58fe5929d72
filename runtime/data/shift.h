// shift.h -- row transforms with keyed randomness: rows in, a new table out.
//
// A shift is a call of the language: gaussian_noise(sigma: 0.2), rotate(degrees: 20). Row r of the
// result draws from the stream (seed, "shift " canonical call, id of the row), so a row gets the same
// noise in whatever subset it stands. Labels, ids, image shape and column names carry over.
// shifts.def lists them; a new one is a row there and a function in a file of its own.
#ifndef W2S_SHIFT_H
#define W2S_SHIFT_H

#include "data/table.h"
#include "plan/value.h"

W2S_MUST_CHECK int shift_apply(struct table *out, const struct rows *in, const struct value *shift,
                               uint64_t seed, struct err *err);

#endif
