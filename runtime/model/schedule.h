// schedule.h -- numbers that change with training progress, in double, without libm.
//
//   3                         the same throughout; so is constant(value: 3)
//   ramp(from:, to:, over:)   linear; `to` from progress = over on
//   cosine(from:, to:, over:) half a cosine; `to` from progress = over on (Loshchilov & Hutter 2017)
//   step(from:, to:, at:)     `from` while progress < at
//   cyclic(from:, to:, period:)  a triangle wave, `from` at every multiple of period (Smith 2017)
//   add, sub, mul, div(x:, y:), neg(x:)
#ifndef W2S_SCHEDULE_H
#define W2S_SCHEDULE_H

#include "base/err.h"
#include "plan/value.h"

// What schedule_at relies on: known calls, arguments that are numbers, bounded depth.
W2S_MUST_CHECK int schedule_check(const struct value *v, struct err *err);
double schedule_at(const struct value *v, double progress);

#endif
