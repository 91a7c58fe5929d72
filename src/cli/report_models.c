// report_models.c -- what the page shows of models: how their losses fell, how far their confidence
// can be trusted, and how they do in each class and group. Read from the parameters and logits that
// the store keeps, at the first point of the sweep; nothing is trained for it. See docs/json.md.
#include "report_models.h"

#include "explain.h"

#include <string.h>

// As many bins as a reader can compare, and as many classes.
enum { BINS = 10, MOST_CLASSES = 40 };
static const double MOST_BYTES = 1 << 30;

// Predictions of one model on one data set, one a seed.
struct measured {
    const struct plan_number *number;
    const struct step *compare;
};

// Metrics of the probabilities of classes against gold labels: their first input are such logits,
// their last the rows.
static bool is_of_classes(const struct step *evaluate)
{
    static const char *const names[] = {"accuracy", "balanced_accuracy", "f1", "nll", "brier",
                                        "ece"};
    const struct value *metric = value_arg(&evaluate->attrs, "metric");
    for (size_t i = 0; metric != NULL && i < ARRAY_LEN(names); i++)
        if (value_is_call(metric, names[i]))
            return true;
    return false;
}

static bool is_measured(const struct plan *plan, const struct plan_number *number)
{
    if (number->step == STEP_NONE || number->point != 0)
        return false;
    const struct step *compare = &plan->steps[number->step];
    const struct value *kind = value_arg(&compare->attrs, "kind");
    if (compare->kind != STEP_compare || compare->n_in == 0 ||
        (kind != NULL && strcmp(kind->text, "pgr") == 0))
        return false;
    const struct step *evaluate = &plan->steps[compare->in[0]];
    return evaluate->kind == STEP_evaluate && is_of_classes(evaluate);
}

// One for each model and data set, in the order of the numbers. Freed by the caller.
static struct measured *find_measured(size_t *n, const struct plan *plan)
{
    struct measured *list = mem_new(plan->n_numbers * sizeof *list);
    *n = 0;
    for (size_t i = 0; i < plan->n_numbers; i++) {
        const struct plan_number *number = &plan->numbers[i];
        bool known = !is_measured(plan, number);
        for (size_t k = *n; !known && k-- > 0;)
            known = strcmp(list[k].number->model, number->model) == 0 &&
                    strcmp(list[k].number->on, number->on) == 0;
        if (!known)
            list[(*n)++] = (struct measured){number, &plan->steps[number->step]};
    }
    return list;
}

static uint32_t logits_of(const struct plan *plan, const struct measured *m, size_t seed)
{
    return plan->steps[m->compare->in[seed]].in[0];
}

static uint32_t rows_of(const struct plan *plan, const struct measured *m, size_t seed)
{
    const struct step *evaluate = &plan->steps[m->compare->in[seed]];
    return evaluate->in[evaluate->n_in - 1];
}

// The training behind the logits, or STEP_NONE.
static uint32_t training_of(const struct plan *plan, uint32_t logits)
{
    const struct step *predict = &plan->steps[logits];
    bool trained = predict->kind == STEP_predict && plan->steps[predict->in[0]].kind == STEP_train;
    return trained ? predict->in[0] : STEP_NONE;
}

// --- calibration, classes, groups ----------------------------------------------------------------

struct tally {
    size_t n, right;
    double confidence; // their sum
};

static json_t *tally_json(const char *name, const struct tally *t)
{
    return json_pack("{ss sI sI}", "name", name, "n", (json_int_t)t->n, "right",
                     (json_int_t)t->right);
}

static json_t *bins_json(const struct tally *bins)
{
    json_t *list = json_array();
    for (size_t k = 0; k < BINS; k++)
        json_array_append_new(
            list,
            json_pack("{sf sf sI sI so}", "low", (double)k / BINS, "high", (double)(k + 1) / BINS,
                      "n", (json_int_t)bins[k].n, "right", (json_int_t)bins[k].right, "confidence",
                      bins[k].n > 0 ? json_real(bins[k].confidence / (double)bins[k].n)
                                    : json_null()));
    return list;
}

// (k / BINS, (k + 1) / BINS], with 0 in the first: as ece() has them (eval/metric_calibration.c).
static size_t bin_of(double p)
{
    size_t k = 0;
    while (k + 1 < BINS && p > (double)(k + 1) / BINS)
        k++;
    return k;
}

