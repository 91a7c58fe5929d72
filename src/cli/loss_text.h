// loss_text.h -- a loss in words: how it is called, what its params may be; for stdlib and reference.
#ifndef W2S_LOSS_TEXT_H
#define W2S_LOSS_TEXT_H

#include "base/str.h"
#include "hook/loss.h"

// How the loss is written in a file: "focal_kl(from: …, gamma: 2)".
void loss_use_text(struct str *out, const struct loss_description *d);

// " (0..100)", " (a|b)", or nothing where any number will do.
const char *loss_range_text(struct str *out, const struct loss_param *p);

#endif
