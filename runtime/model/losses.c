// losses.c -- see losses.h.
#include "model/losses.h"

#include <string.h>

static uint32_t number(struct graph *g, double x)
{
    return graph_constant(g, (float)x);
}

// mean_b CE(t_b, softmax(z_b))
static uint32_t mean_xent(struct graph *g, uint32_t target, uint32_t z)
{
    uint32_t per_row = graph_row_sum(g, graph_mul(g, target, graph_log_softmax(g, z)));
    return graph_mean(g, graph_neg(g, per_row));
}

// (1 - share) a + share b, share 1 x 1
static uint32_t mix(struct graph *g, uint32_t a, uint32_t b, uint32_t share)
{
    uint32_t rest = graph_sub(g, number(g, 1), share);
    return graph_add(g, graph_mul(g, a, rest), graph_mul(g, b, share));
}

// Two classes as probabilities of rows: `second` (B x 1, 0 or 1) and 1 - `second`.
static uint32_t two_classes(struct graph *g, uint32_t second)
{
    uint32_t first = graph_sub(g, number(g, 1), second);
    return graph_add(g, graph_put_column(g, first, 0, 2), graph_put_column(g, second, 1, 2));
}

static uint32_t build_cross_entropy(struct graph *g, const struct value *call,
                                    const struct loss_inputs *in)
{
    (void)call;
    return mean_xent(g, in->target, in->logits);
}

// Hinton, Vinyals, Dean 2015 (arXiv 1503.02531): T^2 CE(target, softmax(z / T)); whoever made the
// target has softened it. T^2 keeps the size of the gradient.
static uint32_t build_soft_labels(struct graph *g, const struct value *call,
                                  const struct loss_inputs *in)
{
    double t = value_arg_number(call, "temperature");
    uint32_t z = t == 1 ? in->logits : graph_div(g, in->logits, number(g, t));
    uint32_t loss = mean_xent(g, in->target, z);
    return t == 1 ? loss : graph_mul(g, loss, number(g, t * t));
}

static uint32_t build_hard_labels(struct graph *g, const struct value *call,
                                  const struct loss_inputs *in)
{
    (void)call;
    return mean_xent(g, graph_one_hot_argmax(g, in->target), in->logits);
}

// Burns et al. 2023 (arXiv 2312.09390), eq. 1 and appendix A:
//     (1 - a) CE(weak, f) + a CE(harden(f), f),  a = alpha min(1, progress / warmup)
// as one target, which CE's linearity allows; harden(f) is a constant to the gradient. With two
// classes the threshold adapts so that half of the batch falls on each side: class 1 where its
// probability is above the median. With more classes, the most probable one.
static uint32_t confidence_paper(struct graph *g, const struct value *call,
                                 const struct loss_inputs *in)
{
    double warmup = value_arg_number(call, "warmup");
    uint32_t a = number(g, value_arg_number(call, "alpha"));
    if (warmup > 0) {
        uint32_t grown = graph_div(g, in->progress, number(g, warmup));
        a = graph_mul(g, a, graph_min(g, grown, number(g, 1)));
    }
    uint32_t hard;
    if (in->classes == 2) {
        uint32_t p = graph_column(g, graph_softmax(g, in->logits), 1);
        hard = two_classes(g, graph_greater(g, p, graph_median(g, p)));
    } else {
        hard = graph_one_hot_argmax(g, in->logits);
    }
    return mean_xent(g, mix(g, in->target, graph_detach(g, hard), a), in->logits);
}

// The code published with the paper (openai/weak-to-strong, loss.py, logconf_loss_fn), which
// differs from its text: while progress <= warmup the coefficient is alpha * progress, then it
// jumps to alpha; and the threshold follows the share of class 1 in the weak labels of the batch:
//     class 0 where p_0 >= quantile(p_0, mean(weak_1))
static uint32_t confidence_openai(struct graph *g, const struct value *call,
                                  const struct loss_inputs *in)
{
    if (in->classes != 2) {
        err_set(g->err, ERR_DATA,
                "log_confidence: variant 'openai2024' is only defined for 2 classes, found %zu",
                in->classes);
        err_hint(g->err, "Use variant: paper, which takes any number of classes.");
        return NODE_NONE;
    }
    uint32_t over = graph_greater(g, in->progress, number(g, value_arg_number(call, "warmup")));
    uint32_t grown = mix(g, in->progress, number(g, 1), over);
    uint32_t coefficient = graph_mul(g, grown, number(g, value_arg_number(call, "alpha")));
    uint32_t p = graph_column(g, graph_softmax(g, in->logits), 0);
    uint32_t threshold = graph_quantile(g, p, graph_mean(g, graph_column(g, in->target, 1)));
    uint32_t first = graph_greater_equal(g, p, threshold);
    uint32_t hard = two_classes(g, graph_sub(g, number(g, 1), first));
    return mean_xent(g, mix(g, in->target, graph_detach(g, hard), coefficient), in->logits);
}

static uint32_t build_log_confidence(struct graph *g, const struct value *call,
                                     const struct loss_inputs *in)
{
    const char *variant = value_arg_text(call, "variant");
    if (strcmp(variant, "paper") == 0)
        return confidence_paper(g, call, in);
    if (strcmp(variant, "openai2024") == 0)
        return confidence_openai(g, call, in);
    BUG("unknown variant '%s' of log_confidence", variant);
}

// product_loss_fn of the same code: CE(t, p) with t_c ~ p_c^beta weak_c^alpha, normalised, a
// constant to the gradient. Computed as softmax(beta log p + alpha log weak), which cannot
// underflow to 0 / 0. A zero in `weak` gives a zero in t, except at alpha = 0, where 0^0 = 1.
static uint32_t build_product_confidence(struct graph *g, const struct value *call,
                                         const struct loss_inputs *in)
{
    double alpha = value_arg_number(call, "alpha"), beta = value_arg_number(call, "beta");
    uint32_t score = graph_mul(g, graph_log_softmax(g, in->logits), number(g, beta));
    if (alpha != 0)
        score = graph_add(g, score, graph_mul(g, graph_log(g, in->target), number(g, alpha)));
    return mean_xent(g, graph_detach(g, graph_softmax(g, score)), in->logits);
}

static const struct loss {
    const char *name;
    bool gold;
    uint32_t (*build)(struct graph *g, const struct value *call, const struct loss_inputs *in);
} losses[] = {
    {"cross_entropy", true, build_cross_entropy},
    {"soft_labels", false, build_soft_labels},
    {"hard_labels", false, build_hard_labels},
    {"log_confidence", false, build_log_confidence},
    {"product_confidence", false, build_product_confidence},
};

static const struct loss *find(const struct value *call)
{
    for (size_t i = 0; call->kind == VALUE_CALL && i < ARRAY_LEN(losses); i++)
        if (strcmp(losses[i].name, call->text) == 0)
            return &losses[i];
    BUG("unknown loss '%s'", call->kind == VALUE_CALL ? call->text : "?");
}

bool loss_uses_gold(const struct value *call)
{
    return find(call)->gold;
}

uint32_t loss_build(struct graph *g, const struct value *call, const struct loss_inputs *in)
{
    return find(call)->build(g, call, in);
}