struct tallies {
    struct tally bins[BINS], *classes, *groups;
    size_t n, n_classes, n_groups, n_nan;
};

static void count_row(struct tallies *t, const float *p, const struct table *table, uint32_t row)
{
    uint32_t gold = table->y[row], top = 0;
    bool number = true;
    for (size_t c = 0; c < t->n_classes; c++) {
        number &= p[c] == p[c];
        top = p[c] > p[top] ? (uint32_t)c : top;
    }
    bool right = number && top == gold;
    t->n++;
    t->n_nan += !number;
    if (number) {
        struct tally *bin = &t->bins[bin_of((double)p[top])];
        bin->n++;
        bin->right += right;
        bin->confidence += (double)p[top];
    }
    t->classes[gold].n++;
    t->classes[gold].right += right;
    if (table->group != NULL) {
        t->groups[table->group[row]].n++;
        t->groups[table->group[row]].right += right;
    }
}

static size_t count_groups(const struct table *table)
{
    size_t n = 0;
    for (size_t i = 0; table->group != NULL && i < table->n; i++)
        n = table->group[i] >= n ? (size_t)table->group[i] + 1 : n;
    return n;
}

// False where the predictions or the labels are none of those classes.
static bool count_seed(struct tallies *t, const struct artifact *logits, const struct rows *rows,
                       const struct kernels *kernels, struct err *err)
{
    const struct table *table = rows->table;
    if (logits->values == NULL || table == NULL || table->y == NULL || logits->n != rows->n ||
        logits->classes != t->n_classes || count_groups(table) > t->n_groups)
        return false;
    for (size_t i = 0; i < rows->n; i++)
        if (table->y[rows->index[i]] >= t->n_classes)
            return false;
    float *p = mem_try(logits->n, logits->classes * sizeof *p, "probabilities", err);
    if (p == NULL)
        return false;
    kernels->softmax(p, logits->values, logits->n, logits->classes);
    for (size_t i = 0; i < rows->n; i++)
        count_row(t, p + i * t->n_classes, table, rows->index[i]);
    mem_free(p);
    return true;
}

static json_t *classes_json(const struct tallies *t, const struct table *table)
{
    json_t *list = json_array();
    struct str name = {0};
    for (size_t c = 0; c < t->n_classes && t->n_classes <= MOST_CLASSES; c++) {
        str_clear(&name);
        explain_class(&name, table, c);
        json_array_append_new(list, tally_json(str_text(&name), &t->classes[c]));
    }
    str_release(&name);
    return list;
}

static json_t *groups_json(const struct tallies *t, const struct table *table)
{
    json_t *list = json_array();
    struct str name = {0};
    for (size_t g = 0; g < t->n_groups && t->n_groups <= MOST_CLASSES; g++) {
        str_clear(&name);
        str_format(&name, "%s %zu", table->group_name != NULL ? table->group_name : "group", g);
        if (t->groups[g].n > 0)
            json_array_append_new(list, tally_json(str_text(&name), &t->groups[g]));
    }
    str_release(&name);
    return list;
}

// Rows of all seeds together; NULL where there is nothing to count.
static json_t *prediction_json(const struct run *run, const struct measured *m,
                               const struct kernels *kernels, struct err *err)
{
    const struct plan *plan = run->plan;
    const struct table *table = run->artifacts[rows_of(plan, m, 0)].rows.table;
    if (table == NULL || table->classes == 0)
        return NULL;
    struct tallies t = {.n_classes = table->classes, .n_groups = count_groups(table)};
    t.classes = mem_try(t.n_classes, sizeof *t.classes, "classes", err);
    t.groups = t.classes != NULL ? mem_try(t.n_groups + 1, sizeof *t.groups, "groups", err) : NULL;
    bool whole = t.groups != NULL;
    for (size_t i = 0; whole && i < m->compare->n_in; i++)
        whole = count_seed(&t, &run->artifacts[logits_of(plan, m, i)],
                           &run->artifacts[rows_of(plan, m, i)].rows, kernels, err);
    json_t *json = NULL;
    if (whole)
        json =
            json_pack("{ss ss sI sI so so so}", "model", m->number->model, "on", m->number->on, "n",
                      (json_int_t)t.n, "nan", (json_int_t)t.n_nan, "bins", bins_json(t.bins),
                      "classes", classes_json(&t, table), "groups", groups_json(&t, table));
    mem_free(t.classes);
    mem_free(t.groups);
    return json;
}

