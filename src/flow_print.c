// flow_print.c -- the flow of data, for people and for tools; see flow_stages.h.
#include "flow_stages.h"

#include "base/mem.h"
#include "base/str.h"
#include "rules_print.h"

#include <jansson.h>
#include <string.h>

enum { COLUMNS = 4 };

static const char *label_of(const struct flow_stages *s, uint32_t rows)
{
    return s->plan->steps[rows].label;
}

static const char *name_of(struct str *out, const struct flow_training *training)
{
    str_clear(out);
    flow_name(out, training);
    return str_text(out);
}

static void add_names(struct str *out, const struct flow_training *const *list, size_t n)
{
    struct str name = {0};
    for (size_t i = 0; i < n; i++)
        str_format(out, "%s%s", i > 0 ? ", " : "", name_of(&name, list[i]));
    str_release(&name);
}

// --- the table -----------------------------------------------------------------------------------
static void stage_cells(struct str cell[COLUMNS], const struct flow_stages *s,
                        const struct flow_stage *stage)
{
    bool in_call = stage->kind == FLOW_CEILING || stage->kind == FLOW_CONTROL;
    if (stage->kind == FLOW_EVALUATION)
        str_add(&cell[0], "evaluation");
    else
        str_format(&cell[0], in_call ? "%s(%s)" : "%s %s",
                   in_call ? stage->call : flow_stage_kind_name(stage->kind),
                   stage->name);
    if (stage->holdout > 0) {
        str_number(&cell[1], 100 * stage->holdout);
        str_add(&cell[1], "% of ");
    }
    str_add(&cell[1], label_of(s, stage->rows));
    str_add(&cell[2], stage->gold ? "read" : "–");
    if (stage->kind == FLOW_EVALUATION)
        return;
    struct str name = {0};
    for (size_t i = 0; i < stage->n_through; i++)
        str_format(&cell[3], "%s%s (%s)", i > 0 ? ", " : "", flow_rows_label(s, stage->through[i]),
                   name_of(&name, stage->through[i]));
    if (stage->n_through == 0)
        str_add(&cell[3], "–");
    str_release(&name);
}

static size_t width_of(const struct str *cell)
{
    return text_width(str_text(cell), cell->len);
}

static void print_table(FILE *out, const struct flow_stages *s)
{
    static const char *const head[COLUMNS] = {"stage", "features of", "their gold labels",
                                              "gold labels through others"};
    struct str(*cell)[COLUMNS] = mem_new((s->n + 1) * sizeof *cell);
    size_t width[COLUMNS] = {0};
    for (size_t c = 0; c < COLUMNS; c++)
        str_add(&cell[0][c], head[c]);
    for (size_t i = 0; i < s->n; i++)
        stage_cells(cell[i + 1], s, &s->items[i]);
    for (size_t i = 0; i <= s->n; i++)
        for (size_t c = 0; c < COLUMNS; c++)
            if (width_of(&cell[i][c]) > width[c])
                width[c] = width_of(&cell[i][c]);
    struct str line = {0};
    for (size_t i = 0; i <= s->n; i++) {
        str_clear(&line);
        size_t last = COLUMNS;
        while (last > 1 && cell[i][last - 1].len == 0)
            last--;
        for (size_t c = 0; c < last; c++) {
            str_add(&line, str_text(&cell[i][c]));
            if (c + 1 < last)
                str_repeat(&line, ' ', width[c] - width_of(&cell[i][c]) + 2);
        }
        fprintf(out, "%s\n", str_text(&line));
        for (size_t c = 0; c < COLUMNS; c++)
            str_release(&cell[i][c]);
    }
    str_release(&line);
    mem_free(cell);
}

