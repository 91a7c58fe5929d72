// payload.h -- an artifact as bytes, for the store and for checkpoints of it; and its digest.
#ifndef W2S_PAYLOAD_H
#define W2S_PAYLOAD_H

#include "exec/run.h"
#include "base/str.h"

// Values, curve and the weights of a mixture, where there are any; the rest of an artifact follows from the plan. Little-endian on every machine.
void payload_write(struct str *out, const struct artifact *a);
// What comes from a store is hostile: sizes are checked before memory is asked for.
W2S_MUST_CHECK int payload_read(struct artifact *out, const uint8_t *bytes, size_t n,
                                struct err *err);

#endif
