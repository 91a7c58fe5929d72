// step_model.c -- steps that make parameters, logits and targets.
#include "exec/step_select.h"

#include "base/mem.h"
#include "model/fit.h"
#include "model/optimiser.h"

#include <string.h>

static int give_values(struct artifact *out, size_t rows, size_t cols, const char *what, struct err *err)
{
    out->values = mem_try(rows, cols * sizeof(float), what, err);
    out->n_values = rows * cols;
    return out->values != NULL ? 0 : -1;
}

// The plan may not know the shape of the data (where); the rows do.
int step_init(struct artifact *out, const struct step_call *c, struct err *err)
{
    const struct value *attrs = &c->step->attrs;
    size_t features = (size_t)value_arg_int(attrs, "features"), classes = (size_t)value_arg_int(attrs, "classes");
    if (model_init(&out->model, value_arg(attrs, "model"), features, classes, err) < 0 ||
        give_values(out, 1, model_size(&out->model), "parameters", err) < 0)
        return -1;
    model_start(out->values, &out->model, (uint64_t)c->step->seed);
    return 0;
}

static int check_rows(const struct artifact *data, const struct model *model, struct err *err)
{
    const struct table *table = data->rows.table;
    if (table->d != model->features)
        return err_set(err, ERR_DATA, "the model takes %zu features, and the rows have %zu", model->features, table->d);
    if (data->rows.n == 0)
        return err_set(err, ERR_DATA, "there are no rows");
    return 0;
}

// The artifact that a term names as `what`; NULL: none.
static const struct artifact *guidance_of(const struct step_call *c, const struct value *term,
                                          const char *what)
{
    const struct value *input = value_arg(term, what);
    return input != NULL ? c->in[input->index] : NULL;
}

static int fill_array(struct train_array *out, const struct step_call *c, const struct value *term,
                      const char *what, size_t cols, struct err *err)
{
    const struct artifact *made = guidance_of(c, term, what);
    size_t n = c->in[0]->rows.n;
    if (made == NULL)
        return 0;
    if (made->n != n)
        return err_set(err, ERR_DATA, "guidance for %zu rows meets %zu rows", made->n, n);
    if (cols > 0 && made->classes != cols)
        return err_set(err, ERR_DATA, "guidance over %zu classes meets a model of %zu",
                       made->classes, cols);
    *out = (struct train_array){made->values, made->classes};
    return 0;
}

static int fill_lists(struct train_lists *out, const struct step_call *c, const struct value *term,
                      struct err *err)
{
    const struct artifact *made = guidance_of(c, term, "lists");
    if (made == NULL)
        return 0;
    uint32_t step = c->step->in[value_arg(term, "lists")->index];
    while (c->plan->steps[step].kind != STEP_pair) // through a shuffle
        step = c->plan->steps[step].in[0];
    const uint32_t *row = artifact_lists(made);
    size_t n = c->in[0]->rows.n;
    for (size_t i = 0; i < made->n_values; i++)
        if (row[i] >= n)
            return err_set(err, ERR_DATA, "a ranking of row %u meets %zu rows", (unsigned)row[i], n);
    *out = (struct train_lists){row, made->n, made->classes,
                                (size_t)value_arg_int(&c->plan->steps[step].attrs, "class")};
    return 0;
}

static int fill_mixture(struct mixture *out, const struct step_call *c, const struct value *term,
                        size_t classes, struct err *err)
{
    const struct value *mixture = value_arg(term, "mixture");
    struct train_array votes = {0};
    if (mixture == NULL)
        return 0;
    if (fill_array(&votes, c, mixture, "votes", 0, err) < 0)
        return -1;
    if (votes.cols % classes != 0)
        return err_set(err, ERR_DATA, "votes of %zu numbers meet a model of %zu classes",
                       votes.cols, classes);
    *out = (struct mixture){votes.data, votes.cols / classes, value_arg_number(mixture, "easy"),
                            value_arg_number(mixture, "rate"), NULL};
    return 0;
}

