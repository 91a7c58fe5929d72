// plan_print.c -- the plan as a tree; see plan_print.h.
#include "plan_print.h"

#include "base/mem.h"
#include "base/str.h"

#include <string.h>

struct printer {
    FILE *out;
    const struct plan *plan;
    uint32_t *first_child, *next; // the tree, as linked lists by step
    struct str indent;
};

static void with_unit(struct str *s, double x, const char *unit)
{
    static const char *const prefix[] = {"", "k", "M", "G", "T", "P"};
    size_t i = 0;
    while (x >= 999.5 && i + 1 < ARRAY_LEN(prefix)) {
        x /= 1000;
        i++;
    }
    str_format(s, x >= 99.5 || i == 0 ? "%.0f %s%s" : x >= 9.95 ? "%.1f %s%s" : "%.2f %s%s", x, prefix[i], unit);
}

// A value as text, with inputs named by what they are.
static void write_named(struct str *s, const struct plan *plan, const struct step *step, const struct value *v)
{
    struct str text = {0};
    value_write(&text, v);
    for (const char *p = str_text(&text); *p != '\0'; p++) {
        if (*p == '$' && p[1] >= '0' && p[1] <= '9' && (uint32_t)(p[1] - '0') < step->n_in) {
            str_add(s, plan->steps[step->in[p[1] - '0']].label);
            p++;
        } else {
            str_add_char(s, *p);
        }
    }
    str_release(&text);
}

static bool shown(const struct printer *p, const struct step *step)
{
    bool first_seed = step->seed == SEED_NONE || step->seed == p->plan->seeds[0];
    return first_seed && step->kind != STEP_compare && step->kind != STEP_claim && step->kind != STEP_init;
}

static void shape(struct str *s, const struct step_facts *f)
{
    if (f->rows > 0)
        str_format(s, "%llu x %llu", (unsigned long long)f->rows, (unsigned long long)f->features);
    else
        str_add(s, "rows known when it runs");
    if (f->classes > 0)
        str_format(s, ", %llu classes", (unsigned long long)f->classes);
    if (f->height > 0)
        str_format(s, ", %ux%u images", f->height, f->width);
}

static void work(struct str *s, const struct step_facts *f)
{
    if (f->flops > 0) {
        str_add(s, "; ");
        with_unit(s, f->flops, "FLOP");
    }
}

// "20 epochs of 898 rows by 64"; "lbfgs(…) of 898 rows"; of a model that is fitted "898 rows".
static void passes(struct str *s, const struct step *step)
{
    const struct value *given = value_arg(&step->attrs, "epochs"), *using = value_arg(&step->attrs, "using");
    if (given == NULL && using != NULL) {
        value_write(s, using);
        str_add(s, " of ");
    }
    if (given != NULL)
        str_format(s, "%.0f epoch%s", given->number, given->number == 1 ? "" : "s");
    if (step->facts.rows > 0)
        str_format(s, "%s%llu rows", given != NULL ? " of " : "", (unsigned long long)step->facts.rows);
    if (given != NULL) {
        str_add(s, " by ");
        value_write(s, value_arg(&step->attrs, "batch"));
    }
}

// N x the numbers of a row: of logits, of votes.
static void describe_table(struct str *s, const struct step_facts *f)
{
    if (f->rows > 0)
        str_format(s, "%llu x %llu", (unsigned long long)f->rows, (unsigned long long)f->classes);
    else
        str_add(s, "rows known when it runs");
}

// A call, which may be that of a script: without the text of it.
static void write_script(struct str *s, const struct value *call)
{
    if (value_is_call(call, "lua")) {
        str_format(s, "\"%s\" ", value_arg_text(call, "file"));
        call = value_arg(call, "params");
    }
    value_write(s, call);
}

static void describe(struct str *s, const struct plan *plan, const struct step *step)
{
    const struct step_facts *f = &step->facts;
    struct str text = {0};
    switch (step->kind) {
    case STEP_load:
        value_write(&text, value_arg(&step->attrs, "source"));
        str_format(s, "%s: ", str_text(&text));
        shape(s, f);
        break;
    case STEP_train:
        value_write(&text, value_arg(&step->attrs, "model"));
        str_add(s, str_text(&text));
        if (f->params > 0)
            str_format(s, ", %llu parameters", (unsigned long long)f->params);
        str_add(s, "; ");
        str_clear(&text);
        const struct value *objective = value_arg(&step->attrs, "objective");
        for (size_t i = 0; i < objective->n; i++) {
            const struct value *weight = value_arg(&objective->items[i], "weight");
            str_add(&text, i > 0 ? " + " : "");
            if (weight->kind != VALUE_NUMBER || weight->number != 1) {
                value_write(&text, weight);
                str_add(&text, " ");
            }
            write_script(&text, value_arg(&objective->items[i], "loss"));
        }
        str_format(s, "%s; ", str_text(&text));
        passes(s, step);
        if (value_arg(&step->attrs, "stop") != NULL)
            str_add(s, "; only if the last two differ");
        work(s, f);
        break;
    case STEP_predict:
        describe_table(s, f);
        work(s, f);
        break;
    case STEP_rules:
        str_format(s, "rules in %s", value_arg_text(&step->attrs, "file"));
        break;
    case STEP_labels:
        str_format(s, "labels in %s, annotators: %zu", value_arg_text(&step->attrs, "file"),
                   value_arg(&step->attrs, "annotators")->n);
        break;
    case STEP_outputs:
        str_format(s, "%s in %s", value_arg_text(&step->attrs, "kind"), value_arg_text(&step->attrs, "file"));
        break;
    case STEP_recall:
    case STEP_annotate:
    case STEP_vote:
    case STEP_constrain:
    case STEP_tally:
    case STEP_poll:
    case STEP_combine:
        describe_table(s, f);
        break;
    case STEP_weigh:
        value_write(s, value_arg(&step->attrs, "weights"));
        break;
    case STEP_guide:
        write_named(s, plan, step, value_arg(&step->attrs, "target"));
        break;
    case STEP_shift:
        write_script(s, value_arg(&step->attrs, "shift"));
        break;
    case STEP_reclass:
        value_write(&text, value_arg(&step->attrs, "to"));
        str_format(s, "%s: ", str_text(&text));
        shape(s, f);
        break;
    case STEP_noise:
        str_format(s, "%g%% of labels flipped", 100 * value_arg_number(&step->attrs, "share"));
        break;
    case STEP_shuffle:
        str_add(s, "rows permuted");
        break;
    default:
        shape(s, f);
    }
    str_release(&text);
}

