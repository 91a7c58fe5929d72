// loss.h -- a loss written in Lua: loaded, described, traced into a graph.
//
// Life cycle: loss_load runs the file once in a fresh sandbox (sandbox.h) and reads the table it
// returns; loss_description is what the compiler checks a .w2s file against; loss_trace calls the
// loss function once with symbolic tensors and gives the 1 x 1 node it built. No Lua runs
// afterwards, unless the loss is eager. loss_free. A loss belongs to one thread at a time; each
// training loads its own.
//
// A file returns a table (docs/lua.md is the reference for those who write one):
//
//   return {
//     kind    = "target",             -- target | preference | representation | regularizer |
//                                     -- constraint | invariance | shift
//     title   = "one line",
//     formula = "plain text",         -- optional
//     cite    = { "Lin et al. 2017 (arXiv 1708.02002)" },            -- optional
//     params  = { gamma = { type = "number", default = 2, min = 0, max = 100, doc = "..." } },
//     order   = { "gamma" },          -- positional order of all params, when there are two or more
//     reads   = { "labels" },         -- what it reads besides what its kind gives: see loss_reads
//     loss    = function(t) ... return tensor end,   -- 1 x 1, or R x 1: its mean is taken
//     -- or, for what cannot be traced: eager = function(v) ... return value end
//     -- or, of a constraint: broken = function(t) ... return tensor end, B x 1: how much each row
//     -- breaks it, at most 0 where it holds
//     -- or, of a shift: shift = function(t) ... return tensor end, the shape of t.features
//   }
//
// Every constraint has a param `slack`, what is tolerated; its loss is mean(max(0, broken - slack)).
#ifndef W2S_LOSS_H
#define W2S_LOSS_H

#include "base/err.h"
#include "plan/value.h"

struct graph; // graph/graph.h: a node is a number, NODE_NONE one that failed

enum loss_kind {
    LOSS_TARGET,         // a distribution per row from a teacher: t.guidance.probs (B x C)
    LOSS_PREFERENCE,     // rankings: t.scores (P x K), best first
    LOSS_REPRESENTATION, // a hidden layer of a teacher, t.source (B x S), and one of the student,
                         // t.hidden (B x H)
    LOSS_REGULARIZER,    // the student alone
    LOSS_CONSTRAINT,     // the student alone, one number a row
    LOSS_INVARIANCE,     // the student in each environment: t.environments[e] (environments.h)
    LOSS_SHIFT,          // no loss: a row, t.features (1 x D), becomes another (model/row_script.h)
    LOSS_KINDS,
};
const char *loss_kind_name(enum loss_kind kind);

// What a loss may read when its `reads` says so; a bit each in loss_description.reads.
enum loss_reads {
    READS_LABELS = 1,          // "labels": t.labels, gold, one-hot, B x C
    READS_FEATURES = 2,        // "features": t.features, B x D
    READS_GROUPS = 4,          // "groups": t.groups, B x 1, whole numbers
    READS_WEIGHTS = 8,         // "weights": t.weights, B x 1
    READS_GUIDANCE_LOGITS = 16, // "guidance.logits": t.guidance.logits, B x C (kind target)
    READS_REFERENCE = 32,      // "reference": a frozen model's t.reference.logits (B x C), or
                               // t.reference.scores (P x K) for a preference
    READS_START = 64,          // "start": the parameters before training, t.start.weights[i] ...
};

enum loss_param_type {
    LOSS_PARAM_NUMBER, // "number"
    LOSS_PARAM_WHOLE,  // "whole"
    LOSS_PARAM_BOOL,   // "bool"
    LOSS_PARAM_CHOICE, // "choice": one word of `choices`
    LOSS_PARAM_NUMBERS, // "numbers": a list
};

struct loss_param {
    const char *name, *doc;
    enum loss_param_type type;
    double min, max;       // of numbers, inclusive; -1e30, 1e30 when not stated
    const char *choices;   // "paper|openai2024", or ""
    bool has_fallback;
    struct value fallback; // NUMBER, BOOL, NAME or LIST
};