static int fill_term(struct train_term *out, const struct step_call *c, const struct value *term,
                     struct err *err)
{
    size_t classes = c->in[1]->model.classes;
    const struct value *to = value_arg(term, "to");
    *out = (struct train_term){.weight = *value_arg(term, "weight"),
                               .call = *value_arg(term, "loss"),
                               .to = to != NULL ? (size_t)to->number : 0};
    if (fill_array(&out->probs, c, term, "target", classes, err) < 0 ||
        fill_array(&out->logits, c, term, "logits", classes, err) < 0 ||
        fill_array(&out->from, c, term, "from", 0, err) < 0 ||
        fill_array(&out->reference, c, term, "reference", classes, err) < 0 ||
        fill_array(&out->mask, c, term, "mask", 1, err) < 0 ||
        fill_mixture(&out->mixture, c, term, classes, err) < 0)
        return -1;
    return fill_lists(&out->lists, c, term, err);
}

static int fill_terms(struct train_term *terms, const struct step_call *c, struct err *err)
{
    const struct value *objective = value_arg(&c->step->attrs, "objective");
    for (size_t i = 0; i < objective->n; i++)
        if (fill_term(&terms[i], c, &objective->items[i], err) < 0)
            return -1;
    return 0;
}

// A generation after two that agree on nearly all rows: the last one as it is. Its curve is empty.
static bool stops(const struct step_call *c)
{
    const struct value *rule = value_arg(&c->step->attrs, "stop");
    return rule != NULL && c->in[value_arg(rule, "agreement")->index]->number >=
                               1 - value_arg_number(rule, "share");
}

static int take_over(struct artifact *out, const struct step_call *c, struct err *err)
{
    const struct value *rule = value_arg(&c->step->attrs, "stop");
    const struct artifact *last = c->in[value_arg(rule, "last")->index];
    out->model = last->model;
    if (give_values(out, 1, last->n_values, "parameters", err) < 0)
        return -1;
    memcpy(out->values, last->values, out->n_values * sizeof(float));
    return 0;
}

enum { CHUNK = 1024 }; // rows at once where the optimiser takes all of them

// Room for the weights of a mixture after each epoch.
static int give_weights(struct artifact *out, struct train_term *terms,
                        const struct train_spec *spec, struct err *err)
{
    const struct train_term *mixed = objective_mixture(terms, spec->n_terms);
    if (mixed == NULL)
        return 0;
    struct mixture *mixture = &terms[mixed - terms].mixture;
    out->weights = mixture->history =
        mem_try(spec->epochs, mixture->voters * sizeof *out->weights, "weights of teachers", err);
    if (out->weights == NULL)
        return -1;
    out->n_weights = spec->epochs * mixture->voters;
    return 0;
}

static int train_net(struct artifact *out, const struct step_call *c, struct train_spec *spec,
                     struct train_term *terms, struct err *err)
{
    const struct value *attrs = &c->step->attrs;
    const struct value *batch = value_arg(attrs, "batch");
    const struct value *environments = value_arg(attrs, "environments");
    spec->optimiser = *value_arg(attrs, "using");
    bool takes_all = optimiser_takes_all(&spec->optimiser);
    spec->epochs = (size_t)(takes_all ? value_arg_int(&spec->optimiser, "iterations")
                                      : value_arg_int(attrs, "epochs"));
    spec->batch = takes_all                      ? CHUNK
                  : batch->kind == VALUE_NUMBER ? (size_t)batch->number
                                                : spec->rows->n;
    spec->environments = environments != NULL ? (size_t)environments->number : 0;
    size_t n_curve = value_arg(attrs, "select") != NULL ? 2 * spec->epochs : spec->epochs;
    if (give_values(out, 1, model_size(&out->model), "parameters", err) < 0)
        return -1;
    memcpy(out->values, c->in[1]->values, out->n_values * sizeof(float));
    out->curve = mem_try(n_curve, sizeof *out->curve, "the training curve", err);
    if (out->curve == NULL || give_weights(out, terms, spec, err) < 0)
        return -1;
    struct scorer scorer;
    int status = scorer_init(&spec->selection, &scorer, c, &out->model, terms, spec->n_terms, err);
    if (status == 0) {
        out->n_curve = n_curve;
        status = train(out->values, out->curve, spec, &c->context, err);
    }
    scorer_release(&scorer);
    return status;
}

