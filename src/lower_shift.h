// lower_shift.h -- shifts as the language sees them, beside lower_shift and lower_shifted of lower.h: a script in
// a file of its own, lua("FILE.lua", …), is loaded when it is named, takes the params it describes, and is
// traced with the shape of the rows it stands behind.
#ifndef W2S_LOWER_SHIFT_H
#define W2S_LOWER_SHIFT_H

#include "lower.h"

// Whether a shift that was checked is a script that reads the gold labels of rows.
bool shift_reads_labels(struct lowering *l, const struct value *shift);

#endif
