// gradcheck.h -- a loss's gradient against central differences, in double.
//
// The loss is traced for a small tanh network in several shapes, on random inputs; the derivatives
// of the graph, by the student's parameters and by those of the loss itself, are compared with
// (f(x + h) - f(x - h)) / 2h of the naive interpreter (graph/interp.h). What is detached is held
// fixed. Numbers are keyed by (seed, "gradcheck"), so a check repeats.
#ifndef W2S_GRADCHECK_H
#define W2S_GRADCHECK_H

#include "model/objective.h"

// One shape: B rows of D features, C classes, rankings of K rows.
struct gradcheck_shape {
    size_t rows, features, classes, list;
};

struct gradcheck_report {
    struct gradcheck_shape shape;
    bool refused;          // the loss does not take this shape: `refusal` says why
    struct err refusal;
    size_t n;              // derivatives compared
    double worst;          // largest |derived - numeric| / (|numeric| + scale of the gradient)
    double derived, numeric; // of the worst
    char where[64];        // "student.weights[1], entry 7 of 12"
};

// Errors above this are wrong: central differences in double are good to about 1e-9 here.
#define GRADCHECK_LIMIT 1e-6

enum { GRADCHECK_SHAPES = 6 };

// Fills a report for each shape. Fails only where the loss does not load.
W2S_MUST_CHECK int gradcheck(struct gradcheck_report report[GRADCHECK_SHAPES],
                             const struct value *call, uint64_t seed, struct err *err);

#endif