// --- curves --------------------------------------------------------------------------------------

static json_t *reals(const double *x, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, x[i] - x[i] == 0 ? json_real(x[i]) : json_null());
    return list;
}

static json_t *curve_json(const struct plan_number *number, const struct step *train,
                          const struct artifact *a)
{
    bool selects = value_arg(&train->attrs, "select") != NULL;
    size_t epochs = selects ? a->n_curve / 2 : a->n_curve;
    json_t *json = json_pack("{ss so}", "model", number->model, "loss", reals(a->curve, epochs));
    if (train->seed != SEED_NONE)
        json_object_set_new(json, "seed", json_integer(train->seed));
    if (selects)
        json_object_set_new(json, "score", reals(a->curve + epochs, epochs));
    return json;
}

// Each training once, although it is measured on several data sets.
static json_t *curves_json(const struct run *run, const struct measured *list, size_t n)
{
    const struct plan *plan = run->plan;
    bool *told = mem_new(plan->n * sizeof *told);
    json_t *curves = json_array();
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < list[i].compare->n_in; k++) {
            uint32_t train = training_of(plan, logits_of(plan, &list[i], k));
            if (train == STEP_NONE || told[train] || run->artifacts[train].n_curve == 0)
                continue;
            told[train] = true;
            json_array_append_new(
                curves, curve_json(list[i].number, &plan->steps[train], &run->artifacts[train]));
        }
    mem_free(told);
    return curves;
}

// --- from the store ------------------------------------------------------------------------------

static void mark_wanted(bool *wanted, const struct plan *plan, const struct measured *list,
                        size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < list[i].compare->n_in; k++) {
            uint32_t logits = logits_of(plan, &list[i], k), train = training_of(plan, logits);
            wanted[logits] = wanted[rows_of(plan, &list[i], k)] = true;
            if (train != STEP_NONE)
                wanted[train] = true;
        }
}

static double bytes_of(const struct plan *plan, const bool *wanted)
{
    double bytes = 0;
    for (size_t i = 0; i < plan->n; i++) {
        const struct step_facts *f = &plan->steps[i].facts;
        if (wanted[i])
            bytes += 4 * ((double)f->params + (double)f->rows * (double)f->classes);
    }
    return bytes;
}

// Whether all that takes long is there.
static bool is_stored(const struct run *run)
{
    for (size_t i = 0; i < run->plan->n; i++) {
        enum step_kind kind = run->plan->steps[i].kind;
        if (run->duties[i].kind == DUTY_MAKE && (kind == STEP_train || kind == STEP_weigh))
            return false;
    }
    return true;
}

static int read_models(json_t *root, const char **why_not, struct run *run,
                       const struct measured *list, size_t n, const struct run_options *how,
                       struct err *err)
{
    if (run_decide(run, how->store, err) < 0)
        return -1;
    if (!is_stored(run)) {
        *why_not = "The store does not have the models of this run, as this w2s would make them.";
        return 0;
    }
    if (run_execute(run, how, err) < 0)
        return -1;
    json_t *predictions = json_array();
    for (size_t i = 0; i < n; i++) {
        json_t *one = prediction_json(run, &list[i], how->kernels, err);
        if (one != NULL)
            json_array_append_new(predictions, one);
    }
    json_object_set_new(root, "predictions", predictions);
    json_object_set_new(root, "curves", curves_json(run, list, n));
    return err_is_set(err) ? -1 : 0;
}

int report_models(json_t *root, const char **why_not, const struct replay *replay,
                  const struct run_options *how, struct err *err)
{
    const struct plan *plan = &replay->compiled.plan;
    size_t n;
    int status = 0;
    struct measured *list = find_measured(&n, plan);
    bool *wanted = mem_new(plan->n * sizeof *wanted);
    struct run run;
    mark_wanted(wanted, plan, list, n);
    run_init(&run, plan);
    run.wanted = wanted;
    if (!store_is_writable(how->store))
        *why_not = "The store cannot be written, and models are read by a run of its own.";
    else if (bytes_of(plan, wanted) > MOST_BYTES)
        *why_not = "The predictions of this run are larger than 1 GB.";
    else
        status = read_models(root, why_not, &run, list, n, how, err);
    run_release(&run);
    mem_free(wanted);
    mem_free(list);
    return status;
}
