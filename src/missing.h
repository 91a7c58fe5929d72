// missing.h -- when data is not there: which script beside the experiment would put it there.
#ifndef W2S_MISSING_H
#define W2S_MISSING_H

#include "base/err.h"
#include "plan/value.h"

// Adds to `err` the hint to run FOLDER/get-*.sh, if there is one whose text names a file of the source.
void missing_hint(struct err *err, const struct value *source, const char *folder);

#endif
