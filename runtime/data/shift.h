// shift.h -- row transforms with keyed randomness: rows in, a new table out.
//
// A shift is a call of the language: gaussian_noise(sigma: 0.2), rotate(degrees: 20). Row r of the
// result draws from the stream (seed, "shift " canonical call, id of the row), so a row gets the
// same noise in whatever subset it stands. Labels, ids, image shape and column names carry over.
// Where a shift has severities, severity: 1..5 stands for a value of its first argument, and
// exactly one of the two is given. Images and noise assume features in 0..1, as `scale` makes them;
// docs/shifts.md says which shifts clip to that range. label_shift chooses rows instead of changing
// them; a row chosen twice keeps its id, and so its noise. colorize gives images channels and rows groups. shifts.def lists them; a new one is a
// row there and a function in a file of its own.
#ifndef W2S_SHIFT_H
#define W2S_SHIFT_H

#include "base/rng.h"
#include "data/table.h"
#include "plan/value.h"

W2S_MUST_CHECK int shift_apply(struct table *out, const struct rows *in, const struct value *call,
                               uint64_t seed, struct err *err);

// A shift whose work is done by others, lua(...): `change` is given N x D features to change in place, and
// a table that has all else of these rows; row r draws from rng_at(key, table_id(rows, r)) only.
struct shift_script {
    int (*change)(float *x, const struct table *rows, struct rng_key key, void *context, struct err *err);
    void *context;
};
W2S_MUST_CHECK int shift_apply_script(struct table *out, const struct rows *in, const struct value *call,
                                      uint64_t seed, const struct shift_script *script, struct err *err);

// What can be said of a call before there are rows, for messages that come early; shift_apply
// checks it too. shift_check: that the call has a strength, and one only.
W2S_MUST_CHECK int shift_check(const struct value *call, struct err *err);
bool shift_needs_images(const struct value *call);
// What the groups are called that it puts rows into ("color"), when it makes images of one channel images
// with a channel for each class; NULL: rows keep their shape and their groups.
const char *shift_groups(const struct value *call);

#endif
