// interp.h -- a naive interpreter of graphs in double: each op by its definition, no kernel, no code
// shared with the programs beyond the node itself. It is what gradients are checked against, by
// central differences (w2s gradcheck, and the tests); nothing a run computes comes from here, so it
// may use libm.
//
// Life cycle: fill the first members; interp_run, any number of times with changed params or inputs;
// interp_release.
#ifndef W2S_GRAPH_INTERP_H
#define W2S_GRAPH_INTERP_H

#include "graph/graph.h"

struct interp {
    const struct graph *g;
    const double *params;
    double *const *input;  // by slot
    double *gradient;      // STORE writes here; NULL: it does not
    double *const *frozen; // by node: DETACH yields these values; NULL: what flows in
    double **value;        // by node; made by the first run
};

void interp_run(struct interp *t);
void interp_release(struct interp *t);

// Definitions in double that tests of losses share: log sum exp over n values; the quantile of
// graph_quantile by sorting.
double interp_log_sum_exp(const double *z, size_t n);
double interp_quantile(const double *x, size_t n, double q);

#endif
