// world.h -- a small world to trace losses in: a student of two layers, tanh between them, and a
// value for everything a loss may read, in a rig (tests/grad/rig.h).
#ifndef W2S_TEST_WORLD_H
#define W2S_TEST_WORLD_H

#include "../grad/rig.h"
#include "hook/loss.h"

#include "base/str.h"

#include <stdio.h>

enum { WORLD_MAX_NAMED = 16 };

struct world {
    struct rig rig;
    size_t part[2]; // rows of two environments
    struct loss_world loss;
    size_t B, D, H, C, K;
    uint32_t weight[2], bias[2];
    uint32_t made[SOURCE_PROGRESS + 1][2]; // + 1: what was not made yet is 0
    struct {
        char name[40];
        uint32_t node;
    } named[WORLD_MAX_NAMED];
    size_t n_named;
};

static inline uint32_t world_forward(void *data, uint32_t x, uint32_t *hidden)
{
    struct world *w = data;
    struct graph *g = &w->rig.g;
    uint32_t sums = graph_matmul(g, x, false, w->weight[0], false);
    hidden[0] = graph_tanh(g, graph_add(g, sums, w->bias[0]));
    return graph_add(g, graph_matmul(g, hidden[0], false, w->weight[1], false), w->bias[1]);
}

static inline uint32_t world_get(void *data, enum loss_source source, size_t index);

static inline uint32_t world_make(struct world *w, enum loss_source source, size_t index)
{
    struct rig *rig = &w->rig;
    struct graph *g = &rig->g;
    uint32_t hidden[1];
    switch (source) {
    case SOURCE_LOGITS: return world_forward(w, world_get(w, SOURCE_FEATURES, 0), hidden);
    case SOURCE_HIDDEN:
    case SOURCE_REPRESENTATION_TO:
        world_forward(w, world_get(w, SOURCE_FEATURES, 0), hidden);
        return hidden[0];
    case SOURCE_WEIGHT: return w->weight[index];
    case SOURCE_BIAS: return w->bias[index];
    case SOURCE_START_WEIGHT:
        return rig_input(rig, index == 0 ? w->D : w->H, index == 0 ? w->H : w->C, -1, 1);
    case SOURCE_START_BIAS: return rig_input(rig, 1, index == 0 ? w->H : w->C, -1, 1);
    case SOURCE_FEATURES: return rig_input(rig, w->B, w->D, -1, 1);
    case SOURCE_LABELS: {
        uint32_t labels = rig_input(rig, w->B, w->C, 0, 0);
        for (size_t b = 0; b < w->B; b++)
            rig->input[rig->n_inputs - 1][b * w->C + b % w->C] = 1;
        return labels;
    }
    case SOURCE_GROUPS: {
        uint32_t groups = rig_input(rig, w->B, 1, 0, 0);
        for (size_t b = 0; b < w->B; b++)
            rig->input[rig->n_inputs - 1][b] = (double)(b % 2);
        return groups;
    }
    case SOURCE_WEIGHTS: return rig_input(rig, w->B, 1, 0.5, 2);
    case SOURCE_GUIDANCE_PROBS:
        return rig_distribution(rig, w->B, w->C);
    case SOURCE_GUIDANCE_LOGITS: return rig_input(rig, w->B, w->C, -2, 2);
    case SOURCE_REPRESENTATION_FROM: return rig_input(rig, w->B, w->H, -1, 1);
    case SOURCE_SCORES: {
        uint32_t z = world_get(w, SOURCE_LOGITS, 0);
        size_t P = w->B / w->K;
        uint32_t last = graph_slice(g, z, 0, w->C - 1, w->B, 1);
        uint32_t odds = graph_sub(g, last, graph_slice(g, z, 0, 0, w->B, 1));
        return graph_reshape(g, graph_slice(g, odds, 0, 0, P * w->K, 1), P, w->K);
    }
    case SOURCE_REFERENCE_SCORES: return rig_input(rig, w->B / w->K, w->K, -2, 2);
    case SOURCE_REFERENCE_LOGITS: return rig_input(rig, w->B, w->C, -2, 2);
    case SOURCE_PROGRESS: return rig_input(rig, 1, 1, 0.3, 0.3);
    }
    return NODE_NONE;
}

static inline uint32_t world_get(void *data, enum loss_source source, size_t index)
{
    struct world *w = data;
    if (w->made[source][index] == 0)
        w->made[source][index] = world_make(w, source, index) + 1;
    return w->made[source][index] - 1;
}

static inline uint32_t world_parameter(void *data, const char *name, size_t rows, size_t cols,
                                       const float *start)
{
    struct world *w = data;
    for (size_t i = 0; i < w->n_named; i++)
        if (strcmp(w->named[i].name, name) == 0)
            return w->named[i].node;
    assert_true(w->n_named < WORLD_MAX_NAMED);
    snprintf(w->named[w->n_named].name, sizeof(w->named[0].name), "%s", name);
    double low = start != NULL ? (double)*start : -1, high = start != NULL ? (double)*start : 1;
    return w->named[w->n_named++].node = rig_param(&w->rig, rows, cols, low, high);
}

static inline uint32_t world_random(void *data, bool normal, size_t rows, size_t cols)
{
    struct world *w = data;
    return rig_input(&w->rig, rows, cols, normal ? -2 : 0, normal ? 2 : 1);
}

static inline void world_init(struct world *w, uint64_t seed, size_t B, size_t D, size_t H,
                              size_t C)
{
    memset(w, 0, sizeof(*w));
    rig_init(&w->rig, seed);
    w->B = B;
    w->D = D;
    w->H = H;
    w->C = C;
    w->K = 2;
    w->weight[0] = rig_param(&w->rig, D, H, -1, 1);
    w->bias[0] = rig_param(&w->rig, 1, H, -1, 1);
    w->weight[1] = rig_param(&w->rig, H, C, -1, 1);
    w->bias[1] = rig_param(&w->rig, 1, C, -1, 1);
    w->loss = (struct loss_world){.graph = &w->rig.g,
                                  .rows = B,
                                  .classes = C,
                                  .features = D,
                                  .layers = 2,
                                  .names_unknown = true,
                                  .data = w,
                                  .get = world_get,
                                  .forward = world_forward,
                                  .parameter = world_parameter,
                                  .random = world_random,
                                  .n_environments = 2,
                                  .environment_rows = w->part};
    w->part[0] = B / 2;
    w->part[1] = B - B / 2;
}

static inline void world_release(struct world *w)
{
    rig_release(&w->rig);
}

#endif
