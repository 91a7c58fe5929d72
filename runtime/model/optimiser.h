// optimiser.h -- an optimiser call as state and an instruction of the training program.
//
//   adam(lr:, beta1:, beta2:, eps:, weight_decay:)   Kingma & Ba 2015; the decay is an L2 penalty
//   adamw(same)                                      Loshchilov & Hutter 2019; p *= 1 - lr decay
//   sgd(lr:, momentum:, nesterov:, weight_decay:)    Sutskever et al. 2013, as PyTorch writes it
//   lbfgs(iterations:, memory:, tolerance:, l2:)     lbfgs.h; it has no update: train.c hands it the
//                                                    loss and gradient of all rows
//
// lr is a number or a schedule. Scalars of a step are computed in double, beta^t by repeated
// multiplication, and rounded to f32 once; the update itself is a kernel (kernels.def).
#ifndef W2S_OPTIMISER_H
#define W2S_OPTIMISER_H

#include "graph/program.h"
#include "plan/value.h"

enum optimiser_kind { OPTIMISER_ADAM, OPTIMISER_ADAMW, OPTIMISER_SGD, OPTIMISER_LBFGS };

struct optimiser {
    enum optimiser_kind kind;
    const struct value *lr; // borrowed; NULL: lbfgs
    double weight_decay;
    double beta1, beta2;             // adam, adamw
    double beta1_power, beta2_power; // beta^t after t steps
    struct adam_step adam;
    struct sgd_step sgd;
};

// Whether it takes all rows in every step: iterations instead of epochs, and no batch.
bool optimiser_takes_all(const struct value *call);

W2S_MUST_CHECK int optimiser_init(struct optimiser *o, const struct value *call, struct err *err);

// Arrays of n parameters the state takes; they start as zeros.
size_t optimiser_arrays(const struct optimiser *o);

// Ends `program` with the update. `state` holds the arrays one after the other; `o` must stay put.
void optimiser_attach(const struct optimiser *o, struct program *program, float *params,
                      float *state, const float *gradient, size_t n);

// The scalars of the next step; call before every run.
void optimiser_step(struct optimiser *o, double progress);

#endif
