// model.h -- what a model is: its kind, its layers, its parameters, its start.
//
// A model is a call of the language: linear(), mlp(hidden: [256, 256], activation: relu),
// tree(depth: 3), knn(k: 5). Networks have layers and are trained by gradient; the parameters of a
// tree (tree.h) and of nearest neighbours (knn.h) are one f32 array too, but its length is known
// only after the fit: until then n_params is 0, and they have no layers.
//
// `input` says what of an image enters the first layer of a network: `flat` all its numbers,
// `sum_channels` and `gray` the sum or the mean of its channels, a number a pixel. Where the model
// sees images the call carries their shape, image: [height, width, channels], which the compiler adds.
//
// Parameters of a network are one f32 array, layer after layer: weights (in x out, row-major), then
// bias (out). Initial values are uniform in +-1/sqrt(in) for both (the default of PyTorch's Linear;
// LeCun et al. 1998 has the scale), drawn from (seed, "init", index of the layer).
#ifndef W2S_MODEL_H
#define W2S_MODEL_H

#include "base/err.h"
#include "data/table.h"
#include "plan/value.h"

enum model_kind { MODEL_NET, MODEL_TREE, MODEL_KNN };
enum activation { ACTIVATION_RELU, ACTIVATION_TANH, ACTIVATION_GELU };
enum model_input { INPUT_FLAT, INPUT_GRAY, INPUT_SUM_CHANNELS };

enum { MODEL_MAX_LAYERS = 64 };

struct layer {
    size_t in, out;
    size_t weight, bias; // offsets into the parameters
};

enum tree_criterion { TREE_GINI, TREE_ENTROPY };

struct tree_settings {
    size_t depth;     // of the deepest leaf; the root has 0
    size_t min_leaf;  // rows in a leaf
    size_t min_split; // rows in a node that is split
    enum tree_criterion criterion;
};

struct model {
    enum model_kind kind;
    size_t features, classes;
    struct tree_settings tree; // MODEL_TREE
    size_t neighbours;         // MODEL_KNN
    // MODEL_NET
    enum model_input input;
    struct image_shape image; // of a row, where the model sees images; else zeros
    enum activation activation;
    size_t n_layers;
    struct layer layer[MODEL_MAX_LAYERS];
    size_t n_params; // of every kind; 0 before the fit of a tree or of neighbours
};

// Fills `model`; fails with ERR_DATA when the sizes overflow, there are too many layers, or rows of
// `features` numbers are not the images that the call tells of.
W2S_MUST_CHECK int model_init(struct model *model, const struct value *call, size_t features,
                              size_t classes, struct err *err);
// Whether a model of this call wants images, and so the argument `image`.
bool model_wants_images(const struct value *call);
void model_start(float *params, const struct model *model, uint64_t seed);

// The layers as graph nodes: features (B x D) to logits (B x C). Parameters are PARAM nodes by
// offset. `hidden`, unless NULL, receives the n_layers - 1 hidden layers, after the activation.
struct graph;
uint32_t model_forward(struct graph *g, const struct model *model, uint32_t x, uint32_t *hidden);

// Numbers a row has after hidden layer `layer` (from 1); 0: as logits.
static inline size_t model_width(const struct model *model, size_t layer)
{
    return layer > 0 ? model->layer[layer - 1].out : model->classes;
}

// Floating-point operations of one forward pass of one row (a fused multiply-add counts 2); 0 where
// only the fitted model could tell.
double model_flops(const struct model *model);

#endif