int step_train(struct artifact *out, const struct step_call *c, struct err *err)
{
    if (stops(c))
        return take_over(out, c, err);
    const struct value *objective = value_arg(&c->step->attrs, "objective");
    const struct artifact *data = c->in[0];
    out->model = c->in[1]->model;
    if (check_rows(data, &out->model, err) < 0)
        return -1;
    struct train_term *terms = mem_new(objective->n * sizeof *terms);
    struct train_spec spec = {.model = &out->model, .rows = &data->rows, .terms = terms,
                              .n_terms = objective->n, .seed = (uint64_t)c->step->seed};
    int status = fill_terms(terms, c, err);
    if (status == 0 && out->model.kind == MODEL_NET) {
        status = train_net(out, c, &spec, terms, err);
    } else if (status == 0) {
        status = fit(&out->values, &out->n_values, &spec, &c->context, err);
        out->model.n_params = out->n_values;
    }
    mem_free(terms);
    return status;
}

int step_predict(struct artifact *out, const struct step_call *c, struct err *err)
{
    const struct artifact *trained = c->in[0], *data = c->in[1];
    const struct value *given = value_arg(&c->step->attrs, "layer");
    size_t layer = given != NULL ? (size_t)given->number : 0;
    if (layer > 0 && layer >= trained->model.n_layers)
        return err_set(err, ERR_DATA, "there is no hidden layer %zu in this model", layer);
    out->n = data->rows.n;
    out->classes = model_width(&trained->model, layer);
    if (check_rows(data, &trained->model, err) < 0 || give_values(out, out->n, out->classes, "logits", err) < 0)
        return -1;
    return predict_layer(out->values, &trained->model, trained->values, layer, &data->rows,
                         &c->context, err);
}

int step_average(struct artifact *out, const struct step_call *c, struct err *err)
{
    const struct artifact *in = c->in[0];
    out->n = in->n;
    out->classes = in->classes;
    if (give_values(out, out->n, out->classes, "targets", err) < 0)
        return -1;
    for (size_t k = 0; k < in->classes && in->n > 0; k++) {
        double sum = 0;
        for (size_t i = 0; i < in->n; i++)
            sum += (double)in->values[i * in->classes + k];
        for (size_t i = 0; i < in->n; i++)
            out->values[i * in->classes + k] = (float)(sum / (double)in->n);
    }
    return 0;
}

int step_guide(struct artifact *out, const struct step_call *c, struct err *err)
{
    const struct artifact *logits = c->in[0];
    const struct kernels *k = c->context.kernels;
    const struct value *target = value_arg(&c->step->attrs, "target");
    out->n = logits->n;
    out->classes = logits->classes;
    if (give_values(out, out->n, out->classes, "targets", err) < 0)
        return -1;
    if (value_is_call(target, "soft_labels")) {
        k->div_s(out->values, logits->values, (float)value_arg_number(target, "temperature"), out->n_values);
        k->softmax(out->values, out->values, out->n, out->classes);
        return 0;
    }
    if (!value_is_call(target, "hard_labels"))
        BUG("no targets by %s()", target->text);
    uint32_t *cls = mem_try(out->n, sizeof *cls, "classes", err);
    if (cls == NULL)
        return -1;
    k->row_argmax(cls, logits->values, out->n, out->classes);
    k->one_hot(out->values, cls, out->n, out->classes);
    mem_free(cls);
    return 0;
}
