// explain_net.c -- networks: a linear model by its coefficients, a deeper one by its layers.
//
// Only differences between the columns of a softmax count. With two classes a coefficient is that
// of the second class less that of the first, the change of its log-odds for one more of the
// feature; with more it is that of the class less the mean over all classes.
#include "explain.h"

#include "base/detmath.h"
#include "base/mem.h"

#include <stdlib.h>

enum { SHOWN = 20 }; // coefficients of a class

static bool is_net(const struct explained *what)
{
    return what->artifact->model.kind == MODEL_NET;
}

// One affine layer over the features as they are.
static bool is_linear(const struct explained *what)
{
    const struct model *model = &what->artifact->model;
    return is_net(what) && model->n_layers == 1 && model->layer[0].kind == LAYER_AFFINE &&
           model->layer[0].in == what->table->d;
}

// --- linear models -------------------------------------------------------------------------------
struct coefficient {
    size_t feature;
    double value, size;
};

static double relative(const float *row, size_t classes, size_t cls)
{
    double mean = 0;
    if (classes == 2)
        return (double)row[1] - (double)row[0];
    for (size_t c = 0; c < classes; c++)
        mean += (double)row[c];
    return (double)row[cls] - mean / (double)classes;
}

static int by_size(const void *a, const void *b)
{
    const struct coefficient *x = a, *y = b;
    if (x->size != y->size)
        return x->size > y->size ? -1 : 1;
    return x->feature < y->feature ? -1 : 1;
}

// Of a class, the largest first; *intercept for features as the model sees them.
static struct coefficient *coefficients(double *intercept, const struct explained *what, size_t cls)
{
    const struct model *model = &what->artifact->model;
    size_t D = model->layer[0].in, C = model->classes;
    const float *weight = what->artifact->values + model->layer[0].weight;
    struct coefficient *list = mem_new(D * sizeof *list);
    for (size_t d = 0; d < D; d++) {
        double value = relative(weight + d * C, C, cls);
        list[d] = (struct coefficient){d, value, value < 0 ? -value : value};
    }
    qsort(list, D, sizeof *list, by_size);
    *intercept = relative(what->artifact->values + model->layer[0].bias, C, cls);
    return list;
}

// In the units of the data: a coefficient of x where the model has one of (x - center) factor.
static double raw_coefficient(const struct explained *what, const struct coefficient *c)
{
    return c->value * explain_factor(what->table, c->feature);
}

static double raw_intercept(const struct explained *what, double intercept,
                            const struct coefficient *list)
{
    for (size_t i = 0; what->table->center != NULL && i < what->table->d; i++)
        intercept -= raw_coefficient(what, &list[i]) * (double)what->table->center[list[i].feature];
    return intercept;
}

// The classes that are told: of two only the second.
static size_t first_class(const struct model *model)
{
    return model->classes == 2 ? 1 : 0;
}

static void print_class(FILE *out, const struct explained *what, size_t cls)
{
    const struct model *model = &what->artifact->model;
    size_t D = model->layer[0].in, shown = D < SHOWN ? D : SHOWN;
    bool scaled = what->table->center != NULL;
    double intercept;
    struct coefficient *list = coefficients(&intercept, what, cls);
    struct str name = {0};
    explain_class(&name, what->table, cls);
    fprintf(out, "\nclass %s\n  %-24s %12.6g", str_text(&name), "(intercept)", intercept);
    if (scaled)
        fprintf(out, " %12.6g", raw_intercept(what, intercept, list));
    fputc('\n', out);
    for (size_t i = 0; i < shown; i++) {
        str_clear(&name);
        explain_feature(&name, what->table, list[i].feature);
        fprintf(out, "  %-24s %12.6g", str_text(&name), list[i].value);
        if (scaled)
            fprintf(out, " %12.6g", raw_coefficient(what, &list[i]));
        fputc('\n', out);
    }
    if (shown < D)
        fprintf(out, "  and %zu more, none above %.3g\n", D - shown, list[shown].size);
    str_release(&name);
    mem_free(list);
}

