// objective.h -- the terms of an objective as one graph: the world in which losses are traced.
//
// A term is a weight, a loss (a Lua file, of the standard library or the user's: hook/loss.h) and
// the guidance it uses. The graph of a batch of B rows has inputs by slot; whoever runs it (train.c)
// fills each slot at every step as the slot says. Slots are the same for every B.
//
// Life cycle: objective_init loads the losses; objective_build, once for each B, in the same order;
// objective_release after the last program has run (an eager loss still runs Lua).
#ifndef W2S_OBJECTIVE_H
#define W2S_OBJECTIVE_H

#include "hook/loss.h"
#include "model/mixture.h"
#include "model/model.h"

// Guidance: a row of `cols` numbers for each of the N rows of a training. cols = 0: there is none;
// data = NULL with cols > 0: only the shape is known, for a check.
struct train_array {
    const float *data;
    size_t cols;
};

// Rankings: n lists of k positions among the N rows, best first, by the log-odds of class `cls`.
struct train_lists {
    const uint32_t *row;
    size_t n, k, cls;
};

struct train_term {
    struct value weight; // a number, or a schedule over progress (schedule.h)
    // loss(params ...) of the standard library by its name, or
    // lua(file: "shown in messages", text: "the script", params: loss(params ...))
    struct value call;
    struct train_array probs, logits; // target: of the teacher, N x C
    struct train_array from;          // representation: the teacher's layer
    size_t to;                        // representation: the student's hidden layer, from 1
    struct train_array reference;     // logits of the frozen model, N x C
    struct train_lists lists;         // preference; k = 0: none
    struct mixture mixture;           // target: instead of probs and logits; voters = 0: none
    struct train_array mask;          // N x 1: weights of mean 1 for guidance on some of the rows
};

// How many rows of a batch come from each environment, one after the other; n = 0: there are none.
struct batch_parts {
    size_t n;
    const size_t *rows;
};

enum slot_kind {
    SLOT_ROWS,      // the features of the batch
    SLOT_LABELS,    // one-hot
    SLOT_ROW_GROUP, // B x 1: the group's number
    SLOT_ROW_WEIGHT,
    SLOT_PROGRESS,  // 1 x 1
    SLOT_SCHEDULE,  // 1 x 1: the weight of term `term`
    SLOT_ARRAY,     // rows of `array`
    SLOT_LIST_ROWS, // P k x D: the features of P lists of `term`
    SLOT_LIST_ARRAY, // P k x cols: rows of `array` for the same lists
    SLOT_UNIFORM, SLOT_NORMAL, // new numbers at every step
    SLOT_START,     // 1 x n_params: the parameters before training
    SLOT_STATE,     // 1 x n_state: of the model
    SLOT_RATE,      // 1 x 1: of the mixture of `term`; 0 while its weights stay
    SLOT_DROPOUT,   // new masks at every step: 0, or 1 / (1 - the model's dropout)
};

struct slot {
    enum slot_kind kind;
    size_t term;              // SCHEDULE; lists: the first term with these lists
    struct train_array array;
    size_t ordinal;           // UNIFORM, NORMAL, DROPOUT: one after the other
    size_t rows, cols;        // the largest B decides
};

// A parameter of a loss, behind those of the model.
struct loss_parameter {
    const char *name; // owned
    size_t term; // n_terms: of a mixture
    size_t rows, cols, offset;
    bool has_start;
    float start;
};

struct objective {
    const struct model *model;
    const struct train_term *terms;
    size_t n_terms;
    size_t lists_per_step; // P
    const char *const *columns; // names of the features, or NULL: set before the graphs are built
    bool names_unknown;         // nobody knows them yet
    struct batch_parts environments; // borrowed; set after objective_init, where there are any
    struct loss **loss;    // by term
    struct slot *slot;
    size_t n_slots, slot_cap;
    struct loss_parameter *parameter;
    size_t n_parameters, parameter_cap;
    size_t n_params; // of model and losses
    uint32_t statistic[2 * MODEL_MAX_LAYERS]; // of the graph built last (forward.h)
};

// `lists_per_step` may be 0 when no term has lists. Fails where a loss does not load, or does not
// find what it reads (train_check_term).
W2S_MUST_CHECK int objective_init(struct objective *o, const struct model *model,
                                  const struct train_term *terms, size_t n_terms,
                                  size_t lists_per_step, struct err *err);
void objective_release(struct objective *o);

// The term whose mixture is learned, or NULL: an objective has one mixture, which several terms may
// use; and the offset of its parameters.
const struct train_term *objective_mixture(const struct train_term *terms, size_t n_terms);
size_t objective_mixture_offset(const struct objective *o);

// The weighted sum of the terms, 1 x 1, over a batch of `rows`; NODE_NONE after the graph's err.
uint32_t objective_build(struct objective *o, struct graph *g, size_t rows);

// What any of the losses reads: bits of enum loss_reads.
unsigned objective_reads(const struct objective *o);
// The first error of an eager loss at run time, or NULL.
const struct err *objective_eager_error(const struct objective *o);

// The start of the losses' own parameters: values for params[model->n_params ..], keyed by
// (seed, "loss parameters").
void objective_start(float *params, const struct objective *o, uint64_t seed);

// Loads the loss of a call: the standard library by name, or the script a lua() call carries.
W2S_MUST_CHECK int objective_load_loss(struct loss **out, const struct value *call,
                                       struct err *err);
// The call with the loss's params: the call itself, or what lua() wraps.
const struct value *objective_params(const struct value *call);

// The graph of this objective for a batch of `rows`, built and dropped: whatever is wrong with
// shapes is said without data. `term` tells which term was at fault.
W2S_MUST_CHECK int objective_check(const struct model *model, const struct train_term *terms,
                                   size_t n_terms, size_t rows,
                                   const struct batch_parts *environments, size_t *term,
                                   struct err *err);

#endif
