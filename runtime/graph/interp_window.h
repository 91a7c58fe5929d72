// interp_window.h -- the part of interp.c for windows over images.
#ifndef W2S_INTERP_WINDOW_H
#define W2S_INTERP_WINDOW_H

#include "graph/interp.h"

// out: the value of a node that slides a window, from those of its operands.
void interp_window(double *out, const struct node *n, const struct interp *t);

#endif
