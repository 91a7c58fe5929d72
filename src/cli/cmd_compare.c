// cmd_compare.c -- w2s compare: the numbers of several runs side by side, their differences paired
// by seed.
#include "grid.h"
#include "runs.h"

#include "eval/stat.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

struct side {
    const struct run_row *row;
    struct run_detail detail;
    struct plan_file plan;
};

static bool same_number(const struct side *a, const struct metric_record *m, const struct side *b,
                        const struct metric_record *k)
{
    return strcmp(m->model, k->model) == 0 && strcmp(m->on_data, k->on_data) == 0 &&
           strcmp(m->metric, k->metric) == 0 &&
           strcmp(run_detail_params(&a->detail, m->point),
                  run_detail_params(&b->detail, k->point)) == 0;
}

static const struct metric_record *find_number(const struct side *b, const struct side *a,
                                               const struct metric_record *m)
{
    for (size_t i = 0; i < b->detail.n_metrics; i++) {
        // runs of one file have their numbers at the same places
        const struct metric_record *k = &b->detail.metrics[(m->position + i) % b->detail.n_metrics];
        if (same_number(a, m, b, k))
            return k;
    }
    return NULL;
}

// The interval of the mean difference over the seeds both have; n is 0 when there are none.
static struct interval paired(const struct side *b, const struct metric_record *k,
                              const struct side *a, const struct metric_record *m)
{
    struct interval none = {NAN, NAN, NAN, 0};
    double *d = mem_new(m->by_seed.n * sizeof *d);
    size_t n = 0;
    for (size_t i = 0; i < m->by_seed.n && i < a->plan.n_seeds; i++)
        for (size_t j = 0; j < k->by_seed.n && j < b->plan.n_seeds; j++)
            if (a->plan.seeds[i] == b->plan.seeds[j] && n < m->by_seed.n) {
                d[n++] = k->by_seed.x[j] - m->by_seed.x[i];
                break;
            }
    if (n > 0)
        none = stat_interval(d, n, m->level > 0 && m->level < 1 ? m->level : 0.95);
    mem_free(d);
    return none;
}

static void write_difference(struct str *out, const struct interval *d)
{
    if (d->n == 0 || isnan(d->mean))
        str_add(out, "–");
    else if (isnan(d->low))
        str_format(out, "%+.4f", d->mean);
    else
        str_format(out, "%+.4f [%+.4f, %+.4f]%s", d->mean, d->low, d->high,
                   d->low > 0 || d->high < 0 ? " *" : "");
}

static void fill_grid(struct grid *g, const struct side *sides, size_t n)
{
    const struct side *a = &sides[0];
    struct str text = {0};
    for (size_t i = 0; i < a->detail.n_metrics; i++) {
        const struct metric_record *m = &a->detail.metrics[i];
        grid_set(g, i + 1, 0, run_detail_params(&a->detail, m->point));
        grid_set(g, i + 1, 1, m->model);
        grid_set(g, i + 1, 2, m->on_data);
        grid_set(g, i + 1, 3, m->metric);
        for (size_t s = 0; s < n; s++) {
            const struct metric_record *k = s == 0 ? m : find_number(&sides[s], a, m);
            size_t col = s == 0 ? 4 : 3 + 2 * s;
            str_clear(&text);
            if (k != NULL)
                write_metric(&text, k);
            grid_set(g, i + 1, col, str_text(&text));
            if (s == 0 || k == NULL)
                continue;
            struct interval d = paired(&sides[s], k, a, m);
            str_clear(&text);
            write_difference(&text, &d);
            grid_set(g, i + 1, col + 1, str_text(&text));
        }
    }
    str_release(&text);
}

static void print_table(const struct side *sides, size_t n)
{
    struct grid g;
    struct str text = {0};
    unsigned long long first = sides[0].row->run.number;
    grid_init(&g, sides[0].detail.n_metrics + 1, 5 + 2 * (n - 1));
    grid_set(&g, 0, 1, "model");
    grid_set(&g, 0, 2, "on");
    grid_set(&g, 0, 3, "metric");
    for (size_t s = 0; s < n; s++) {
        unsigned long long number = sides[s].row->run.number;
        str_clear(&text);
        str_format(&text, "run %llu", number);
        grid_set(&g, 0, s == 0 ? 4 : 3 + 2 * s, text.data);
        str_clear(&text);
        str_format(&text, "%llu - %llu", number, first);
        if (s > 0)
            grid_set(&g, 0, 4 + 2 * s, text.data);
    }
    fill_grid(&g, sides, n);
    grid_print(stdout, &g);
    puts("\n  differences: mean over the seeds both runs have, with its paired interval; * does "
         "not hold 0");
    grid_release(&g);
    str_release(&text);
}

static json_t *real(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

static void print_json(const struct side *sides, size_t n)
{
    const struct side *a = &sides[0];
    json_t *list = json_array();
    for (size_t i = 0; i < a->detail.n_metrics; i++) {
        const struct metric_record *m = &a->detail.metrics[i];
        for (size_t s = 1; s < n; s++) {
            const struct metric_record *k = find_number(&sides[s], a, m);
            if (k == NULL)
                continue;
            struct interval d = paired(&sides[s], k, a, m);
            json_array_append_new(list, json_pack("{ss ss ss ss sI sI so so so so so sI}", "params",
                                                  run_detail_params(&a->detail, m->point), "model",
                                                  m->model, "on", m->on_data, "metric", m->metric,
                                                  "run", (json_int_t)sides[s].row->run.number,
                                                  "against", (json_int_t)a->row->run.number,
                                                  "value", real(k->mean), "base", real(m->mean),
                                                  "difference", real(d.mean), "low", real(d.low),
                                                  "high", real(d.high), "seeds", (json_int_t)d.n));
        }
    }
    json_dumpf(list, stdout, JSON_INDENT(1));
    fputc('\n', stdout);
    json_decref(list);
}

enum exit_status cmd_compare(const struct options *options)
{
    struct runs runs;
    struct err err = {0};
    size_t n = options->n_arguments, read = 0;
    if (n < 2)
        return cli_misuse("compare wants at least two runs");
    enum exit_status status = runs_open(&runs, options);
    struct side *sides = mem_new(n * sizeof *sides);
    while (status == EXIT_DONE && read < n) {
        struct side *side = &sides[read];
        side->row = runs_find(&runs, options->arguments[read]);
        if (side->row == NULL) {
            status = EXIT_MISUSE;
        } else if (run_plan_read(&side->plan, runs.store, &side->row->run, &err) < 0) {
            status = cli_fail(&err);
        } else if (run_detail_read(&side->detail, runs.store, &side->row->run.uid, &err) < 0) {
            plan_file_release(&side->plan);
            status = cli_fail(&err);
        } else {
            read++;
        }
    }
    if (status == EXIT_DONE && options->json)
        print_json(sides, n);
    else if (status == EXIT_DONE)
        print_table(sides, n);
    for (size_t i = 0; i < read; i++) {
        run_detail_release(&sides[i].detail);
        plan_file_release(&sides[i].plan);
    }
    mem_free(sides);
    runs_release(&runs);
    return status;
}