static void print_linear(FILE *out, const struct explained *what)
{
    const struct model *model = &what->artifact->model;
    fprintf(out, "%s",
            model->classes == 2 ? "log-odds of the second class"
                                : "logit of each class less the mean over all classes");
    fputs(what->table->center != NULL
              ? ": for standardised features, and in the units of the data\n"
              : "\n",
          out);
    for (size_t c = first_class(model); c < model->classes; c++)
        print_class(out, what, c);
}

static json_t *class_json(const struct explained *what, size_t cls)
{
    double intercept;
    struct coefficient *list = coefficients(&intercept, what, cls);
    json_t *all = json_array();
    for (size_t i = 0; i < what->table->d; i++)
        json_array_append_new(
            all, json_pack("{sI so sf sf}", "feature", (json_int_t)list[i].feature + 1, "name",
                           explain_feature_json(what->table, list[i].feature), "coefficient",
                           list[i].value, "raw", raw_coefficient(what, &list[i])));
    json_t *json =
        json_pack("{sI so sf sf so}", "class", (json_int_t)cls, "name",
                  explain_class_json(what->table, cls), "intercept", intercept, "raw_intercept",
                  raw_intercept(what, intercept, list), "coefficients", all);
    mem_free(list);
    return json;
}

static void add_linear(json_t *object, const struct explained *what)
{
    const struct model *model = &what->artifact->model;
    json_t *classes = json_array();
    for (size_t c = first_class(model); c < model->classes; c++)
        json_array_append_new(classes, class_json(what, c));
    json_object_set_new(object, "classes", classes);
}

// --- layers --------------------------------------------------------------------------------------
// Root of the mean square of a layer's weights.
static double size_of(const struct explained *what, size_t layer)
{
    const struct model *model = &what->artifact->model;
    const float *weight = what->artifact->values + model_weight_at(model, layer);
    size_t n = model_bias_at(model, layer) - model_weight_at(model, layer);
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)weight[i] * (double)weight[i];
    return n > 0 ? det_sqrt(sum / (double)n) : 0;
}

static void print_net(FILE *out, const struct explained *what)
{
    const struct model *model = &what->artifact->model;
    fprintf(out, "%zu parameters\n\n", model->n_params);
    for (size_t l = 0; l < model->n_layers; l++) {
        const struct layer *layer = &model->layer[l];
        fprintf(out, "layer %zu: ", l + 1);
        if (layer->kind == LAYER_CONV)
            fprintf(out, "%ux%u convolution, %u -> %zu channels, %zu numbers behind it",
                    layer->window.size, layer->window.size, layer->window.channels, layer->out,
                    layer->width);
        else
            fprintf(out, "%zu -> %zu%s", layer->in, layer->out,
                    layer->kind == LAYER_FIXED ? ", fixed" : "");
        fprintf(out, "; weights of size %.4g\n", size_of(what, l));
    }
}

static void add_net(json_t *object, const struct explained *what)
{
    static const char *const names[] = {
        [LAYER_AFFINE] = "affine", [LAYER_FIXED] = "fixed", [LAYER_CONV] = "convolution"};
    const struct model *model = &what->artifact->model;
    json_t *layers = json_array();
    for (size_t l = 0; l < model->n_layers; l++)
        json_array_append_new(
            layers,
            json_pack("{ss sI sI sI sf}", "kind", names[model->layer[l].kind], "in",
                      (json_int_t)model->layer[l].in, "out", (json_int_t)model->layer[l].out,
                      "width", (json_int_t)model->layer[l].width, "weight_size", size_of(what, l)));
    json_object_set_new(object, "parameters", json_integer((json_int_t)model->n_params));
    json_object_set_new(object, "layers", layers);
}

const struct explain_kind explain_linear = {"linear", is_linear, print_linear, add_linear};
const struct explain_kind explain_net = {"net", is_net, print_net, add_net};