static bool is_metric_of(const struct plan *plan, uint32_t step, uint32_t parent)
{
    return plan->steps[step].kind == STEP_evaluate && plan->steps[step].in[0] == parent;
}

static void print_evaluations(struct printer *p, uint32_t parent, const char *branch)
{
    struct str line = {0};
    for (uint32_t c = p->first_child[parent]; c != STEP_NONE; c = p->next[c]) {
        if (!is_metric_of(p->plan, c, parent))
            continue;
        str_add(&line, line.len > 0 ? ", " : "");
        write_named(&line, p->plan, &p->plan->steps[c], value_arg(&p->plan->steps[c].attrs, "metric"));
    }
    fprintf(p->out, "%s%sevaluate %s\n", str_text(&p->indent), branch, str_text(&line));
    str_release(&line);
}

static void print_step(struct printer *p, uint32_t number, const char *branch)
{
    const struct step *step = &p->plan->steps[number];
    char key[DIGEST_SHORT];
    struct str about = {0};
    describe(&about, p->plan, step);
    digest_short(key, &step->key);
    fprintf(p->out, "%s%s%s %s", str_text(&p->indent), branch, step_kind_name(step->kind), step->label);
    if (step->seed != SEED_NONE && p->plan->n_seeds > 1)
        fprintf(p->out, " ×%zu", p->plan->n_seeds);
    fprintf(p->out, "  %s  [%s]\n", str_text(&about), key);
    str_release(&about);
}

// Prints the children of a step; the evaluations of one prediction stand on one line. The depth of the tree
// is the depth of the plan, which lowering limits.
static void print_children(struct printer *p, uint32_t parent)
{
    uint32_t evaluation = STEP_NONE, last = STEP_NONE;
    for (uint32_t c = p->first_child[parent]; c != STEP_NONE; c = p->next[c]) {
        bool is_metric = is_metric_of(p->plan, c, parent);
        if (is_metric && evaluation != STEP_NONE)
            continue;
        evaluation = is_metric ? c : evaluation;
        last = c;
    }
    for (uint32_t c = p->first_child[parent]; c != STEP_NONE; c = p->next[c]) {
        if (is_metric_of(p->plan, c, parent)) {
            if (c == evaluation)
                print_evaluations(p, parent, c == last ? "└─ " : "├─ ");
            continue;
        }
        size_t length = p->indent.len;
        print_step(p, c, c == last ? "└─ " : "├─ ");
        str_add(&p->indent, c == last ? "   " : "│  ");
        print_children(p, c);
        p->indent.len = length;
        p->indent.data[length] = '\0';
    }
}

static void build_tree(struct printer *p)
{
    const struct plan *plan = p->plan;
    for (size_t i = 0; i < plan->n; i++)
        p->first_child[i] = p->next[i] = STEP_NONE;
    for (size_t i = plan->n; i-- > 0;) { // backwards, so that the lists run forwards
        const struct step *step = &plan->steps[i];
        if (!shown(p, step) || step->n_in == 0)
            continue;
        p->next[i] = p->first_child[step->in[0]];
        p->first_child[step->in[0]] = (uint32_t)i;
    }
}

static void print_head(struct printer *p)
{
    const struct plan *plan = p->plan;
    struct str flops = {0};
    with_unit(&flops, plan_flops(plan), "FLOP");
    fprintf(p->out, "%s: %zu seed%s, %zu point%s, %zu steps, %zu numbers, %zu claim%s, %s\n", plan->title, plan->n_seeds,
            plan->n_seeds == 1 ? "" : "s", plan->n_points, plan->n_points == 1 ? "" : "s", plan->n, plan->n_numbers,
            plan->n_claims, plan->n_claims == 1 ? "" : "s", str_text(&flops));
    if (plan->n_seeds > 1)
        fprintf(p->out, "shown for seed %lld; ×%zu marks what is done for every seed\n", (long long)plan->seeds[0],
                plan->n_seeds);
    fputc('\n', p->out);
    str_release(&flops);
}

void plan_print(FILE *out, const struct plan *plan)
{
    size_t bytes = plan->n * sizeof(uint32_t);
    struct printer p = {.out = out, .plan = plan, .first_child = mem_new(bytes), .next = mem_new(bytes)};
    str_add(&p.indent, "");
    build_tree(&p);
    print_head(&p);
    for (size_t i = 0; i < plan->n; i++) {
        if (plan->steps[i].n_in > 0 || !shown(&p, &plan->steps[i]))
            continue;
        print_step(&p, (uint32_t)i, "");
        print_children(&p, (uint32_t)i);
    }
    str_release(&p.indent);
    mem_free(p.first_child);
    mem_free(p.next);
}
