// failure.h -- where in the sweep a failure belongs.
#ifndef W2S_FAILURE_H
#define W2S_FAILURE_H

#include "base/str.h"
#include "exec/run.h"

// "k = 1000, m = 2; k = 1000, m = 4; and 7 other points": those that need the failed step that stands first
// in the plan, which is the one the run's error tells of. False, and nothing is written, where no step
// failed, or where every point needs it.
bool failure_points(struct str *out, const struct run *run);

#endif
