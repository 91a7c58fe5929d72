// train.h -- minimise an objective over rows; and predict.
//
// An objective is a sum of weighted terms (objective.h). Every term is a mean over the rows of a
// batch, or over the rankings of a step. Rankings are spread over the steps of an epoch, so that
// each is seen at least once an epoch.
//
// Progress is step / total steps, steps counted from 0: 0 at the first step, just below 1 at the
// last. Scalars that change with it (weights, lr) are computed in double and rounded to f32 once
// per step. A loss or parameters that are no longer finite end the training with ERR_DATA.
//
// The order of rows in an epoch is keyed by (seed, "order", epoch), that of rankings by (seed,
// "list order", epoch). The last batch of an epoch is
// smaller when the batch does not divide N. Same bits for any number of threads.
#ifndef W2S_TRAIN_H
#define W2S_TRAIN_H

#include "base/crew.h"
#include "data/table.h"
#include "kernel/kernel.h"
#include "model/checkpoint.h"
#include "model/model.h"
#include "model/objective.h"
#include "model/selection.h"

struct train_progress {
    double loss;     // mean over the epoch, f64
    size_t epoch, epochs;
};

struct train_spec {
    const struct model *model;
    const struct rows *rows;
    const struct train_term *terms;
    size_t n_terms;
    struct value optimiser; // a call of optimiser.h
    size_t epochs, batch;
    uint64_t seed;
    size_t environments; // of the rows' table; 0: none. `batch` is of each (environment_batches.h)
    const struct selection *selection; // NULL: the parameters of the last epoch are kept
};

// What a long step gets from whoever runs it. `stop` is polled once a batch.
struct step_context {
    const struct kernels *kernels;
    const atomic_int *stop; // non-zero: end with ERR_INTERRUPTED; may be NULL
    void (*on_epoch)(void *data, const struct train_progress *progress); // may be NULL
    void *data;
    const struct checkpoint *checkpoint; // keeps the state of a training; may be NULL
    struct crew *crew; // threads that may help with large products; may be NULL
};

// Trains in place from `params` (the start: model_size() numbers). `curve`, unless NULL, receives a
// mean loss per epoch and, with a selection, behind them a score per epoch.
//
// With lbfgs() an epoch is an iteration (spec.epochs of them at most; the curve repeats the last loss
// once there is nothing left to gain), and loss and gradient are those of all rows: weighted means over
// chunks of spec.batch rows in the order they have, added in f64. A loss that compares the rows of a
// batch compares those of a chunk; rankings are spread over the chunks; random numbers are the same in
// every iteration. `l2` adds l2 / 2 times the sum of squares of all weights that are trained, without
// biases. The running statistics of batch normalisation would stay where they are: no such models.
W2S_MUST_CHECK int train(float *params, double *curve, const struct train_spec *spec,
                         const struct step_context *context, struct err *err);

// Logits, N x C.
W2S_MUST_CHECK int predict(float *logits, const struct model *model, const float *params,
                           const struct rows *rows, const struct step_context *context,
                           struct err *err);

// Hidden layer `layer` (from 1) after its activation, N x its width; 0: the logits.
W2S_MUST_CHECK int predict_layer(float *out, const struct model *model, const float *params,
                                 size_t layer, const struct rows *rows,
                                 const struct step_context *context, struct err *err);

#endif