// --- what it comes to ----------------------------------------------------------------------------
static void print_measured(FILE *out, const struct flow_stages *s)
{
    bool apart = true;
    for (size_t i = 0; i < s->n; i++) {
        const struct flow_stage *stage = &s->items[i];
        if (stage->kind != FLOW_EVALUATION || stage->n_seen == 0)
            continue;
        struct str names = {0};
        add_names(&names, stage->seen, stage->n_seen);
        fprintf(out, "measured on rows that were trained on, as seen() says: %s (%s)\n",
                label_of(s, stage->rows), str_text(&names));
        str_release(&names);
        apart = false;
    }
    for (size_t i = 0; i < s->n; i++)
        if (s->items[i].oracle)
            fprintf(out, "an epoch selected by gold labels of any rows, as oracle() says: %s, on %s\n",
                    s->items[i].name, label_of(s, s->items[i].rows));
    if (apart)
        fputs("no test row reaches training\n", out);
}

// Students that know gold labels of their own rows: they read them, or a model behind them did.
static void print_students(FILE *out, const struct flow_stages *s)
{
    struct str told = {0};
    for (size_t i = 0; i < s->n; i++) {
        const struct flow_stage *stage = &s->items[i];
        if (stage->kind != FLOW_STUDENT)
            continue;
        size_t taught = 0; // behind it, and trained on gold labels of its rows
        for (size_t k = 0; k < stage->n_seen; k++)
            taught += stage->seen[k]->gold;
        if (stage->gold || taught > 0)
            str_format(&told, "%s%s (%s)", told.len > 0 ? ", " : "", stage->name,
                       stage->gold ? "it says labels" : "through its teacher, as seen() says");
    }
    if (told.len == 0)
        fputs("no student saw gold labels of its own rows\n", out);
    else
        fprintf(out, "students that saw gold labels of their own rows: %s\n", str_text(&told));
    str_release(&told);
}

void flow_twins_text(struct str *out, const struct flow_stages *s, const struct flow_twins *t)
{
    str_format(out, "%zu row%s of %s %s a twin in %s: the same features (row%s ", t->n,
               t->n == 1 ? "" : "s", label_of(s, t->measured), t->n == 1 ? "has" : "have",
               label_of(s, t->trained), t->n == 1 ? "" : "s");
    for (size_t i = 0; i < t->n && i < FLOW_FIRST_TWINS; i++)
        str_format(out, "%s%llu", i > 0 ? ", " : "", (unsigned long long)t->first[i]);
    str_format(out, "%s of the source)", t->n > FLOW_FIRST_TWINS ? ", …" : "");
}

static void print_twins(FILE *out, const struct flow_stages *s)
{
    bool none = true;
    for (size_t i = 0; i < s->n_twins; i++) {
        struct str text = {0};
        if (s->twins[i].n > 0) {
            flow_twins_text(&text, s, &s->twins[i]);
            fprintf(out, "note: %s\n", str_text(&text));
        }
        none &= s->twins[i].n == 0;
        str_release(&text);
    }
    if (none && s->n_twins > 0)
        fputs("no test row has the features of a row that was trained on\n", out);
}

static void print_place(FILE *out, const struct plan *plan)
{
    struct str text = {0};
    str_format(&text, "%s: what each stage reads", plan->title);
    if (plan->n_seeds > 1)
        str_format(&text, "; seed %lld, and all others alike", (long long)plan->seeds[0]);
    if (plan->n_points > 1) {
        str_format(&text, "; the first of %zu points:", plan->n_points);
        for (size_t i = 0; i < plan->points[0].n; i++) {
            str_format(&text, "%s %s = ", i > 0 ? "," : "", plan->points[0].name[i]);
            value_write(&text, &plan->points[0].value[i]);
        }
    }
    fprintf(out, "%s\n\n", str_text(&text));
    str_release(&text);
}

// The n-th teacher of rules that the place needs; false when there is none.
static bool find_rules(struct rules_source *source, const struct flow_stages *s, size_t n)
{
    for (size_t i = 0; i < s->plan->n; i++) {
        const struct step *step = &s->plan->steps[i];
        if (!s->needed[i] || step->kind != STEP_rules || n-- > 0)
            continue;
        *source = (struct rules_source){step->label, value_arg_text(&step->attrs, "file"),
                                        value_arg_text(&step->attrs, "text")};
        return true;
    }
    return false;
}

