// lbfgs.h -- L-BFGS: a smooth function of many numbers, minimised with all of it in every step
// (Nocedal 1980, Mathematics of Computation 35; Liu & Nocedal 1989).
//
// The numbers are f32; loss, gradient, directions and the memory of `memory` steps are f64. A step
// is searched along the direction for the weak Wolfe conditions, c1 = 1e-4, c2 = 0.9, which always
// leave a usable pair: by doubling and bracketing (Lewis & Overton 2013), a step that is too long
// shortened to the least of a parabola. Where the loss no longer tells two points apart, it decides
// by the slope: the approximate condition of Hager & Zhang 2005, for losses within 1e-6 of the old
// one. A step to where the loss is not finite is too long. It ends after `iterations` steps; when
// no component of the gradient is above `tolerance`; or when no step along the steepest descent is
// left that f32 can take.
#ifndef W2S_LBFGS_H
#define W2S_LBFGS_H

#include "model/train.h"

struct lbfgs_settings {
    size_t iterations, memory;
    double tolerance;
};

struct lbfgs_function {
    // Loss and gradient (n) at the current numbers. Not finite is no error; negative ends the
    // search.
    int (*evaluate)(void *data, double *loss, double *gradient, double progress, struct err *err);
    void *data;
    bool moves; // it changes with progress, which is iteration / iterations
};

// Minimises from x on. `curve`, unless NULL, receives the loss after every iteration; those after
// the end repeat the last. Events, stop and checkpoint of the context as in train(): an epoch is an
// iteration. Fails when the loss at the start is not finite.
W2S_MUST_CHECK int lbfgs_minimise(float *x, size_t n, double *curve,
                                  const struct lbfgs_settings *settings,
                                  const struct lbfgs_function *function,
                                  const struct step_context *context, struct err *err);

#endif
