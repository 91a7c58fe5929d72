// forward.h -- the forward pass of a network as graph nodes.
//
// Parameters are PARAM nodes by offset; the state is a node of its own, an input to the graph, so
// no gradient reaches it. A pass in training drops units and takes statistics of the batch; one for
// predictions does neither.
#ifndef W2S_FORWARD_H
#define W2S_FORWARD_H

#include "graph/graph.h"
#include "model/model.h"

struct model_pass {
    const struct model *model;
    uint32_t state; // 1 x n_state; not looked at where the model has none
    bool training;
    // In training, for a model with dropout: rows x cols numbers, 0 or 1 / (1 - dropout), for what
    // enters a layer. Asked for layer by layer.
    uint32_t (*mask)(void *data, size_t rows, size_t cols);
    void *data;
    // Unless NULL it receives the nodes that model_follow wants, two a layer; NODE_NONE where the
    // batch is normalised by the running statistics. Room for 2 MODEL_MAX_LAYERS.
    uint32_t *statistic;
};

// Features (B x D) to logits (B x C). `hidden`, unless NULL, receives the n_layers - 1 hidden
// layers, after their activation.
uint32_t model_forward(struct graph *g, const struct model_pass *pass, uint32_t x,
                       uint32_t *hidden);

// The weights, in x out, and the bias, 1 x out, of a layer.
uint32_t model_weight(struct graph *g, const struct model_pass *pass, size_t layer);
uint32_t model_bias(struct graph *g, const struct model_pass *pass, size_t layer);

#endif
