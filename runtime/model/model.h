// model.h -- what a model is: its kind, its layers, its parameters, its start.
//
// A model is a call of the language: linear(), mlp(hidden: [256, 256], activation: relu),
// tree(depth: 3), knn(k: 5). Networks have layers and are trained by gradient; the parameters of a
// tree (tree.h) and of nearest neighbours (knn.h) are one f32 array too, but its length is known
// only after the fit: until then n_params is 0, and they have no layers.
//
// `input` says what of an image enters the first layer of a network: `flat` all its numbers,
// `sum_channels` and `gray` the sum or the mean of its channels, a number a pixel. Where the model
// sees images the call carries their shape, image: [height, width, channels], which the compiler
// adds.
//
// A network is one f32 array: its parameters, which are trained, then its state, which is not.
// Parameters come layer after layer: weights (in x out, row-major), bias (out), and where the layer
// is normalised a gain and a shift (out each). Weights and bias start uniform in +-1/sqrt(in) (the
// default of PyTorch's Linear; LeCun et al. 1998 has the scale), drawn from (seed, "init", index of
// the layer); gain and shift at 1 and 0.
//
// conv([16, 32], kernel: 3, stride: 1, pool: 2, pooling: max, hidden: [64]) has a stage for each
// number of channels, then affine layers. A stage is a convolution with zeros around the image, so
// that a stride of 1 keeps its size, the activation, and pooling by windows of pool x pool side by
// side (what is left over at the right and below is dropped); a hidden layer is a stage after its
// pooling, flattened. The weights of a stage are kernel x kernel x channels rows, one column an
// output, and their `in` is that product. Normalisation takes each channel for a unit: `batch` over
// rows and pixels, `layer` over all numbers of a row, with a gain and a shift for each channel (Wu
// & He 2018).
//
// random_features(width, gamma, kernel) is a first layer whose weights are state: fixed at the
// start and never updated. `rbf` (Rahimi & Recht 2007): sqrt(2 / width) cos(x W + b), W from
// N(0, 2 gamma), b from U(0, 2 pi), whose inner products approach exp(-gamma |x - y|^2). `relu`
// (Cho & Saul 2009, the arc-cosine kernel of degree 1): sqrt(2 / width) relu(x W), the same W, b =
// 0. gamma is 1 / in unless given.
//
// mlp(norm: layer | batch) normalises hidden layers before their activation, eps 1e-5. `layer` (Ba
// et al. 2016): over the units of each row. `batch` (Ioffe & Szegedy 2015): in training by the mean
// and the variance of each unit over the batch, in predictions by running ones, which are state:
// they start at 0 and 1 and move by a tenth towards those of each batch, the variance as n / (n -
// 1) of it. A batch of one row has no variance and is normalised by the running ones. mlp(dropout:
// p) drops what enters the next layer with chance p and scales the rest by 1 / (1 - p), in training
// only (Srivastava et al. 2014); hidden layers, as losses see them, are whole.
#ifndef W2S_MODEL_H
#define W2S_MODEL_H

#include "base/err.h"
#include "data/table.h"
#include "kernel/window.h"
#include "plan/value.h"

enum model_kind { MODEL_NET, MODEL_TREE, MODEL_KNN };
enum activation { ACTIVATION_RELU, ACTIVATION_TANH, ACTIVATION_GELU };
enum model_input { INPUT_FLAT, INPUT_GRAY, INPUT_SUM_CHANNELS };

enum normalisation { NORM_NONE, NORM_LAYER, NORM_BATCH };
enum feature_map { MAP_RBF, MAP_RELU };

enum { MODEL_MAX_LAYERS = 64 };

enum layer_kind {
    LAYER_AFFINE,
    LAYER_FIXED, // weights and bias are state
    LAYER_CONV,
};

struct layer {
    enum layer_kind kind;
    size_t in, out;
    size_t width;               // numbers of a row behind it
    size_t pixels;              // that the weights are applied to, before pooling; 1 unless CONV
    struct window window, pool; // CONV; pool.size 1: none
    size_t weight, bias;        // offsets into the parameters, or of a fixed layer into the state
    bool normalised;
    size_t gain, shift;    // offsets into the parameters
    size_t mean, variance; // offsets into the state, for batch normalisation
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
    bool mean_pooling;
    enum normalisation norm;
    double dropout;       // the chance to be dropped
    enum feature_map map; // of the fixed layer
    double gamma;
    size_t n_layers;
    struct layer layer[MODEL_MAX_LAYERS];
    size_t n_params; // of every kind; 0 before the fit of a tree or of neighbours
    size_t n_state;
};

// Fills `model`; fails with ERR_DATA when the sizes overflow, there are too many layers, or rows of
// `features` numbers are not the images that the call tells of.
W2S_MUST_CHECK int model_init(struct model *model, const struct value *call, size_t features,
                              size_t classes, struct err *err);
// Whether a model of this call wants images, and so the argument `image`.
bool model_wants_images(const struct value *call);
// The start: parameters and, from params[n_params] on, the state.
void model_start(float *params, const struct model *model, uint64_t seed);

// Numbers of parameters and state together.
static inline size_t model_size(const struct model *model)
{
    return model->n_params + model->n_state;
}

// Where the weights and the bias of a layer lie in both together.
static inline size_t model_weight_at(const struct model *model, size_t layer)
{
    const struct layer *l = &model->layer[layer];
    return l->weight + (l->kind == LAYER_FIXED ? model->n_params : 0);
}

static inline size_t model_bias_at(const struct model *model, size_t layer)
{
    const struct layer *l = &model->layer[layer];
    return l->bias + (l->kind == LAYER_FIXED ? model->n_params : 0);
}

// The running statistics after a batch of which `statistic` has, for each normalised layer in
// order, the means and then the variances.
void model_follow(float *state, const struct model *model, const float *const *statistic,
                  size_t rows);

// Numbers a row has after hidden layer `layer` (from 1); 0: as logits.
static inline size_t model_width(const struct model *model, size_t layer)
{
    return layer > 0 ? model->layer[layer - 1].width : model->classes;
}

// Floating-point operations of one forward pass of one row (a fused multiply-add counts 2); 0 where
// only the fitted model could tell.
double model_flops(const struct model *model);
// Of a row in training: the forward pass, the gradient by the parameters, and by the inputs of all
// layers that have parameters below them.
double model_training_flops(const struct model *model);

#endif
