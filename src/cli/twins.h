// twins.h -- rows that stand twice: measured, and trained on in another part of a split or in
// another file.
#ifndef W2S_TWINS_H
#define W2S_TWINS_H

#include "cli.h"
#include "exec/run.h"
#include "flow_stages.h"

// Counts a pair, by digests of the features as f32 bits. Both steps have given their rows.
W2S_MUST_CHECK int twins_count(struct flow_twins *twins, const struct run *run, struct err *err);

// Counts all pairs of a plan: reads the data in `folder`, and makes the rows and nothing else.
W2S_MUST_CHECK int twins_find(struct flow_stages *stages, const char *folder, struct err *err);

// Notes on stderr of the pairs of a run, as far as it made their rows: what comes from a store was
// looked at when it was made. Where memory does not suffice nothing is said.
void twins_note(const struct run *run, const struct flow *flow);

#endif