void flow_print(FILE *out, const struct flow_stages *s)
{
    print_place(out, s->plan);
    print_table(out, s);
    fputc('\n', out);
    print_measured(out, s);
    print_students(out, s);
    print_twins(out, s);
    struct rules_source source;
    for (size_t i = 0; find_rules(&source, s, i); i++) {
        fputc('\n', out);
        rules_print(out, &source);
    }
}

// --- JSON ----------------------------------------------------------------------------------------
static json_t *models_json(const struct flow_stages *s, const struct flow_training *const *list,
                           size_t n)
{
    struct str name = {0};
    json_t *json = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(json, json_pack("{ss ss?}", "model", name_of(&name, list[i]), "rows",
                                              flow_rows_label(s, list[i])));
    str_release(&name);
    return json;
}

static json_t *stage_json(const struct flow_stages *s, const struct flow_stage *stage)
{
    const char *rows = label_of(s, stage->rows);
    json_t *json = json_pack("{ss ss ss so so so}", "kind", flow_stage_kind_name(stage->kind),
                             "name", stage->name, "features", rows, "gold",
                             stage->gold ? json_string(rows) : json_null(), "through",
                             models_json(s, stage->through, stage->n_through), "seen",
                             models_json(s, stage->seen, stage->n_seen));
    if (stage->holdout > 0)
        json_object_set_new(json, "holdout", json_real(stage->holdout));
    if (stage->kind == FLOW_EVALUATION)
        json_object_set_new(json, "models", models_json(s, stage->models, stage->n_models));
    return json;
}

static json_t *twins_json(const struct flow_stages *s, const struct flow_twins *t)
{
    json_t *first = json_array();
    for (size_t i = 0; i < t->n && i < FLOW_FIRST_TWINS; i++)
        json_array_append_new(first, json_integer((json_int_t)t->first[i]));
    return json_pack("{ss ss sI so}", "measured", label_of(s, t->measured), "trained",
                     label_of(s, t->trained), "rows", (json_int_t)t->n, "first", first);
}

json_t *flow_json(const struct flow_stages *s)
{
    json_t *stages = json_array(), *twins = json_array(), *point = json_object();
    for (size_t i = 0; i < s->n; i++)
        json_array_append_new(stages, stage_json(s, &s->items[i]));
    for (size_t i = 0; i < s->n_twins; i++)
        json_array_append_new(twins, twins_json(s, &s->twins[i]));
    const struct plan_point *first = &s->plan->points[0];
    for (size_t i = 0; i < first->n; i++) {
        const struct value *v = &first->value[i];
        json_object_set_new(point, first->name[i],
                            v->kind == VALUE_NUMBER ? json_real(v->number)
                            : v->kind == VALUE_BOOL ? json_boolean(v->number != 0)
                                                    : json_string(v->text));
    }
    json_t *root =
        json_pack("{ss sI so so so}", "experiment", s->plan->title, "seed",
                  (json_int_t)s->plan->seeds[0], "point", point, "stages", stages, "twins", twins);
    if (root == NULL)
        BUG("the flow is no JSON"); // only our own labels could be wrong
    struct rules_source source;
    json_t *rules = json_array();
    for (size_t i = 0; find_rules(&source, s, i); i++)
        json_array_append_new(rules, rules_json(&source));
    if (json_array_size(rules) > 0)
        json_object_set(root, "rules", rules);
    json_decref(rules);
    return root;
}

void flow_print_json(FILE *out, const struct flow_stages *s)
{
    json_t *root = flow_json(s);
    json_dumpf(root, out, JSON_INDENT(1)); // a failed write is seen when the stream is closed
    fputc('\n', out);
    json_decref(root);
}
