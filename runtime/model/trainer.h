// trainer.h -- what a training is made of while it runs, for the files it is written in: train.c and
// trainer_fill.c. Everything else sees train.h.
#ifndef W2S_TRAINER_H
#define W2S_TRAINER_H

#include "model/batch.h"
#include "model/environment_batches.h"
#include "model/optimiser.h"
#include "model/train.h"

struct trainer {
    const struct train_spec *spec;
    const struct kernels *kernels;
    struct crew *crew;
    const atomic_int *stop;
    struct optimiser optimiser;
    struct objective objective;
    struct environment_batches environments; // n = 0: there are none
    size_t n;                  // rows that an epoch sees: all but those held out
    size_t batch[2];           // rows of a full batch, and of the last one (0: it is full too)
    struct program program[2]; // for each of them
    struct carve memory;
    float *params;             // of model and losses; the caller's own where losses have none
    const float *gradient;     // of the last step
    float *state;              // the optimiser's arrays
    float *best;               // the model after the best epoch; with a selection
    struct epoch_choice choice;
    float *whole;              // the caller's: parameters of the model and its state
    float **input;             // by slot; NULL where no graph reads it
    uint32_t *row;             // table rows of the batch
    uint32_t *cls;             // batch: their labels
    uint32_t *pool;            // room to order environments in
    uint32_t *order;           // n: positions among the N in the order of the epoch
    uint32_t *list_order;      // the lists in the order of the epoch; by term with lists, in turn
    uint32_t *position;        // P k: rows of the lists of a step
    const struct mixture *mixture; // of the teachers, or NULL
    uint32_t *easy;            // positions of rows that its voters agree on
    size_t n_easy, easy_epochs;
};

// A step of an epoch.
struct step {
    const uint32_t *order; // positions of its rows among the N
    size_t n;              // rows
    size_t index;          // of all steps
    size_t in_epoch;
    double progress;
};

size_t trainer_steps(const struct trainer *t); // of an epoch

// The lists of a term in the order of this epoch.
uint32_t *trainer_lists(const struct trainer *t, size_t term);

// The inputs of a step: each slot that is read, as objective.h says.
void trainer_fill(const struct trainer *t, const struct step *step);
void trainer_fill_start(const struct trainer *t); // those that are filled once, before the first

#endif