struct loss_description {
    const char *name;  // of the file, without folder and ".lua"
    enum loss_kind kind;
    const char *title, *formula, *doc; // "" when absent
    const char *const *cite;
    size_t n_cite;
    const struct loss_param *params; // in positional order
    size_t n_params;
    unsigned reads;    // of enum loss_reads
    bool eager;
};

enum { LOSS_MAX_PARAMS = 12 };

struct loss;

// `file` is the name used in messages ("losses/focal_kl.lua"). Fails with ERR_DATA and a message
// that begins with FILE:LINE where Lua knows it.
W2S_MUST_CHECK int loss_load(struct loss **out, const char *file, const char *text, size_t size,
                             struct err *err);
void loss_free(struct loss *loss);
const struct loss_description *loss_description(const struct loss *loss);

// Where the tensors of a trace come from; whoever traces fills it. The functions give NODE_NONE
// after setting the graph's err (what is not there, and why).
enum loss_source {
    SOURCE_LOGITS,          // of the student, B x C
    SOURCE_HIDDEN,          // index i from 0: B x H_i, after the activation
    SOURCE_WEIGHT, SOURCE_BIAS,             // layer i from 0: in x out; 1 x out
    SOURCE_START_WEIGHT, SOURCE_START_BIAS, // the same before training
    SOURCE_FEATURES, SOURCE_LABELS, SOURCE_GROUPS, SOURCE_WEIGHTS,
    SOURCE_GUIDANCE_PROBS, SOURCE_GUIDANCE_LOGITS,
    SOURCE_REPRESENTATION_FROM, SOURCE_REPRESENTATION_TO,
    SOURCE_SCORES, SOURCE_REFERENCE_SCORES, SOURCE_REFERENCE_LOGITS,
    SOURCE_PROGRESS,        // 1 x 1
};

struct loss_world {
    struct graph *graph;
    size_t rows, classes, features; // B, C, D
    size_t layers;                  // affine layers; hidden layers are one fewer
    // D names of the features; NULL: they have none, or nobody knows them yet (names_unknown), and
    // any name will do.
    const char *const *columns;
    bool names_unknown;
    size_t n_environments;          // the batch is their rows, one environment after the other
    const size_t *environment_rows; // how many of each; they add up to `rows`
    void *data;
    uint32_t (*get)(void *data, enum loss_source source, size_t index);
    // The student on other features (R x D): its logits; its hidden layers in hidden[layers - 1].
    uint32_t (*forward)(void *data, uint32_t features, uint32_t *hidden);
    // A parameter of the loss itself, trained along with the student. Starts uniform in
    // +-1/sqrt(rows), or at `*start` throughout. The same name gives the same node.
    uint32_t (*parameter)(void *data, const char *name, size_t rows, size_t cols,
                          const float *start);
    // New numbers at every step, from the run's keyed stream: uniform in 0..1, or N(0, 1).
    uint32_t (*random)(void *data, bool normal, size_t rows, size_t cols);
    // Guidance for some of the rows: weights of mean 1 over all rows of the training, 0 for those that are
    // left out (B x 1). Means over the batch are then means of what is weighed by them.
    bool filtered;
    uint32_t row_weights;
};

// `call` carries the loss's params by name (others are ignored); NULL: all have their defaults.
// Gives NODE_NONE after setting the graph's err: a Lua error, a shape that does not fit (with file
// and line), a limit reached.
uint32_t loss_trace(struct loss *loss, const struct value *call, const struct loss_world *world);

// The same for a constraint, which then gives how much each row breaks it, B x 1, whatever the slack.
uint32_t loss_trace_broken(struct loss *loss, const struct value *call,
                           const struct loss_world *world);

// The same for a shift: a tensor as large as t.features. `line` is where its function begins.
uint32_t loss_trace_shift(struct loss *loss, int *line, const struct value *call,
                          const struct loss_world *world);

// The first error of an eager loss while a program ran, or NULL; its value is NaN from then on.
const struct err *loss_eager_error(const struct loss *loss);

// How often Lua was entered by any loss of this process: after a trace it must not grow.
unsigned long loss_lua_calls(void);

const char *loss_lua_release(void); // "Lua 5.4.4"

#endif
