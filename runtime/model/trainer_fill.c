// trainer_fill.c -- see trainer.h: rows, labels, guidance, rankings and random numbers of a step.
#include "model/trainer.h"

#include "base/rng.h"
#include "model/chance.h"
#include "model/schedule.h"

#include <string.h>

uint32_t *trainer_lists(const struct trainer *t, size_t term)
{
    uint32_t *order = t->list_order;
    for (size_t i = 0; i < term; i++)
        order += t->spec->terms[i].lists.n;
    return order;
}

static void fill_labels(float *out, const struct trainer *t, size_t n)
{
    for (size_t i = 0; i < n; i++)
        t->cls[i] = t->spec->rows->table->y[t->row[i]];
    t->kernels->one_hot(out, t->cls, n, t->spec->model->classes);
}

// The rows of the lists of this step, as positions; lists that are fewer than others come again.
static size_t list_positions(const struct trainer *t, size_t term, const struct step *step)
{
    const struct train_lists *lists = &t->spec->terms[term].lists;
    const uint32_t *order = trainer_lists(t, term);
    size_t P = t->objective.lists_per_step;
    for (size_t p = 0; p < P; p++) {
        const uint32_t *list = lists->row + order[(step->in_epoch * P + p) % lists->n] * lists->k;
        memcpy(t->position + p * lists->k, list, lists->k * sizeof(*list));
    }
    return P * lists->k;
}

static void fill_slot(float *out, const struct trainer *t, const struct slot *slot,
                      const struct step *step)
{
    const struct table *table = t->spec->rows->table;
    size_t n = step->n;
    switch (slot->kind) {
    case SLOT_ROWS:
        batch_features(out, t->kernels, table, t->row, n);
        break;
    case SLOT_LABELS:
        fill_labels(out, t, n);
        break;
    case SLOT_ROW_GROUP:
        for (size_t i = 0; i < n; i++)
            out[i] = (float)table->group[t->row[i]];
        break;
    case SLOT_ROW_WEIGHT:
        for (size_t i = 0; i < n; i++)
            out[i] = table->weight[t->row[i]];
        break;
    case SLOT_PROGRESS:
        *out = (float)step->progress;
        break;
    case SLOT_SCHEDULE:
        *out = (float)schedule_at(&t->spec->terms[slot->term].weight, step->progress);
        break;
    case SLOT_ARRAY:
        t->kernels->gather(out, slot->array.data, step->order, n, slot->cols);
        break;
    case SLOT_LIST_ROWS:
        n = list_positions(t, slot->term, step);
        for (size_t i = 0; i < n; i++)
            t->position[i] = t->spec->rows->index[t->position[i]];
        batch_features(out, t->kernels, table, t->position, n);
        break;
    case SLOT_LIST_ARRAY:
        n = list_positions(t, slot->term, step);
        t->kernels->gather(out, slot->array.data, t->position, n, slot->cols);
        break;
    case SLOT_UNIFORM:
    case SLOT_NORMAL:
        chance_fill(out, slot, t->spec->seed, step->index);
        break;
    case SLOT_RATE:
        *out = step->index < t->easy_epochs * trainer_steps(t) ? 0 : (float)t->mixture->rate;
        break;
    case SLOT_DROPOUT:
        chance_fill_dropout(out, slot, t->spec->model->dropout, t->spec->seed, step->index);
        break;
    case SLOT_START:
    case SLOT_STATE:
        break; // filled once
    }
}

void trainer_fill(const struct trainer *t, const struct step *step)
{
    for (size_t i = 0; i < step->n; i++)
        t->row[i] = t->spec->rows->index[step->order[i]];
    for (size_t i = 0; i < t->objective.n_slots; i++)
        if (t->input[i] != NULL)
            fill_slot(t->input[i], t, &t->objective.slot[i], step);
}

void trainer_fill_start(const struct trainer *t)
{
    for (size_t i = 0; i < t->objective.n_slots; i++)
        if (t->input[i] != NULL && t->objective.slot[i].kind == SLOT_START)
            memcpy(t->input[i], t->params, t->spec->model->n_params * sizeof(float));
}
